"""What was asked and what came back, fit to be shown to anybody: ids, field names, error words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

EXCERPT_LIMIT = 300
"""The longest excerpt, in characters (the report's contract)."""

_SECRET_PARAMETER = re.compile(
    r"(?i)\b(access_token|refresh_token|client_secret|code|password|secret|token)=[^&\s]+"
)
_SHAPE = re.compile(r"&?sysparm_(exclude_reference_link|suppress_pagination_header|no_count)=true")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange, without secrets and without text of a customer's record; `status` None: no answer."""

    method: str
    path: str
    status: int | None
    excerpt: str = ""


def clean(text: str, limit: int = EXCERPT_LIMIT) -> str:
    """Return `text` fit for a terminal: control and bidirectional characters as spaces, cut at `limit`."""
    flat = _CONTROL.sub(" ", text).strip()
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def clean_path(path: str) -> str:
    """Return a request's path and query as a person reads them, without the values of secret parameters.

    Parameters that only shape the answer are left out.
    """
    readable = unquote(_SECRET_PARAMETER.sub(r"\1=…", _SHAPE.sub("", path).replace("?&", "?")))
    return clean(readable.removesuffix("?"), 600)
