"""Asks before anything is written on an instance; only a clear yes is a yes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Static

from snowkit.tui.actions import Connection, Consent
from snowkit.tui.marks import Marks
from snowkit.tui.plain import plain

ROOMY = 30
"""From this many rows on, the lists stand apart."""


class AskConsent(ModalScreen[bool]):
    """Says what will be written, removed and left, and where; its result is True only after a yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes, write"),
        Binding("n,escape", "answer(False)", "No"),
        Binding("left,right", "app.focus_next", "Other answer", show=False),
        Binding("up,pageup", "read(-1)", "Read up", show=False),
        Binding("down,pagedown", "read(1)", "Read down", show=False),
    ]

    def __init__(self, connection: Connection, consent: Consent, marks: Marks) -> None:
        super().__init__()
        self.connection = connection
        self.consent = consent
        self.marks = marks

    def compose(self) -> ComposeResult:
        """Lay the question above its two answers; No is the one under the Enter key."""
        with Vertical(id="question"):
            yield Static(self.heading(), markup=False, id="heading")
            with VerticalScroll(can_focus=False):
                yield Static(self.told(), markup=False, id="told")
            with Horizontal(id="answers"):
                yield Button("No, write nothing (n)", id="no", compact=True)
                yield Button(f"{self.yes()} (y)", id="yes", variant="warning", compact=True)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Let Enter mean No, and colour a production instance."""
        self.query_one("#no", Button).focus()
        self.query_one("#question").set_class(self.connection.environment == "production", "-production")

    def heading(self) -> Content:
        """Return where it would be written."""
        where = f"{plain(self.connection.name, 50)}  {plain(self.connection.url, 200)}"
        if self.connection.environment == "production":
            return Content(f"PRODUCTION  Write on {where}?")
        return Content(f"Write on {where}?")

    def told(self) -> Content:
        """Return what would be written, what removed, and what would stay."""
        lists = (
            ("Will be written", self.consent.writes),
            ("Will be removed again", self.consent.removes),
            ("Will stay", self.consent.stays),
        )
        gap = "\n" if self.app.size.height < ROOMY else "\n\n"
        return Content(gap).join(
            Content.assemble((title, "bold"), *(f"\n {self.marks.bullet} {plain(line)}" for line in lines))
            for title, lines in lists
            if lines
        )

    def yes(self) -> str:
        """Return what a yes permits."""
        return "Yes, write and clean up" if self.consent.removes else "Yes, write and leave the case"

    def action_read(self, lines: int) -> None:
        """Scroll what does not fit into a small terminal."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer by a button."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer by a key."""
        self.dismiss(yes)
