"""The first step: what a person has to open can be copied, and what TheLoops asks for can be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from snowkit.tui.screens.workspace import Workspace
from tests.tui.conftest import Opened, keys, seen
from tests.tui.story import Story

ADDRESS = "https://acme.service-now.com/oauth_auth.do?response_type=code&client_id=" + "c" * 300


async def test_the_address_of_a_login_can_be_copied(opened: Callable[..., Opened], story: Story) -> None:
    """An address that wraps over several lines is copied whole, and the key for it is shown."""

    async def login(name: str) -> AsyncIterator[str]:
        yield f"No browser could be opened. Open this address yourself: {ADDRESS}"
        yield "Still waiting"

    story.login = login  # type: ignore[method-assign]
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "y")
        assert pilot.app.clipboard == ""
        await keys(pilot, "l")
        assert "(y copies the address)" in " ".join(seen(pilot).split())
        await keys(pilot, "y")
        assert pilot.app.clipboard == ADDRESS


async def test_after_a_proven_sync_the_form_is_next(opened: Callable[..., Opened], story: Story) -> None:
    """The way does not end at the proof: the key that leads to the form's values is said, and they are in sight."""
    async with opened(size=(60, 20)) as pilot:
        await keys(pilot, "down", "enter", "l")
        assert "ServiceNow domain  acme" not in seen(pilot)
        await keys(pilot, "s", "y")
        assert "Next: press 1 for the values of TheLoops' form" in seen(pilot)
        await keys(pilot, "1")
        told = seen(pilot)
        assert "For TheLoops' form, Settings > Integrations" in told
        assert "Name               TheLoops Integration" in told
        assert "ServiceNow domain  acme" in told
        assert "Next" not in told


async def test_an_unproven_sync_does_not_lead_to_the_form(
    opened: Callable[..., Opened], story: Story
) -> None:
    """What is not proven is not to be typed into the platform next."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "s", "n")
        assert "Next" not in seen(pilot)
        assert isinstance(pilot.app.screen, Workspace)
