"""What the terminal UI's tests share: an application on a story, and its screen as lines of text."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from rich.console import Console
from textual.pilot import Pilot

from snowkit.tui.app import SnowkitApp
from snowkit.tui.marks import UNICODE, Marks
from snowkit.tui.screens.workspace import Workspace
from tests.tui.story import Story

Opened = AbstractAsyncContextManager[Pilot[None]]


@pytest.fixture
def story() -> Story:
    """A customer's instance before onboarding."""
    return Story()


@pytest.fixture
def opened(story: Story) -> Callable[..., Opened]:
    """Open the application on the story, in a terminal of this size."""

    @asynccontextmanager
    async def start(size: tuple[int, int] = (80, 24), marks: Marks = UNICODE) -> Iterator[Pilot[None]]:
        app = SnowkitApp(story.actions(), marks)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield pilot

    return start


def seen(pilot: Pilot[None]) -> str:
    """Return what the terminal shows, as lines without trailing blanks."""
    width, height = pilot.app.size
    console = Console(
        width=width, height=height, file=io.StringIO(), force_terminal=True, record=True, legacy_windows=False
    )
    console.print(pilot.app.screen._compositor.render_update(full=True, screen_stack=pilot.app.screen_stack))
    return "\n".join(line.rstrip() for line in console.export_text(styles=False).splitlines()[:height])


async def keys(pilot: Pilot[None], *pressed: str) -> None:
    """Press keys, each when the job that the last one began has ended."""
    for key in pressed:
        await pilot.press(key)
        await settled(pilot)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until nothing runs and everything is drawn."""
    await pilot.pause()
    while any(isinstance(screen, Workspace) and screen.job for screen in pilot.app.screen_stack):
        await pilot.pause()
    await pilot.pause()
