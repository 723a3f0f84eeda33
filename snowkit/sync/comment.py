"""A comment on the canary: written through the Case API, pulled as a journal row, told by its webhook."""

from __future__ import annotations

import asyncio
import time

from snowkit.engine.finding import Fix, Outcome, Owner, gap, met, unknown
from snowkit.errors import Unreachable
from snowkit.instance import cases, table
from snowkit.sync import pull, webhook
from snowkit.sync.canary import JOURNAL, UNDECIDED, Canary, decided, refusal
from snowkit.sync.comparison import difference

FIELDS = ("sys_id", "name", "element", "element_id", "value", "sys_created_on")


def text(tag: str) -> str:
    """Return the comment: two lines, with characters that a careless connector breaks."""
    return f'{tag} comment: äöü ß € 日本 "quoted" a & b\nSecond line'


async def written(canary: Canary) -> Outcome:
    """Comment, find the journal row by its creation time, and compare its text."""
    wanted = text(canary.tag)
    canary.note(JOURNAL)
    try:
        reply = await canary.write(cases.update(canary.integration, canary.sys_id, {"comments": wanted}))
    except Unreachable:
        # It may have been written; the journal shows it, and a second try could comment twice.
        reply = None
    if reply is not None and reply.failure is not None:
        if decided(reply):
            canary.note(JOURNAL, gone=True)
        return refusal(canary, reply, "The Case API did not take the comment")
    condition = f"element_id={canary.sys_id}^element=comments"
    deadline = time.monotonic() + canary.patience.pull
    while True:
        got = await pull.since(
            canary.integration, JOURNAL, "sys_created_on", canary.since, FIELDS, condition=condition
        )
        ours = [row for row in got.rows if canary.tag in str(row.get("value", canary.tag))]
        if ours or got.cause or time.monotonic() >= deadline:
            break
        await asyncio.sleep(canary.patience.pause)
    if got.cause:
        return _incomplete(canary, got)
    if not ours:
        return await _hidden(canary, condition, got)
    evidence = got.reply.evidence(f"{len(ours)} journal row(s), sys_id {ours[0]['sys_id']}")
    canary.entry, canary.entry_since = str(ours[0]["sys_id"]), str(ours[0]["sys_created_on"])
    canary.note(JOURNAL, canary.entry)
    if len(ours) > 1:
        return gap("pull_incomplete", f"The one comment came as {len(ours)} journal rows.", _fix(), evidence)
    if "value" not in ours[0]:
        return gap("field_acl", f"{JOURNAL} rows come without their value.", _fix(), evidence)
    how = difference(wanted, str(ours[0]["value"]))
    if how is None:
        return gap("field_mismatch", "The comment came back with another text.", _rewriter(), evidence)
    known = f" (equal but for {how})" if how else ""
    return met(f"The comment came back as one journal row{known}.", evidence)


async def told(canary: Canary) -> Outcome:
    """Wait for the comment's webhook."""
    change = webhook.Change(canary.rule("comment"), canary.entry, canary.entry_since, canary.sys_id)
    return await webhook.arrival(canary, change)


def _incomplete(canary: Canary, got: pull.Pulled) -> Outcome:
    what = f"The pull of {JOURNAL} by sys_created_on is not whole"
    if got.reply.failure is not None:
        return refusal(canary, got.reply, what)
    if got.cause in UNDECIDED:
        return unknown(got.cause, f"{what}: {got.reason}.", got.reply.evidence(got.reason))
    return gap(got.cause, f"{what}: {got.reason}.", _fix(), got.reply.evidence(got.reason))


async def _hidden(canary: Canary, condition: str, got: pull.Pulled) -> Outcome:
    """The comment was taken, but its row does not come: hidden from the integration, or nowhere."""
    evidence = got.reply.evidence("no row")
    if canary.inspector is None:
        return unknown(
            "not_observable",
            f"The comment was taken, but the integration sees no row of it in {JOURNAL}; whether an ACL hides it "
            "cannot be seen without an inspector. Ask the ServiceNow administrator whether the integration's user "
            "may read the table (role audit_viewer, or an ACL).",
            evidence,
            fix=_fix(),
        )
    seen = await table.read(canary.inspector, JOURNAL, condition, fields=("sys_id",), limit=5)
    mine = {row.get("sys_id") for row in got.rows}
    if len(seen.rows) == 1 and seen.rows[0].get("sys_id") in mine:
        canary.entry = str(seen.rows[0]["sys_id"])
        canary.note(JOURNAL, canary.entry)
        summary = (
            "The comment came back with another text, without its tag: a rule of the instance rewrote it."
        )
        shown = got.reply.evidence("1 row, without the tag")
        return gap("field_mismatch", summary, _rewriter(), shown, seen.evidence("1 row, the same"))
    if any(row.get("sys_id") not in mine for row in seen.rows):
        summary = (
            f"The inspector sees the comment's row in {JOURNAL}, the integration does not: an ACL hides it."
        )
        return gap("row_acl", summary, _fix(), evidence, seen.evidence(f"{len(seen.rows)} row(s)"))
    witness = seen.evidence("no row")
    if await _may_not_comment(canary):
        canary.note(JOURNAL, gone=True)
        summary = (
            "The Case API answered with success and dropped the comment: the integration may not write any."
        )
        return gap("write_acl", summary, _fix(), evidence, witness)
    return unknown(
        "not_observable",
        f"The comment was answered with success, but neither integration nor inspector is shown a row of it in "
        f"{JOURNAL}: it was dropped, or a before-query rule hides it.",
        evidence,
        witness,
        fix=_fix(),
    )


async def _may_not_comment(canary: Canary) -> bool:
    """Whether the instance says so itself, in the case's activities (source: Case API)."""
    reply = await cases.activities(canary.integration, canary.sys_id)
    fields = reply.result.get("journal_fields") if isinstance(reply.result, dict) else None
    return any(
        isinstance(item, dict)
        and item.get("name") == "comments"
        and item.get("can_write") in (False, "false")
        for item in fields or ()
    )


def _rewriter() -> Fix:
    return Fix(
        Owner.SERVICENOW_ADMIN,
        f"Look for what rewrites comments: a business rule on {JOURNAL} or on cases, a data policy, a translation.",
    )


def _fix() -> Fix:
    return Fix(
        Owner.SERVICENOW_ADMIN,
        f"Let the integration's user write comments of cases and read {JOURNAL}.",
        ("Run snowkit check: table.sys_journal_field.read names the layer and the role.",),
        "handover",
    )
