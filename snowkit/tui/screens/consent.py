"""Asks before anything is written on an instance; only a clear yes is a yes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from snowkit.tui.actions import Connection, Consent
from snowkit.tui.marks import Marks
from snowkit.tui.plain import plain


class AskConsent(ModalScreen[bool]):
    """Says what will be written and removed, and where; its result is True only after a yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes, write"),
        Binding("n,escape", "answer(False)", "No"),
        Binding("left,right", "app.focus_next", "Other answer", show=False),
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
                yield Button("Yes, write and clean up (y)", id="yes", variant="warning", compact=True)

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
        """Return what would be written and what removed."""
        parts: list[str | tuple[str, str]] = [("Will be written", "bold")]
        parts += [f"\n {self.marks.bullet} {plain(line)}" for line in self.consent.writes]
        parts.append(("\n\nWill be removed again", "bold"))
        parts += [f"\n {self.marks.bullet} {plain(line)}" for line in self.consent.removes]
        return Content.assemble(*parts)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer by a button."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer by a key."""
        self.dismiss(yes)
