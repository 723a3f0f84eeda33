"""Encoded queries, built so that no value can widen them."""

from __future__ import annotations

import re

from snowkit.errors import UsageError

_SYS_ID = re.compile(r"^[0-9a-zA-Z]{32}$")


def value(text: str) -> str:
    """Return `text` as a value of an encoded query; raises `UsageError` where it cannot be one.

    `^` separates conditions and the grammar has no escape for it (source: Encoded query strings), so a value
    that holds one is refused.
    """
    if "^" in text or "\n" in text or "\r" in text:
        raise UsageError(f"{text!r} cannot be part of an encoded query.", "Leave out ^ and line breaks.")
    if text.lower().startswith("javascript:"):
        raise UsageError(
            "A value that starts with javascript: would be run by the instance.", "Leave it out."
        )
    return text


def sys_id(text: str) -> str:
    """Return `text` if it has the shape of a sys_id (32 letters and digits); else raises `UsageError`."""
    if not _SYS_ID.match(text):
        raise UsageError(f"{text!r} is not a sys_id.", "A sys_id has 32 letters and digits.")
    return text


def any_of(field: str, values: list[str] | tuple[str, ...]) -> str:
    """Return the condition that `field` is one of `values`."""
    return f"{field}IN{','.join(value(item) for item in values)}"
