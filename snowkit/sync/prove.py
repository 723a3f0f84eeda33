"""One canary run: its steps in order, what each needs, and the cleaning that happens whatever became of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from snowkit.engine import run as engine
from snowkit.engine.check import Check
from snowkit.engine.events import Event, Finished, Planned, Started
from snowkit.engine.finding import Finding, Level, Outcome, Verdict, met, unknown
from snowkit.engine.result import Report, Subject
from snowkit.errors import InstanceError, SnowkitError, UsageError
from snowkit.instance import table
from snowkit.instance.address import core_domain
from snowkit.instance.client import Client
from snowkit.instance.session import Session
from snowkit.journal import Entry, Journal
from snowkit.pack.model import Pack
from snowkit.profile import Profile
from snowkit.sync import attachment, case, cleanup, comment, webhook
from snowkit.sync.canary import ATTACHMENTS, JOURNAL, Canary, Patience, accepts
from snowkit.sync.inbox import Inbox
from snowkit.sync.leftovers import Leftover, leftovers

CLEANING_SECONDS = 10.0
"""How long an interrupted run may clean up."""

Emit = Callable[[Event], None]


async def _clean(canary: Canary) -> Outcome:
    await canary.calm()
    if canary.refused:
        canary.note(canary.case_table, gone=True)
        return met("The instance refused the case, so nothing was made and nothing is left.")
    why = "no inspector is configured, and the required-access list grants no deletion"
    try:
        if canary.inspector is not None:
            removed = await cleanup.remove(canary.session, canary.pack, canary.journal, canary.tag)
            return removed.outcome()
        items = await leftovers(canary.integration, canary.pack, canary.tag)
    except InstanceError as error:
        why, items = error.what.rstrip("."), ()
    made = tuple(
        Leftover(name, sys_id, canary.tag, number)
        for name, sys_id, number in (
            (ATTACHMENTS, canary.attachment, ""),
            (canary.case_table, canary.sys_id, canary.number),
            (JOURNAL, canary.entry, ""),
        )
        if sys_id
    )
    items = (*items, *(item for item in made if item.sys_id not in {seen.sys_id for seen in items}))
    if not items:
        return unknown(
            "cleanup", f"Whether a record with the tag {canary.tag} was made is not known, because {why}."
        )
    return cleanup.unremovable(items, why)


WHY = "The page's Test Connection shows that a token works, not that a record arrives."
CREATE = "sync.create"
WEBHOOK = "sync.webhook"
CLEANUP = "sync.cleanup"


def _step(
    id_: str,
    title: str,
    probe: Callable[[Canary], Awaitable[Outcome]],
    *needs: str,
    level: Level = Level.REQUIRED,
    mutates: bool = False,
) -> Check[Canary]:
    return Check(id_, title, level, probe, needs, mutates=mutates, source="snowkit", why=WHY)


STEPS: tuple[Check[Canary], ...] = (
    _step(CREATE, "A canary case can be created", case.create, mutates=True),
    _step(WEBHOOK, "The case's webhook is delivered", case.told, CREATE),
    _step("sync.pull", "A pull brings the case exactly once", case.pulled, CREATE),
    _step("sync.fields", "The case comes back unchanged", case.compared, "sync.pull"),
    _step("sync.comment", "A comment comes back as it was written", comment.written, CREATE, mutates=True),
    _step("sync.comment_webhook", "The comment's webhook is delivered", comment.told, "sync.comment"),
    _step(
        "sync.attachment", "An attachment comes back byte for byte", attachment.returned, CREATE, mutates=True
    ),
    _step(
        "sync.attachment_webhook",
        "The attachment's webhook is delivered",
        attachment.told,
        "sync.attachment",
        level=Level.ADVISED,
    ),
    _step(CLEANUP, "What was written is gone again", _clean, mutates=True),
)
"""To add a step, add a line here, before the cleaning."""

WRITES = (
    "One case, through the Case API as the integration; its short description starts with snowkit-canary-.",
    "One comment on it, through the Case API as the integration.",
    "One attachment on it, by the inspector: the required-access list lets the integration only read them.",
    "A created case may set off the customer's own notifications, assignment rules and SLAs.",
    "ServiceNow keeps audit rows of the canary (sys_audit, sys_audit_delete), which stay after its deletion.",
)
REMOVES = (
    "The attachment, the case and its journal rows, by the inspector: the required-access list grants no deletion.",
)
"""What a run does to an instance, for whoever has to consent."""


async def prove(
    session: Session,
    pack: Pack,
    profile: Profile,
    journal: Journal,
    emit: Emit = lambda event: None,
    *,
    allow_writes: bool = False,
    patience: Patience | None = None,
) -> Report:
    """Make the run and return its report; without `allow_writes` nothing is written and nothing is known.

    A cancelled run cleans up, for ten seconds at most, before the cancellation goes on. Raises `UsageError` for a
    profile whose capabilities sync no tickets, and `ProfileError`.
    """
    if not {"helpdesk", "crm"} & set(profile.capability):
        raise UsageError(
            "sync proves how cases travel; the profile is for Content Management only.",
            "Run snowkit check, or give the profile the capability helpdesk or crm.",
        )
    started, before = datetime.now(UTC), session.requests
    canary = Canary(session, pack, profile, journal, patience=patience or Patience())
    emit(Planned(STEPS))
    canary.user, canary.accepted = await _user(session.integration)
    if not profile.inbox_url:
        findings = await _steps(canary, emit, allow_writes)
        requests = session.requests - before
    else:
        ca_bundle = Path(profile.ca_bundle) if profile.ca_bundle else None
        async with Inbox(profile.inbox_url, ca_bundle) as inbox:
            canary.inbox = inbox
            findings = await _steps(canary, emit, allow_writes)
            requests = session.requests - before + inbox.requests
    subject = Subject(
        url=canary.url,
        name=profile.instance_name or core_domain(canary.url),
        user=canary.user,
        client_id=profile.client_id,
        pack=pack.name,
        capabilities=profile.capability,
    )
    return Report(subject, started, datetime.now(UTC), requests, findings)


async def _steps(canary: Canary, emit: Emit, allow_writes: bool) -> tuple[Finding, ...]:
    settled: dict[str, Finding] = {}
    if allow_writes:
        # A journal that cannot be written ends the run before anything is sent.
        canary.journal.write(Entry(canary.url, canary.case_table, canary.tag, gone=True))
    try:
        for step in STEPS:
            settled[step.id] = finding = await _made(step, canary, settled, emit, allow_writes)
            emit(Finished(finding))
    except BaseException:
        if canary.tried and CLEANUP not in settled and canary.inspector is not None:
            await _clean_in_time(canary)
        raise
    return tuple(settled.values())


async def _made(
    step: Check[Canary], canary: Canary, settled: dict[str, Finding], emit: Emit, allow_writes: bool
) -> Finding:
    blocker = next((settled[id_] for id_ in step.needs if settled[id_].verdict is not Verdict.MET), None)
    if step.id == CLEANUP and not canary.tried:
        blocker = settled[CREATE]
    if blocker is not None:
        return _blocked(step, blocker, Outcome(Verdict.BLOCKED, ""), 0)
    started = time.monotonic()

    def relay(event: Event) -> None:
        if isinstance(event, Started):
            emit(event)

    (finding,) = await engine.run((step,), canary, relay, allow_writes=allow_writes)
    root = settled.get(WEBHOOK)
    if (
        root is not None
        and root.verdict in (Verdict.GAP, Verdict.UNKNOWN)
        and finding.verdict is root.verdict
        and finding.outcome.cause == root.outcome.cause
        and root.outcome.cause in webhook.SHARED
    ):
        return _blocked(step, root, finding.outcome, round((time.monotonic() - started) * 1000))
    return finding


def _blocked(step: Check[Canary], blocker: Finding, seen: Outcome, duration: int) -> Finding:
    told = blocker.outcome.summary
    summary = told if blocker.blocked_by else f"Not judged, because {blocker.id} is {blocker.verdict}: {told}"
    outcome = Outcome(Verdict.BLOCKED, summary, blocker.outcome.cause, evidence=seen.evidence)
    by = blocker.blocked_by or blocker.id
    return Finding(step.id, step.title, step.level, step.source, outcome, by, duration, step.why)


async def _clean_in_time(canary: Canary) -> None:
    """Clean up after an interruption; what cannot be removed in time stays in the journal."""
    cleaning = asyncio.ensure_future(_clean(canary))
    try:
        await asyncio.wait_for(asyncio.shield(cleaning), CLEANING_SECONDS)
    except (SnowkitError, TimeoutError):
        return
    finally:
        cleaning.cancel()


async def _user(client: Client) -> tuple[str, bool]:
    """Return the token's user name, empty when the instance does not say, and whether the token was accepted.

    Exactly one row must match, before row ACLs: a refused function would drop the clause and return anybody.
    """
    query, fields = "sys_id=javascript:gs.getUserID()", ("sys_id", "user_name")
    try:
        reply = await table.read(client, "sys_user", query, fields=fields, limit=2, count=True)
    except InstanceError:
        return "", False
    one = reply.total == 1 and len(reply.rows) == 1
    return (str(reply.rows[0].get("user_name", "")) if one else ""), accepts(reply)
