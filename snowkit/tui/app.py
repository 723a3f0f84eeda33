"""The application: starts at the connections, opens one at a time, and leaves only when its jobs have ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from contextlib import suppress
from typing import ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from snowkit.tui.actions import Actions, Connection
from snowkit.tui.marks import UNICODE, Marks
from snowkit.tui.screens.connections import Connections
from snowkit.tui.screens.help import Help
from snowkit.tui.screens.small import TooSmall, too_small
from snowkit.tui.screens.workspace import Workspace
from snowkit.tui.theme import DAYLIGHT, DUSK
from snowkit.tui.widgets.notice import Notice


class SnowkitApp(App[None]):
    """Shows what the actions do; `marks` are the signs that the terminal can show."""

    CSS_PATH = "snowkit.tcss"
    TITLE = "snowkit"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "explain", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-tall")]  # noqa: RUF012, Textual declares it without ClassVar

    def __init__(self, actions: Actions, marks: Marks = UNICODE) -> None:
        super().__init__()
        self.actions = actions
        self.marks = marks
        self.workspaces: dict[str, Workspace] = {}
        self.leaving = False

    def on_mount(self) -> None:
        """Begin at the connections."""
        self.register_theme(DUSK)
        self.register_theme(DAYLIGHT)
        self.theme = DUSK.name
        self.set_class(self.marks.ascii, "-ascii")
        self.push_screen(Connections(self.actions, self.marks))
        if not self.is_headless:
            self.heed_signals()

    def heed_signals(self) -> None:
        """Leave in good order when the terminal goes away, or when somebody ends the process."""
        loop = asyncio.get_running_loop()
        for name in ("SIGHUP", "SIGTERM"):
            number = getattr(signal, name, None)
            # Windows has no SIGHUP, and its loops take no handlers.
            if number is not None:
                with suppress(NotImplementedError):
                    loop.add_signal_handler(number, self.begin_leaving)

    def on_resize(self, event: events.Resize) -> None:
        """Cover a terminal that is too small."""
        if too_small(event.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    def on_connections_chosen(self, event: Connections.Chosen) -> None:
        """Open a connection; None is the lab, which has to be started."""
        if event.connection is not None:
            self.open(event.connection)
        elif isinstance(self.screen, Connections):
            self.screen.run_worker(
                self.open_lab(self.screen), group="lab", exclusive=True, exit_on_error=False
            )

    async def open_lab(self, start: Connections) -> None:
        """Start the lab and open its connection; a failure is said on the start screen."""
        notice = start.query_one(Notice)
        notice.say("Starting the lab.", "Escape cancels.", error=False)
        try:
            name = await self.actions.open_lab()
            self.open(next(item for item in self.actions.connections().connections if item.name == name))
        except asyncio.CancelledError:
            notice.clear()
            raise
        except Exception as error:
            notice.say_error(error)
        else:
            notice.clear()

    def open(self, connection: Connection) -> None:
        """Open a connection's workspace as it was left; a changed connection gets a new one."""
        known = self.workspaces.get(connection.name)
        if known is None or known.connection.url != connection.url:
            if known is not None:
                self.uninstall_screen(known)
            known = self.workspaces[connection.name] = Workspace(connection, self.actions, self.marks)
            self.install_screen(known, f"connection {connection.name}")
        self.push_screen(known)
        if too_small(self.size):
            self.push_screen(TooSmall())

    def action_explain(self) -> None:
        """Show the help, once."""
        if not isinstance(self.screen, Help):
            self.push_screen(Help(self.marks))

    async def action_quit(self) -> None:
        """Leave when every job has put away what it began; asked a second time, leave at once."""
        if self.leaving:
            self.exit()
        else:
            self.begin_leaving()

    def begin_leaving(self) -> None:
        """Begin to leave."""
        self.leaving = True
        self.run_worker(self.leave(), group="leave", exit_on_error=False)

    async def leave(self) -> None:
        """Stop the jobs, then leave."""
        try:
            for workspace in self.workspaces.values():
                await workspace.stop()
        finally:
            self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every action in the palette, before Textual's own."""
        if isinstance(screen, Workspace):
            yield SystemCommand("Log in", "To the instance, as the integration user", screen.action_login)
            yield SystemCommand("Check", "The access; nothing is written", screen.action_check)
            yield SystemCommand("Generate", "The update sets and the hand-over", screen.action_generate)
            if screen.connection.emulated:
                yield SystemCommand("Play admin", "Import the files in the lab", screen.action_install)
            yield SystemCommand("Sync", "Prove it with a canary; asks first", screen.action_sync)
            yield SystemCommand("Back", "Cancel what runs, or go to the connections", screen.action_back)
        yield SystemCommand("Help", "The keys and the verdicts", self.action_explain)
        yield from super().get_system_commands(screen)
