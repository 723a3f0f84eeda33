"""The matrix of checks: every row there from the start, grouped by topic, filled in as the run goes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.style import Style
from rich.text import Text
from textual.color import Color
from textual.widgets import DataTable

from snowkit.engine.check import Check
from snowkit.engine.events import Event, Finished, Planned, Started
from snowkit.engine.finding import Finding, Verdict
from snowkit.report.words import topic
from snowkit.tui.marks import VERDICT_COLOURS, Marks
from snowkit.tui.plain import plain
from snowkit.tui.wording import counts

HEADING = "heading:"
"""Rows with this in front of their key are headings of a topic."""


class Matrix(DataTable[Text]):
    """A table of checks that observes a run."""

    def __init__(self, marks: Marks) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False)
        self.marks = marks
        self.checks: tuple[Check[Any], ...] = ()
        self.findings: dict[str, Finding] = {}
        self.seen: Counter[Verdict] = Counter()
        self.seen_of: dict[str, Counter[Verdict]] = {}

    def on_mount(self) -> None:
        """Name the columns; the last one takes what room there is."""
        self.add_column("Verdict", key="verdict", width=9)
        self.add_column("Level", key="level", width=8)
        self.add_column("Known", key="grade", width=6)
        self.add_column("Check", key="title")
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.repaint())

    def observe(self, event: Event) -> None:
        """Draw what a run tells."""
        if isinstance(event, Planned):
            self.plan(event.checks)
        elif isinstance(event, Started):
            self.update_cell(event.id, "verdict", self.tinted(f"{self.marks.running} asking", "accent"))
        elif isinstance(event, Finished):
            heading = topic(event.finding.id)
            self.findings[event.finding.id] = event.finding
            self.seen[event.finding.verdict] += 1
            self.seen_of[heading][event.finding.verdict] += 1
            self.fill(event.finding)
            self.head(heading)

    def plan(self, checks: tuple[Check[Any], ...]) -> None:
        """Draw one row for each check, under its topic; the plan's order is kept."""
        self.clear()
        self.checks, self.findings = checks, {}
        topics: dict[str, list[Check[Any]]] = {}
        for check in checks:
            topics.setdefault(topic(check.id), []).append(check)
        self.seen, self.seen_of = Counter(), {heading: Counter() for heading in topics}
        for heading, members in topics.items():
            self.add_row(Text(), Text(), Text(), Text(heading, style="bold"), key=HEADING + heading)
            for check in members:
                self.add_row(
                    self.tinted(f"{self.marks.waiting} waiting", None),
                    Text(str(check.level)),
                    Text(),
                    Text("  " + plain(check.title, 300)),
                    key=check.id,
                )
        if self.row_count > 1:
            self.move_cursor(row=1)

    def fill(self, finding: Finding) -> None:
        """Draw one verdict in its row."""
        verdict = finding.verdict
        sign = self.tinted(f"{self.marks.of(verdict)} {verdict}", VERDICT_COLOURS[verdict])
        known = str(finding.outcome.grade) if verdict in (Verdict.MET, Verdict.GAP) else ""
        self.update_cell(finding.id, "verdict", sign)
        self.update_cell(finding.id, "grade", Text(known))

    def head(self, heading: str) -> None:
        """Draw a topic's counts beside its name."""
        said = Text.assemble(
            (heading, "bold"), "  ", (counts(self.seen_of[heading], self.marks).plain, "dim")
        )
        self.update_cell(HEADING + heading, "title", said, update_width=True)

    def tinted(self, said: str, colour: str | None) -> Text:
        """Return text in a colour of the theme; the words carry the meaning, the colour repeats it."""
        if colour is None:
            return Text(said, style="dim")
        tint = Color.parse(self.app.theme_variables[colour]).rich_color
        return Text(said, style=Style(color=tint, bold=colour == "error"))

    def repaint(self) -> None:
        """Draw the verdicts again, in the colours of a new theme."""
        for finding in self.findings.values():
            self.fill(finding)

    def selected(self) -> Finding | Check[Any] | str | None:
        """Return what the cursor is on: a finding, a check that has none yet, a topic, or nothing."""
        if not self.row_count:
            return None
        key = str(self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value)
        if key.startswith(HEADING):
            return key.removeprefix(HEADING)
        return self.findings.get(key) or next(check for check in self.checks if check.id == key)

    def go_to(self, check_id: str) -> bool:
        """Put the cursor on a check; False when the run has none of that id."""
        if all(check.id != check_id for check in self.checks):
            return False
        self.move_cursor(row=self.get_row_index(check_id), scroll=True)
        return True
