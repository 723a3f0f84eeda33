"""The Case API (source: Case API): read, create and update cases as the integration does."""

from __future__ import annotations

from collections.abc import Mapping

from snowkit.instance import query as encoded
from snowkit.instance.client import Client, Reply

BASE = "/api/sn_customerservice/case"


async def read(client: Client, query: str = "", *, limit: int = 1) -> Reply:
    """Ask for a list of cases."""
    params = {"sysparm_limit": str(limit), "sysparm_reference_fields": "false"}
    if query:
        params["sysparm_query"] = query
    return await client.get(BASE, params)


async def one(client: Client, sys_id: str) -> Reply:
    """Ask for one case; 404 means absent or hidden."""
    return await client.get(f"{BASE}/{encoded.sys_id(sys_id)}")


async def create(client: Client, values: Mapping[str, str]) -> Reply:
    """Create a case; 201 gives its sys_id and number."""
    return await client.send("POST", BASE, json_body=dict(values))


async def update(client: Client, sys_id: str, values: Mapping[str, str]) -> Reply:
    """Change a case, or comment on it with `comments`; documented as 201, so 200 and 201 are alike."""
    return await client.send("PUT", f"{BASE}/{encoded.sys_id(sys_id)}", json_body=dict(values))


async def activities(client: Client, sys_id: str) -> Reply:
    """Ask for a case's activities; `journal_fields[].can_write` says whether the caller may comment."""
    return await client.get(f"{BASE}/{encoded.sys_id(sys_id)}/activities", {"sysparm_limit": "1"})
