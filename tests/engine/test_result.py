"""Which exit code and which verdict a report has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from snowkit.engine.finding import Finding, Level, Outcome, Verdict, gap, met, unknown
from snowkit.engine.result import Report, Subject

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MET, GAP, DARK = met("fine"), gap("policy", "refused", None), unknown("empty", "none")
BLOCKED = Outcome(Verdict.BLOCKED, "later", "policy")


def report(*outcomes: tuple[Level, Outcome], allow_unknown: bool = False) -> Report:
    findings = tuple(
        Finding(f"x.{number}", "holds", level, "page", outcome)
        for number, (level, outcome) in enumerate(outcomes)
    )
    return Report(Subject("https://dev1.service-now.com"), NOW, NOW, 3, findings, allow_unknown)


@pytest.mark.parametrize(
    ("outcomes", "code", "verdict"),
    [
        ([], 1, "unknown"),
        ([(Level.REQUIRED, MET)], 0, "ready"),
        ([(Level.REQUIRED, GAP), (Level.REQUIRED, DARK)], 1, "gaps"),
        ([(Level.REQUIRED, MET), (Level.REQUIRED, DARK)], 3, "unknown"),
        ([(Level.REQUIRED, BLOCKED)], 3, "unknown"),
        ([(Level.REQUIRED, MET), (Level.ADVISED, GAP), (Level.ADVISED, DARK)], 0, "ready"),
    ],
)
def test_exit_code_and_verdict(outcomes: list[tuple[Level, Outcome]], code: int, verdict: str) -> None:
    """A required gap gives 1, a required unknown or blocked gives 3, nothing checked gives 1."""
    made = report(*outcomes)
    assert (made.exit_code, made.verdict) == (code, verdict)


def test_an_allowed_unknown_is_still_called_unknown() -> None:
    """Allowing unknowns changes the exit code, never the verdict."""
    made = report((Level.REQUIRED, DARK), allow_unknown=True)
    assert (made.exit_code, made.verdict) == (0, "unknown")


def test_reachable_is_never_met() -> None:
    """An outcome that is met must be proven or static."""
    with pytest.raises(ValueError, match="proven or static"):
        Outcome(Verdict.MET, "the gate is open")


def test_causes_are_a_closed_list() -> None:
    """A cause outside the contract's list is refused."""
    with pytest.raises(ValueError, match="gremlins"):
        gap("gremlins", "no", None)
