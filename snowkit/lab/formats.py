"""How a user writes dates and times: ServiceNow's patterns, such as dd/MM/yyyy, as Python reads and writes them.

source: rest_behaviour 1.4: display values are in the caller's time zone and date format.
"""

from __future__ import annotations

import re

DATE, TIME = "%Y-%m-%d", "%H:%M:%S"
_DIRECTIVES = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMM": "%b",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
}
_LETTERS = re.compile(r"([A-Za-z])\1*")


def stamp_form(date_format: str, time_format: str) -> str:
    """Return the form of a date with its time; an empty or unknown pattern counts as the system's own."""
    return f"{_form(date_format) or DATE} {_form(time_format) or TIME}"


def date_form(form: str) -> str:
    """Return the form of the date alone; no date pattern of ServiceNow holds a space."""
    return form.partition(" ")[0]


def _form(pattern: str) -> str:
    pattern = pattern.strip().replace("%", "")
    if any(found[0] not in _DIRECTIVES for found in _LETTERS.finditer(pattern)):
        return ""
    return _LETTERS.sub(lambda found: _DIRECTIVES[found[0]], pattern)
