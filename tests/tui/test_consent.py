"""The question before a write: it says what will happen, all of it in sight, and nothing else is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snowkit import profile as profiles
from snowkit.cli import connection
from snowkit.cli.desk import Desk
from snowkit.errors import OAuthError
from snowkit.profile import Profile
from snowkit.sync.prove import REMOVES, WRITES
from snowkit.tui.actions import Consent
from tests.tui.conftest import Opened, keys, seen
from tests.tui.story import Story

ACME = Profile(name="acme", url="https://acme.service-now.com", client_id="c1")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A customer's connection that has tokens, and no inspector."""
    monkeypatch.setenv("SNOWKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    profiles.save(ACME)
    connection.vault_of(ACME).put({"refresh_token": "r1"})
    with Desk() as opened:
        yield opened


def words(told: str) -> str:
    return " ".join(told.replace("▌", " ").replace("·", " ").split())


def test_without_an_inspector_nothing_is_said_to_be_removed(desk: Desk) -> None:
    """No attachment is announced that nobody can upload, and the case is among what stays."""
    asked = desk.consent("acme")
    assert not any("attachment" in line for line in asked.writes)
    assert len(asked.writes) == len(WRITES)
    assert asked.removes == ()
    assert "The case with its comment" in asked.stays[0]


def test_with_an_inspector_the_canary_s_own_words_are_said(desk: Desk) -> None:
    """All that it writes and all that it removes, and no word about a case that stays."""
    profiles.save(ACME.model_copy(update={"inspector_user": "inspector"}))
    asked = desk.consent("acme")
    assert set(WRITES) < set(asked.writes)
    assert asked.removes == REMOVES
    assert asked.stays == ()


def test_whoever_has_not_signed_in_is_not_asked(desk: Desk) -> None:
    """The key that helps is named instead of a question that leads nowhere."""
    connection.vault_of(ACME).forget()
    with pytest.raises(OAuthError) as caught:
        desk.consent("acme")
    assert caught.value.next_step == "Press l to log in."


async def test_the_answer_says_that_the_case_stays(opened: Callable[..., Opened], story: Story) -> None:
    """Where nothing can be removed, neither the heading nor the button speaks of removing."""
    story.allowed = Consent(("one case",), stays=("the case",))
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "s")
        told = seen(pilot)
        assert "Will stay" in told
        assert "Yes, write and leave the case (y)" in told
        assert "removed" not in told
        assert "clean up" not in told


@pytest.mark.parametrize("inspector", ["", "inspector"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_line_is_in_sight(
    opened: Callable[..., Opened], story: Story, desk: Desk, inspector: str, size: tuple[int, int]
) -> None:
    """Nobody consents to what is below the fold of an ordinary terminal."""
    profiles.save(ACME.model_copy(update={"inspector_user": inspector}))
    asked = desk.consent("acme")
    home = "On this machine: what was written, in ~/.local/state/snowkit/journal.jsonl."
    story.allowed = Consent((*asked.writes[:-1], home), asked.removes, asked.stays)
    async with opened(size=size) as pilot:
        await keys(pilot, "down", "enter", "s")
        told = words(seen(pilot))
        lines = (*story.allowed.writes, *story.allowed.removes, *story.allowed.stays)
        assert [line for line in lines if words(line) not in told] == []
        assert "(y)" in told


async def test_a_small_terminal_can_read_on(opened: Callable[..., Opened], story: Story) -> None:
    """What does not fit is reached by the arrow keys, while No stays under Enter."""
    story.allowed = Consent(tuple(f"record {number}" for number in range(40)), ("the last one",))
    async with opened(size=(60, 20)) as pilot:
        await keys(pilot, "down", "enter", "s")
        assert "the last one" not in seen(pilot)
        await keys(pilot, *["pagedown"] * 40)
        assert "the last one" in seen(pilot)
        await keys(pilot, "enter")
        assert "sync" not in story.asked


async def test_only_the_answers_are_offered(opened: Callable[..., Opened]) -> None:
    """The keys of the screen below do nothing now, and are not shown; with the answer they are back."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "s")
        assert seen(pilot).splitlines()[-1].split() == ["y", "Yes,", "write", "n", "No"]
        await keys(pilot, "n")
        assert "c Check" in seen(pilot).splitlines()[-1]
        await keys(pilot, "question_mark")
        assert "c Check" not in seen(pilot).splitlines()[-1]
