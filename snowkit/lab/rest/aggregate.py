"""The Aggregate API: counts, sums, averages, least and greatest values, in groups or over all.

source: rest_behaviour 2.4. Whether counts obey row ACLs is not settled; a switch of the lab.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from snowkit.lab.comparison import is_number
from snowkit.lab.rest import queries, tables
from snowkit.lab.rest.apis import AGGREGATE, Endpoint
from snowkit.lab.rest.call import Answer, Call, Refused
from snowkit.lab.store import Row

_OPERATIONS = ("avg", "min", "max", "sum")


def _stats(call: Call) -> Answer:
    table = tables.reached(call.lab, call.parts["tableName"])
    if not call.acl.may("read", table):
        raise Refused(403, "Insufficient rights to query records", f"No permission to read table '{table}'")
    wanted = {operation: _names(call, f"sysparm_{operation}_fields") for operation in _OPERATIONS}
    if not call.flag("sysparm_count") and not any(wanted.values()):
        raise Refused(400, "No request parameter for aggregate operation specified", None)
    rows = call.lab.store.find(table, queries.asked(call, table), asker=call.asker)
    if call.lab.switches.current.aggregate_respects_acls:
        rows = [row for row in rows if call.acl.may("read", table, row)]
    grouped = _names(call, "sysparm_group_by")
    if not grouped:
        return Answer(result={"stats": _worked_out(call, rows, wanted)})
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row.get(name, "") for name in grouped)].append(row)
    return Answer(
        result=[
            {
                "stats": _worked_out(call, members, wanted),
                "groupby_fields": [
                    {"field": name, "value": value} for name, value in zip(grouped, key, strict=True)
                ],
            }
            for key, members in sorted(groups.items())
        ]
    )


def _names(call: Call, parameter: str) -> list[str]:
    return [name.strip() for name in call.parameter(parameter).split(",") if name.strip()]


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
            return f"{chosen(numbers):g}"
        return chosen(filled, default="")
    if not numbers:
        return ""
    return f"{sum(numbers) / (len(numbers) if operation == 'avg' else 1):g}"


ENDPOINTS = (Endpoint(AGGREGATE, "/now/stats/{tableName}", {"GET": _stats}),)
