"""The result of a run: the findings, whom they speak of, the verdict and the exit code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from snowkit.engine.finding import Finding, Level, Verdict


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a run speaks of; empty strings where it could not be found out."""

    url: str
    name: str = ""
    release: str = ""
    user: str = ""
    client_id: str = ""
    pack: str = ""
    capabilities: tuple[str, ...] = ()
    page: str = "the vendor's page"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a renderer shows; times are UTC, `requests` counts what was sent."""

    subject: Subject
    started_at: datetime
    finished_at: datetime
    requests: int
    findings: tuple[Finding, ...]
    allow_unknown: bool = False
    left_out: int = 0
    """How many checks of the plan were not asked for, so that a part never speaks for the whole."""

    @property
    def exit_code(self) -> int:
        """1: a required gap, or no findings; 3: a required one is unknown or blocked; else 0."""
        required = [finding.verdict for finding in self.findings if finding.level is Level.REQUIRED]
        if not self.findings or Verdict.GAP in required:
            return 1
        undecided = Verdict.UNKNOWN in required or Verdict.BLOCKED in required
        return 3 if undecided and not self.allow_unknown else 0

    @property
    def verdict(self) -> str:
        """`ready`, `gaps` or `unknown`; an allowed unknown is still said to be one."""
        required = [finding.verdict for finding in self.findings if finding.level is Level.REQUIRED]
        if Verdict.GAP in required:
            return "gaps"
        undecided = Verdict.UNKNOWN in required or Verdict.BLOCKED in required or not self.findings
        return "unknown" if undecided else "ready"

    def of(self, verdict: Verdict, level: Level | None = None) -> tuple[Finding, ...]:
        """Return the findings with a verdict, and a level where one is given."""
        return tuple(
            finding
            for finding in self.findings
            if finding.verdict is verdict and (level is None or finding.level is level)
        )
