"""One connection: where it leads, whom it speaks for, and the steps of a log-in as they happen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from snowkit.tui.actions import Connection
from snowkit.tui.marks import MUTED, Marks
from snowkit.tui.plain import plain


class Connect(VerticalScroll):
    """The facts of a connection, and below them the log-in."""

    def __init__(self, marks: Marks, connection: Connection, *, id: str) -> None:
        super().__init__(id=id)
        self.marks = marks
        self.connection = connection
        self.lines: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay facts and log-in below each other."""
        with Vertical(classes="facts"):
            yield Static(self.facts(), markup=False)
        yield Static(self.invitation(), markup=False, classes="steps")

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
        self.lines = []
        self.draw(self.marks.running, "$accent")

    def add(self, line: str) -> None:
        """Show one more step of the log-in."""
        self.lines.append(plain(line, 1000))
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
        self.query_one(".steps", Static).update(Content.assemble(*parts, coda))
