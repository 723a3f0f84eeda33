"""Remembers the last verdict of each connection on this machine, so that a list of connections can show it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from snowkit import profile as profiles
from snowkit.cli import output
from snowkit.engine.result import Report
from snowkit.errors import OutputError

VERDICTS = ("ready", "gaps", "unknown")


def remember(name: str, url: str, report: Report) -> None:
    """Keep a verdict under the connection's name, with the address it speaks of.

    A place that cannot be written is no reason to fail a check, which has answered already.
    """
    every = _read()
    every[name] = {"url": url, "verdict": report.verdict, "at": report.finished_at.isoformat()}
    try:
        _path().parent.mkdir(parents=True, exist_ok=True)
        output.replace(_path(), json.dumps(every, indent=1) + "\n")
    except (OSError, OutputError):
        return


def last(name: str, url: str) -> tuple[str, datetime] | None:
    """Return the last verdict and its time in UTC; None when there is none, or it speaks of another address."""
    kept = _read().get(name)
    if not isinstance(kept, dict) or kept.get("url") != url or kept.get("verdict") not in VERDICTS:
        return None
    try:
        return str(kept["verdict"]), datetime.fromisoformat(str(kept.get("at")))
    except ValueError:
        return None


def _path() -> Path:
    return profiles.home().state / "verdicts.json"


def _read() -> dict[str, Any]:
    try:
        data = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
