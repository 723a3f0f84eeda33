"""How a run lays each failure at its root."""

from __future__ import annotations

import asyncio

import pytest

from snowkit.engine.check import Check
from snowkit.engine.events import Event, Finished, Planned, Started
from snowkit.engine.finding import Level, Outcome, Verdict, gap, met, unknown
from snowkit.engine.run import run, select
from snowkit.errors import OAuthError, Unreachable, UsageError


def check(
    id_: str,
    outcome: Outcome | Exception,
    *,
    needs: tuple[str, ...] = (),
    roots: tuple[str, ...] = (),
    **more: bool,
) -> Check[None]:
    async def probe(_: None) -> Outcome:
        await asyncio.sleep(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Check(id_, f"{id_} holds", Level.REQUIRED, probe, needs=needs, roots=roots, **more)


GOOD = met("fine")
BAD = gap("policy", "refused", None)
DARK = unknown("not_observable", "dark")


async def verdicts(*checks: Check[None]) -> dict[str, tuple[Verdict, str | None]]:
    return {finding.id: (finding.verdict, finding.blocked_by) for finding in await run(checks, None)}


async def test_a_need_that_is_not_met_blocks() -> None:
    """A check whose need is a gap or unknown is blocked by it and its probe does not run."""
    found = await verdicts(
        check("a", BAD), check("b", GOOD, needs=("a",)), check("c", DARK), check("d", GOOD, needs=("c",))
    )
    assert found == {
        "a": (Verdict.GAP, None),
        "b": (Verdict.BLOCKED, "a"),
        "c": (Verdict.UNKNOWN, None),
        "d": (Verdict.BLOCKED, "c"),
    }


async def test_a_chain_of_blocked_checks_names_the_first() -> None:
    """What is blocked by something blocked names the finding at the root."""
    found = await verdicts(check("a", BAD), check("b", GOOD, needs=("a",)), check("c", GOOD, needs=("b",)))
    assert found["c"] == (Verdict.BLOCKED, "a")


async def test_a_root_explains_a_failure_only() -> None:
    """A root that is a gap turns a dependent's failure into blocked, and leaves its success alone."""
    found = await verdicts(
        check("root", BAD), check("fails", BAD, roots=("root",)), check("works", GOOD, roots=("root",))
    )
    assert found["fails"] == (Verdict.BLOCKED, "root")
    assert found["works"] == (Verdict.MET, None)


async def test_a_root_that_is_unknown_explains_nothing() -> None:
    """A root that is unknown leaves a dependent's gap as it was found."""
    found = await verdicts(check("root", DARK), check("fails", BAD, roots=("root",)))
    assert found["fails"] == (Verdict.GAP, None)


async def test_a_writing_check_waits_for_consent() -> None:
    """A check that writes is unknown until writes are allowed."""
    writing = check("w", GOOD, mutates=True)
    assert [finding.outcome.cause for finding in await run((writing,), None)] == ["not_permitted"]
    assert [finding.verdict for finding in await run((writing,), None, allow_writes=True)] == [Verdict.MET]


async def test_known_failures_become_unknown() -> None:
    """An instance that cannot be asked makes a check unknown, with the failure's cause."""
    findings = await run((check("a", Unreachable("gone", cause="dns")), check("b", OAuthError("no"))), None)
    assert [(finding.verdict, finding.outcome.cause) for finding in findings] == [
        (Verdict.UNKNOWN, "dns"),
        (Verdict.UNKNOWN, "token"),
    ]


async def test_a_defect_is_not_hidden() -> None:
    """An error that is not one of ours is raised, never turned into a verdict."""
    with pytest.raises(ExceptionGroup) as caught:
        await run((check("a", ZeroDivisionError()),), None)
    assert caught.group_contains(ZeroDivisionError)


async def test_observers_see_the_plan_first_and_each_finding_once() -> None:
    """An observer is told the whole plan before the first probe, and each finding once."""
    events: list[Event] = []
    await run((check("a", GOOD), check("b", GOOD, needs=("a",))), None, events.append)
    assert isinstance(events[0], Planned)
    assert [event.id for event in events if isinstance(event, Started)] == ["a", "b"]
    assert [event.finding.id for event in events if isinstance(event, Finished)] == ["a", "b"]


async def test_checks_that_wait_for_each_other_are_refused() -> None:
    """A plan with a cycle is refused, with the ids in it."""
    with pytest.raises(UsageError, match=r"a.*b|b.*a"):
        await run((check("a", GOOD, needs=("b",)), check("b", GOOD, roots=("a",))), None)


def test_a_selection_brings_what_it_needs() -> None:
    """Selecting a topic brings the checks that its members need, and nothing else."""
    every = (
        check("oauth.token", GOOD),
        check("table.a.read", GOOD, needs=("oauth.token",)),
        check("rule.x", GOOD),
    )
    assert [c.id for c in select(every, only=["table"])] == ["oauth.token", "table.a.read"]
    assert [c.id for c in select(every, skip=["rule"])] == ["oauth.token", "table.a.read"]
    with pytest.raises(UsageError, match="tables"):
        select(every, only=["tables"])
