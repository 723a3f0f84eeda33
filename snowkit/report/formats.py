"""The formats in which a report can be had, by the name that `--format` takes."""

from __future__ import annotations

from collections.abc import Callable

from snowkit.engine.result import Report
from snowkit.report import json_format, junit, text

FORMATS: dict[str, Callable[[Report], str]] = {
    "text": text.render,
    "json": json_format.render,
    "junit": junit.render,
}
"""To add a format, add a file and a line here."""


def render(report: Report, name: str) -> str:
    """Return a report in the format called `name`, a key of `FORMATS`."""
    return FORMATS[name](report)
