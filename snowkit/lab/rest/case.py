"""The Case API: cases by sys_id or number, their activities, and the choices of their fields.

source: rest_behaviour 2.1. Not documented and so the lab's choice: the limit where none is given, the status of
a PUT (both switches), and the colour of an activity.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowkit.lab.encoded import equals, parse
from snowkit.lab.rest import body, queries, shape, writes
from snowkit.lab.rest.apis import CASE, Endpoint
from snowkit.lab.rest.call import Answer, Call, Refused
from snowkit.lab.store import Row
from snowkit.lab.values import local_time

_TABLE = "sn_customerservice_case"
_EXPANDED = ("account", "contact", "consumer", "sn_app_cs_social_social_profile")
_KINDS = ("attachment", "work_notes", "comments")
_JOURNALS = (("comments", "Additional comments"), ("work_notes", "Work notes"))


def plain_names(call: Call) -> Call:
    """Return the call with every parameter under its sysparm_ name: these APIs take it without the prefix too."""
    given = call.incoming.parameters
    prefixed = {
        name if name.startswith("sysparm_") else f"sysparm_{name}": each for name, each in given.items()
    }
    return replace(call, incoming=replace(call.incoming, parameters=prefixed))


def _list(call: Call) -> Answer:
    call = plain_names(call)
    query = queries.asked(call, _TABLE)
    limit = call.count("sysparm_limit", call.lab.switches.current.case_list_limit)
    offset = call.count("sysparm_offset", 0)
    rows = queries.page(call, _TABLE, query, limit, offset)
    found = queries.headers(call, _TABLE, query, limit, offset)
    return Answer(result=[_shown(call, row) for row in rows], headers=found)


def _one(call: Call) -> Answer:
    call = plain_names(call)
    return Answer(result=_shown(call, _found(call)))


def _insert(call: Call) -> Answer:
    given = body.record(call.incoming, only_json=True, malformed=call.lab.switches.current.malformed_json)
    row = writes.insert(call, _TABLE, body.stored(call, _TABLE, given))
    return Answer(201, {"sys_id": row["sys_id"], "number": row["number"]})


def _update(call: Call) -> Answer:
    call = plain_names(call)
    given = body.record(call.incoming, only_json=True, malformed=call.lab.switches.current.malformed_json)
    row = writes.update(call, _TABLE, _found(call)["sys_id"], body.stored(call, _TABLE, given))
    return Answer(call.lab.switches.current.case_put_status, _shown(call, row))


def _activities(call: Call) -> Answer:
    call = plain_names(call)
    row = _found(call)
    asked = [kind.strip() for kind in call.parameter("sysparm_activity_type").split(",") if kind.strip()]
    kinds = [kind for kind in asked or _KINDS if kind in _KINDS]
    entries = sorted(_entries(call, row, kinds), key=lambda entry: str(entry["sys_created_on"]), reverse=True)
    offset = call.count("sysparm_offset", 0)
    until = offset + call.count("sysparm_limit", len(entries))
    return Answer(
        result={
            "display_value": row["number"],
            "sys_id": row["sys_id"],
            "number": row["number"],
            "short_description": row["short_description"],
            "table": _TABLE,
            "label": "Case",
            "entries": entries[offset:until],
            "journal_fields": [
                {
                    "name": name,
                    "can_read": call.acl.may("read", _TABLE, row, name),
                    "can_write": call.acl.may("write", _TABLE, row)
                    and call.acl.may("write", _TABLE, row, name),
                    "label": label,
                    "color": "transparent",
                }
                for name, label in _JOURNALS
            ],
            **_when(call, row),
            **_author(call, row["sys_created_by"]),
        }
    )


def _field_values(call: Call) -> Answer:
    call = plain_names(call)
    if "id" in call.parts:
        _found(call)
    column = call.lab.schema.columns(_TABLE).get(call.parts["field"])
    if column is None:
        raise Refused(400, f"Invalid field {call.parts['field']}", None)
    limit, offset = call.count("sysparm_limit", 10), call.count("sysparm_offset", 0)
    if column.type == "reference" and call.lab.schema.get(column.reference):
        return _records(call, column.reference, limit, offset)
    choices = [{"label": label, "value": value} for value, label in column.choices]
    headers = (
        ("X-Total-Count", str(len(choices))),
        ("Link", queries.link(call, len(choices), limit, offset)),
    )
    return Answer(result=choices[offset : offset + limit], headers=headers)


def _records(call: Call, table: str, limit: int, offset: int) -> Answer:
    """Return the records that a reference may point to, as `sysparm_query` narrows them."""
    shown_by = call.lab.schema.display(table)
    query = queries.asked(call, table)
    query = query if query.orders else replace(query, orders=parse(f"ORDERBY{shown_by}").orders)
    rows = queries.page(call, table, query, limit, offset)
    result = [{"label": row[shown_by], "value": row["sys_id"]} for row in rows]
    return Answer(result=result, headers=queries.headers(call, table, query, limit, offset))


def _found(call: Call) -> Row:
    """Return the case of the path, by sys_id or by number."""
    name = call.parts["id"]
    numbered = call.lab.store.find(_TABLE, equals(number=name), limit=1)
    return writes.readable(call, _TABLE, numbered[0]["sys_id"] if numbered else name)


def _shown(call: Call, row: Row) -> dict[str, Any]:
    look = shape.look_of(call, _TABLE, links=False)
    shown = shape.record(call, _TABLE, row, look)
    if call.flag("sysparm_reference_fields", default=True) and look.display == "false":
        shown |= {name: _expanded(call, name, row) for name in _EXPANDED if name in shown}
    return shown


def _expanded(call: Call, name: str, row: Row) -> Any:
    table = call.lab.schema.columns(_TABLE)[name].reference
    target = call.lab.store.get(table, row[name]) if table and row[name] else None
    if target is None or not call.acl.may("read", table, target):
        return ""
    return shape.record(call, table, target, shape.Look(links=False))


def _entries(call: Call, row: Row, kinds: list[str]) -> list[dict[str, Any]]:
    labels = dict(_JOURNALS)
    elements = [kind for kind in kinds if kind in labels and call.acl.may("read", _TABLE, row, kind)]
    found: list[dict[str, Any]] = [
        {
            **_when(call, entry),
            **_author(call, entry["sys_created_by"]),
            "sys_id": entry["sys_id"],
            "value": entry["value"],
            "element": entry["element"],
            "field_label": labels[entry["element"]],
            "contains_code": "false",
        }
        for entry in call.lab.store.find("sys_journal_field", equals(element_id=row["sys_id"]))
        if entry["element"] in elements
    ]
    if "attachment" in kinds:
        found += [
            {
                **_when(call, file),
                **_author(call, file["sys_created_by"]),
                "sys_id": file["sys_id"],
                "value": file["file_name"],
                "element": "attachment",
                "field_label": "Attachments",
                "contains_code": "false",
                "attachment": {
                    "sys_id": file["sys_id"],
                    "file_name": file["file_name"],
                    "content_type": file["content_type"],
                    "size_bytes": file["size_bytes"],
                    "state": file["state"],
                    "path": f"{file['sys_id']}.iix",
                },
            }
            for file in call.lab.store.find("sys_attachment", equals(table_sys_id=row["sys_id"]))
            if call.acl.may("read", "sys_attachment", file)
        ]
    return found


def _when(call: Call, row: Row) -> dict[str, str]:
    return {
        "sys_created_on": row["sys_created_on"],
        "sys_created_on_adjusted": local_time(
            row["sys_created_on"], call.session.time_zone, call.session.form
        ),
    }


def _author(call: Call, user_name: str) -> dict[str, str]:
    user = call.lab.people.named(user_name) or {}
    name = user.get("name") or user_name
    return {
        "login_name": user_name,
        "user_sys_id": user.get("sys_id", ""),
        "initials": "".join(part[:1] for part in name.split()[:2]).upper(),
        "name": name,
    }


ENDPOINTS = (
    Endpoint(CASE, "/sn_customerservice/case", {"GET": _list, "POST": _insert}),
    Endpoint(CASE, "/sn_customerservice/case/{id}", {"GET": _one, "PUT": _update}),
    Endpoint(CASE, "/sn_customerservice/case/{id}/activities", {"GET": _activities}),
    Endpoint(CASE, "/sn_customerservice/case/field_values/{field}", {"GET": _field_values}),
    Endpoint(CASE, "/sn_customerservice/case/{id}/field_values/{field}", {"GET": _field_values}),
)
