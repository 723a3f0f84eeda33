"""A summary never overclaims, and says of whom it speaks."""

from __future__ import annotations

import pytest

from snowkit.engine.finding import Finding, Fix, Level, Outcome, Owner, Verdict, gap, met, unknown
from snowkit.engine.result import Report, Subject
from snowkit.instance.evidence import Evidence
from snowkit.tui.marks import UNICODE
from snowkit.tui.wording import about, by_keys, summary
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


def test_the_counts_say_what_they_count() -> None:
    """A gap that is only advised is counted below the number of required ones, and that is said."""
    required, advised = gap("row_acl", "no", None), gap("row_acl", "no", None)
    told = summary(report(finding(required), finding(advised, Level.ADVISED)), UNICODE).plain
    assert "1 required gap " in told
    assert told.splitlines()[-1] == "Advised ones included: ✗ 2 gaps"
    assert summary(report(finding(required)), UNICODE).plain.splitlines()[-1] == "All required: ✗ 1 gap"


def test_the_fix_comes_before_the_evidence() -> None:
    """What to do is read first."""
    fix = Fix(Owner.ENGINEER, "Sign in again.", ("Run snowkit login, sign in, press Allow.",))
    told = about(finding(gap("row_acl", "no", fix, Evidence("GET", "/api", 401))), UNICODE).plain
    assert told.index("Fix") < told.index("Evidence")
    assert "1. Press l to log in, sign in, press Allow." in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Run snowkit login.", "Press l to log in."),
        ("Run snowkit login again.", "Press l to log in again."),
        ("Run snowkit check: it says which.", "Press c to check: it says which."),
        ("Run snowkit sync again.", "Press s to sync again."),
        ("Sign in again with snowkit login: it is dead.", "Sign in again with the key l: it is dead."),
        ("Give another folder to --out.", "Give another folder."),
        (
            "Run snowkit sync cleanup --yes with an inspector.",
            "Run snowkit sync cleanup --yes with an inspector.",
        ),
        ("log in by snowkit login --no-browser", "log in by snowkit login --no-browser"),
    ],
)
def test_advice_speaks_of_keys(said: str, told: str) -> None:
    """Where a key does what a command does, the key is named; other commands stay what they are."""
    assert by_keys(said) == told


def test_an_allowed_unknown_is_still_said() -> None:
    """Exit code 0 by leave of the caller does not turn an unknown into Ready."""
    allowed = Report(Subject("https://x"), NOON, NOON, 1, (finding(NOT_ASKED),), allow_unknown=True)
    assert "Ready" not in summary(allowed, UNICODE).plain
