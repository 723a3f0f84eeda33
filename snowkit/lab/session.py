"""Who is asking: one user, how he proved it, and the roles that he has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from snowkit.lab.moments import STAMP

Kind = Literal["none", "basic", "oauth", "cookie", "system"]


@dataclass(frozen=True, slots=True)
class Session:
    """A user at work; `entity` is the sys_id of the OAuth entity whose token it is, empty for other kinds."""

    user_id: str
    user_name: str
    roles: frozenset[str] = frozenset()
    kind: Kind = "none"
    entity: str = ""
    time_zone: str = "GMT"
    form: str = STAMP
    """How the user writes a date with its time, in Python's letters."""

    @property
    def is_admin(self) -> bool:
        """Whether ACLs that let administrators override let this one pass."""
        return "admin" in self.roles


SYSTEM = Session("system", "system", frozenset({"admin", "security_admin"}), "system")
"""The instance itself: passes everything."""

GUEST = Session("", "guest")
"""Nobody: has no role and may nothing."""
