"""The way through an onboarding: Connect, Access, Generate, Sync, each with its state."""

from __future__ import annotations

from enum import StrEnum

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from snowkit.tui.marks import MUTED, STATE_COLOURS, Marks, State


class Step(StrEnum):
    """One step; the value names its panel, and its place is the key that opens it."""

    CONNECT = "connect"
    ACCESS = "access"
    GENERATE = "generate"
    SYNC = "sync"

    @property
    def key(self) -> str:
        """The key that opens the step."""
        return str(list(Step).index(self) + 1)


class Stage(Static):
    """One step on the way, opened by a click."""

    class Chosen(Message):
        """Somebody clicked on a step."""

        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

    def __init__(self, step: Step, marks: Marks) -> None:
        super().__init__("", markup=False, id=f"stage-{step}")
        self.step = step
        self.marks = marks
        self.progress = State.WAITING

    def on_mount(self) -> None:
        """Draw where the step stands."""
        self.show_state(self.progress)

    def show_state(self, state: State) -> None:
        """Draw how far the step has come, in sign, word and colour."""
        self.progress = state
        word = "" if state is State.WAITING else f" {state}"
        self.update(
            Content.assemble(
                (f"{self.step.key} ", MUTED),
                f"{self.step.capitalize()} ",
                (f"{self.marks.of_state(state)}{word}", f"${STATE_COLOURS[state]}"),
            )
        )

    def on_click(self) -> None:
        """Open the step."""
        self.post_message(self.Chosen(self.step))


class Way(Horizontal):
    """All steps with their states, always in sight."""

    def __init__(self, marks: Marks) -> None:
        super().__init__()
        self.marks = marks

    def compose(self) -> ComposeResult:
        """Lay the steps side by side."""
        for step in Step:
            if step is not Step.CONNECT:
                yield Static(self.marks.arrow, classes="arrow", markup=False)
            yield Stage(step, self.marks)

    def stage(self, step: Step) -> Stage:
        """Return one step's part."""
        return self.query_one(f"#stage-{step}", Stage)

    def show_open(self, step: Step) -> None:
        """Mark the step whose panel is open."""
        for stage in self.query(Stage):
            stage.set_class(stage.step is step, "-open")
