"""A request to the REST APIs as it passes through the layers, and the answers and refusals that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from snowkit.lab.acl import Acl
from snowkit.lab.moments import Asker
from snowkit.lab.session import Session

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_DIGITS = 9
# What a longer number counts as: more records than there are, and the database can still count so far.
_MORE_THAN_ALL = 10**_DIGITS


CANCELLED = "Transaction cancelled: maximum execution time exceeded"
"""What a transaction says that a quota broke off (source: rest_behaviour 1.7)."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What came in: `path` is decoded and without the query, `base_url` what the caller calls this instance.

    `method` is the one that X-HTTP-Method-Override asks for, if that is there.
    """

    method: str
    path: str
    base_url: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that reached its API: who calls, and the parts of the path by name."""

    lab: Lab
    incoming: Incoming
    session: Session
    acl: Acl
    version: str
    """`v1` or `v2`; the newest where the path names none."""
    parts: Mapping[str, str]

    @property
    def asker(self) -> Asker:
        """For whom a query is read."""
        session = self.session
        return Asker(self.lab.now(), session.user_id, session.user_name, session.time_zone)

    def parameter(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return self.incoming.parameters.get(name, default)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Say whether a query parameter is `true`."""
        return self.parameter(name, "true" if default else "false").lower() == "true"

    def count(self, name: str, default: int) -> int:
        """Return a query parameter that is a whole number from 0; the default where it is none."""
        value = self.parameter(name).strip()
        if not value.isdecimal():
            return default
        return int(value) if len(value) <= _DIGITS else _MORE_THAN_ALL


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; `result` is what the envelope holds, `content` an attachment's bytes instead of it."""

    status: int = 200
    result: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes | None = field(default=None, repr=False)
    media_type: str = "application/json"


class Refused(Exception):
    """An answer in ServiceNow's error envelope: `{"error": {"message", "detail"}, "status": "failure"}`."""

    def __init__(
        self,
        status: int,
        message: str,
        detail: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail
        self.headers = headers

    @property
    def envelope(self) -> dict[str, Any]:
        """The body as data."""
        return {"error": {"message": self.message, "detail": self.detail}, "status": "failure"}


def no_record() -> Refused:
    """Return the refusal for a record that is hidden or missing, which a caller cannot tell apart."""
    return Refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def no_resource() -> Refused:
    """Return the refusal for a path that is no API of this instance, such as one of a missing plug-in."""
    return Refused(400, "Requested URI does not represent any resource")


def denied(operation: str) -> Refused:
    """Return the refusal of a write: `Insert`, `Update` or `Delete`."""
    return Refused(403, "Operation Failed", f"ACL Exception {operation} Failed due to security constraints")
