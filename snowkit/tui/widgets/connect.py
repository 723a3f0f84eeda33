"""One connection: where it leads, whom it speaks for, and the steps of a log-in as they happen."""

from __future__ import annotations

import re
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from snowkit.tui.actions import Connection
from snowkit.tui.marks import MUTED, Marks
from snowkit.tui.plain import plain

FORM = "TheLoops' form, Settings > Integrations"
"""Where the platform asks for what a connection holds."""

_ADDRESS = re.compile(r"https?://\S+\?\S+")
"""An address with a query: one that a person has to open whole."""


class Connect(VerticalScroll):
    """The facts of a connection, below them the log-in, and the values for the platform's form."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy the address", show=False)]

    def __init__(self, marks: Marks, connection: Connection, *, id: str) -> None:
        super().__init__(id=id)
        self.marks = marks
        self.connection = connection
        self.lines: list[str] = []
        self.address = ""

    def compose(self) -> ComposeResult:
        """Lay facts, log-in and form below each other."""
        with Vertical(classes="facts"):
            yield Static(self.facts(), markup=False)
        yield Static(self.invitation(), markup=False, classes="steps")
        yield Static("", markup=False, classes="form")

    def facts(self) -> Content:
        """Return the connection's fields, one a line."""
        connection = self.connection
        rows = (
            ("Instance", connection.url or "not set"),
            ("Environment", connection.environment),
            ("Capability", ", ".join(connection.capabilities)),
            ("OAuth client", connection.client_id or "not set"),
            ("Redirect URL", connection.redirect_uri or "not set"),
        )
        return Content("\n").join(
            Content.assemble((f"{label:<14}", MUTED), plain(value, 300)) for label, value in rows
        )

    def invitation(self) -> Content:
        """Return what to do first."""
        if self.connection.logged_in:
            return Content("A refresh token is stored. Press c to check the access, or l to log in again.")
        who = "plays the person at the lab's pages" if self.connection.emulated else "opens your browser"
        return Content(f"Not logged in. Press l: snowkit {who} and stores the tokens it is given.")

    def begin(self) -> None:
        """Forget the last log-in's lines."""
        self.lines, self.address = [], ""
        self.draw(self.marks.running, "$accent")

    def add(self, line: str) -> None:
        """Show one more step of the log-in."""
        address = _ADDRESS.search(plain(line, 4000))
        self.address = address.group() if address else self.address
        self.lines.append(plain(line, 4000))
        self.draw(self.marks.running, "$accent")

    def settle(self) -> None:
        """Show that the log-in succeeded, and what is next."""
        self.draw(self.marks.met, "$success", "\n\nLogged in. Press c to check the access.")

    def halt(self) -> None:
        """Show that the log-in stopped; the notice says why."""
        self.draw(self.marks.gap, "$error")

    def draw(self, last: str, colour: str, coda: str = "") -> None:
        """Draw the steps; the last one carries the sign of how it stands."""
        parts: list[str | tuple[str, str]] = [("Log-in\n", "bold")]
        for number, line in enumerate(self.lines, 1):
            ended = number < len(self.lines)
            sign, tint = (self.marks.met, "$success") if ended else (last, colour)
            parts += [(f"\n {sign} ", tint), line]
            if self.address and self.address in line:
                parts.append(("  (y copies the address)", MUTED))
        self.query_one(".steps", Static).update(Content.assemble(*parts, coda))

    def show_form(self, values: tuple[tuple[str, str], ...]) -> None:
        """Show what the platform's form asks for."""
        width = max((len(label) for label, _ in values), default=0)
        self.query_one(".form", Static).update(
            Content.assemble(
                (f"For {FORM}", "bold"),
                *((f"\n{label:<{width}}  {plain(value, 300)}") for label, value in values),
            )
        )

    def turn_to_form(self, proven: bool) -> None:
        """Take the keys, and begin at the form once the sync is proven."""
        self.focus(scroll_visible=False)
        if proven:
            self.call_after_refresh(self.query_one(".form").scroll_visible, top=True, animate=False)

    def action_copy(self) -> None:
        """Copy the address that a person has to open."""
        if self.address:
            self.app.copy_to_clipboard(self.address)
            self.notify("Copied.", markup=False, timeout=2)
