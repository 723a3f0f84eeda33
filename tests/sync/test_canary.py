"""What the steps share: a write is never cut in two, and a refusal is judged by the layer that spoke."""

from __future__ import annotations

import asyncio

import pytest

from snowkit.engine.finding import Verdict
from snowkit.instance.client import Reply
from snowkit.instance.failure import Failure
from snowkit.sync.canary import Canary, refusal
from tests.sync.conftest import Run


@pytest.mark.parametrize(
    ("cause", "verdict"),
    [
        ("write_acl", Verdict.GAP),
        ("scope", Verdict.GAP),
        ("business_rule", Verdict.GAP),
        ("edge", Verdict.UNKNOWN),
        ("rate_limit", Verdict.UNKNOWN),
        ("not_observable", Verdict.UNKNOWN),
    ],
)
def test_only_a_layer_that_decided_makes_a_gap(cause: str, verdict: Verdict) -> None:
    """A hibernating or busy instance says nothing about the customer's configuration."""
    reply = Reply("POST", "/api/x", 403, {}, b"", None, Failure(403, cause, "User Not Authorized", "words"))
    outcome = refusal(reply, "No case")
    assert (outcome.verdict, outcome.cause) == (verdict, cause)
    assert "User Not Authorized" in outcome.summary


async def test_an_interruption_does_not_cut_a_write(run: Run) -> None:
    """The caller is cancelled at once; the write goes on, and `calm` waits for it."""
    canary = Canary(None, None, run.profile, run.journal)  # type: ignore[arg-type]
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def act() -> None:
        await may_end.wait()
        ended.set()

    task = asyncio.ensure_future(canary.write(act()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()
    await canary.calm()
    assert ended.is_set()
