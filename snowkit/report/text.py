"""A report as text for a terminal: little on what is met, more on what is not, grouped by topic."""

from __future__ import annotations

import itertools
from collections import Counter

from snowkit.engine.finding import Finding, Level, Verdict
from snowkit.engine.result import Report
from snowkit.report.words import ASCII, GLYPHS, OWNERS, asked_by, conclusion, topic

Signs = dict[Verdict, str]

CROWD = 8
"""How many checks may wait for the same one before they are counted instead of listed."""


def render(report: Report, *, ascii_only: bool = False) -> str:
    """Return the report as lines."""
    signs = ASCII if ascii_only else GLYPHS
    lines = [f"{report.subject.url} ({report.subject.name})", ""]
    waiting = Counter(finding.blocked_by for finding in report.findings if finding.blocked_by)
    crowds = {id_: count for id_, count in waiting.items() if count > CROWD}
    shown = [finding for finding in report.findings if finding.blocked_by not in crowds]
    for heading, group in itertools.groupby(shown, key=lambda finding: topic(finding.id)):
        lines.append(heading)
        for finding in group:
            lines.extend(_finding(finding, signs, report.subject.page))
        lines.append("")
    lines += [
        f"{signs[Verdict.BLOCKED]} {count} more checks wait for {id_}." for id_, count in crowds.items()
    ]
    counts = ", ".join(f"{len(report.of(verdict))} {verdict}" for verdict in Verdict)
    lines.append(f"{counts}; {report.requests} requests.")
    lines.append(conclusion(report))
    text = "\n".join(lines) + "\n"
    return text.encode("ascii", "replace").decode("ascii") if ascii_only else text


def line(finding: Finding, *, ascii_only: bool = False) -> str:
    """Return a finding as the one line that a live run shows."""
    return _head(finding, ASCII if ascii_only else GLYPHS)


def _head(finding: Finding, signs: Signs) -> str:
    advised = " (advised)" if finding.level is Level.ADVISED else ""
    return f"{signs[finding.verdict]} {finding.verdict:<7} {finding.id:<38} {finding.title}{advised}"


def _finding(finding: Finding, signs: Signs, page: str) -> list[str]:
    lines = [f"  {_head(finding, signs)}"]
    outcome = finding.outcome
    if finding.verdict is Verdict.MET:
        return lines
    if finding.blocked_by:
        return [*lines, f"            blocked by {finding.blocked_by}"]
    cause = "" if outcome.cause == "none" else f"[{outcome.cause}] "
    lines.append(f"            {cause}{outcome.summary}")
    lines.append(f"            {asked_by(finding, page)}; {outcome.grade}")
    for item in outcome.evidence:
        status = f"HTTP {item.status}" if item.status is not None else "no answer"
        lines.append(f"            evidence: {item.method} {item.path} -> {status}: {item.excerpt}")
    if outcome.fix is not None:
        lines.append(f"            fix ({OWNERS[outcome.fix.owner]}): {outcome.fix.summary}")
        lines.extend(f"              {number}. {step}" for number, step in enumerate(outcome.fix.steps, 1))
    return lines
