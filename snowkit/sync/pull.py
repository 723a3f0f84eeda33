"""An incremental pull as a connector should make it: inclusive, by (stamp, sys_id), done only on an empty page.

Source: the paging of incremental connectors; limits are applied before row ACLs, so a short page is not the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from snowkit.instance import table
from snowkit.instance.client import Client, Reply

PAGE = 500
MOST_PAGES = 200

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought; `cause` is a cause of the report where it is not whole, with the reason."""

    rows: tuple[Row, ...] = field(repr=False)
    reply: Reply
    cause: str = ""
    reason: str = ""

    def of(self, sys_id: str) -> list[Row]:
        """Return the rows of one record; one version of it counts once for each time it came."""
        return [row for row in self.rows if row.get("sys_id") == sys_id]


async def since(
    client: Client,
    name: str,
    stamp: str,
    bookmark: str,
    fields: Sequence[str],
    *,
    condition: str = "",
    page: int = PAGE,
) -> Pulled:
    """Pull the rows of a table whose `stamp` is at or after `bookmark`, both as the instance writes them (UTC).

    `condition` is an encoded query that every row must meet besides. Raises `Unreachable`.
    """
    wanted = tuple(dict.fromkeys((*fields, "sys_id", stamp)))
    base = "^".join(part for part in (condition, f"{stamp}>={bookmark}") if part)
    order = f"^ORDERBY{stamp}^ORDERBYsys_id"
    rows: list[Row] = []
    query, cursor = base + order, ("", "")
    for _ in range(MOST_PAGES):
        reply = await table.read(client, name, query, fields=wanted, limit=page)
        if reply.failure is not None:
            return Pulled(tuple(rows), reply, reply.failure.cause, reply.failure.words)
        if not reply.rows:
            return Pulled(tuple(rows), reply)
        fault = _fault(reply.rows, stamp, bookmark, cursor)
        if fault is not None:
            return Pulled((*rows, *reply.rows), reply, *fault)
        rows.extend(reply.rows)
        cursor = (str(rows[-1][stamp]), str(rows[-1]["sys_id"]))
        later, tied = f"{base}^{stamp}>{cursor[0]}", f"{base}^{stamp}={cursor[0]}^sys_id>{cursor[1]}"
        query = f"{later}^NQ{tied}{order}"
    return Pulled(tuple(rows), reply, "pull_incomplete", f"it did not end within {MOST_PAGES} pages")


def _fault(rows: list[Row], stamp: str, bookmark: str, cursor: tuple[str, str]) -> tuple[str, str] | None:
    if not all(row.get("sys_id") and row.get(stamp) for row in rows):
        return "field_acl", f"a row came without sys_id or {stamp}"
    keys = [(str(row[stamp]), str(row["sys_id"])) for row in rows]
    if keys[0][0] < bookmark:
        return "query_acl", f"rows older than asked for came: the condition on {stamp} was ignored"
    stamps = [cursor[0], *(stamped for stamped, _ in keys)]
    # Only stamps are compared in order: how a database sorts sys_ids is its own affair.
    if cursor in keys or stamps != sorted(stamps):
        return "pull_incomplete", f"the rows do not follow each other by {stamp}"
    return None
