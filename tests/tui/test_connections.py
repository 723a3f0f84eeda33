"""The start: what is broken hides nothing that is not, and a newcomer is told how to add a connection."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snowkit import profile as profiles
from snowkit.cli.desk import Desk
from snowkit.errors import ProfileError
from snowkit.profile import Profile
from snowkit.tui.app import SnowkitApp
from snowkit.tui.marks import State
from snowkit.tui.screens.workspace import Workspace
from snowkit.tui.widgets.way import Step, Way
from tests.tui.conftest import Opened, keys, seen, settled
from tests.tui.story import Story


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """One good connection at home, in a folder whose snowkit.toml is broken."""
    monkeypatch.setenv("SNOWKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    profiles.save(Profile(name="acme", url="https://acme.service-now.com", client_id="c1"))
    (tmp_path / "snowkit.toml").write_text("[x\n", encoding="utf-8")
    with Desk() as opened:
        yield opened


async def test_a_broken_file_hides_no_other_connection_and_no_lab(desk: Desk) -> None:
    """The error stands on the start, the connection of the other file too, and the lab opens and works."""
    app = SnowkitApp(desk.actions())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "snowkit.toml cannot be read" in seen(pilot)
        assert "https://acme.service-now.com" in seen(pilot)
        await keys(pilot, "enter")
        await app.workers.wait_for_complete()
        await settled(pilot)
        workspace = app.screen
        assert isinstance(workspace, Workspace), seen(pilot)
        await keys(pilot, "l")
        assert workspace.query_one(Way).stage(Step.CONNECT).progress is State.DONE, seen(pilot)


async def test_the_lab_takes_no_name_that_a_broken_file_may_hold(desk: Desk) -> None:
    """A connection that comes back when the file is mended is not mistaken for the lab."""
    await asyncio.to_thread(Path("snowkit.toml").write_text, "[profile.lab\n", encoding="utf-8")
    assert await desk.open_lab() == "lab-2"
    await asyncio.to_thread(desk.__exit__)


async def test_one_wrong_connection_leaves_the_others(opened: Callable[..., Opened], story: Story) -> None:
    """What is known stands below what is wrong, and a repaired file takes the error away."""
    story.errors = (ProfileError("The profile other is wrong.", "Correct it."),)
    async with opened() as pilot:
        assert "The profile other is wrong." in seen(pilot)
        assert "acme" in seen(pilot)
        story.errors = ()
        await keys(pilot, "r")
        assert "wrong" not in seen(pilot)


@pytest.mark.parametrize("known", [True, False])
async def test_the_start_says_how_to_add_a_connection(
    opened: Callable[..., Opened], story: Story, known: bool
) -> None:
    """The three lines are TOML that makes a connection, and it is said where they go."""
    if not known:
        story.known.clear()
    async with opened() as pilot:
        told = seen(pilot)
        assert "write this into snowkit.toml; then press r" in " ".join(told.split())
        first = next(number for number, line in enumerate(told.splitlines()) if "[profile.NAME]" in line)
        lines = "\n".join(line.strip() for line in told.splitlines()[first : first + 3])
        table = tomllib.loads(lines)["profile"]["NAME"]
        assert Profile(name="name", **table).client_id == table["client_id"]
        assert "SNOWKIT_CLIENT_SECRET" in told
