"""Requests that no sane client sends, drawn for the instance's REST APIs."""

from __future__ import annotations

import base64
import json

from hypothesis import strategies as st

from tests.lab.rest.conftest import ADMIN, INTEGRATION

CASE_ID, FILE_ID, ADMIN_ID = "0" * 32, "1" * 32, "6816f79cc0a8016401c5a33be04be441"
BASIC = [base64.b64encode(":".join(pair).encode()).decode() for pair in (ADMIN, INTEGRATION)]
TABLES = [
    "sn_customerservice_case", "incident", "sys_user", "sys_attachment", "customer_account", "sys_journal_field",
    "sys_dictionary", "sys_db_object", "sys_choice", "kb_knowledge", "sys_properties", "oauth_entity",
    "sys_security_acl", "sys_script", "sys_update_set", "sys_audit", "ecc_queue", "task", "nothing",
]  # fmt: skip
FIELDS = [
    "number", "state", "active", "account", "account.name", "contact", "sys_id", "sys_updated_on", "sys_created_on",
    "short_description", "comments", "work_notes", "watch_list", "name", "value", "time_zone", "user_name", "nothing",
    "parent.parent.number", "table_name", "table_sys_id", "file_name", "content_type", "script", "sys_class_name",
    "assigned_to", "due_date", "priority", "opened_at", "element", "sys_mod_count", "condition", "filter_condition",
]  # fmt: skip
ODD = [
    "", "0", "-1", "1", "true", "false", "all", "null", "99999999999999999999999999", "9" * 5000, "1e999", "nan", "-",
    "\0", "a\0b", "\ud800", "\udfff\ud800", "\U0001f600", "'", '"', "\\", "%", "_", "^", "^^", "^OR", "^NQ", "^EQ",
    "ORDERBY", "^ORDERBYDESC", "javascript:", "javascript:gs.daysAgo(99999999999)", "javascript:gs.yearsAgo(-9999)",
    "javascript:gs.dateGenerate('9999-99-99','x')", "javascript:gs.endOfNext9999Years()", "@", "@@@", "\r\n",
    "A: b\r\nC: d", "2026-11-24 10:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "Europe", "../..", "<x>",
    "a," * 200, "." * 300, "account." * 40 + "name", "(" * 300, "[]", "{}", "${x}", "%s%n", "0" * 32,
]  # fmt: skip
OPERATORS = [
    "=", "!=", ">", ">=", "<", "<=", "LIKE", "NOT LIKE", "STARTSWITH", "ENDSWITH", "IN", "NOT IN", "BETWEEN", "ON",
    "NOTON", "SAMEAS", "NSAMEAS", "GT_FIELD", "ISEMPTY", "ANYTHING", "DYNAMIC", "INSTANCEOF", "RELATIVEGT@hour@ago@",
    "RELATIVEEE@year@ahead@", "RELATIVELE@dayofweek@ago@", "MORETHANopened_at@day@after@", "LESSTHAN@hour@before@",
    "DATEPART", "VALCHANGES", "CHANGESFROM", "*", "%", "!*", "IN_HIERARCHY",
]  # fmt: skip
PARAMETERS = [
    "sysparm_query", "sysparm_fields", "sysparm_limit", "sysparm_offset", "sysparm_display_value", "sysparm_view",
    "sysparm_exclude_reference_link", "sysparm_input_display_value", "sysparm_no_count", "sysparm_query_no_domain",
    "sysparm_suppress_pagination_header", "sysparm_query_category", "sysparm_suppress_auto_sys_field",
    "sysparm_count", "sysparm_group_by", "sysparm_min_fields", "sysparm_max_fields", "sysparm_sum_fields",
    "sysparm_avg_fields", "sysparm_having", "sysparm_order_by", "sysparm_activity_type", "sysparm_reference_fields",
    "table_name", "table_sys_id", "file_name", "encryption_context", "query", "limit", *FIELDS[:8],
]  # fmt: skip
HEADERS = [
    "Accept", "Content-Type", "X-HTTP-Method-Override", "X-UserToken", "Cookie", "Host", "Accept-Encoding",
    "X-Forwarded-Proto", "If-None-Match", "Range", "X-no-response-body", "Content-Encoding",
]  # fmt: skip
TYPES = [
    "application/json", "application/xml", "text/xml", "multipart/form-data", "multipart/form-data; boundary=x",
    "text/plain", "image/png", "", "application/json;charset=utf-16", "*/*", ";;;", 
    "application/x-www-form-urlencoded",
]  # fmt: skip

texts = st.one_of(st.sampled_from(ODD), st.sampled_from(FIELDS), st.text(max_size=30))
conditions = st.tuples(st.one_of(st.sampled_from(FIELDS), texts), st.sampled_from(OPERATORS), texts).map(
    "".join
)
queries = st.lists(
    st.tuples(
        st.sampled_from(["^", "^OR", "^NQ", "^ORDERBY", "^ORDERBYDESC", ""]), st.one_of(conditions, texts)
    ),
    max_size=5,
).map(lambda parts: "".join("".join(part) for part in parts))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*FIELDS, "value", "display_value", "\0"]), inner),
    ),
    max_leaves=8,
)
records = st.dictionaries(st.one_of(st.sampled_from(FIELDS), texts), st.one_of(texts, values), max_size=6)
requests = st.fixed_dictionaries(
    {},
    optional={
        "id": values,
        "method": st.one_of(st.sampled_from(["GET", "POST", "PUT", "DELETE", ""]), values),
        "url": st.one_of(
            st.sampled_from(["/api/now/table/incident", "/api/now/v1/batch", "api", "http://[", "//x/y"]),
            queries.map(lambda query: f"/api/now/table/incident?sysparm_query={query}"),
            values,
        ),
        "headers": st.one_of(
            st.just([{"name": "Content-Type", "value": "application/json"}]),
            st.lists(st.dictionaries(st.sampled_from(["name", "value"]), texts), max_size=2),
            values,
        ),
        "body": st.one_of(
            records.map(lambda each: base64.b64encode(json.dumps(each).encode()).decode()), values
        ),
    },
)
batches = st.one_of(
    st.fixed_dictionaries({"batch_request_id": values, "rest_requests": st.lists(requests, max_size=3)}),
    st.fixed_dictionaries({"rest_requests": values}),
)
parts = st.tuples(st.sampled_from(["table_name", "table_sys_id", "file", "\udcff"]), texts).map(
    lambda part: f'--x\r\nContent-Disposition: form-data; name="{part[0]}"\r\n\r\n{part[1]}\r\n'
)
documents = st.recursive(
    texts.map(lambda text: text.replace("<", "&lt;")),
    lambda inner: st.tuples(st.sampled_from([*FIELDS, "request", "entry", "!--", "?x"]), inner).map(
        lambda made: f"<{made[0]}>{made[1]}</{made[0]}>"
    ),
    max_leaves=5,
)
json_bodies = st.one_of(
    st.one_of(records, records, records, values, st.fixed_dictionaries({"records": values})).map(
        lambda data: json.dumps(data).encode()
    ),
    st.sampled_from(
        [
            b"",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b'{"parent":' * 400 + b"1" + b"}" * 400,
            b'{"number":1,"number":2}',
            b'{"number":NaN,"state":Infinity}',
            b'{"state":' + b"9" * 5000 + b"}",
            b'{"number":"\\ud800"}',
            b"\xff\xfe{\0}\0",
        ]
    ),
)
xml_bodies = st.one_of(
    documents.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            b"<a>" * 3000,
            b'<!DOCTYPE a [<!ENTITY b "c">]><request><number>&b;</number></request>',
            b"<request xmlns:x='y'><x:number>1</x:number></request>",
        ]
    ),
)
forms = st.lists(parts, max_size=4).map(
    lambda each: ("".join(each) + "--x--").encode("utf-8", "surrogatepass")
)
contents = st.one_of(
    st.tuples(st.just("application/json"), json_bodies),
    st.tuples(st.just("application/json"), json_bodies),
    st.tuples(st.just("application/xml"), xml_bodies),
    st.tuples(st.sampled_from(TYPES), st.one_of(st.binary(max_size=60), json_bodies, xml_bodies)),
)
versions = st.sampled_from(["", "", "v1/", "v2/", "v9/"])
names = st.one_of(st.sampled_from(TABLES), st.sampled_from(TABLES), texts)
ids = st.one_of(st.just(CASE_ID), st.sampled_from(["CS9999999", ADMIN_ID]), texts)
files = st.just(FILE_ID) | ids
fields = st.sampled_from(FIELDS) | texts
people = st.sampled_from(["account", "contact", "consumer"])
reads = st.sampled_from(["GET", "GET", "GET", "HEAD"])


def _at(pattern: str, **drawn: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.fixed_dictionaries({"version": versions, **drawn}).map(lambda made: pattern.format(**made))


# A method, a path, and a body of its type.
targets = st.one_of(
    st.tuples(reads, _at("now/{version}table/{name}", name=names), contents),
    st.tuples(reads, _at("now/{version}table/{name}", name=names), contents),
    st.tuples(reads, _at("now/{version}stats/{name}", name=names), contents),
    st.tuples(st.just("POST"), _at("now/{version}table/{name}", name=names), contents),
    st.tuples(
        st.sampled_from(["GET", "PUT", "PATCH", "DELETE"]),
        _at("now/{version}table/{name}/{id}", name=st.just(TABLES[0]) | names, id=ids),
        contents,
    ),
    st.tuples(reads, st.sampled_from(["now/attachment", f"now/attachment/{FILE_ID}/file"]), contents),
    st.tuples(st.sampled_from(["GET", "PATCH", "DELETE"]), _at("now/attachment/{id}", id=files), contents),
    st.tuples(st.just("POST"), st.just("now/attachment/file"), contents),
    st.tuples(
        st.just("POST"),
        st.just("now/attachment/upload"),
        st.tuples(st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data"]), forms),
    ),
    st.tuples(reads, _at("sn_customerservice/case/{id}/activities", id=ids), contents),
    st.tuples(reads, _at("sn_customerservice/case/field_values/{field}", field=fields), contents),
    st.tuples(st.sampled_from(["GET", "PUT"]), _at("sn_customerservice/case/{id}", id=ids), contents),
    st.tuples(st.sampled_from(["GET", "POST"]), st.just("sn_customerservice/case"), contents),
    st.tuples(reads, _at("now/{kind}/{id}", kind=people, id=ids), contents),
    st.tuples(st.sampled_from(["GET", "POST"]), _at("now/{kind}", kind=people), contents),
    st.tuples(
        st.just("POST"),
        st.sampled_from(["now/batch", "now/v1/batch"]),
        st.tuples(st.just("application/json"), batches.map(lambda data: json.dumps(data).encode())),
    ),
    st.tuples(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]), texts, contents),
)  # fmt: skip
NEEDED = {"sysparm_count": "true", "table_name": TABLES[0], "table_sys_id": CASE_ID, "file_name": "a"}
parameters = st.dictionaries(
    st.one_of(st.sampled_from(PARAMETERS), texts), st.one_of(queries, texts), max_size=4
)
calls = st.fixed_dictionaries(
    {
        "target": targets,
        "parameters": st.one_of(
            parameters,
            parameters.map(lambda given: NEEDED | given),
        ),
        "headers": st.one_of(
            st.just({}),
            st.just({}),
            st.dictionaries(
                st.sampled_from(HEADERS),
                st.one_of(st.sampled_from(TYPES), st.text(st.characters(codec="latin-1"))),
                max_size=3,
            ),
        ),
        "user": st.sampled_from([BASIC[0]] * 5 + [BASIC[1], "x", ""]),
    }
)  # fmt: skip
