"""Starting, sizes, signs, the palette, and leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from syrupy.assertion import SnapshotAssertion

from snowkit.errors import LabError, ProfileError
from snowkit.tui.app import SnowkitApp
from snowkit.tui.marks import ASCII
from snowkit.tui.screens.connections import Connections
from snowkit.tui.screens.small import TooSmall
from snowkit.tui.screens.workspace import Workspace
from tests.tui.conftest import Opened, keys, seen, settled
from tests.tui.story import ACME, Story


async def test_the_start_says_the_last_verdict_and_colours_production(opened: Callable[..., Opened]) -> None:
    """A known connection shows for what, and when, its verdict was found; production says its name."""
    async with opened() as pilot:
        assert "acme   PRODUCTION   ✗ gaps for helpdesk, crm at 2026-11-24 12:00 UTC" in seen(pilot)
        await keys(pilot, "down", "enter")
        assert pilot.app.screen.query_one("#subject").has_class("-production")
        assert seen(pilot).splitlines()[0].strip().startswith("PRODUCTION  acme")


async def test_no_connection_is_no_dead_end(opened: Callable[..., Opened], story: Story) -> None:
    """Without a profile the lab is there, and the file of connections is named."""
    story.known.clear()
    async with opened() as pilot:
        assert "No connection is known yet." in seen(pilot)
        assert "Open the lab" in seen(pilot)


async def test_broken_profiles_are_said_on_the_start_screen(
    opened: Callable[..., Opened], story: Story
) -> None:
    """The lab can be opened all the same."""
    story.failing["connections"] = ProfileError("snowkit.toml cannot be read.", "Correct line 3.")
    async with opened() as pilot:
        assert "snowkit.toml cannot be read." in seen(pilot)
        assert "Correct line 3." in seen(pilot)
        assert "Open the lab" in seen(pilot)


async def test_a_lab_that_does_not_start_is_said_on_the_start_screen(
    opened: Callable[..., Opened], story: Story
) -> None:
    """The error stands above the list, and the list goes on working."""
    story.failing["open_lab"] = LabError("The lab cannot start.", "Choose another port.")
    async with opened() as pilot:
        await keys(pilot, "enter")
        assert "The lab cannot start." in seen(pilot)
        assert "Choose another port." in seen(pilot)
        await keys(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, Workspace)


async def test_a_small_terminal_is_told_so_and_nothing_is_lost(
    opened: Callable[..., Opened], story: Story, snapshot: SnapshotAssertion
) -> None:
    """Below 60 by 20 keys do nothing; the screen comes back with the room, where it was."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "c")
        before = seen(pilot)
        await pilot.resize_terminal(40, 10)
        await settled(pilot)
        assert isinstance(pilot.app.screen, TooSmall)
        assert "60 by 20 will do" in seen(pilot)
        assert seen(pilot) == snapshot
        await keys(pilot, "s", "y")
        assert not {"consent", "sync"} & set(story.asked)
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert seen(pilot) == before


async def test_a_storm_of_sizes_leaves_one_screen(opened: Callable[..., Opened]) -> None:
    """However often the terminal changes, the cover is there when it must be and never twice."""
    async with opened() as pilot:
        for size in [(20, 5), (100, 40), (59, 24), (80, 19), (20, 5), (80, 24)] * 3:
            await pilot.resize_terminal(*size)
        await settled(pilot)
        assert [type(screen) for screen in pilot.app.screen_stack][1:] == [Connections]


async def test_a_terminal_without_unicode_gets_ascii(opened: Callable[..., Opened]) -> None:
    """The words carry the verdicts, and no sign of ours is outside ASCII."""
    async with opened(size=(100, 50), marks=ASCII) as pilot:
        await keys(pilot, "down", "enter", "c")
        told = seen(pilot)
        assert "x gap" in told
        assert "+ met" in told
        assert "- blocked" in told
        assert not set("✓✗⊘▸→·") & set(told)


async def test_the_palette_has_every_action(opened: Callable[..., Opened], story: Story) -> None:
    """What a key does, the palette does."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter")
        app = pilot.app
        assert isinstance(app, SnowkitApp)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Log in", "Check", "Generate", "Sync", "Back", "Help", "Theme", "Quit"} <= set(titles)
        assert "Play admin" not in titles
        await keys(pilot, "ctrl+p")
        await pilot.press(*"check")
        await pilot.app.workers.wait_for_complete()
        await keys(pilot, "enter")
        await settled(pilot)
        assert "check" in story.asked


async def test_quitting_waits_until_a_sync_has_put_away_what_it_began(
    opened: Callable[..., Opened], story: Story
) -> None:
    """Leaving in the middle of a sync leaves nothing on the instance."""
    story.gate = asyncio.Event()
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "s")
        await pilot.press("y")
        await pilot.pause()
        assert not story.put_away
        await pilot.press("q")
        while pilot.app.is_running and not story.put_away:
            await pilot.pause()
    assert story.put_away


async def test_a_theme_can_be_changed_in_the_middle(opened: Callable[..., Opened]) -> None:
    """The rows take the colours of the new theme, and their words stay."""
    async with opened(size=(100, 50)) as pilot:
        await keys(pilot, "down", "enter", "c")
        before = seen(pilot)
        pilot.app.theme = "ansi-dark"
        await settled(pilot)
        assert seen(pilot) == before
        pilot.app.theme = "snowkit-daylight"
        await settled(pilot)
        assert seen(pilot) == before


async def test_a_changed_address_gets_a_new_workspace(opened: Callable[..., Opened], story: Story) -> None:
    """Findings of one address never stand under another."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "c", "escape")
        story.known[0] = type(ACME)(name="acme", url="https://other.service-now.com")
        await keys(pilot, "r", "enter")
        assert "https://other.service-now.com" in seen(pilot)
        await keys(pilot, "2")
        assert "Nothing is checked yet." in seen(pilot)
