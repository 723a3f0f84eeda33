"""What canary runs left on an instance: files and cases found by their tag, and a case's journal rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from snowkit.errors import InstanceError
from snowkit.instance import attachments, table
from snowkit.instance import query as encoded
from snowkit.instance.client import Client, Reply
from snowkit.journal import TAG_PREFIX
from snowkit.pack.model import Pack
from snowkit.sync.canary import ATTACHMENTS, JOURNAL

MOST = 100
"""Records of one page; their sys_ids must fit into one request line."""

_TAG = re.compile(rf"^{re.escape(TAG_PREFIX)}[0-9a-f]{{12}}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Leftover:
    """One record of ours on the instance; `tag` is what it is found by."""

    table: str
    sys_id: str
    tag: str
    number: str = ""

    def __str__(self) -> str:
        return f"{self.table} {self.number or self.tag} (sys_id {self.sys_id})"


@dataclass(frozen=True, slots=True)
class Orphans:
    """The journal rows of a deleted case that an identity is shown."""

    rows: tuple[Leftover, ...]
    comment: bool
    """Whether the canary's comment is among them."""
    trouble: str
    """Why there may be more; empty where there are none."""


async def leftovers(client: Client, pack: Pack, tag: str, files: Sequence[str] = ()) -> tuple[Leftover, ...]:
    """Return files and cases with a tag, or with any where it is empty, as `client` sees them.

    Files are looked for on those cases, and by their sys_ids in `files`. Raises `InstanceError` where `client` may
    not look, or is shown none of ours and not all rows that match.
    """
    cases: list[Leftover] = []
    for name in pack.case_tables:
        fields = ("sys_id", "number", "short_description")
        query = f"short_descriptionSTARTSWITH{tag or TAG_PREFIX}^ORDERBYsys_created_on"
        reply = await table.read(client, name, query, fields=fields, limit=MOST, count=True)
        cases += _ours(name, reply, "short_description", tag)
    # A file's name has no index, and the table may hold millions.
    conditions = [
        encoded.any_of(field, ids)
        for field, ids in (("table_sys_id", [case.sys_id for case in cases]), ("sys_id", list(files)))
        if ids
    ]
    if not conditions:
        return tuple(cases)
    reply = await attachments.read(client, "^OR".join(conditions), limit=MOST)
    return (*_ours(ATTACHMENTS, reply, "file_name", tag), *cases)


async def orphans(client: Client, case: Leftover) -> Orphans:
    """Return the journal rows that a case left behind; raises `Unreachable`."""
    query, fields = f"element_id={case.sys_id}", ("sys_id", "element_id", "element", "value")
    reply = await table.read(client, JOURNAL, query, fields=fields, limit=MOST, count=True)
    rows = [row for row in reply.rows if row.get("element_id") == case.sys_id and row.get("sys_id")]
    return Orphans(
        tuple(Leftover(JOURNAL, str(row["sys_id"]), case.tag) for row in rows),
        any(row.get("element") == "comments" and case.tag in str(row.get("value", case.tag)) for row in rows),
        _unsure(reply, case),
    )


def _unsure(reply: Reply, case: Leftover) -> str:
    where = f"{JOURNAL} with element_id={case.sys_id}, what was written on {case.number or case.tag}"
    if reply.failure is not None:
        return f"{where}, cannot be searched: HTTP {reply.status}, {reply.failure.words}."
    if reply.total is None:
        return f"{where}: the instance does not say how many rows there are."
    if reply.total > len(reply.rows):
        return f"{where}: {len(reply.rows)} of {reply.total} row(s) are shown."
    return ""


def _ours(name: str, reply: Reply, field: str, tag: str) -> list[Leftover]:
    """Keep the rows that bear a tag, whatever the instance made of the query."""
    advice = "Run snowkit sync cleanup --yes with an inspector that may read and delete these records."
    if reply.failure is not None:
        raise InstanceError(
            f"{name} cannot be searched for what was written: HTTP {reply.status} {reply.failure.words}.",
            advice,
        )
    found = []
    for row in reply.rows:
        match = _TAG.match(str(row.get(field, "")))
        if match and row.get("sys_id") and tag in ("", match.group()):
            found.append(Leftover(name, str(row["sys_id"]), match.group(), str(row.get("number", ""))))
    hidden = (reply.total or 0) - len(reply.rows)
    if hidden > 0 and not found:
        raise InstanceError(f"{name} holds {hidden} record(s) that may be ours, but they are hidden.", advice)
    return found
