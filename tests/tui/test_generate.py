"""The folder's field: letters typed into it are letters, whichever way the step was opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.conftest import Opened, keys, seen
from tests.tui.story import Story


@pytest.mark.parametrize("way", [["3"], ["g"], ["click"]])
async def test_a_typed_folder_starts_nothing(
    opened: Callable[..., Opened], story: Story, way: list[str]
) -> None:
    """Every letter that is a key elsewhere ends in the folder, and Enter writes into it."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter")
        if way == ["click"]:
            await pilot.click("#stage-generate")
            await pilot.pause()
        else:
            await keys(pilot, *way)
        before = list(story.asked)
        await keys(pilot, *"lcgasqb1")
        assert story.asked == before
        await keys(pilot, "question_mark", "enter")
        assert story.asked[-1] == f"generate {Path('lcgasqb1?').as_posix()}"


async def test_the_footer_offers_what_the_field_takes(opened: Callable[..., Opened]) -> None:
    """While letters are text, the keys shown are those of the field; escape brings the others back."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "3")
        footer = seen(pilot).splitlines()[-1]
        assert "Write the files" in footer
        assert "esc Leave the field" in footer
        assert not {"Check", "Sync", "Quit", "Log"} & set(footer.split())
        await keys(pilot, "escape")
        assert {"Check", "Sync", "Quit"} <= set(seen(pilot).splitlines()[-1].split())


async def test_g_writes_where_its_step_is_open(opened: Callable[..., Opened], story: Story) -> None:
    """The help says that g writes: outside the field it does."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "3", "escape", "g")
        assert "generate out/acme" in story.asked


async def test_after_writing_the_keys_are_keys_again(opened: Callable[..., Opened], story: Story) -> None:
    """What is said to be next can be pressed."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "3", "enter", "c")
        assert story.asked[-1] == "check"
