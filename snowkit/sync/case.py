"""The canary case: created as the integration would, found again by an incremental pull, compared by field."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from snowkit.engine.finding import Fix, Grade, Outcome, Owner, gap, met, unknown
from snowkit.errors import Unreachable
from snowkit.instance import cases, table
from snowkit.instance.client import Reply
from snowkit.sync import pull, webhook
from snowkit.sync.canary import UNDECIDED, Canary, accepts, decided, refusal
from snowkit.sync.comparison import compare

STAMP = "%Y-%m-%d %H:%M:%S"
OVERLAP = timedelta(seconds=60)
"""How far a pull reaches back, since a record may be committed later than its stamp says."""

_CHANGING = frozenset({"sys_updated_on", "sys_mod_count"})
"""What the instance's own rules may move between two looks at one record."""


def texts(tag: str) -> dict[str, str]:
    """Return what is written into the case: characters that a careless connector breaks, and no person's data."""
    return {
        "short_description": f"{tag} made by snowkit to prove the synchronisation; it is removed again",
        "description": f"{tag}\nSecond line: äöü ß € 日本 \"quoted\" 'single' a & b < c > d 100% \\ end",
    }


async def create(canary: Canary) -> Outcome:
    """Create the case through the Case API, named in the journal first."""
    canary.bookmark = await _bookmark(canary)
    canary.sent = texts(canary.tag)
    canary.note(canary.case_table)
    try:
        reply = await canary.write(cases.create(canary.integration, canary.sent))
    except Unreachable as error:
        # The instance may have created it all the same; a second POST could make a second case.
        if not await _found_after_all(canary):
            raise
        return met(f"Case {canary.number} was created, though no answer came in time: {error.what}")
    result = reply.result if isinstance(reply.result, dict) else {}
    if reply.failure is None and result.get("sys_id"):
        canary.sys_id, canary.number = str(result["sys_id"]), str(result.get("number", ""))
        canary.note(canary.case_table, canary.sys_id)
        return met(
            f"Case {canary.number} was created through the Case API.",
            reply.evidence(f"sys_id {canary.sys_id}"),
        )
    if await _found_after_all(canary):
        return met(f"Case {canary.number} was created, though the answer was HTTP {reply.status}.")
    if reply.failure is not None:
        canary.refused = decided(reply)
        return refusal(canary, reply, "The Case API did not create the canary case")
    return unknown("edge", "The Case API answered without a sys_id.", reply.evidence("no sys_id"))


async def _found_after_all(canary: Canary) -> bool:
    found = await canary.find(canary.inspector or canary.integration)
    if not found:
        return False
    canary.sys_id, canary.number = str(found[0]["sys_id"]), str(found[0].get("number", ""))
    canary.note(canary.case_table, canary.sys_id)
    return True


async def _bookmark(canary: Canary) -> str:
    """Return where a connector that pulls regularly would stand: the newest stamp, less the overlap.

    The instance's clock counts, never ours: its `Date` header, and the stamps that it wrote.
    """
    stamp = _stamp(canary)
    query = f"ORDERBYDESC{stamp}"
    reply = await table.read(canary.integration, canary.case_table, query, fields=("sys_id", stamp))
    canary.accepted |= accepts(reply)
    now = _date(reply)
    newest = str(reply.rows[0].get(stamp, "")) if reply.rows else ""
    limit = (now - OVERLAP).strftime(STAMP)
    return min(newest, limit) if newest else limit


def _stamp(canary: Canary) -> str:
    return "sys_created_on" if canary.profile.pull_by == "created" else "sys_updated_on"


def _date(reply: Reply) -> datetime:
    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


async def told(canary: Canary) -> Outcome:
    """Wait for the case's webhook."""
    if canary.inspector is not None and not canary.row:
        fields = ("sys_id", "sys_created_on", "sys_created_by")
        reply = await table.one(canary.inspector, canary.case_table, canary.sys_id, fields=fields)
        canary.row = reply.result if isinstance(reply.result, dict) else {}
    return await webhook.arrival(canary, webhook.Change(canary.rule("case"), canary.sys_id, canary.since))


async def pulled(canary: Canary) -> Outcome:
    """Pull from the bookmark on and find the case exactly once."""
    stamp = _stamp(canary)
    fields = (*canary.pack.find_table(canary.case_table).fields, "sys_created_by", "sys_mod_count")
    deadline = time.monotonic() + canary.patience.pull
    while True:
        got = await pull.since(canary.integration, canary.case_table, stamp, canary.bookmark, fields)
        rows = got.of(canary.sys_id)
        if rows or got.cause or time.monotonic() >= deadline:
            break
        await asyncio.sleep(canary.patience.pause)
    how = f"{stamp} >= {canary.bookmark} UTC"
    if got.cause:
        return _incomplete(
            canary, got, f"The pull of {canary.case_table} by {how} is not whole: {got.reason}."
        )
    if len(rows) == 1:
        canary.row = rows[0]
        canary.pull = got.reply.evidence(f"{len(got.rows)} row(s), the canary once")
        return met(f"The pull by {how} brought the case exactly once.", canary.pull)
    if rows:
        note = f"the canary {len(rows)} times"
        summary = f"The pull by {how} brought the case {len(rows)} times."
        return gap("pull_incomplete", summary, _pull_fix(), got.reply.evidence(note))
    return await _why_not_pulled(canary, how, got)


def _incomplete(canary: Canary, got: pull.Pulled, summary: str) -> Outcome:
    if got.reply.failure is not None:
        return refusal(canary, got.reply, summary.rstrip("."))
    if got.cause in UNDECIDED:
        return unknown(got.cause, summary, got.reply.evidence(got.reason))
    return gap(got.cause, summary, _pull_fix(), got.reply.evidence(got.reason))


async def _why_not_pulled(canary: Canary, how: str, got: pull.Pulled) -> Outcome:
    evidence = got.reply.evidence(f"{len(got.rows)} row(s), not the canary")
    one = await table.one(canary.integration, canary.case_table, canary.sys_id, fields=("sys_id",))
    if one.failure is None:
        summary = f"The integration can read the case, but the pull by {how} does not bring it."
        return gap("pull_incomplete", summary, _pull_fix(), evidence, one.evidence("readable by sys_id"))
    summary = f"The pull by {how} does not bring the case, and the integration cannot read it by its sys_id"
    return refusal(canary, one, summary)


def _pull_fix() -> Fix:
    return Fix(
        Owner.SERVICENOW_ADMIN,
        "Look for query ACLs, before-query rules and rules that set the stamps of cases.",
        ("Run snowkit check: table.sn_customerservice_case.read tries the same query.",),
    )


async def compared(canary: Canary) -> Outcome:
    """Compare what was pulled with what was sent, and with what the inspector reads."""
    wanted = {"sys_id": canary.sys_id, "number": canary.number, **canary.sent}
    sent = compare({name: value for name, value in wanted.items() if value}, canary.row)
    fields = canary.pack.find_table(canary.case_table).fields
    absent = sorted({*sent.absent, *(name for name in fields if name not in canary.row)})
    assert canary.pull is not None
    evidence = canary.pull
    if absent:
        summary = f"The integration does not get the fields {', '.join(absent)}: a field ACL hides them."
        fix = Fix(Owner.SERVICENOW_ADMIN, "Open the fields to the integration's role.", (), "access")
        return gap("field_acl", summary, fix, evidence)
    held = await _held(canary, fields)
    lost = compare({name: held[name] for name in fields if name in held}, canary.row).different
    if lost:
        summary = f"The integration is given other values than the instance holds in: {', '.join(lost)}."
        return gap("field_mismatch", summary, None, evidence)
    if sent.different:
        names = ", ".join(sent.different)
        cause = "business_rule" if held else "field_mismatch"
        why = ": the instance itself holds other values, so a rule or a default changed them" if held else ""
        return gap(cause, f"These fields came back changed: {names}{why}.", None, evidence)
    known = f" ({sent.words()})" if sent.normalised else ""
    return met(f"{len(fields)} fields came back as they are{known}.", evidence, grade=Grade.PROVEN)


async def _held(canary: Canary, fields: tuple[str, ...]) -> dict[str, str]:
    if canary.inspector is None:
        return {}
    reply = await table.one(canary.inspector, canary.case_table, canary.sys_id, fields=fields)
    row = reply.result if isinstance(reply.result, dict) else {}
    return {name: str(value) for name, value in row.items() if name not in _CHANGING}
