"""The signs of verdicts and states, and their words; a terminal that cannot show them gets ASCII."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from enum import StrEnum

from snowkit.engine.finding import Verdict
from snowkit.report.words import ASCII as PLAIN
from snowkit.report.words import GLYPHS


class State(StrEnum):
    """How far a step of the onboarding, or a check, has come, in the word that is shown."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    GAP = "gaps"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Marks:
    """One set of signs."""

    verdicts: dict[Verdict, str]
    waiting: str
    running: str
    arrow: str
    bullet: str
    ascii: bool = False

    def of(self, verdict: Verdict) -> str:
        """Return a verdict's sign."""
        return self.verdicts[verdict]

    @property
    def met(self) -> str:
        """The sign of what went well."""
        return self.verdicts[Verdict.MET]

    @property
    def gap(self) -> str:
        """The sign of what went wrong."""
        return self.verdicts[Verdict.GAP]

    @property
    def unknown(self) -> str:
        """The sign of what could not be decided."""
        return self.verdicts[Verdict.UNKNOWN]

    def of_state(self, state: State) -> str:
        """Return a step's sign."""
        return {
            State.WAITING: self.waiting,
            State.RUNNING: self.running,
            State.DONE: self.met,
            State.GAP: self.gap,
            State.UNKNOWN: self.unknown,
            State.FAILED: self.gap,
            State.CANCELLED: self.unknown,
        }[state]


UNICODE = Marks(GLYPHS, "·", "▸", "→", "·")
ASCII = Marks(PLAIN, ".", ">", "->", "-", ascii=True)

VERDICT_COLOURS = {
    Verdict.MET: "success",
    Verdict.GAP: "error",
    Verdict.UNKNOWN: "warning",
    Verdict.BLOCKED: "secondary",
}
MUTED = "$foreground 60%"
"""The style of what is said by the way."""

STATE_COLOURS = {
    State.WAITING: "foreground",
    State.RUNNING: "accent",
    State.DONE: "success",
    State.GAP: "error",
    State.UNKNOWN: "warning",
    State.FAILED: "error",
    State.CANCELLED: "warning",
}


def marks_for(encoding: str | None) -> Marks:
    """Return the signs that a terminal of this encoding can show."""
    try:
        return UNICODE if encoding and codecs.lookup(encoding).name == "utf-8" else ASCII
    except LookupError:
        return ASCII
