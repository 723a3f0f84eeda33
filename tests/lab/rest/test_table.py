"""The Table API answers lists and single records in ServiceNow's words and headers."""

from __future__ import annotations

import json

import pytest

from tests.lab.rest.conftest import ADMIN, LIMITED, NO_RECORD, Caller, refusal

INCIDENT = "/api/now/table/incident"
CASES = "/api/now/table/sn_customerservice_case"
NO_QUERY = refusal(
    "Insufficient rights to query records", "Field(s) present in the query do not have permission to be read"
)


async def test_pages_link_to_each_other_by_the_callers_name_of_the_host(call: Caller) -> None:
    """First and last are always there, next and prev where they lead somewhere."""
    params = {"sysparm_limit": "2", "sysparm_query": "ORDERBYnumber"}
    first = await call.get(CASES, params=params)
    assert first.headers["x-total-count"] == "3"
    base = f"<http://instance.example{CASES}?sysparm_query=ORDERBYnumber&sysparm_limit=2&sysparm_offset="
    assert first.headers["link"] == f'{base}0>;rel="first",{base}2>;rel="next",{base}2>;rel="last"'
    last = await call.get(CASES, params=params | {"sysparm_offset": "2"})
    assert len(last.json()["result"]) == 1
    assert last.headers["link"] == f'{base}0>;rel="first",{base}0>;rel="prev",{base}2>;rel="last"'


async def test_counting_and_linking_can_be_suppressed(call: Caller) -> None:
    """sysparm_no_count drops X-Total-Count, sysparm_suppress_pagination_header drops Link."""
    wanted = {"sysparm_no_count": "true", "sysparm_suppress_pagination_header": "true"}
    reply = await call.get(CASES, params=wanted)
    assert "x-total-count" not in reply.headers
    assert "link" not in reply.headers


async def test_the_recorded_headers_are_there(call: Caller) -> None:
    """Server, date, caching and the login marker are those of a recorded answer."""
    headers = (await call.get(INCIDENT)).headers
    assert headers["server"] == "ServiceNow"
    assert headers["x-is-logged-in"] == "true"
    assert headers["content-type"] == "application/json;charset=UTF-8"
    assert headers["cache-control"] == "no-cache,no-store,must-revalidate,max-age=-1"
    assert headers["date"].endswith("GMT")
    assert headers["x-content-type-options"] == "nosniff"
    assert (headers["pragma"], headers["expires"]) == ("no-store,no-cache", "0")
    assert headers["server-timing"] == "sem_wait;dur=0, sesh_wait;dur=0"
    assert len(headers["x-transaction-id"]) == 12
    assert "x-ratelimit-limit" not in headers
    cookies = {line.partition("=")[0]: line for line in headers.get_list("set-cookie")}
    assert list(cookies) == [
        "JSESSIONID", "glide_user", "glide_user_session", "glide_session_store", "glide_user_route",
        "BIGipServerpool_lab",
    ]  # fmt: skip
    assert "Max-Age=60" in cookies["glide_session_store"]
    assert cookies["glide_user_route"].startswith("glide_user_route=glide.")


async def test_names_and_values_in_the_url_filter_too(call: Caller) -> None:
    """?state=New finds by the choice's label, ?state=1 by its value, and sysparm_query wins over both."""
    assert len((await call.get(CASES, params={"state": "New"})).json()["result"]) == 1
    assert len((await call.get(CASES, params={"state": "1"})).json()["result"]) == 1
    both = await call.get(CASES, params={"state": "1", "sysparm_query": "ORDERBYnumber"})
    assert len(both.json()["result"]) == 3


async def test_only_version_one_answers_an_empty_list_with_404(call: Caller) -> None:
    """v1 says No Record found; v2 and the unversioned path give an empty list."""
    query = "?sysparm_query=number=none"
    assert (await call.get(f"/api/now/v1/table/incident{query}")).json() == NO_RECORD
    for path in (INCIDENT, "/api/now/v2/table/incident"):
        reply = await call.get(path + query)
        assert (reply.status_code, reply.json()) == (200, {"result": []})


async def test_a_table_without_read_access_answers_an_empty_page_and_the_count(call: Caller) -> None:
    """Row ACLs take the rows away after the limit; the count is of before."""
    reply = await call.get(CASES, auth=LIMITED, params={"sysparm_limit": "2"})
    assert (reply.status_code, reply.json()) == (200, {"result": []})
    assert reply.headers["x-total-count"] == "3"


async def test_a_hidden_and_a_missing_record_look_alike(call: Caller) -> None:
    """Single records are 404, for every verb, with the same words."""
    for sys_id in (call.case()["sys_id"], "0" * 32):
        for method in ("GET", "PATCH", "PUT", "DELETE"):
            body = {"json": {}} if method in ("PATCH", "PUT") else {}
            reply = await call(method, f"{CASES}/{sys_id}", auth=LIMITED, **body)
            assert (reply.status_code, reply.json()) == (404, NO_RECORD), method


async def test_row_conditions_hide_single_rows(call: Caller) -> None:
    """An ACL with a condition opens only the rows that meet it."""
    call.acl("incident", "read", "snc_internal", condition="short_description=seen")
    call.add("incident", short_description="seen")
    rows = (await call.get(INCIDENT, auth=LIMITED)).json()["result"]
    assert [row["short_description"] for row in rows] == ["seen"]


@pytest.mark.parametrize(
    "query", ["email=x", "ORDERBYemail", "active=true^emailLIKEx", "manager=1^ORemail=2"]
)
async def test_a_query_by_an_unreadable_field_is_refused(call: Caller, query: str) -> None:
    """Filtering and sorting by a field that may not be read is 403."""
    call.acl("sys_user.email", "read", "admin")
    reply = await call.get("/api/now/table/sys_user", auth=LIMITED, params={"sysparm_query": query})
    assert (reply.status_code, reply.json()) == (403, NO_QUERY)


async def test_a_range_query_can_be_closed_where_reading_is_open(call: Caller) -> None:
    """A query_range ACL forbids the incremental query, or by the switch drops its clause in silence."""
    call.acl("sys_user.sys_updated_on", "query_range", "admin")
    params = {"sysparm_query": "sys_updated_on>=2099-01-01 00:00:00", "sysparm_fields": "sys_updated_on"}
    path = "/api/now/table/sys_user"
    assert (await call.get(path, auth=LIMITED, params=params)).json() == NO_QUERY
    call.lab.switches.change({"query_acl": "strip"})
    assert len((await call.get(path, auth=LIMITED, params=params)).json()["result"]) > 1
    assert (await call.get(path, params=params)).json() == {"result": []}


@pytest.mark.parametrize(
    ("mode", "status", "rows"), [("ignore", 200, 13), ("no_rows", 200, 0), ("forbid", 403, 0)]
)
async def test_an_unknown_field_in_a_query_is_what_the_switch_says(
    call: Caller, mode: str, status: int, rows: int
) -> None:
    """Dropped, answered with no rows, or refused like an unreadable field."""
    call.lab.switches.change({"invalid_query": mode})
    reply = await call.get(f"{INCIDENT}?sysparm_query=nothing=1")
    assert reply.status_code == status
    assert reply.json() == NO_QUERY if status == 403 else len(reply.json()["result"]) == rows


async def test_a_before_query_rule_takes_rows_away_uncounted(call: Caller) -> None:
    """Neither the rows nor their number show, whatever groups the query has."""
    call.lab.switches.change({"before_query": {"sn_customerservice_case": "state=1"}})
    reply = await call.get(f"{CASES}?sysparm_query=number=CS0001002^NQnumber=CS0001001")
    assert [row["number"] for row in reply.json()["result"]] == ["CS0001001"]
    assert reply.headers["x-total-count"] == "1"


async def test_head_is_a_get_without_a_body(call: Caller) -> None:
    """The headers are there."""
    reply = await call("HEAD", CASES)
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["x-total-count"] == "3"


async def test_a_cancelled_read_may_answer_200(call: Caller) -> None:
    """With a part of the rows and an error, or with JSON that is cut off."""
    call.lab.switches.change({"transaction_quota": "partial"})
    reply = await call.get(CASES)
    assert reply.status_code == 200
    assert reply.json()["status"] == "failure"
    assert len(reply.json()["result"]) == 1
    call.lab.switches.change({"transaction_quota": "truncated"})
    cut = await call.get(CASES)
    with pytest.raises(json.JSONDecodeError):
        cut.json()


async def test_an_unknown_table_is_invalid(call: Caller) -> None:
    """400, with the table's name twice."""
    reply = await call.get("/api/now/table/nothing")
    assert (reply.status_code, reply.json()) == (
        400,
        refusal("Invalid table nothing", "Table nothing does not exist"),
    )


@pytest.mark.parametrize(
    "accepted", ["sysparm_query_category=list", "sysparm_order_by=number", "sysparm_query_no_domain=true"]
)
async def test_parameters_that_change_nothing_are_accepted(call: Caller, accepted: str) -> None:
    """The Table API ignores sysparm_order_by, and a category chooses only a database."""
    plain = (await call.get(f"{CASES}?sysparm_fields=number")).json()
    assert (await call.get(f"{CASES}?sysparm_fields=number&{accepted}")).json() == plain


async def test_only_some_look_past_their_domain(call: Caller) -> None:
    """sysparm_query_no_domain counts for admin and query_no_domain_table_api, in lists and single records."""
    call.acl("sn_customerservice_case", "read", "snc_internal")
    call.lab.switches.change({"domains": {"sn_customerservice_case": "number=CS0001001"}})
    hidden = call.lab.store.find("sn_customerservice_case", "number=CS0001002")[0]["sys_id"]
    for auth, rows, status in ((ADMIN, 3, 200), (LIMITED, 1, 404)):
        params = {"sysparm_query_no_domain": "true"}
        assert len((await call.get(CASES, auth=auth)).json()["result"]) == 1
        assert (await call.get(f"{CASES}/{hidden}", auth=auth)).json() == NO_RECORD
        reply = await call.get(CASES, auth=auth, params=params)
        assert len(reply.json()["result"]) == rows
        assert (await call.get(f"{CASES}/{hidden}", auth=auth, params=params)).status_code == status
    role = call.add("sys_user_role", name="query_no_domain_table_api")
    user = call.lab.people.named("limited")
    assert user
    call.add("sys_user_has_role", user=user["sys_id"], role=role)
    assert len((await call.get(CASES, auth=LIMITED, params=params)).json()["result"]) == 3
