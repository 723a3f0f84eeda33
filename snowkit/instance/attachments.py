"""The Attachment API (source: Attachment API): metadata, bytes, upload, deletion."""

from __future__ import annotations

from snowkit.instance import query as encoded
from snowkit.instance.client import Client, Reply

BASE = "/api/now/attachment"


async def read(client: Client, query: str = "", *, limit: int = 1, deadline: float = 0.0) -> Reply:
    """Ask for a list of attachments' metadata."""
    params = {"sysparm_limit": str(limit)}
    if query:
        params["sysparm_query"] = query
    return await client.get(BASE, params, deadline=deadline)


async def content(client: Client, sys_id: str) -> Reply:
    """Ask for an attachment's bytes: they are the reply's `content`."""
    path = f"{BASE}/{encoded.sys_id(sys_id)}/file"
    return await client.send("GET", path, headers={"Accept": "*/*"})


async def upload(client: Client, target: tuple[str, str], name: str, data: bytes, content_type: str) -> Reply:
    """Attach a file to `target`, a table and a sys_id; 201 gives its metadata. Needs write on the record."""
    table, record = target
    return await client.send(
        "POST",
        f"{BASE}/file",
        params={"table_name": table, "table_sys_id": encoded.sys_id(record), "file_name": name},
        content=data,
        headers={"Content-Type": content_type},
    )


async def delete(client: Client, sys_id: str) -> Reply:
    """Delete an attachment; 204 is done."""
    return await client.send("DELETE", f"{BASE}/{encoded.sys_id(sys_id)}")
