"""What the steps share: a write is never cut in two, and a refusal is judged by the layer that spoke."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from snowkit.engine.finding import Verdict
from snowkit.instance.client import Reply
from snowkit.instance.failure import Failure
from snowkit.instance.identity import Tokens
from snowkit.instance.session import Session
from snowkit.pack.load import load
from snowkit.sync.canary import Canary, accepts, decided, refusal
from tests.sync.conftest import Run


def refused(status: int, cause: str) -> Reply:
    failure = Failure(status, cause, "User Not Authorized", "words")
    return Reply("POST", "/api/x", status, {}, b"", None, failure)


def canary_of(run: Run) -> Canary:
    return Canary(Session(run.login), load(), run.profile, run.journal)


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
def test_only_a_layer_that_decided_makes_a_gap(run: Run, cause: str, verdict: Verdict) -> None:
    """A hibernating or busy instance says nothing about the customer's configuration."""
    outcome = refusal(canary_of(run), refused(403, cause), "No case")
    assert (outcome.verdict, outcome.cause) == (verdict, cause)
    assert "User Not Authorized" in outcome.summary


@pytest.mark.parametrize(
    ("accepted", "tokens", "verdict", "cause"),
    [
        (True, Tokens("a", "", float("inf")), Verdict.UNKNOWN, "authentication"),
        (False, Tokens("a", "r", float("inf")), Verdict.UNKNOWN, "authentication"),
        (False, Tokens("a", "", float("inf")), Verdict.GAP, "token"),
    ],
)
def test_a_good_token_that_is_refused_is_left_to_the_checks(
    run: Run, accepted: bool, tokens: Tokens, verdict: Verdict, cause: str
) -> None:
    """Four layers answer 401 alike; only a token that nothing speaks for is itself to blame."""
    run.login = replace(run.login, tokens=tokens)
    canary = canary_of(run)
    canary.accepted = accepted
    outcome = refusal(canary, refused(401, "authentication"), "No case")
    assert (outcome.verdict, outcome.cause) == (verdict, cause)
    assert outcome.fix is not None
    step = "snowkit check" if accepted or tokens.refresh_token else "snowkit login"
    assert step in " ".join(outcome.fix.steps)


@pytest.mark.parametrize(
    ("status", "cause", "said_no"),
    [
        (403, "write_acl", True),
        (401, "authentication", True),
        (200, "edge", False),
        (201, "edge", False),
        (403, "not_observable", False),
        (429, "rate_limit", False),
        (500, "edge", False),
    ],
)
def test_only_a_refusal_by_configuration_says_that_nothing_was_written(
    status: int, cause: str, said_no: bool
) -> None:
    """A success that cannot be read, and a refusal that cannot be explained, may both have written."""
    assert decided(refused(status, cause)) is said_no


@pytest.mark.parametrize(
    ("status", "cause", "accepted"),
    [
        (403, "row_acl", True),
        (401, "authentication", False),
        (200, "edge", False),
        (429, "rate_limit", False),
    ],
)
def test_an_acl_speaks_for_the_token(status: int, cause: str, accepted: bool) -> None:
    """What an ACL refuses came through authentication; a hibernating page says nothing of it."""
    assert accepts(refused(status, cause)) is accepted


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
