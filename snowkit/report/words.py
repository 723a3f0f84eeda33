"""The words and signs that every renderer shares, so that the screen and the report are one thing."""

from __future__ import annotations

from snowkit.engine.finding import Finding, Level, Verdict
from snowkit.engine.result import Report

GLYPHS = {Verdict.MET: "✓", Verdict.GAP: "✗", Verdict.UNKNOWN: "?", Verdict.BLOCKED: "⊘"}
ASCII = {Verdict.MET: "+", Verdict.GAP: "x", Verdict.UNKNOWN: "?", Verdict.BLOCKED: "-"}

OWNERS = {
    "servicenow_admin": "the ServiceNow administrator",
    "security": "the security team",
    "network": "the network team",
    "theloops": "TheLoops",
    "engineer": "the implementation engineer",
}

TOPICS = {
    "reach": "Reach",
    "oauth": "OAuth",
    "identity": "Identity",
    "api": "REST APIs",
    "policy": "REST API access policies",
    "table": "Tables",
    "rule": "Business rules",
    "property": "Properties",
    "sync": "End-to-end sync",
}


def topic(finding_id: str) -> str:
    """Return the heading under which a finding stands."""
    first = finding_id.split(".", 1)[0]
    return TOPICS.get(first, first)


def asked_by(finding: Finding, page: str) -> str:
    """Return who asks for a check: the vendor's page, or snowkit and why."""
    if finding.source == "page":
        return f"{finding.level} by {page}"
    if finding.source == "optional":
        return f"{finding.level}, optional on {page}"
    because = f" because {finding.why[:1].lower()}{finding.why[1:].rstrip('.')}" if finding.why else ""
    return f"{finding.level}, added by snowkit{because}"


def conclusion(report: Report) -> str:
    """Return the sentence that ends a report: what it says, of whom, and when."""
    subject = report.subject
    capability = ", ".join(subject.capabilities) or "every capability"
    user = subject.user or "an unknown user"
    whom = f"for {capability}, as {user}, through the OAuth client {subject.client_id or '(none)'}"
    when = report.finished_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    if report.verdict == "ready" and report.left_out:
        every = len(report.findings) + report.left_out
        return (
            f"Met as far as asked, {len(report.findings)} of {every} checks, {whom}, at {when}: no verdict."
        )
    if report.verdict == "ready":
        canary = all(finding.id.startswith("sync.") for finding in report.findings)
        return f"{'The sync is proven' if canary else 'Ready'} {whom}, at {when}."
    if not report.findings:
        return f"Nothing was checked {whom}, at {when}."
    gaps = report.of(Verdict.GAP, Level.REQUIRED)
    undecided = (*report.of(Verdict.UNKNOWN, Level.REQUIRED), *report.of(Verdict.BLOCKED, Level.REQUIRED))
    if gaps:
        return f"{len(gaps)} required gap(s) {whom}, at {when}: {_names(gaps)}."
    return f"Could not tell {whom}, at {when}: {_names(undecided)}."


def _names(findings: tuple[Finding, ...]) -> str:
    shown = ", ".join(finding.id for finding in findings[:12])
    return shown + (f" and {len(findings) - 12} more" if len(findings) > 12 else "")
