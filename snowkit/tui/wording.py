"""Says what a run found: the one-line summary, and everything about one finding."""

from __future__ import annotations

import re
from collections import Counter

from textual.content import Content

from snowkit.engine.finding import Finding, Fix, Level, Verdict
from snowkit.engine.result import Report, Subject
from snowkit.instance.evidence import Evidence
from snowkit.report.words import OWNERS
from snowkit.tui.marks import MUTED, VERDICT_COLOURS, Marks
from snowkit.tui.plain import plain

CARRIERS = {
    "rules": "the update set rules.xml",
    "access": "the update set access.xml",
    "handover": "the hand-over, click by click",
}
SOURCES = {
    "page": " by TheLoops' page",
    "snowkit": ", added by snowkit",
    "optional": ", optional on TheLoops' page",
}


_KEYS = (("login", "l", "log in"), ("check", "c", "check"), ("sync", "s", "sync"))

CLIENT_SHOWN = 12
"""So many characters of a client id tell one client from another; reports hold it whole."""


def by_keys(said: str) -> str:
    """Return an advice with keys in place of the commands that have one; other commands stay."""

    for command, key, what in _KEYS:
        name = rf"snowkit {command}\b(?! --| cleanup)"
        said = re.sub(rf"\bRun {name}", f"Press {key} to {what}", said)
        said = re.sub(rf"\bwith {name}", f"with the key {key}", said)
    return re.sub(r" to --out(put)?\b", "", said)


def counts(seen: Counter[Verdict], marks: Marks) -> Content:
    """Return how many findings have each verdict, worst first, such as `✗ 2 gaps  ✓ 31 met`."""
    parts: list[Content] = []
    for verdict in (Verdict.GAP, Verdict.UNKNOWN, Verdict.BLOCKED, Verdict.MET):
        number = seen[verdict]
        if number:
            word = "gaps" if verdict is Verdict.GAP and number > 1 else str(verdict)
            parts.append(
                Content.styled(f"{marks.of(verdict)} {number} {word}", f"${VERDICT_COLOURS[verdict]}")
            )
    return Content("  ").join(parts) if parts else Content("nothing yet")


def progress(planned: int, seen: Counter[Verdict], marks: Marks) -> Content:
    """Return the summary line of a run that is under way."""
    return Content.assemble(
        (f"{marks.running} {seen.total()} of {planned}  ", "$accent"), counts(seen, marks)
    )


def summary(report: Report, marks: Marks, *, success: str = "Ready") -> Content:
    """Return the summary of a finished run: never a bare verdict, always of whom it speaks."""
    if report.verdict == "ready":
        head = Content.styled(f"{marks.met} {success} {speaks_of(report)}", "bold $success")
    else:
        required = [finding for finding in report.findings if finding.level is Level.REQUIRED]
        gaps = sum(finding.verdict is Verdict.GAP for finding in required)
        unsure = sum(finding.verdict in (Verdict.UNKNOWN, Verdict.BLOCKED) for finding in required)
        if gaps:
            said = f"{marks.gap} {_number(gaps, 'required gap')}"
            said += f", {unsure} more undecided" if unsure else ""
            head = Content.styled(said, "bold $error")
        elif report.findings:
            head = Content.styled(
                f"{marks.unknown} Unknown: {unsure} required could not be decided", "bold $warning"
            )
        else:
            head = Content.styled(f"{marks.unknown} Unknown: nothing was checked", "bold $warning")
        head = Content.assemble(head, (f" {speaks_of(report)}", MUTED))
    counted = "Advised ones included" if _advised(report) else "All required"
    return Content.assemble(
        head,
        (_tally(report), MUTED),
        (f"\n{counted}: ", MUTED),
        counts(Counter(finding.verdict for finding in report.findings), marks),
    )


def speaks_of(report: Report) -> str:
    """Return for which capability, as which user, through which client, at what time."""
    subject: Subject = report.subject
    capability = plain(", ".join(subject.capabilities), 60) or "no capability"
    user = plain(subject.user, 60) or "a user that the instance did not name"
    client = plain(subject.client_id, CLIENT_SHOWN) or "not known"
    at = report.finished_at.strftime("%Y-%m-%d %H:%M UTC")
    return f"for {capability}, as {user}, through OAuth client {client}, at {at}"


def _advised(report: Report) -> bool:
    return any(finding.level is not Level.REQUIRED for finding in report.findings)


def _tally(report: Report) -> str:
    seconds = (report.finished_at - report.started_at).total_seconds()
    return f", {_number(report.requests, 'request')}, {seconds:.1f} s"


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def about(finding: Finding, marks: Marks) -> Content:
    """Return everything about one finding, as text that no markup of the instance can change."""
    outcome = finding.outcome
    colour = f"${VERDICT_COLOURS[finding.verdict]}"
    facts = [
        plain(finding.id, 100),
        f"{finding.level}{SOURCES.get(finding.source, ', ' + plain(finding.source, 80))}",
    ]
    if finding.verdict in (Verdict.MET, Verdict.GAP):
        facts.append(str(outcome.grade))
    if outcome.cause != "none":
        facts.append(f"cause {outcome.cause}")
    parts: list[Content | str | tuple[str, str]] = [
        (f"{marks.of(finding.verdict)} {finding.verdict}  ", f"bold {colour}"),
        (plain(finding.title, 300) + "\n", "bold"),
        (f" {marks.bullet} ".join(facts) + "\n", MUTED),
        plain(outcome.summary),
    ]
    if finding.blocked_by:
        parts.append(("\n\nBlocked by  ", "bold"))
        parts.append((plain(finding.blocked_by, 100), "$secondary"))
        parts.append(("  (b goes there)", MUTED))
    if outcome.fix:
        parts.append(_fix(outcome.fix))
    if outcome.evidence:
        parts.append(("\n\nEvidence", "bold"))
        parts.extend(_exchange(exchange, marks) for exchange in outcome.evidence)
    return Content.assemble(*parts)


def _fix(fix: Fix) -> Content:
    parts: list[str | tuple[str, str]] = [
        ("\n\nFix  ", "bold"),
        plain(by_keys(fix.summary)),
        (f"\nby {OWNERS[fix.owner]}", MUTED),
    ]
    if fix.carried_by:
        parts.append((f", in {CARRIERS.get(fix.carried_by, plain(fix.carried_by, 40))}", MUTED))
    parts.extend(f"\n {number}. {plain(by_keys(step))}" for number, step in enumerate(fix.steps, 1))
    if fix.url:
        parts.append((f"\n {plain(fix.url)}", "$accent"))
        parts.append(("  (o opens it)", MUTED))
    return Content.assemble(*parts)


def _exchange(exchange: Evidence, marks: Marks) -> Content:
    status = "no answer" if exchange.status is None else str(exchange.status)
    path, _, query = exchange.path.partition("?")
    below = [plain(text, 600) for text in (query and f"?{query}", exchange.excerpt) if text]
    return Content.assemble(
        f"\n {plain(exchange.method, 10)} {plain(path, 300)} ",
        (f"{marks.arrow} {status}", "bold"),
        *((f"\n   {text}", MUTED) for text in below),
    )
