"""How one connection behaves at work: live rows, consent, cancelling, failing, and text that stays text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from snowkit.engine.finding import gap
from snowkit.errors import OAuthError
from snowkit.instance.evidence import Evidence
from snowkit.tui.marks import State
from snowkit.tui.screens.connections import Connections
from snowkit.tui.screens.workspace import Workspace
from snowkit.tui.widgets.way import Step, Way
from tests.tui.conftest import Opened, keys, seen, settled
from tests.tui.story import Story


def workspace_of(pilot_app: object) -> Workspace:
    screen = pilot_app.screen  # type: ignore[attr-defined]
    assert isinstance(screen, Workspace)
    return screen


async def test_all_rows_are_drawn_before_the_first_answer(
    opened: Callable[..., Opened], story: Story
) -> None:
    """While one check is being asked, every planned one has its row, and the way says that it runs."""
    story.gate = asyncio.Event()
    async with opened(size=(100, 50)) as pilot:
        await keys(pilot, "down", "enter")
        await pilot.press("c")
        await pilot.pause()
        screen = workspace_of(pilot.app)
        matrix = screen.run_of(Step.ACCESS).matrix
        assert {check.id for check in matrix.checks} == set(story.told)
        assert "asking" in matrix.get_cell("oauth.token", "verdict").plain
        assert "waiting" in matrix.get_cell("table.sys_user.read", "verdict").plain
        assert "met" in matrix.get_cell("reach.instance", "verdict").plain
        assert "1 of 8" in seen(pilot)
        assert screen.query_one(Way).stage(Step.ACCESS).progress is State.RUNNING
        story.gate.set()
        await settled(pilot)
        assert screen.query_one(Way).stage(Step.ACCESS).progress is State.GAP


async def test_a_finding_shows_evidence_fix_and_its_blocker(opened: Callable[..., Opened]) -> None:
    """The row under the cursor is explained in full, and b goes from a blocked check to its root."""
    async with opened(size=(110, 50)) as pilot:
        await keys(pilot, "down", "enter", "c")
        matrix = workspace_of(pilot.app).run_of(Step.ACCESS).matrix
        matrix.go_to("api.case.read")
        await pilot.pause()
        assert "Blocked by  policy.case" in seen(pilot)
        await keys(pilot, "b")
        told = seen(pilot)
        assert "GET /api/sn_customerservice/case → 401" in told
        assert "cause token_restriction" in told
        assert "by the ServiceNow administrator, in the hand-over" in told
        assert "1. Open All > System Web Services > REST API Access Policies." in told


@pytest.mark.parametrize("refusal", ["n", "escape", "enter"])
async def test_without_consent_nothing_is_written(
    opened: Callable[..., Opened], story: Story, refusal: str
) -> None:
    """No, escape, and Enter on the answer that is first under it leave the instance alone."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "s")
        assert "PRODUCTION  Write on acme" in seen(pilot)
        assert "one case, with a comment and an attachment" in seen(pilot)
        await keys(pilot, refusal)
        assert "sync" not in story.asked
        assert "Nothing was written." in seen(pilot)


async def test_hostile_text_is_shown_as_text(opened: Callable[..., Opened], story: Story) -> None:
    """Markup, escape sequences and directional characters of an instance neither act nor break a line."""
    hostile = "[bold]x[/] [@click=app.quit]quit[/] [/ \x1b[2J\x9b31m\u202eevil\u200b [link=file:///]y"
    story.told["table.sys_user.read"] = (
        hostile,
        gap("row_acl", hostile, None, Evidence("GET", hostile, 403, hostile)),
        (),
    )
    async with opened(size=(200, 50)) as pilot:
        await keys(pilot, "down", "enter", "c")
        workspace_of(pilot.app).run_of(Step.ACCESS).matrix.go_to("table.sys_user.read")
        await pilot.pause()
        told = seen(pilot)
        assert told.count("[bold]x[/] [@click=app.quit]quit[/] [/") == 5
        assert not set(told) & set("\x1b\x9b\u202e\u200b")


@pytest.mark.parametrize(
    ("action", "pressed"),
    [
        ("login", ["l"]),
        ("check", ["c"]),
        ("generate out/acme", ["g", "enter"]),
        ("consent", ["s"]),
        ("sync", ["s", "y"]),
    ],
)
async def test_an_error_is_shown_in_place(
    opened: Callable[..., Opened], story: Story, action: str, pressed: list[str]
) -> None:
    """What failed and the next step stand on the screen, and the keys go on working."""
    story.failing[action] = OAuthError("The instance [refused] the token.", "Log in again with l.")
    async with opened() as pilot:
        await keys(pilot, "down", "enter", *pressed)
        assert "The instance [refused] the token." in seen(pilot)
        assert "Log in again with l." in seen(pilot)
        assert "failed" in seen(pilot)
        del story.failing[action]
        await keys(pilot, *pressed)
        assert "refused" not in seen(pilot)


async def test_a_failure_names_the_key(opened: Callable[..., Opened], story: Story) -> None:
    """Advice that a command line would give is given in keys here."""
    story.failing["check"] = OAuthError("Nobody has signed in.", "Run snowkit login.")
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "c")
        assert "Press l to log in." in seen(pilot)
        assert "snowkit login" not in seen(pilot)


async def test_a_defect_is_said_to_be_one(opened: Callable[..., Opened], story: Story) -> None:
    """An error that is not ours does not end the application, and does not pass for an answer."""
    story.failing["check"] = ValueError("[oops")
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "c")
        assert "snowkit failed unexpectedly: ValueError: [oops" in seen(pilot)
        assert workspace_of(pilot.app).query_one(Way).stage(Step.ACCESS).progress is State.FAILED


async def test_escape_cancels_what_runs_and_only_then_goes_back(
    opened: Callable[..., Opened], story: Story
) -> None:
    """A cancelled sync puts away what it began; no verdict is left standing."""
    story.gate = asyncio.Event()
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "s")
        await pilot.press("y")
        await pilot.pause()
        await keys(pilot, "escape")
        screen = workspace_of(pilot.app)
        assert story.put_away
        assert screen.query_one(Way).stage(Step.SYNC).progress is State.CANCELLED
        assert screen.run_of(Step.SYNC).report is None
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, Connections)


async def test_one_thing_at_a_time(opened: Callable[..., Opened], story: Story) -> None:
    """A second job is refused while one runs, and the first goes on."""
    story.gate = asyncio.Event()
    async with opened() as pilot:
        await keys(pilot, "down", "enter")
        await pilot.press("c")
        await pilot.pause()
        await pilot.press("l", "s")
        await pilot.pause()
        assert "One thing at a time" in seen(pilot)
        assert not {"login", "consent", "sync"} & set(story.asked)
        story.gate.set()
        await settled(pilot)
        assert workspace_of(pilot.app).run_of(Step.ACCESS).report is not None


async def test_state_survives_leaving(opened: Callable[..., Opened]) -> None:
    """Going back to the connections and in again finds the run as it was."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "c")
        before = seen(pilot)
        await keys(pilot, "escape", "enter")
        assert seen(pilot) == before


async def test_a_click_opens_a_step(opened: Callable[..., Opened]) -> None:
    """The way can be walked by mouse."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter")
        await pilot.click("#stage-generate")
        await pilot.pause()
        assert workspace_of(pilot.app).open_step is Step.GENERATE


async def test_escape_leaves_the_folder_before_the_screen(
    opened: Callable[..., Opened], story: Story
) -> None:
    """Letters typed into the folder are text, not commands, and escape returns to the keys."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "g", "end", "q", "escape")
        assert workspace_of(pilot.app).open_step is Step.GENERATE
        await keys(pilot, "enter")
        assert "generate out/acmeq" in story.asked


async def test_the_administrator_is_played_in_the_lab_only(
    opened: Callable[..., Opened], story: Story
) -> None:
    """A customer's connection has no such key."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "g", "enter", "a")
        assert "install" not in story.asked
        assert "Admin" not in seen(pilot).splitlines()[-1]


async def test_a_notice_takes_no_width_from_what_is_below_it(
    opened: Callable[..., Opened], story: Story
) -> None:
    """The margins of a notice are its own: the run below it reaches from edge to edge."""
    async with opened() as pilot:
        await keys(pilot, "down", "enter", "c", "a", "s", "n")
        assert "Nothing was written." in seen(pilot)
        await keys(pilot, "2")
        assert workspace_of(pilot.app).run_of(Step.ACCESS).query_one(".detail").region.width == 80
