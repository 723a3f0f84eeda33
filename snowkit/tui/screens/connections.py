"""The start: the lab first, then every connection with its last verdict."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from snowkit.errors import SnowkitError
from snowkit.tui.actions import Actions, Connection, Known
from snowkit.tui.marks import MUTED, Marks
from snowkit.tui.plain import plain
from snowkit.tui.widgets.notice import Notice

LAB = "lab!"
"""The option that opens the lab; no profile can have this name."""


class Connections(Screen[None]):
    """A list to choose from by arrow keys and Enter, or by a click."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "reload", "Reload"),
        Binding("escape", "cancel", "Cancel", show=False),
    ]

    class Chosen(Message):
        """Somebody chose a connection, or None for the lab."""

        def __init__(self, connection: Connection | None) -> None:
            super().__init__()
            self.connection = connection

    def __init__(self, actions: Actions, marks: Marks) -> None:
        super().__init__()
        self.actions = actions
        self.marks = marks
        self.known: dict[str, Connection] = {}

    def compose(self) -> ComposeResult:
        """Lay title, list and keys below each other."""
        with Vertical(id="start"):
            yield Static(
                Content.assemble(
                    ("snowkit", "bold $primary"),
                    ("  connects a customer's ServiceNow to TheLoops", MUTED),
                ),
                markup=False,
                id="banner",
            )
            yield Notice()
            yield OptionList(id="connections", markup=False)
            yield Static("", markup=False, id="hint")
        yield Footer(compact=True)

    def on_screen_resume(self) -> None:
        """Read the connections whenever the screen is seen again: a run may have changed a verdict."""
        self.reload()

    def action_reload(self) -> None:
        """Read the connections again; what was wrong before may be mended."""
        self.query_one(Notice).clear()
        self.reload()

    def reload(self) -> None:
        """Read the connections."""
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        options.clear_options()
        options.add_option(Option(self.lab_line(), id=LAB))
        try:
            known = self.actions.connections()
        except SnowkitError as error:
            known = Known((), (error,))
        self.known = {item.name: item for item in known.connections}
        if known.errors:
            self.query_one(Notice).say_error(known.errors[0])
        for item in self.known.values():
            options.add_option(Option("", disabled=True))
            options.add_option(Option(self.line(item), id=item.name))
        options.highlighted = min(at, options.option_count - 1)
        options.focus()
        self.query_one("#hint", Static).update(self.hint())

    def hint(self) -> Content:
        """Return how a connection is added."""
        none = "" if self.known else "No connection is known yet. "
        return Content.assemble(
            (
                f"{none}To add a connection, write this into {plain(self.actions.profiles)}; then press r.",
                MUTED,
            ),
            '\n  [profile.NAME]\n  url = "https://NAME.service-now.com"\n  client_id = "of the OAuth entity"',
            ("\nThe entity's secret is taken from the variable SNOWKIT_CLIENT_SECRET.", MUTED),
        )

    def lab_line(self) -> Content:
        """Return the entry that needs no customer."""
        return Content.assemble(
            ("Open the lab\n", "bold $accent"),
            ("an emulated instance on this machine, as yet without onboarding", MUTED),
        )

    def line(self, item: Connection) -> Content:
        """Return one connection's entry: name, environment, verdict, and where it leads."""
        production = item.environment == "production"
        verdict, colour = {
            "ready": (f"{self.marks.met} ready", "$success"),
            "gaps": (f"{self.marks.gap} gaps", "$error"),
            "unknown": (f"{self.marks.unknown} unknown", "$warning"),
        }.get(item.verdict or "", (f"{self.marks.waiting} not checked", MUTED))
        capability = f" for {plain(', '.join(item.capabilities), 60)}" if item.verdict else ""
        at = f" at {item.checked_at:%Y-%m-%d %H:%M} UTC" if item.checked_at else ""
        return Content.assemble(
            (plain(item.name, 50), "bold"),
            "  ",
            (
                " PRODUCTION " if production else item.environment,
                "bold $error" if production else MUTED,
            ),
            "  ",
            (f"{verdict}{capability}{at}", colour),
            ("\n" + (plain(item.url, 200) or "no address yet"), MUTED),
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell the application what was chosen."""
        self.query_one(Notice).clear()
        chosen = event.option_id or LAB
        self.post_message(self.Chosen(None if chosen == LAB else self.known[chosen]))

    def action_cancel(self) -> None:
        """Stop opening the lab."""
        self.app.workers.cancel_node(self)
