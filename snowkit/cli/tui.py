"""`snowkit` without a command: opens the terminal UI."""

from __future__ import annotations

import sys

from snowkit.cli.desk import Desk
from snowkit.tui.app import SnowkitApp
from snowkit.tui.marks import marks_for


def start() -> None:
    """Open the terminal UI and return when it is left; the lab that it opened stops with it."""
    # Textual writes to the real standard error, whatever that can show.
    marks = marks_for(getattr(sys.__stderr__, "encoding", None))
    with Desk() as desk:
        SnowkitApp(desk.actions(), marks).run()
