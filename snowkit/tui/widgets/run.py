"""One run as it goes and as it ended: summary, matrix, and the check under the cursor with all that is known."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Static

from snowkit.engine.check import Check
from snowkit.engine.events import Event, Finished
from snowkit.engine.finding import Finding
from snowkit.engine.result import Report
from snowkit.tui.marks import MUTED, Marks
from snowkit.tui.plain import plain
from snowkit.tui.widgets.matrix import Matrix
from snowkit.tui.wording import about, counts, progress, summary


class Run(Vertical):
    """Observes a run; `invitation` is said before the first, `success` where all is met."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "blocker", "Blocker", show=False),
        Binding("o", "browse", "Open fix", show=False),
        Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self, marks: Marks, invitation: str, success: str, *, id: str) -> None:
        super().__init__(id=id)
        self.marks = marks
        self.invitation = invitation
        self.success = success
        self.report: Report | None = None

    def compose(self) -> ComposeResult:
        """Lay summary, matrix and detail below each other."""
        yield Static(Content(self.invitation), markup=False, classes="summary")
        yield Matrix(self.marks)
        with VerticalScroll(classes="detail"):
            yield Static("", markup=False, classes="about")

    def on_mount(self) -> None:
        """Show only the invitation until something is planned."""
        self.set_class(True, "-empty")

    @property
    def matrix(self) -> Matrix:
        """The table of checks."""
        return self.query_one(Matrix)

    def say(self, content: Content) -> None:
        """Show a summary line."""
        self.query_one(".summary", Static).update(content)

    def begin(self) -> None:
        """Forget the last run's rows and say that a new one begins."""
        self.report = None
        self.say(Content.styled(f"{self.marks.running} Planning", "$accent"))

    def observe(self, event: Event) -> None:
        """Draw what the run tells."""
        self.set_class(False, "-empty")
        self.matrix.observe(event)
        self.say(progress(len(self.matrix.checks), self.matrix.seen, self.marks))
        chosen = self.matrix.selected()
        if not isinstance(event, Finished) or isinstance(chosen, str) or chosen is event.finding:
            self.explain()

    def settle(self, report: Report) -> None:
        """Show how the run ended, and go to the first thing to mend."""
        self.report = report
        self.say(summary(report, self.marks, success=self.success))
        worst = next((finding for finding in report.findings if finding.verdict == "gap"), None)
        if worst is not None and self.matrix.cursor_row <= 1:
            # The summary has grown: only after the next layout is it known what is in sight.
            self.call_after_refresh(self.matrix.go_to, worst.id)
        self.explain()

    def halt(self, why: str) -> None:
        """Say that the run stopped before its end; the rows stay as they are."""
        done = self.matrix.findings
        rest = f", {len(done)} of {len(self.matrix.checks)} checks done: no verdict" if done else ""
        self.say(Content.styled(f"{self.marks.unknown} {why}{rest}", "$warning"))

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Explain the row under the cursor."""
        self.explain()
        self.query_one(".detail", VerticalScroll).scroll_home(animate=False)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Move into the explanation, so that the arrow keys scroll it."""
        self.query_one(".detail", VerticalScroll).focus()

    def explain(self) -> None:
        """Show all that is known about what the cursor is on."""
        self.query_one(".about", Static).update(self.told(self.matrix.selected()))

    def told(self, chosen: Finding | Check[Any] | str | None) -> Content:
        """Return the explanation of a finding, of a check without one, or of a topic."""
        if isinstance(chosen, Finding):
            return about(chosen, self.marks)
        if isinstance(chosen, Check):
            return Content.assemble(
                (plain(chosen.title, 300), "bold"),
                (f"  {plain(chosen.id, 100)}\n{chosen.level}\n", MUTED),
                "Not decided yet.",
            )
        if isinstance(chosen, str):
            return Content.assemble((f"{chosen}\n", "bold"), counts(self.matrix.seen_of[chosen], self.marks))
        return Content("")

    def chosen(self) -> Finding | None:
        """Return the finding under the cursor."""
        selected = self.matrix.selected()
        return selected if isinstance(selected, Finding) else None

    def action_blocker(self) -> None:
        """Go to what blocks the chosen check."""
        chosen = self.chosen()
        if chosen and chosen.blocked_by:
            self.matrix.go_to(chosen.blocked_by)

    def action_browse(self) -> None:
        """Open the fix's page in a browser."""
        chosen = self.chosen()
        url = chosen.outcome.fix.url if chosen and chosen.outcome.fix else ""
        if url.startswith(("http://", "https://")):
            self.app.open_url(url)

    def action_copy(self) -> None:
        """Copy the explanation of the chosen check."""
        chosen = self.chosen()
        if chosen:
            self.app.copy_to_clipboard(about(chosen, self.marks).plain)
            self.notify("Copied.", markup=False, timeout=2)
