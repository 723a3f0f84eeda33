"""Shows in place what went wrong and what to do next; nothing else on the screen is lost."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from snowkit.errors import SnowkitError
from snowkit.tui.plain import plain
from snowkit.tui.wording import by_keys


class Notice(Static):
    """A panel that is there only while it has something to say."""

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.display = False

    def say(self, what: str, next_step: str = "", *, error: bool = True) -> None:
        """Show one sentence, and the next step below it."""
        self.set_class(not error, "-calm")
        style = "bold $error" if error else "bold $accent"
        self.update(
            Content.assemble(
                (plain(what), style), ("\n" + plain(next_step) if next_step else "", "$foreground")
            )
        )
        self.display = True

    def say_error(self, error: Exception) -> None:
        """Show a failure; one that is not ours is a defect, and is said to be one."""
        if isinstance(error, SnowkitError):
            self.say(by_keys(error.what), by_keys(error.next_step))
        else:
            self.say(
                f"snowkit failed unexpectedly: {type(error).__name__}: {plain(error, 200)}",
                "This is a defect of snowkit, not of the instance. Try again, or report these words.",
            )

    def clear(self) -> None:
        """Say nothing more."""
        self.display = False
        self.update("")
