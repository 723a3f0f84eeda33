"""The Aggregate API: counts, sums, averages, least and greatest values, in groups or over all.

source: rest_behaviour 2.4; the documentation of the API for `sysparm_having` and `sysparm_order_by`. Whether counts
obey row ACLs is not settled; a switch of the lab.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from snowkit.lab.comparison import is_number
from snowkit.lab.rest import queries, shape, tables
from snowkit.lab.rest.apis import AGGREGATE, Endpoint
from snowkit.lab.rest.call import Answer, Call, Refused
from snowkit.lab.store import Row
from snowkit.lab.values import display

_OPERATIONS = ("avg", "min", "max", "sum")
_HAVING_PARTS = 4
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
Group = tuple[tuple[str, ...], list[Row]]


def _stats(call: Call) -> Answer:
    table = tables.reached(call.lab, call.parts["tableName"])
    if not call.acl.may("read", table):
        raise Refused(403, "Insufficient rights to query records", f"No permission to read table '{table}'")
    wanted = {operation: _names(call, f"sysparm_{operation}_fields") for operation in _OPERATIONS}
    having = _names(call, "sysparm_having")
    if not call.flag("sysparm_count") and not any(wanted.values()) and not having:
        raise Refused(400, "No request parameter for aggregate operation specified", None)
    rows = call.lab.store.find(table, queries.asked(call, table), asker=call.asker)
    if call.lab.switches.current.aggregate_respects_acls:
        rows = [row for row in rows if call.acl.may("read", table, row)]
    fields = _names(call, "sysparm_group_by")
    if not fields:
        return Answer(result={"stats": _worked_out(call, rows, wanted)})
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(_field(call, table, row, name) for name in fields)].append(row)
    groups = [group for group in sorted(found.items()) if all(_meets(group, clause) for clause in having)]
    for term in reversed(_names(call, "sysparm_order_by")):
        _sort(groups, term, fields)
    return Answer(
        result=[
            {
                "stats": _worked_out(call, members, wanted),
                "groupby_fields": [
                    _named(call, table, name, value, members[0])
                    for name, value in zip(fields, key, strict=True)
                ],
            }
            for key, members in groups
        ]
    )


def _names(call: Call, parameter: str) -> list[str]:
    return [name.strip() for name in call.parameter(parameter).split(",") if name.strip()]


def _field(call: Call, table: str, row: Row, path: str) -> str:
    if "." not in path:
        return row.get(path, "")
    return str(shape.record(call, table, row, shape.Look((path,), links=False)).get(path, ""))


def _named(call: Call, table: str, name: str, value: str, row: Row) -> dict[str, str]:
    """Return a group's field, its value as it is stored, as it is shown, or both."""
    asked = call.parameter("sysparm_display_value").lower()
    if asked not in ("true", "all"):
        return {"field": name, "value": value}
    session = call.session
    shown = display(call.lab, table, name, row, session.time_zone, session.form) if "." not in name else value
    return {"field": name, "value": shown} | (
        {"value": value, "display_value": shown} if asked == "all" else {}
    )


def _meets(group: Group, clause: str) -> bool:
    """Say whether a group meets `aggregate^field^operator^value`; what is none of that is left out."""
    parts = clause.split("^")
    if len(parts) != _HAVING_PARTS or parts[2] not in _COMPARISONS or not is_number(parts[3]):
        return True
    worth = _aggregate(group, parts[0], parts[1])
    return is_number(worth) and _COMPARISONS[parts[2]](float(worth), float(parts[3]))


def _sort(groups: list[Group], term: str, fields: list[str]) -> None:
    """Order groups by a field or an aggregate, such as `state^DESC`, `COUNT` or `AVG^priority`."""
    parts = term.split("^")
    downwards = len(parts) > 1 and parts[-1].upper() == "DESC"
    if downwards:
        parts.pop()

    def worth(group: Group) -> tuple[int, float, str]:
        if parts[0].lower() == "count" or len(parts) > 1:
            value = _aggregate(group, parts[0], parts[-1])
        else:
            value = group[0][fields.index(parts[0])] if parts[0] in fields else ""
        return (0, float(value), "") if is_number(value) else (1, 0.0, value)

    groups.sort(key=worth, reverse=downwards)


def _aggregate(group: Group, operation: str, field: str) -> str:
    operation, rows = operation.lower(), group[1]
    if operation == "count":
        return str(len(rows))
    return _over(operation, [row.get(field, "") for row in rows]) if operation in _OPERATIONS else ""


def _worked_out(call: Call, rows: list[Row], wanted: dict[str, list[str]]) -> dict[str, Any]:
    stats: dict[str, Any] = {"count": str(len(rows))} if call.flag("sysparm_count") else {}
    for operation, names in wanted.items():
        if names:
            stats[operation] = {name: _over(operation, [row.get(name, "") for row in rows]) for name in names}
    return stats


def _over(operation: str, values: list[str]) -> str:
    filled = [value for value in values if value]
    numbers = [float(value) for value in filled if is_number(value)]
    if operation in ("min", "max"):
        chosen = min if operation == "min" else max
        if numbers and len(numbers) == len(filled):
            return _written(chosen(numbers))
        return chosen(filled, default="")
    if not numbers:
        return ""
    return _written(sum(numbers) / (len(numbers) if operation == "avg" else 1))


def _written(number: float) -> str:
    return f"{number:.0f}" if number.is_integer() else f"{number:.4f}"


ENDPOINTS = (Endpoint(AGGREGATE, "/now/stats/{tableName}", {"GET": _stats}),)
