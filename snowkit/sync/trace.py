"""What the instance's own logs say of a webhook: the outbound HTTP log, and the errors of a business rule.

The columns of both logs are documented by their labels only, so a row is read whole and its columns are
recognised; no query names a column but `sys_created_on`, which every table has (source: outbound HTTP logging).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from snowkit.instance import table
from snowkit.instance.client import Client
from snowkit.instance.evidence import Evidence, clean

Row = dict[str, Any]

OUTBOUND = "sys_outbound_http_log"
SYSTEM = "syslog"
ROWS = 500

_STATUS = ("response_status", "http_status", "response_code", "status_code", "status")
_ADDRESS = ("url", "endpoint", "hostname", "host")
_RECORD = ("source_record", "source_sys_id", "document_key", "record")
_TABLE = ("source_table", "table_name", "document")
_ERROR_LEVELS = frozenset({"2", "3", "error"})
_LINE = re.compile(r"\bline[ :#]*(\d{1,6})", re.IGNORECASE)
_WORDS = re.compile(r"[\w.]*(Error|Exception)\b[^\n]*|did not post: [^\n]*")
"""An engine's error, or what the generated rules say; what a script of others logs may be a record's text."""
_NO_CONNECTION = re.compile(
    r"connect|timed out|timeout|refused|unknown ?host|no route|ssl|certificate|socket|handshake",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that the log shows; `status` 0: no answer. `ours`: it names the record; None: it names none."""

    status: int
    ours: bool | None

    @property
    def delivered(self) -> bool:
        """Whether it was answered with HTTP 2xx, which says nothing of what the platform did with it."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error that a rule left in the system log; `line` 0 where it names none."""

    words: str
    line: int
    no_connection: bool


@dataclass(frozen=True, slots=True)
class Calls:
    """What the outbound log shows; `readable` is False where it cannot be read."""

    sent: tuple[Sent, ...]
    evidence: Evidence
    readable: bool = True


async def calls(inspector: Client, host: str, since: str, source: tuple[str, str]) -> Calls:
    """Return the calls to `host` (empty: to anywhere) that may be about `source`, a table and a sys_id.

    `since` is a stamp of the instance (UTC). Where rows name their record, only the ones of that record count;
    else where they name its table, only those; else all. Raises `Unreachable`.
    """
    reply = await table.read(
        inspector, OUTBOUND, f"sys_created_on>={since}^ORDERBYDESCsys_created_on", limit=ROWS
    )
    if reply.failure is not None:
        return Calls((), reply.evidence(), readable=False)
    rows = [row for row in reply.rows if str(row.get("sys_created_on", since)) >= since]
    if rows and not any(name in row for row in rows for name in _ADDRESS):
        return Calls((), reply.evidence("no column that names an address"), readable=False)
    rows = [row for row in rows if _is_for(row, host)]
    if any(_text(row, _RECORD) for row in rows):
        found = tuple(Sent(_status(row), True) for row in rows if _text(row, _RECORD) == source[1])
    elif any(_text(row, _TABLE) for row in rows):
        found = tuple(Sent(_status(row), None) for row in rows if _text(row, _TABLE) == source[0])
    else:
        found = tuple(Sent(_status(row), None) for row in rows)
    shown = ", ".join(str(item.status or "no answer") for item in found[:5]) or "none"
    return Calls(found, reply.evidence(f"calls to {host} for {source[0]}: {shown}"))


async def complaints(
    inspector: Client, names: tuple[str, ...], since: str
) -> tuple[tuple[Complaint, ...], Evidence]:
    """Return the errors since a stamp that name one of `names` (a rule's name, its sys_id), newest first."""
    reply = await table.read(
        inspector, SYSTEM, f"sys_created_on>={since}^ORDERBYDESCsys_created_on", limit=ROWS
    )
    if reply.failure is not None:
        return (), reply.evidence()
    found = [
        _complaint(row)
        for row in reply.rows
        if str(row.get("sys_created_on", since)) >= since
        and str(row.get("level", "2")).lower() in _ERROR_LEVELS
        and any(name in f"{row.get('source', '')} {row.get('message', '')}" for name in names)
    ]
    shown = found[0].words if found else f"no error that names {names[0]}"
    return tuple(found), reply.evidence(shown)


def _complaint(row: Row) -> Complaint:
    message = str(row.get("message", ""))
    line = _LINE.search(message)
    words = _WORDS.search(message)
    told = (
        clean(words.group(0), 160)
        if words
        else "its own words, which may hold a record's text, are not shown"
    )
    return Complaint(told, int(line.group(1)) if line else 0, bool(_NO_CONNECTION.search(message)))


def _is_for(row: Row, host: str) -> bool:
    if not host:
        return True
    for name in _ADDRESS:
        value = str(row.get(name, ""))
        if value:
            return (urlsplit(value).hostname if "://" in value else value.partition(":")[0]) == host
    return False


def _text(row: Row, names: tuple[str, ...]) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")


def _status(row: Row) -> int:
    text = _text(row, _STATUS)
    return int(text) if text.isdecimal() else 0
