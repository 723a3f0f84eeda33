"""The generated files: where they go, what was written, and what was withheld and why."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static

from snowkit.tui.actions import Written
from snowkit.tui.marks import MUTED, Marks
from snowkit.tui.plain import plain


class Folder(Input):
    """A field that the escape key leaves, before it leaves the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Write the files"),
        Binding("escape", "app.focus_next", "Leave the field"),
    ]


class Generate(VerticalScroll):
    """A folder, a button, and the list of what was written."""

    class Asked(Message):
        """Somebody wants the files written into this folder."""

        def __init__(self, folder: Path) -> None:
            super().__init__()
            self.folder = folder

    def __init__(self, marks: Marks, *, id: str, emulated: bool) -> None:
        super().__init__(id=id, can_focus=False)
        self.marks = marks
        self.emulated = emulated
        self.written: Written | None = None
        self.clicks: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay the form above the result."""
        yield Static(
            "Update sets for the customer's administrator, and the hand-over for what none can carry. "
            "Nothing is written on the instance.",
            markup=False,
            classes="lead",
        )
        with Horizontal(classes="form"):
            yield Static("Folder", markup=False, classes="label")
            yield Folder(id="folder", placeholder="a folder on this machine")
            yield Button("Write the files", id="write", variant="primary", compact=True)
        yield Static("", markup=False, classes="result")

    def suggest(self, folder: Path) -> None:
        """Fill in a folder, unless somebody has entered one."""
        field = self.query_one(Input)
        if not field.value:
            field.value = str(folder)

    def enter(self) -> None:
        """Put the keys into the field."""
        self.query_one(Input).focus()

    def ready(self) -> None:
        """Put the button under the Enter key."""
        self.query_one(Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Ask for the files."""
        event.stop()
        self.ask()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Ask for the files."""
        event.stop()
        self.ask()

    def ask(self) -> None:
        """Ask for the files in the folder that is entered."""
        value = self.query_one(Input).value.strip()
        if value:
            self.post_message(self.Asked(Path(value).expanduser()))

    def begin(self) -> None:
        """Say that files are being written."""
        self.show(Content.styled(f"{self.marks.running} Writing", "$accent"))

    def settle(self, written: Written) -> None:
        """List what was written and what was withheld."""
        self.written, self.clicks = written, []
        parts: list[str | tuple[str, str]] = [
            (f"{self.marks.met} {len(written.files)} files in ", "bold $success"),
            (plain(written.folder, 300), "bold"),
        ]
        width = max((len(name) for name, _ in written.files), default=0)
        for name, what in written.files:
            parts += ["\n  ", plain(name, 80).ljust(width), (f"  {plain(what, 300)}", MUTED)]
        if written.notes:
            parts.append(("\n\nWithheld, or to be known", "bold $warning"))
            parts += [f"\n {self.marks.bullet} {plain(note)}" for note in written.notes]
        parts.append(("\n\nNext  ", "bold"))
        parts.append(
            "press a to play the lab's administrator, who imports them."
            if self.emulated
            else "give the folder to the customer's administrator; check again once it is done."
        )
        self.show(Content.assemble(*parts))

    def begin_install(self) -> None:
        """Say that the administrator begins."""
        self.clicks = []
        self.show(Content.styled(f"{self.marks.running} The lab's administrator begins", "$accent"))

    def add(self, click: str) -> None:
        """Show one more click of the administrator."""
        self.clicks.append(plain(click, 1000))
        self.draw_clicks("")

    def settle_install(self) -> None:
        """Say what is next."""
        self.draw_clicks("\n\nNext  press c to check again, then s for the proof.")

    def draw_clicks(self, coda: str) -> None:
        """Draw what the administrator did."""
        parts: list[str | tuple[str, str]] = [("In place of the customer's administrator\n", "bold")]
        for click in self.clicks:
            parts += [(f"\n {self.marks.met} ", "$success"), click]
        self.show(Content.assemble(*parts, coda))
        self.call_after_refresh(self.scroll_end, animate=False)

    def halt(self) -> None:
        """Say that it stopped; the notice says why."""
        self.show(Content.styled(f"{self.marks.unknown} Stopped before the end", "$warning"))

    def show(self, content: Content) -> None:
        """Show a result."""
        self.query_one(".result", Static).update(content)
