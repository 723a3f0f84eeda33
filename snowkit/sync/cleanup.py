"""Removes what a canary run wrote, and shows that it is gone; nothing without the tag is ever touched."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from snowkit.engine.finding import Fix, Outcome, Owner, gap, met, unknown
from snowkit.errors import InstanceError
from snowkit.instance import attachments, table
from snowkit.instance.client import Client
from snowkit.instance.evidence import Evidence
from snowkit.instance.session import Session
from snowkit.journal import TAG_PREFIX, Entry, Journal
from snowkit.pack.model import Pack
from snowkit.sync.canary import ATTACHMENTS, JOURNAL

MOST = 200

_TAG = re.compile(rf"^{re.escape(TAG_PREFIX)}[0-9a-f]{{12}}(?![0-9a-f])")
_LOOKS = 3
"""How often a record is looked for whose creation was never answered."""


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
class Removed:
    """What was removed, what is still there, and the exchanges that show it."""

    gone: tuple[Leftover, ...]
    left: tuple[Leftover, ...]
    evidence: tuple[Evidence, ...] = ()

    def outcome(self) -> Outcome:
        """Return the outcome: `met` where nothing is left."""
        if self.left:
            names = ", ".join(str(item) for item in self.left)
            return gap("cleanup", f"Could not be removed: {names}.", _by_hand(self.left), *self.evidence)
        if not self.gone:
            return met("Nothing of ours is on the instance.", *self.evidence)
        names = ", ".join(str(item) for item in self.gone)
        return met(f"Removed, and seen to be gone: {names}.", *self.evidence)


async def remove(session: Session, pack: Pack, journal: Journal, tag: str = "") -> Removed:
    """Remove the records of one run, or with an empty `tag` those of every run, by the inspector.

    Attachments go first, then cases, then the journal rows that a case leaves behind. Raises `Unreachable`,
    `OutputError`, and `InstanceError` where the cases cannot be listed or there is no inspector.
    """
    inspector = session.inspector
    if inspector is None:
        raise InstanceError(
            "Nothing can be removed without an inspector: the required-access list grants no deletion.",
            "Set SNOWKIT_INSPECTOR_USER and SNOWKIT_INSPECTOR_PASSWORD (or SNOWKIT_INSPECTOR_TOKEN).",
        )
    url = session.login.url
    noted = [entry for entry in journal.left(url) if tag in ("", entry.tag)]
    cases = await _cases(inspector, pack, tag)
    unanswered = {entry.tag for entry in noted if entry.table in pack.case_tables and not entry.sys_id}
    for _ in range(_LOOKS - 1):
        if not tag or not unanswered - {case.tag for case in cases}:
            break
        await asyncio.sleep(1)
        cases = await _cases(inspector, pack, tag)
    found = [*await _files(inspector, tag, cases), *cases]
    gone: list[Leftover] = []
    left: list[Leftover] = []
    evidence: list[Evidence] = []
    for item in found:
        witness = await _delete(session, inspector, item)
        evidence.append(witness[1])
        (gone if witness[0] else left).append(item)
    orphans = await _orphans(inspector, [item for item in cases if item in gone])
    for item in orphans:
        witness = await _delete(session, inspector, item)
        if not witness[0]:
            left.append(item)
            evidence.append(witness[1])
    _settle(journal, url, noted, left)
    return Removed(tuple(gone), tuple(left), tuple(evidence))


async def leftovers(client: Client, pack: Pack, tag: str) -> tuple[Leftover, ...]:
    """Return a run's cases and files as `client` sees them; raises `InstanceError` where it may not look."""
    cases = await _cases(client, pack, tag)
    return (*await _files(client, tag, cases), *cases)


def unremovable(items: tuple[Leftover, ...], why: str) -> Outcome:
    """Return the outcome of a run that nobody may clean up after."""
    names = ", ".join(str(item) for item in items)
    return unknown(
        "cleanup",
        f"Left on the instance: {names}, because {why}.",
        fix=_by_hand(items),
    )


def _by_hand(items: tuple[Leftover, ...]) -> Fix:
    return Fix(
        Owner.SERVICENOW_ADMIN,
        "Delete these records, or lend an inspector and run: snowkit sync cleanup --yes",
        tuple(f"Open {item.table}.do?sys_id={item.sys_id} and delete it." for item in items),
    )


async def _cases(client: Client, pack: Pack, tag: str) -> list[Leftover]:
    found: list[Leftover] = []
    for name in pack.case_tables:
        reply = await table.read(
            client,
            name,
            f"short_descriptionSTARTSWITH{tag or TAG_PREFIX}^ORDERBYsys_created_on",
            fields=("sys_id", "number", "short_description"),
            limit=MOST,
        )
        if reply.failure is not None:
            raise InstanceError(
                f"{name} cannot be searched for what was written: HTTP {reply.status} {reply.failure.words}.",
                "Run snowkit sync cleanup --yes with an inspector that may read and delete cases.",
            )
        found.extend(_ours(name, reply.rows, "short_description", tag))
    return found


async def _files(client: Client, tag: str, cases: list[Leftover]) -> list[Leftover]:
    reply = await attachments.read(client, f"file_nameSTARTSWITH{tag or TAG_PREFIX}", limit=MOST)
    return _ours(ATTACHMENTS, reply.rows, "file_name", tag)


def _ours(name: str, rows: list[dict[str, str]], field: str, tag: str) -> list[Leftover]:
    """Keep the rows that bear a tag, whatever the instance made of the query."""
    found = []
    for row in rows:
        match = _TAG.match(str(row.get(field, "")))
        if match and row.get("sys_id") and tag in ("", match.group()):
            found.append(Leftover(name, str(row["sys_id"]), match.group(), str(row.get("number", ""))))
    return found


async def _orphans(inspector: Client, cases: list[Leftover]) -> list[Leftover]:
    found: list[Leftover] = []
    for case in cases:
        reply = await table.read(
            inspector, JOURNAL, f"element_id={case.sys_id}", fields=("sys_id", "element_id"), limit=MOST
        )
        found.extend(
            Leftover(JOURNAL, str(row["sys_id"]), case.tag)
            for row in reply.rows
            if row.get("element_id") == case.sys_id and row.get("sys_id")
        )
    return found


async def _delete(session: Session, inspector: Client, item: Leftover) -> tuple[bool, Evidence]:
    """Delete, then let both identities look for it; the record is gone where neither finds it."""
    if item.table == ATTACHMENTS:
        reply = await attachments.delete(inspector, item.sys_id)
    else:
        reply = await table.delete(inspector, item.table, item.sys_id)
    if reply.failure is not None and reply.status != 404:
        return False, reply.evidence()
    for client in (inspector, session.integration):
        seen = await table.one(client, item.table, item.sys_id, fields=("sys_id",))
        if seen.failure is None:
            return False, seen.evidence("still there")
        if seen.status != 404 and client is inspector:
            return False, seen.evidence()
    return True, seen.evidence("gone for both") if seen.status == 404 else reply.evidence("deleted")


def _settle(journal: Journal, url: str, noted: list[Entry], left: list[Leftover]) -> None:
    remaining = {(item.table, item.tag) for item in left}
    for entry in noted:
        if (entry.table, entry.tag) not in remaining:
            journal.write(Entry(url, entry.table, entry.tag, entry.sys_id, gone=True))
