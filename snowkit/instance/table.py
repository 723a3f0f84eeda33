"""The Table API (source: Table API): lists, single records, and the writes that an inspector makes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from snowkit.errors import InstanceError
from snowkit.instance import query as encoded
from snowkit.instance.client import Client, Reply

BASE = "/api/now/table"
PAGE = 1000


async def read(
    client: Client,
    table: str,
    query: str = "",
    *,
    fields: Sequence[str] = (),
    limit: int = 1,
    count: bool = False,
    deadline: float = 0.0,
) -> Reply:
    """Ask for a list in machine values; `count` asks for `X-Total-Count` too, slow on large tables."""
    params = {
        "sysparm_limit": str(limit),
        "sysparm_exclude_reference_link": "true",
        "sysparm_suppress_pagination_header": "true",
    }
    if query:
        params["sysparm_query"] = query
    if fields:
        params["sysparm_fields"] = ",".join(fields)
    if not count:
        params["sysparm_no_count"] = "true"
    return await client.get(f"{BASE}/{table}", params, deadline=deadline)


async def every(
    client: Client, table: str, query: str = "", *, fields: Sequence[str] = ()
) -> AsyncIterator[dict[str, Any]]:
    """Yield every readable row, paged by sys_id so that hidden rows cannot end it early.

    Raises `Refused` when a page is refused.
    """
    wanted = tuple(fields) if not fields or "sys_id" in fields else (*fields, "sys_id")
    after = ""
    while True:
        condition = "^".join(part for part in (query, f"sys_id>{after}" if after else "") if part)
        reply = await read(client, table, f"{condition}^ORDERBYsys_id", fields=wanted, limit=PAGE)
        if reply.failure is not None:
            raise Refused(table, reply)
        rows = reply.rows
        for row in rows:
            yield row
        last = str(rows[-1].get("sys_id", "")) if rows else ""
        if len(rows) < PAGE or not last or last == after:
            return
        after = last


async def one(client: Client, table: str, sys_id: str, *, fields: Sequence[str] = ()) -> Reply:
    """Ask for one record; 404 means absent or hidden."""
    params = {"sysparm_exclude_reference_link": "true"}
    if fields:
        params["sysparm_fields"] = ",".join(fields)
    return await client.get(f"{BASE}/{table}/{encoded.sys_id(sys_id)}", params)


async def insert(client: Client, table: str, values: Mapping[str, str]) -> Reply:
    """Create a record."""
    return await client.send("POST", f"{BASE}/{table}", json_body=dict(values))


async def update(client: Client, table: str, sys_id: str, values: Mapping[str, str]) -> Reply:
    """Change the given fields of a record."""
    return await client.send("PATCH", f"{BASE}/{table}/{encoded.sys_id(sys_id)}", json_body=dict(values))


async def delete(client: Client, table: str, sys_id: str) -> Reply:
    """Delete a record; 204 is done, 404 is absent or hidden."""
    return await client.send("DELETE", f"{BASE}/{table}/{encoded.sys_id(sys_id)}")


class Refused(InstanceError):
    """A list was refused; `reply` holds the evidence."""

    def __init__(self, table: str, reply: Reply) -> None:
        words = reply.failure.words if reply.failure else ""
        super().__init__(
            f"{table} cannot be read: HTTP {reply.status} {words}.",
            "Use a login that may read configuration, or a snapshot.",
        )
        self.table = table
        self.reply = reply
