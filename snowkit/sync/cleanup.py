"""Removes what a canary run wrote, and shows that it is gone; nothing without the tag is ever touched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from snowkit.engine.finding import Fix, Outcome, Owner, gap, met, unknown
from snowkit.errors import InstanceError
from snowkit.instance import attachments, table
from snowkit.instance.client import RETRIED, Client, Reply
from snowkit.instance.evidence import Evidence
from snowkit.instance.session import Session
from snowkit.journal import Entry, Journal
from snowkit.pack.model import Pack
from snowkit.sync.canary import ATTACHMENTS, JOURNAL
from snowkit.sync.leftovers import Leftover, leftovers, orphans

_LOOKS = 3
"""How often a record is looked for whose creation was never answered, and a busy instance asked to delete."""

_UNSEEN = (
    "Where rows are not shown: let an administrator open that list, and delete what hangs on the canary."
)


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
            return unknown("cleanup", summary, *self.evidence, fix=_by_hand(self.left, _UNSEEN))
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
    found = await leftovers(inspector, pack, tag, files := _files(noted))
    try:
        # A list holds one page, so many strays take several rounds.
        while fresh := [item for item in found if item not in done.tried]:
            for item in fresh:
                await done.delete(item)
            found = await leftovers(inspector, pack, tag, files)
        await _account(done, pack, noted)
    except InstanceError as error:
        done.troubles.append(error.what)
        done.left += [item for item in found if item not in done.tried]
        # The next cleaning looks for all of them again.
        noted = []
    unsettled = done.unsure | {(item.table, item.tag) for item in done.left}
    _settle(journal, url, noted, unsettled)
    trouble = " ".join(done.troubles)
    return Removed(tuple(done.gone), tuple(done.left), tuple(done.evidence), done.seen_by_both, trouble)


async def _account(done: _Removing, pack: Pack, noted: list[Entry]) -> None:
    """Look for what the lists did not show: records that were noted, and the journal rows of deleted cases."""
    rows = [entry for entry in noted if entry.table == JOURNAL]
    others = [
        Leftover(entry.table, entry.sys_id, entry.tag)
        for entry in noted
        if entry.table != JOURNAL
        and entry.sys_id
        and entry.sys_id not in {item.sys_id for item in done.tried}
    ]
    for item in others:
        await done.look_for(item)
    for case in (*done.gone, *(item for item in others if item not in done.left)):
        if case.table in pack.case_tables:
            await done.sweep(case)
    for entry in rows:
        await done.account(entry)


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
        self.troubles: list[str] = []
        self.unsure: set[tuple[str, str]] = set()
        """Tables and tags of what may be left, so that the journal keeps them."""
        self._comments: set[str] = set()
        """The tags of the runs whose comment was found."""
        self._swept: dict[str, Leftover] = {}
        """The deleted cases by their tags."""
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

    async def sweep(self, case: Leftover) -> None:
        """Delete the journal rows that a deleted case left behind."""
        found = await orphans(self._inspector, case)
        self._swept[case.tag] = case
        for item in found.rows:
            await self.delete(item)
        if found.comment:
            self._comments.add(case.tag)
        if found.trouble:
            self.troubles.append(found.trouble)
        if found.trouble or any(item in self.left for item in found.rows):
            self._keep(case.tag)

    async def account(self, entry: Entry) -> None:
        """Say what became of a comment's journal row that no list showed."""
        case = self._swept.get(entry.tag)
        if entry.tag in self._comments:
            return
        if entry.sys_id:
            item = Leftover(JOURNAL, entry.sys_id, entry.tag)
            await self.look_for(item)
            if item in self.left:
                self._keep(entry.tag)
            return
        if case is not None and (case.table, case.tag) not in self.unsure:
            self.troubles.append(
                f"{JOURNAL} with element_id={case.sys_id}: a comment was written on {case.number or case.tag}, "
                "and nobody was shown its row."
            )
        self._keep(entry.tag)

    def _keep(self, tag: str) -> None:
        """Let the journal remember a comment's row, and the case whose sys_id alone leads to it."""
        self.unsure.add((JOURNAL, tag))
        if tag in self._swept:
            self.unsure.add((self._swept[tag].table, tag))

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


def unremovable(items: tuple[Leftover, ...], why: str) -> Outcome:
    """Return the outcome of a run that nobody may clean up after."""
    names = ", ".join(str(item) for item in items)
    return unknown(
        "cleanup",
        f"Left on the instance: {names}, because {why}.",
        fix=_by_hand(items),
    )


def _by_hand(items: tuple[Leftover, ...], *steps: str) -> Fix:
    return Fix(
        Owner.SERVICENOW_ADMIN,
        "Delete these records, or lend an inspector and run: snowkit sync cleanup --yes",
        (*(f"Open {item.table}.do?sys_id={item.sys_id} and delete it." for item in items), *steps),
    )


def _settle(journal: Journal, url: str, noted: list[Entry], unsettled: set[tuple[str, str]]) -> None:
    for entry in noted:
        if (entry.table, entry.tag) not in unsettled:
            journal.write(Entry(url, entry.table, entry.tag, entry.sys_id, gone=True))
