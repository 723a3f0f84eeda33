"""Says kindly that a terminal is too small, for as long as it is."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

LEAST = Size(60, 20)
"""The least columns and rows that the screens can do with."""


def too_small(size: Size) -> bool:
    """Tell whether a terminal has less than the least room."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmall(ModalScreen[None]):
    """Covers everything, takes every key, and leaves by itself; what runs goes on below it."""

    def compose(self) -> ComposeResult:
        """Lay the one sentence out."""
        yield Static("", markup=False, id="small")

    def on_resize(self, event: events.Resize) -> None:
        """Say how much room is missing, or leave."""
        self.look(event.size)

    def on_screen_resume(self) -> None:
        """Leave when the room came while another screen was on top."""
        self.look(self.app.size)

    def look(self, size: Size) -> None:
        """Say how much room is missing, or leave."""
        if too_small(size):
            self.query_one("#small", Static).update(
                f"A little too small.\n{size.width} by {size.height} here; {LEAST.width} by {LEAST.height} "
                "will do.\nNothing is lost: make it larger. (Ctrl+Q quits)"
            )
        elif self.is_current:
            self.dismiss()
