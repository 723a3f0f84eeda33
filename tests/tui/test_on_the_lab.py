"""The terminal UI with its real actions, on the real lab: by keys alone from the start to a proven sync."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from snowkit import profile as profiles
from snowkit.checks.plan import check
from snowkit.cli import connection
from snowkit.cli.desk import Desk
from snowkit.engine.finding import Verdict
from snowkit.errors import LabError, PortTaken
from snowkit.journal import Journal
from snowkit.lab.visitor import Admin
from snowkit.profile import home
from snowkit.tui.app import SnowkitApp
from snowkit.tui.marks import State
from snowkit.tui.screens.consent import AskConsent
from snowkit.tui.screens.workspace import Workspace
from snowkit.tui.widgets.way import Step, Way
from tests.tui.conftest import keys, seen, settled


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The actions of a person who has never used snowkit, in an empty folder."""
    monkeypatch.setenv("SNOWKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with Desk() as opened:
        yield opened


async def lab_opened(pilot: Pilot[None]) -> Workspace:
    await keys(pilot, "enter")
    await pilot.app.workers.wait_for_complete()
    await settled(pilot)
    assert isinstance(pilot.app.screen, Workspace)
    return pilot.app.screen


def state(workspace: Workspace, step: Step) -> State:
    return workspace.query_one(Way).stage(step).progress


def verdicts(workspace: Workspace) -> dict[str, str]:
    matrix = workspace.run_of(Step.ACCESS).matrix
    return {row.id: matrix.get_cell(row.id, "verdict").plain.split()[-1] for row in matrix.checks}


async def test_from_the_start_to_a_proven_sync(desk: Desk, tmp_path: Path) -> None:
    """Opened, logged in, gaps found, files written and imported, ready, consented, proven, gone."""
    app = SnowkitApp(desk.actions())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        workspace = await lab_opened(pilot)
        await keys(pilot, "l")
        assert state(workspace, Step.CONNECT) is State.DONE, seen(pilot)
        await keys(pilot, "c")
        assert state(workspace, Step.ACCESS) is State.GAP, seen(pilot)
        await keys(pilot, "g", "enter")
        assert {file.name for file in (tmp_path / "onboarding" / "lab").iterdir()} >= {
            "rules.xml",
            "access.xml",
        }
        await keys(pilot, "a")
        assert state(workspace, Step.GENERATE) is State.DONE, seen(pilot)
        await keys(pilot, "c")
        assert state(workspace, Step.ACCESS) is State.DONE, seen(pilot)
        await keys(pilot, "s")
        assert isinstance(app.screen, AskConsent)
        await keys(pilot, "y")
        assert state(workspace, Step.SYNC) is State.DONE, seen(pilot)
        report = workspace.run_of(Step.SYNC).report
        assert report is not None
        cleaned = next(finding for finding in report.findings if finding.id == "sync.cleanup")
        assert cleaned.verdict is Verdict.MET


async def test_both_faces_say_the_same(desk: Desk) -> None:
    """Row for row, the screen shows what the same check says without a screen."""
    app = SnowkitApp(desk.actions())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        workspace = await lab_opened(pilot)
        await keys(pilot, "l", "c")
        async with connection.open_connection("lab") as opened:
            report = await check(opened.session, opened.pack, opened.profile)
        assert verdicts(workspace) == {finding.id: str(finding.verdict) for finding in report.findings}
        assert str(report.verdict) == "gaps"


async def test_the_profile_of_the_lab_goes_with_it(desk: Desk) -> None:
    """When the terminal UI is left, no connection to a stopped lab stays behind."""
    name = await desk.open_lab()
    assert [item.name for item in desk.connections().connections] == [name]
    assert await desk.open_lab() == name
    await asyncio.to_thread(desk.__exit__)
    assert desk.connections().connections == ()


async def test_a_cancelled_sync_leaves_nothing_on_the_instance(desk: Desk) -> None:
    """Escape in the middle of the canary's way: what was made is removed before the screen says cancelled."""
    app = SnowkitApp(desk.actions())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        workspace = await lab_opened(pilot)
        await keys(pilot, "l", "g", "enter", "a")
        # The webhook is late, so that the run is still on its way when Escape is pressed.
        with Admin(f"{workspace.connection.url}/_lab/control") as admin:
            admin.switches(async_delay=60.0)
        await keys(pilot, "s")
        await pilot.press("y")
        matrix = workspace.run_of(Step.SYNC).matrix
        while "sync.create" not in matrix.findings:
            await pilot.pause()
        journal = Journal(home().journal)
        assert journal.left(workspace.connection.url)
        await keys(pilot, "escape")
        assert state(workspace, Step.SYNC) is State.CANCELLED
        assert journal.left(workspace.connection.url) == ()


async def test_an_environment_for_another_instance_keeps_the_lab_closed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lab's keys never reach a customer's instance: what would be used instead is named."""
    monkeypatch.setenv("SNOWKIT_URL", "https://acme.service-now.com")
    monkeypatch.setenv("SNOWKIT_CLIENT_SECRET", "not shown")
    with pytest.raises(LabError) as caught:
        await desk.open_lab()
    assert "url, client_secret" in str(caught.value)
    assert "not shown" not in str(caught.value)
    assert [item.url for item in desk.connections().connections] == ["https://acme.service-now.com"]
    monkeypatch.delenv("SNOWKIT_URL")
    monkeypatch.delenv("SNOWKIT_CLIENT_SECRET")
    assert await desk.open_lab() == "lab"


async def test_a_taken_callback_port_is_said_before_a_browser_opens(desk: Desk) -> None:
    """The address that the browser would come back to must be ours."""
    await desk.open_lab()
    profile = profiles.load("lab")
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(profile.redirect_uri.split(":")[2].split("/")[0])))
        other.listen()
        with pytest.raises(PortTaken):
            _ = [line async for line in desk.login("lab")]
