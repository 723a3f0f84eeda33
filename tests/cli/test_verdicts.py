"""The last verdict of a connection is shown again only where it speaks of the same address."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from snowkit.cli import verdicts
from snowkit.engine.finding import Finding, Level, met
from snowkit.engine.result import Report, Subject

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ACME = "https://acme.service-now.com"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNOWKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def report() -> Report:
    finding = Finding("reach.instance", "It answers", Level.REQUIRED, "page", met("yes"))
    return Report(Subject(ACME), NOON, NOON, 1, (finding,))


def test_a_verdict_is_remembered_with_its_time() -> None:
    """What was found is known to the next process."""
    verdicts.remember("acme", ACME, report())
    assert verdicts.last("acme", ACME) == ("ready", NOON)


def test_a_verdict_of_another_address_is_not_shown() -> None:
    """A profile that leads elsewhere now has no verdict."""
    verdicts.remember("acme", ACME, report())
    assert verdicts.last("acme", "https://other.service-now.com") is None
    assert verdicts.last("other", ACME) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"acme": 1}', '{"acme": {"url": "https://acme.service-now.com", "verdict": "met"}}'],
)
def test_a_broken_file_says_nothing(home: Path, text: str) -> None:
    """Whatever lies there, no verdict is made of it."""
    home.mkdir()
    (home / "verdicts.json").write_text(text, encoding="utf-8")
    assert verdicts.last("acme", ACME) is None


def test_a_place_that_cannot_be_written_does_not_fail_the_run(home: Path) -> None:
    """The check has answered; only the memory of it is lost."""
    home.write_text("a file where a folder should be", encoding="utf-8")
    verdicts.remember("acme", ACME, report())
    assert verdicts.last("acme", ACME) is None
