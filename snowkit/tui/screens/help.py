"""The keys, the verdicts and the way, on one page."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from snowkit.engine.finding import Verdict
from snowkit.tui.marks import VERDICT_COLOURS, Marks

KEYS = (
    ("1 2 3 4", "open a step of the way, at any time"),
    ("l", "log in to the instance"),
    ("c", "check the access; nothing is written"),
    ("g", "open Generate; enter, or g outside its field, writes"),
    ("a", "in the lab: its administrator imports them"),
    ("s", "prove the sync; asks before it writes"),
    ("arrows, enter", "choose a check; scroll its explanation"),
    ("b", "go to what blocks the chosen check"),
    ("o / y", "open the fix's page / copy what is explained"),
    ("escape", "cancel what runs; else back to the connections"),
    ("ctrl+p", "the palette: every action, and themes"),
    ("q", "quit"),
)
MEANINGS = (
    (Verdict.MET, "shown to work, or shown by the instance's records"),
    (Verdict.GAP, "shown to be missing; the fix says whose turn it is"),
    (Verdict.UNKNOWN, "could not be decided; neither good nor bad"),
    (Verdict.BLOCKED, "not judged, because of another finding"),
)


class Help(ModalScreen[None]):
    """One page over the screen it was asked from."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "close", "Close")]

    def __init__(self, marks: Marks) -> None:
        super().__init__()
        self.marks = marks

    def compose(self) -> ComposeResult:
        """Lay the page out."""
        with Vertical(id="page"):
            yield Static("Help   escape closes it", markup=False, id="heading")
            with VerticalScroll():
                yield Static(self.told(), markup=False)
        yield Footer(compact=True)

    def told(self) -> Content:
        """Return the keys and the meaning of each verdict."""
        parts: list[str | tuple[str, str]] = []
        for keys, meaning in KEYS:
            parts += [(f"{keys:<14}", "bold $accent"), f"{meaning}\n"]
        parts.append("\n")
        for verdict, meaning in MEANINGS:
            sign = f"{self.marks.of(verdict)} {verdict}"
            parts += [(f"{sign:<14}", f"bold ${VERDICT_COLOURS[verdict]}"), f"{meaning}\n"]
        return Content.assemble(*parts)

    def action_close(self) -> None:
        """Go back to the screen below."""
        self.dismiss()
