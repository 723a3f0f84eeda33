"""A summary never overclaims, and says of whom it speaks."""

from __future__ import annotations

import pytest

from snowkit.engine.finding import Finding, Level, Outcome, Verdict, gap, met, unknown
from snowkit.engine.result import Report, Subject
from snowkit.tui.marks import UNICODE
from snowkit.tui.wording import summary
from tests.tui.story import NOON


def report(*findings: Finding) -> Report:
    subject = Subject("https://acme.service-now.com", user="integration", capabilities=("helpdesk",))
    return Report(subject, NOON, NOON, 1, findings)


def finding(outcome: Outcome, level: Level = Level.REQUIRED) -> Finding:
    return Finding("table.x.read", "x can be read", level, "page", outcome)


BLOCKED = Outcome(Verdict.BLOCKED, "no")
NOT_ASKED = unknown("not_permitted", "no")


@pytest.mark.parametrize(
    ("findings", "begins"),
    [
        ((), "? Unknown: nothing was checked for helpdesk"),
        (
            (finding(met("yes")),),
            "✓ Ready for helpdesk, as integration, through OAuth client not known, at 2026",
        ),
        ((finding(gap("row_acl", "no", None)),), "✗ 1 required gap for helpdesk"),
        (
            (finding(gap("row_acl", "no", None)), finding(BLOCKED), finding(NOT_ASKED)),
            "✗ 1 required gap, 2 more undecided for helpdesk",
        ),
        (
            (finding(met("yes")), finding(NOT_ASKED)),
            "? Unknown: 1 required could not be decided for helpdesk",
        ),
        ((finding(met("yes")), finding(gap("row_acl", "no", None), Level.ADVISED)), "✓ Ready for helpdesk"),
    ],
)
def test_the_summary(findings: tuple[Finding, ...], begins: str) -> None:
    """Ready is said only when every required check is met; unknown and blocked are counted as undecided."""
    told = summary(report(*findings), UNICODE).plain
    assert told.startswith(begins)
    assert "as integration" in told


def test_an_allowed_unknown_is_still_said() -> None:
    """Exit code 0 by leave of the caller does not turn an unknown into Ready."""
    allowed = Report(Subject("https://x"), NOON, NOON, 1, (finding(NOT_ASKED),), allow_unknown=True)
    assert "Ready" not in summary(allowed, UNICODE).plain
