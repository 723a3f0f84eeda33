"""A report as JSON, by the contract that scripts rely on (`schema_version` 1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from snowkit import __version__
from snowkit.engine.finding import Finding
from snowkit.engine.result import Report


def render(report: Report) -> str:
    """Return one JSON document."""
    return json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    subject = report.subject
    return {
        "schema_version": 1,
        "tool": {"name": "snowkit", "version": __version__},
        "instance": {
            "url": subject.url,
            "name": subject.name,
            "release": subject.release,
            "user": subject.user,
        },
        "client_id": subject.client_id,
        "pack": subject.pack,
        "capabilities": list(subject.capabilities),
        "started_at": _time(report.started_at),
        "finished_at": _time(report.finished_at),
        "requests": report.requests,
        "verdict": report.verdict,
        "exit_code": report.exit_code,
        "findings": [_finding(finding) for finding in report.findings],
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _finding(finding: Finding) -> dict[str, Any]:
    outcome = finding.outcome
    fix = outcome.fix
    return {
        "id": finding.id,
        "title": finding.title,
        "level": str(finding.level),
        "source": finding.source,
        "why": finding.why,
        "verdict": str(outcome.verdict),
        "grade": str(outcome.grade),
        "cause": outcome.cause,
        "summary": outcome.summary,
        "blocked_by": finding.blocked_by,
        "evidence": [
            {"method": item.method, "path": item.path, "status": item.status, "excerpt": item.excerpt}
            for item in outcome.evidence
        ],
        "fix": None
        if fix is None
        else {
            "owner": str(fix.owner),
            "summary": fix.summary,
            "steps": list(fix.steps),
            "carried_by": fix.carried_by,
            "url": fix.url,
        },
        "duration_ms": finding.duration_ms,
    }
