"""Waits for the webhook of one change, and asks the instance why when it does not come."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

from snowkit.engine.finding import Grade, Outcome, Verdict, met, unknown
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Rule
from snowkit.sync.canary import Canary
from snowkit.sync.diagnosis import diagnose
from snowkit.sync.inbox import InboxUnreadable, Received

SHARED = frozenset({"property", "clone", "echo_guard", "webhook_refused", "webhook_missing"})
"""Causes that silence every rule alike, so that the other webhooks need not be waited for."""

_BACK_OFF = 2.5

_WORDS = {
    "comment": re.compile(r"(comment|work_note|journal)\w*([._ ]\w+)*|sys_journal_field", re.IGNORECASE),
    "attachment": re.compile(r"(sys_)?attach\w*([._ ]\w+)*", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change whose webhook is awaited: the record it touched, and the instance's stamp of it (UTC)."""

    rule: Rule
    record: str
    since: str
    parent: str = ""
    """The case that the record belongs to; empty where the record is the case."""

    def told_by(self, event: Received) -> bool:
        """Whether an event is about this change: it names the record, or the case and the kind of change."""
        if event.mentions(self.record):
            return True
        words = _WORDS.get(self.rule.id)
        return words is not None and event.mentions(self.parent) and event.speaks_of(words)


async def arrival(canary: Canary, change: Change) -> Outcome:
    """Return `met` once the webhook was delivered, else where on the way it stopped."""
    if canary.silenced is not None:
        return canary.silenced
    outcome = await _wait(canary, change)
    if outcome.verdict is Verdict.GAP and outcome.cause in SHARED:
        canary.silenced = outcome
    return outcome


async def _wait(canary: Canary, change: Change) -> Outcome:
    if canary.inbox is None and canary.inspector is None:
        return unknown(
            "not_observable",
            "Whether the webhook was delivered cannot be seen: there is neither an inbox_url nor an inspector. "
            "Ask the ServiceNow administrator for the rows of System Logs > Outbound HTTP Requests "
            f"(sys_outbound_http_log) since {change.since or 'the run began'} UTC.",
        )
    started = time.monotonic()
    look, interval = canary.patience.first_diagnosis, canary.patience.first_diagnosis
    while True:
        seen, trouble = await _received(canary, change)
        if seen is not None:
            return _delivered(canary, change, seen)
        waited = time.monotonic() - started
        last = waited >= canary.patience.webhook
        if canary.inspector is not None and (waited >= look or last):
            outcome = await diagnose(canary, change.rule, (change.record, change.since), last, trouble)
            if outcome is not None:
                seen, _ = await _received(canary, change)
                return _delivered(canary, change, seen) if seen is not None else outcome
            interval *= _BACK_OFF
            look = waited + interval
        elif last:
            return _not_told_why(canary, change, trouble)
        await asyncio.sleep(canary.patience.pause)


async def _received(canary: Canary, change: Change) -> tuple[Received | None, str]:
    if canary.inbox is None:
        return None, "there is no inbox_url"
    try:
        events = await canary.inbox.read()
    except InboxUnreadable as error:
        return None, error.what
    return next((event for event in events if change.told_by(event)), None), ""


def _delivered(canary: Canary, change: Change, event: Received) -> Outcome:
    assert canary.inbox is not None
    note = f"event {event.id[:64]} {event.event} names {change.record}".replace("  ", " ")
    return met(
        f"The webhook of {change.rule.name} was delivered to the platform's inbox (event {event.id[:64]}).",
        Evidence("GET", canary.inbox.path, 200, note),
        grade=Grade.PROVEN,
    )


def _not_told_why(canary: Canary, change: Change, trouble: str) -> Outcome:
    seconds = f"{canary.patience.webhook:g} seconds"
    evidence = () if canary.inbox is None else (Evidence("GET", canary.inbox.path, None if trouble else 200),)
    return unknown(
        "not_observable",
        f"No webhook of {change.rule.name} was seen within {seconds}"
        f"{f' ({trouble})' if trouble else ''}, and without an inspector the reason cannot be seen. Ask the "
        f"ServiceNow administrator: is the rule active, what is in the system log since {change.since or 'then'} "
        "UTC, and which rows has System Logs > Outbound HTTP Requests (sys_outbound_http_log)?",
        *evidence,
    )
