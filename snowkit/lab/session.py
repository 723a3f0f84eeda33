"""Who asks: the user behind a request, how they proved it, and what roles they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Session:
    """One caller of the instance; `entity` is the oauth_entity of an OAuth token."""

    user_id: str
    user_name: str
    roles: frozenset[str]
    kind: Literal["none", "basic", "oauth", "cookie", "system"]
    entity: str = ""
    time_zone: str = "GMT"


SYSTEM = Session("6816f79cc0a8016401c5a33be04be441", "admin", frozenset({"admin"}), "system")
"""The instance itself: passes everything."""
