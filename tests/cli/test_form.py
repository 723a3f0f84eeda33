"""The values for the platform's form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from snowkit.cli import main
from snowkit.cli.lab import written_profile
from snowkit.lab.instance import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab("onboarded") as made:
        yield made


def test_every_field_of_the_form_is_there(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Each field that the vendor's page names has its value, the token's day read from the instance."""
    with written_profile(lab):
        assert main.run(["form", "--profile", "lab"]) == 0
    shown = capsys.readouterr().out
    rows = dict(line.split("  ", 1) for line in shown.splitlines() if "  " in line)
    values = {label: value.strip() for label, value in rows.items()}
    assert values["Capability"] == "Helpdesk"
    assert values["Client ID"] == lab.description()["client_id"]
    assert values["Environment"] == "Sandbox"
    assert values["Pull Record By"] == "Updated Time"
    day = datetime.fromisoformat(values["Refresh Token Expiry Date"]).date()
    assert day == (datetime.now(UTC) + timedelta(days=100)).date()
    assert lab.description()["client_secret"] not in shown


def test_offline_the_day_is_unknown(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Without asking the instance the token's day is called unknown."""
    with written_profile(lab):
        assert main.run(["form", "--profile", "lab", "--offline"]) == 0
    assert "unknown" in capsys.readouterr().out


def test_content_management_needs_no_pull_by(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For Content Management the form does not ask for Pull Record By."""
    monkeypatch.setenv("SNOWKIT_CAPABILITY", "content")
    with written_profile(lab):
        assert main.run(["form", "--profile", "lab", "--offline"]) == 0
    assert "not asked" in capsys.readouterr().out
