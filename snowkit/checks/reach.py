"""Does the instance answer as a ServiceNow REST API, and does its clock agree with ours?"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from snowkit.checks.context import Context
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Level, Outcome, Owner, gap, met, unknown

SKEW = 60.0
"""Seconds by which the clocks may differ."""


def checks() -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    return (
        Check(
            "reach.instance",
            "The instance answers REST requests",
            Level.REQUIRED,
            _instance,
            source="snowkit",
            why="Everything else asks through it.",
        ),
        Check(
            "reach.clock",
            "The instance's clock agrees with this computer's",
            Level.ADVISED,
            _clock,
            needs=("reach.instance",),
            source="snowkit",
            why="Pulls by time compare stamps.",
        ),
    )


async def _instance(context: Context) -> Outcome:
    reply = await context.greeting()
    failure = reply.failure
    if failure is None or (failure.cause == "authentication" and failure.message):
        return met("It speaks ServiceNow's REST API.", reply.evidence())
    wake = Fix(
        Owner.ENGINEER,
        "Check the address, and make the instance answer REST requests with JSON.",
        ("Open the address in a browser and wait until it shows ServiceNow's login page.", "Run again."),
        url=context.session.login.url,
    )
    return unknown("edge", f"{failure.words.rstrip('?.')}.", reply.evidence(), fix=wake)


async def _clock(context: Context) -> Outcome:
    reply = await context.greeting()
    text = reply.headers.get("date", "")
    try:
        theirs = parsedate_to_datetime(text)
    except ValueError:
        return unknown("not_observable", "The instance sends no Date header.", reply.evidence())
    skew = abs((datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds())
    if skew <= SKEW:
        return met(f"The clocks differ by {skew:.0f} s.", reply.evidence(f"Date: {text}"))
    fix = Fix(
        Owner.ENGINEER,
        "Set this computer's clock; pulls by time use the instance's own stamps and stay right.",
    )
    return gap("clock", f"The clocks differ by {skew:.0f} s.", fix, reply.evidence(f"Date: {text}"))
