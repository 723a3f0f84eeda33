"""The Account API (source: Account API): read-only."""

from __future__ import annotations

from snowkit.instance.client import Client, Reply

BASE = "/api/now/account"


async def read(client: Client, query: str = "", *, limit: int = 1) -> Reply:
    """Ask for a list of accounts."""
    params = {"sysparm_limit": str(limit)}
    if query:
        params["sysparm_query"] = query
    return await client.get(BASE, params)
