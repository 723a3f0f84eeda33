"""A file on the canary: uploaded by the inspector, downloaded by the integration, told by its webhook."""

from __future__ import annotations

import asyncio
import hashlib
import time

from snowkit.engine.finding import Fix, Outcome, Owner, gap, met, unknown
from snowkit.errors import Unreachable
from snowkit.instance import attachments, table
from snowkit.instance.client import Client, Reply
from snowkit.sync import webhook
from snowkit.sync.canary import ATTACHMENTS, Canary, refusal

_LEND = Fix(
    Owner.ENGINEER,
    "Ask the customer's administrator for a login that may upload and delete on the canary case.",
    ("Set SNOWKIT_INSPECTOR_USER and SNOWKIT_INSPECTOR_PASSWORD (or SNOWKIT_INSPECTOR_TOKEN).",),
)


def file_name(tag: str) -> str:
    """Return the file's name; it begins with the tag, so that it is found again."""
    return f"{tag}.txt"


def content(tag: str) -> bytes:
    """Return the file's bytes: line endings of two kinds, no final one, and more than ASCII."""
    return (f"{tag}\r\näöü ß € 日本\nlast line\t" + "0123456789abcdef" * 256).encode()


async def returned(canary: Canary) -> Outcome:
    """Upload, download, and compare the bytes by SHA-256."""
    if canary.inspector is None:
        return unknown(
            "not_permitted",
            "Not proven, because no inspector is configured: the required-access list lets the integration read "
            "attachments, not upload them.",
            fix=_LEND,
        )
    data = content(canary.tag)
    refused = await _upload(canary, canary.inspector, data)
    if refused is not None:
        return refused
    wanted = hashlib.sha256(data).hexdigest()
    deadline = time.monotonic() + canary.patience.content
    while True:
        reply = await attachments.content(canary.integration, canary.attachment)
        found = "" if reply.failure is not None else hashlib.sha256(reply.content).hexdigest()
        refused_for_good = reply.failure is not None and not await _pending(canary, reply)
        if found == wanted or refused_for_good or time.monotonic() >= deadline:
            break
        await asyncio.sleep(canary.patience.pause)
    if found != wanted:
        return await _bytes_differ(canary, reply, data)
    evidence = reply.evidence(f"{len(data)} bytes, SHA-256 {wanted}")
    canary.attachment_since = await _stamp(canary, canary.inspector)
    return met(f"{len(data)} bytes came back with the same SHA-256.", evidence)


async def told(canary: Canary) -> Outcome:
    """Wait for the attachment's webhook."""
    change = webhook.Change(
        canary.rule("attachment"), canary.attachment, canary.attachment_since, canary.sys_id
    )
    return await webhook.arrival(canary, change)


async def _upload(canary: Canary, inspector: Client, data: bytes) -> Outcome | None:
    """Upload, and return None once the file is there."""
    name = file_name(canary.tag)
    canary.note(ATTACHMENTS)
    target = (canary.case_table, canary.sys_id)
    try:
        reply = await canary.write(attachments.upload(inspector, target, name, data, "text/plain"))
    except Unreachable:
        found = await attachments.read(inspector, f"table_sys_id={canary.sys_id}", limit=5)
        rows = [row for row in found.rows if row.get("file_name") == name]
        if not rows:
            raise
        canary.attachment = str(rows[0]["sys_id"])
    else:
        result = reply.result if isinstance(reply.result, dict) else {}
        if reply.failure is not None:
            summary = f"The inspector may not attach a file: HTTP {reply.status}, {reply.failure.words}."
            return unknown("not_permitted", summary, reply.evidence(), fix=_LEND)
        if not result.get("sys_id"):
            return unknown("edge", "The upload was answered without a sys_id.", reply.evidence("no sys_id"))
        canary.attachment = str(result["sys_id"])
    canary.note(ATTACHMENTS, canary.attachment)
    return None


async def _stamp(canary: Canary, inspector: Client) -> str:
    reply = await table.one(inspector, ATTACHMENTS, canary.attachment, fields=("sys_created_on",))
    row = reply.result if isinstance(reply.result, dict) else {}
    return str(row.get("sys_created_on") or canary.since)


async def _pending(canary: Canary, reply: Reply) -> bool:
    """Whether the integration sees the attachment's record, so that a 404 speaks of the bytes alone."""
    if reply.status != 404:
        return False
    listed = await attachments.read(canary.integration, f"sys_id={canary.attachment}")
    return any(row.get("sys_id") == canary.attachment for row in listed.rows)


async def _bytes_differ(canary: Canary, reply: Reply, data: bytes) -> Outcome:
    if reply.failure is not None and reply.status != 404:
        return refusal(canary, reply, "The integration could not download the attachment")
    if reply.failure is not None and not await _pending(canary, reply):
        return refusal(
            canary, reply, "The integration does not find the attachment, though the inspector uploaded it"
        )
    seconds = f"{canary.patience.content:g} seconds"
    got = 0 if reply.failure is not None else len(reply.content)
    evidence = reply.evidence(f"{got} of {len(data)} bytes")
    if got < len(data):
        summary = f"After {seconds} {got} of {len(data)} bytes can be downloaded."
        fix = Fix(Owner.THELOOPS, "Let the connector fetch an attachment again some time after its webhook.")
        return gap("bytes_late", summary, fix, evidence)
    fix = Fix(Owner.SERVICENOW_ADMIN, "Look for what rewrites attachments: a scanner, an encryption context.")
    return gap("field_mismatch", "The downloaded bytes have another SHA-256.", fix, evidence)
