"""A newcomer goes from the start to a proven sync by keys alone, and each screen looks as it should."""

from __future__ import annotations

from collections.abc import Callable

from syrupy.assertion import SnapshotAssertion

from snowkit.engine.finding import Verdict
from snowkit.tui.marks import State
from snowkit.tui.screens.consent import AskConsent
from snowkit.tui.screens.workspace import Workspace
from snowkit.tui.widgets.way import Step, Way
from tests.tui.conftest import Opened, keys, seen, settled
from tests.tui.story import Story


def state(workspace: Workspace, step: Step) -> State:
    return workspace.query_one(Way).stage(step).progress


async def test_the_whole_way_by_keys(
    opened: Callable[..., Opened], story: Story, snapshot: SnapshotAssertion
) -> None:
    """The lab is opened, logged in to, checked, generated for, imported into, checked again and proven."""
    async with opened() as pilot:
        assert "Open the lab" in seen(pilot)
        assert "[profile.NAME]" in seen(pilot)
        assert seen(pilot) == snapshot(name="start")

        await keys(pilot, "enter")
        await pilot.app.workers.wait_for_complete()
        await settled(pilot)
        workspace = pilot.app.screen
        assert isinstance(workspace, Workspace)
        assert workspace.connection.name == "lab"

        await keys(pilot, "l")
        assert state(workspace, Step.CONNECT) is State.DONE
        assert "Allow was pressed on the consent page" in seen(pilot)
        assert seen(pilot) == snapshot(name="connect")

        await keys(pilot, "c")
        assert state(workspace, Step.ACCESS) is State.GAP
        assert "3 required gaps" in seen(pilot)
        assert "Fix  Create the REST API Access Policy" in seen(pilot)
        assert "1. Open All > System Web Services" in seen(pilot)
        assert seen(pilot) == snapshot(name="access")

        await keys(pilot, "g")
        await keys(pilot, "enter")
        assert state(workspace, Step.GENERATE) is State.DONE
        assert "generate out/lab" in story.asked
        assert "rollback.xml" in seen(pilot)
        assert "withheld" in seen(pilot)
        assert seen(pilot) == snapshot(name="generate")

        await keys(pilot, "a", "c")
        assert state(workspace, Step.ACCESS) is State.DONE
        said = " ".join(seen(pilot).split())
        assert "Ready for helpdesk, as integration, through OAuth client 5b6f0c3d9a7…" in said
        assert "at 2026-11-24 12:00 UTC" in said
        assert seen(pilot) == snapshot(name="ready")

        await keys(pilot, "s")
        assert isinstance(pilot.app.screen, AskConsent)
        assert "sync" not in story.asked
        assert "Will stay" in seen(pilot)
        assert seen(pilot) == snapshot(name="consent")

        await keys(pilot, "y")
        assert state(workspace, Step.SYNC) is State.DONE
        assert "All that was created is gone" in seen(pilot)
        assert "Next: press 1 for the values of TheLoops' form" in seen(pilot)
        assert seen(pilot) == snapshot(name="sync")

        await keys(pilot, "question_mark")
        assert "prove the sync; asks before it writes" in seen(pilot)
        assert seen(pilot) == snapshot(name="help")


async def test_the_matrix_says_what_the_engine_said(opened: Callable[..., Opened], story: Story) -> None:
    """Row for row, the verdicts on the screen are those of the report."""
    async with opened(size=(120, 60)) as pilot:
        await keys(pilot, "down", "enter", "c")
        workspace = pilot.app.screen
        assert isinstance(workspace, Workspace)
        panel = workspace.run_of(Step.ACCESS)
        assert panel.report is not None
        shown = {
            finding.id: panel.matrix.get_cell(finding.id, "verdict").plain
            for finding in panel.report.findings
        }
        assert shown == {
            finding.id: f"{panel.marks.of(finding.verdict)} {finding.verdict}"
            for finding in panel.report.findings
        }
        assert {finding.verdict for finding in panel.report.findings} == set(Verdict)
