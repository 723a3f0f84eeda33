"""The undocumented APIs of the user interface that clients use: a table's columns, the tables, who is asking.

source: rest_behaviour 8, and answers that clients of others read. Both lists show what the caller may see.
"""

from __future__ import annotations

from typing import Any

from snowkit.lab.encoded import equals
from snowkit.lab.rest import tables
from snowkit.lab.rest.apis import DOCUMENTATION, UI, Endpoint
from snowkit.lab.rest.call import Answer, Call
from snowkit.lab.schema import Column


def _columns(call: Call) -> Answer:
    table = tables.reached(call.lab, call.parts["tableName"])
    known = call.lab.schema.columns(table)
    shown = {name: _column(call, table, column) for name, column in known.items() if _sees(call, table, name)}
    return Answer(result={"columns": shown})


def _column(call: Call, table: str, column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.element,
        "label": column.label,
        "type": column.type,
        "max_length": column.max_length,
        "mandatory": column.mandatory,
        "read_only": column.element.startswith("sys_"),
    }
    if column.reference:
        described["reference"] = column.reference
    if column.choices:
        described["choices"] = _choices(call, table, column.element)
    return described


def _choices(call: Call, table: str, element: str) -> list[dict[str, str]]:
    for ancestor in call.lab.schema.ancestors(table):
        rows = call.lab.store.find("sys_choice", equals(name=ancestor, element=element))
        if rows:
            return [{"label": row["label"], "value": row["value"]} for row in rows]
    return []


def _tables(call: Call) -> Answer:
    rows = call.lab.store.find("sys_db_object", "ws_access=true^ORDERBYlabel")
    seen = [row for row in rows if call.lab.schema.get(row["name"]) and _sees(call, row["name"])]
    return Answer(result=[{"label": row["label"], "value": row["name"]} for row in seen])


def _sees(call: Call, table: str, field: str = "") -> bool:
    return call.acl.settled("read", table, field) is not False


def _user(call: Call) -> Answer:
    user = call.lab.store.get("sys_user", call.session.user_id) or {}
    name = user.get("name", "")
    return Answer(
        result={
            "user_avatar": "",
            "user_sys_id": call.session.user_id,
            "user_name": call.session.user_name,
            "user_display_name": name,
            "user_initials": "".join(part[0] for part in name.split()[:2]).upper(),
        }
    )


ENDPOINTS = (
    Endpoint(UI, "/now/ui/meta/{tableName}", {"GET": _columns}),
    Endpoint(UI, "/now/ui/user/current_user", {"GET": _user}),
    Endpoint(DOCUMENTATION, "/now/doc/table/schema", {"GET": _tables}),
)
