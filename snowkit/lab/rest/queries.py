"""Which records a caller asks for, and which of them he may see: queries, query ACLs, pages and row ACLs.

source: rest_behaviour 1.2, 1.3, 1.5, 1.6, 1.8 and 1.9. The limit counts before the row ACLs, and so does
X-Total-Count; rows that a before-query rule takes away are not counted.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote, urlencode

from snowkit.lab import properties
from snowkit.lab.encoded import Condition, Query, parse
from snowkit.lab.query import field_at, unknown_fields
from snowkit.lab.rest.call import Call, Refused
from snowkit.lab.schema import Column, Schema
from snowkit.lab.store import Row

_MATCH = (
    "=",
    "!=",
    "==",
    "IN",
    "NOT IN",
    "SAMEAS",
    "NSAMEAS",
    "ANYTHING",
    "ISEMPTY",
    "ISNOTEMPTY",
    "EMPTYSTRING",
)
_SYS_ID = re.compile("[0-9a-fA-F]{32}")
_PAST_DOMAINS = {"admin", "query_no_domain_table_api"}
_NONE = Query((((Condition("sys_id", "==", ""),),),))


def asked(call: Call, table: str) -> Query:
    """Return the query of a list request as the caller may ask it.

    Raises `Refused` where a field of it is unknown or may not be queried, as the switches say.
    """
    text = call.parameter("sysparm_query")
    query = parse(text) if text else _by_name(call, table)
    unknown = unknown_fields(query, table, call.lab.schema)
    switches = call.lab.switches.current
    if unknown and switches.invalid_query == "forbid":
        raise may_not_query()
    if unknown and (
        switches.invalid_query == "no_rows"
        or properties.on(call.lab.store, "glide.invalid_query.returns_no_rows")
    ):
        return _NONE
    return narrowed(call, table, _permitted(call, table, query))


def narrowed(call: Call, table: str, query: Query) -> Query:
    """Return a query for what before-query rules and the caller's domain leave of a table.

    source: rest_behaviour 1.2: only admins, and who has the role for it, may look past the domain.
    """
    switches = call.lab.switches.current
    filters = [switches.before_query.get(table, ""), call.lab.rules.narrowed(table, call.session)]
    if not (call.flag("sysparm_query_no_domain") and call.session.roles & _PAST_DOMAINS):
        filters.append(switches.domains.get(table, ""))
    for text in filter(None, filters):
        query = both(query, parse(text))
    return query


def page(
    call: Call,
    table: str,
    query: Query,
    limit: int,
    offset: int,
    columns: tuple[str, ...] | None = None,
) -> list[Row]:
    """Return the page's rows that the caller may read: the limit first, then the row ACLs.

    `columns` names the fields that the caller needs; None is all.
    """
    may = call.acl.settled("read", table)
    if may is False:
        return []
    rows = call.lab.store.find(
        table, query, limit=limit, offset=offset, asker=call.asker, columns=columns if may else None
    )
    return rows if may else [row for row in rows if call.acl.may("read", table, row)]


def headers(call: Call, table: str, query: Query, limit: int, offset: int) -> tuple[tuple[str, str], ...]:
    """Return X-Total-Count and Link, as far as the request does not suppress them."""
    counted = not call.flag("sysparm_no_count")
    total = call.lab.store.count(table, query, asker=call.asker) if counted else None
    found: list[tuple[str, str]] = []
    if total is not None:
        found.append(("X-Total-Count", str(total)))
    if not call.flag("sysparm_suppress_pagination_header"):
        found.append(("Link", link(call, total, limit, offset)))
    return tuple(found)


def may_not_query() -> Refused:
    """Return the refusal of a query by a field that the caller may not read, or that is not there."""
    return Refused(
        403,
        "Insufficient rights to query records",
        "Field(s) present in the query do not have permission to be read",
    )


def both(query: Query, other: Query) -> Query:
    """Return the query for records that answer two."""
    if not query.groups or not other.groups:
        return replace(query, groups=query.groups or other.groups)
    return replace(query, groups=tuple(mine + theirs for mine in query.groups for theirs in other.groups))


def _by_name(call: Call, table: str) -> Query:
    """Return the query of `?active=true&state=Closed`; what is no field of the table is another parameter."""
    schema = call.lab.schema
    conditions = [
        _named(Condition(name, "=", value), column, schema)
        for name, value in call.incoming.parameters.items()
        if (column := field_at(name, table, schema)) is not None
    ]
    return Query((tuple(conditions),) if conditions else ())


def _named(condition: Condition, column: Column, schema: Schema) -> tuple[Condition, ...]:
    """Return a condition's alternatives; display values count for choices and references (rest_behaviour 1.1)."""
    stored = tuple(value for value, label in column.choices if label.lower() == condition.value.lower())
    if stored:
        return (condition, *(replace(condition, value=value) for value in stored))
    if column.type == "reference" and not _SYS_ID.fullmatch(condition.value):
        shown_by = schema.display(column.reference)
        return (condition, replace(condition, field=f"{condition.field}.{shown_by}"))
    return (condition,)


def _permitted(call: Call, table: str, query: Query) -> Query:
    """Return the query without what query ACLs deny; raises where the switch says that they forbid instead."""
    closed_conditions = {
        condition
        for condition in query.conditions()
        if not _may(
            call, "query_match" if condition.operator in _MATCH else "query_range", table, condition.field
        )
    }
    closed_orders = {order for order in query.orders if not _may(call, "query_range", table, order.field)}
    if not closed_conditions and not closed_orders:
        return query
    if call.lab.switches.current.query_acl == "forbid":
        raise may_not_query()
    groups = (
        tuple(
            kept
            for either in group
            if (kept := tuple(each for each in either if each not in closed_conditions))
        )
        for group in query.groups
    )
    return Query(
        tuple(group for group in groups if group),
        tuple(order for order in query.orders if order not in closed_orders),
    )


def _may(call: Call, operation: str, table: str, path: str) -> bool:
    """Say whether each step of a dotted path may be queried; steps that lead nowhere are not ACLs' business."""
    *walked, last = path.split(".")
    for element in walked:
        column = call.lab.schema.columns(table).get(element)
        if column is None or column.type != "reference":
            return True
        if not call.acl.may_query("query_match", table, element):
            return False
        table = column.reference
    return call.acl.may_query(operation, table, last)


def link(call: Call, total: int | None, limit: int, offset: int) -> str:
    """Return the Link header of a page; without a total there is no last page, and always a next one."""
    offsets = {"first": 0}
    if limit and (total is None or offset + limit < total):
        offsets["next"] = offset + limit
    if offset:
        offsets["prev"] = max(offset - limit, 0)
    if total is not None and limit:
        offsets["last"] = max(total - 1, 0) // limit * limit
    kept = {
        name: value
        for name, value in call.incoming.parameters.items()
        if name not in ("sysparm_limit", "sysparm_offset")
    }
    base = call.incoming.base_url + quote(call.incoming.path)
    return ",".join(
        f"<{base}?{urlencode({**kept, 'sysparm_limit': limit, 'sysparm_offset': start}, quote_via=quote)}>"
        f';rel="{relation}"'
        for relation, start in offsets.items()
    )
