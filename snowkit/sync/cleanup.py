"""Removes what a canary run wrote, and shows that it is gone; nothing without the tag is ever touched."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from snowkit.engine.finding import Fix, Outcome, Owner, gap, met, unknown
from snowkit.errors import InstanceError
from snowkit.instance import attachments, table
from snowkit.instance import query as encoded
from snowkit.instance.client import RETRIED, Client, Reply
from snowkit.instance.evidence import Evidence
from snowkit.instance.session import Session
from snowkit.journal import TAG_PREFIX, Entry, Journal
from snowkit.pack.model import Pack
from snowkit.sync.canary import ATTACHMENTS, JOURNAL

MOST = 100
"""Records of one page; their sys_ids must fit into one request line."""

_TAG = re.compile(rf"^{re.escape(TAG_PREFIX)}[0-9a-f]{{12}}(?![0-9a-f])")
_LOOKS = 3
"""How often a record is looked for whose creation was never answered, and a busy instance asked to delete."""


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
    seen_by_both: bool = True
    """Whether the integration could be asked too."""
    trouble: str = ""
    """What kept the instance from being asked to the end; empty where nothing did."""

    def outcome(self) -> Outcome:
        """Return the outcome: `met` where nothing is left, `gap` where the instance keeps something."""
        names = ", ".join(str(item) for item in self.left)
        if self.trouble:
            known = f" Named by now: {names}." if names else ""
            summary = f"Whether all is gone is not known: {self.trouble}{known}"
            return unknown("cleanup", summary, *self.evidence, fix=_by_hand(self.left))
        if self.left:
            return gap("cleanup", f"Could not be removed: {names}.", _by_hand(self.left), *self.evidence)
        if not self.gone:
            return met("Nothing of ours is on the instance.", *self.evidence)
        names = ", ".join(str(item) for item in self.gone)
        witness = "both identities" if self.seen_by_both else "the inspector (the integration could not ask)"
        return met(f"Removed, and gone for {witness}: {names}.", *self.evidence)


async def remove(session: Session, pack: Pack, journal: Journal, tag: str = "") -> Removed:
    """Remove the records of one run, or with an empty `tag` those of every run, by the inspector.

    Attachments go first, then cases, then the journal rows that a case leaves behind. Raises `Unreachable`,
    `OutputError`, and `InstanceError` where what was written cannot be listed or there is no inspector. Where the
    instance stops answering later, the result says so.
    """
    inspector = session.inspector
    if inspector is None:
        raise InstanceError(
            "Nothing can be removed without an inspector: the required-access list grants no deletion.",
            "Set SNOWKIT_INSPECTOR_USER and SNOWKIT_INSPECTOR_PASSWORD (or SNOWKIT_INSPECTOR_TOKEN).",
        )
    url = session.login.url
    noted = [entry for entry in journal.left(url) if tag in ("", entry.tag)]
    done = _Removing(session, inspector)
    if tag:
        await _wait_for_the_unanswered(inspector, pack, noted, tag)
    trouble = ""
    found = await leftovers(inspector, pack, tag, files := _files(noted))
    try:
        # A list holds one page, so many strays take several rounds.
        while fresh := [item for item in found if item not in done.tried]:
            for item in fresh:
                await done.delete(item)
            found = await leftovers(inspector, pack, tag, files)
        for entry in noted:
            if entry.sys_id and entry.sys_id not in {tried.sys_id for tried in done.tried}:
                await done.look_for(Leftover(entry.table, entry.sys_id, entry.tag))
        for case in [item for item in done.gone if item.table in pack.case_tables]:
            for item in await _orphans(inspector, case):
                await done.delete(item)
    except InstanceError as error:
        trouble = error.what
        done.left += [item for item in found if item not in done.tried]
        noted = [entry for entry in noted if entry.sys_id in {item.sys_id for item in done.gone}]
    _settle(journal, url, noted, done.left)
    return Removed(tuple(done.gone), tuple(done.left), tuple(done.evidence), done.seen_by_both, trouble)


def _files(noted: Sequence[Entry]) -> list[str]:
    return [entry.sys_id for entry in noted if entry.table == ATTACHMENTS and entry.sys_id]


async def _wait_for_the_unanswered(inspector: Client, pack: Pack, noted: list[Entry], tag: str) -> None:
    """Give a record whose creation was never answered the time to appear."""
    if any(entry.table in pack.case_tables and not entry.sys_id for entry in noted):
        for _ in range(_LOOKS - 1):
            if await leftovers(inspector, pack, tag):
                return
            await asyncio.sleep(1)


class _Removing:
    """Deletes records one by one, and lets both identities look for each afterwards."""

    def __init__(self, session: Session, inspector: Client) -> None:
        self.gone: list[Leftover] = []
        self.left: list[Leftover] = []
        self.evidence: list[Evidence] = []
        self.seen_by_both = True
        self._session = session
        self._inspector = inspector

    @property
    def tried(self) -> list[Leftover]:
        return [*self.gone, *self.left]

    async def delete(self, item: Leftover) -> None:
        reply = await self._ask(item)
        for _ in range(_LOOKS - 1):
            if reply.status not in RETRIED:
                break
            await asyncio.sleep(1)
            reply = await self._ask(item)
        if reply.status in RETRIED:
            raise InstanceError(f"{item} could not be deleted: HTTP {reply.status}.", "Clean up again later.")
        if reply.failure is not None and reply.status != 404:
            self.left.append(item)
            self.evidence.append(reply.evidence())
            return
        await self.look_for(item)
        if item not in self.left:
            self.gone.append(item)

    async def _ask(self, item: Leftover) -> Reply:
        if item.table == ATTACHMENTS:
            return await attachments.delete(self._inspector, item.sys_id)
        return await table.delete(self._inspector, item.table, item.sys_id)

    async def look_for(self, item: Leftover) -> None:
        """Count a record as left where one of the two identities still reads it."""
        for client in (self._inspector, self._session.integration):
            seen = await table.one(client, item.table, item.sys_id, fields=("sys_id",))
            if seen.failure is None or (seen.status != 404 and client is self._inspector):
                self.left.append(item)
                self.evidence.append(seen.evidence("" if seen.failure else "still there"))
                return
            self.seen_by_both &= seen.status == 404
        self.evidence.append(seen.evidence())


async def leftovers(client: Client, pack: Pack, tag: str, files: Sequence[str] = ()) -> tuple[Leftover, ...]:
    """Return files and cases with a tag, or with any where it is empty, as `client` sees them.

    Files are looked for on those cases, and by their sys_ids in `files`. Raises `InstanceError` where `client` may
    not look, or rows that match are hidden from it.
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


def _ours(name: str, reply: Reply, field: str, tag: str) -> list[Leftover]:
    """Keep the rows that bear a tag, whatever the instance made of the query."""
    advice = "Run snowkit sync cleanup --yes with an inspector that may read and delete these records."
    if reply.failure is not None:
        raise InstanceError(
            f"{name} cannot be searched for what was written: HTTP {reply.status} {reply.failure.words}.",
            advice,
        )
    if reply.total and not reply.rows:
        raise InstanceError(
            f"{name} holds {reply.total} record(s) that may be ours, but they are hidden.", advice
        )
    found = []
    for row in reply.rows:
        match = _TAG.match(str(row.get(field, "")))
        if match and row.get("sys_id") and tag in ("", match.group()):
            found.append(Leftover(name, str(row["sys_id"]), match.group(), str(row.get("number", ""))))
    return found


async def _orphans(inspector: Client, case: Leftover) -> list[Leftover]:
    fields = ("sys_id", "element_id")
    reply = await table.read(inspector, JOURNAL, f"element_id={case.sys_id}", fields=fields, limit=MOST)
    return [
        Leftover(JOURNAL, str(row["sys_id"]), case.tag)
        for row in reply.rows
        if row.get("element_id") == case.sys_id and row.get("sys_id")
    ]


def _settle(journal: Journal, url: str, noted: list[Entry], left: list[Leftover]) -> None:
    remaining = {(item.table, item.tag) for item in left}
    for entry in noted:
        if (entry.table, entry.tag) not in remaining:
            journal.write(Entry(url, entry.table, entry.tag, entry.sys_id, gone=True))
