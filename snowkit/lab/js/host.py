"""What a script may ask of the instance: records, properties, the log, outbound calls, codes and MACs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from snowkit.lab import events, values
from snowkit.lab.abort import Aborted
from snowkit.lab.moments import Asker, stamp
from snowkit.lab.outbound import Source
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab
    from snowkit.lab.session import Session

_MACS = {
    "HmacSHA1": hashlib.sha1,
    "HmacSHA224": hashlib.sha224,
    "HmacSHA256": hashlib.sha256,
    "HmacSHA384": hashlib.sha384,
    "HmacSHA512": hashlib.sha512,
    "HmacMD5": hashlib.md5,
}
# A rule that sleeps holds up whoever made the change; here it never holds up the lab for long.
_LONGEST_SLEEP = 5.0


class ScriptError(Exception):
    """What a script asked for is refused; its text is the message of the exception that the script sees."""


@dataclass(frozen=True, slots=True)
class Host:
    """Answers one script's questions; scripts pass every ACL, as rules do.

    `name` is what the log says about where a line comes from. The name of a log line's source is a choice of the
    lab: no document gives it for business rules.
    """

    lab: Lab
    session: Session
    source: Source
    name: str

    def __call__(self, operation: str, arguments: list[Any]) -> Any:
        """Answer one question; raises what the script shall see as an exception."""
        answers: dict[str, Callable[..., Any]] = {
            "schema.columns": self._columns,
            "record.query": self._query,
            "record.readable": lambda table, row: self.lab.may(self.session, "read", table, row),
            "record.display": self._display,
            "record.value": self._value,
            "record.insert": self._insert,
            "record.update": self._update,
            "record.delete": self._delete,
            "journal.text": self._journal,
            "system.property": self._property,
            "system.set_property": self._set_property,
            "system.log": self.log,
            "system.event": self._event,
            "system.sleep": self._sleep,
            "system.now": lambda: stamp(self.lab.now()),
            "system.local": lambda moment: values.local_time(moment, self.session.time_zone),
            "system.guid": lambda: uuid4().hex,
            "text.encode": lambda text: base64.b64encode(text.encode()).decode(),
            "text.decode": lambda text: _decoded(text).decode("utf-8", errors="replace"),
            "text.mac": _mac,
            "rest.message": self._message,
            "rest.execute": lambda request: self.lab.outbound.execute(request, self.source),
            "rest.queue": lambda request: self.lab.outbound.queue(request, self.source),
            "rest.wait": self.lab.outbound.wait,
        }
        return answers[operation](*arguments)

    def log(self, level: int, message: str) -> None:
        """Write a line of the system log; level 0 is information, 1 a warning, 2 an error, -1 debugging."""
        row = {"level": str(level), "source": self.name, "message": message}
        self.lab.records.insert("syslog", row, self.session, workflow=False)

    def _columns(self, table: str) -> dict[str, dict[str, str]] | None:
        columns = self.lab.schema.columns(table)
        if not columns:
            return None
        return {
            name: {"type": column.type, "reference": column.reference, "label": column.label}
            for name, column in columns.items()
        }

    def _query(self, table: str, query: str, limit: int, offset: int) -> list[Row]:
        if self.lab.schema.get(table) is None:
            self.log(1, f"GlideRecord of a table that does not exist: {table}")
            return []
        session = self.session
        asker = Asker(self.lab.now(), session.user_id, session.user_name, session.time_zone)
        return self.lab.store.find(table, query, limit=limit or None, offset=offset, asker=asker)

    def _display(self, table: str, row: Row, element: str) -> str:
        element = element or self.lab.schema.display(table)
        return values.display(self.lab, table, element, row, self.session.time_zone)

    def _value(self, table: str, element: str, shown: str) -> str:
        """Return what a display value stands for; itself where nothing is found."""
        column = self.lab.schema.columns(table).get(element)
        if column is None:
            return shown
        if column.type == "glide_date_time":
            return values.utc_time(shown, self.session.time_zone)
        if column.reference and self.lab.schema.get(column.reference):
            display = self.lab.schema.display(column.reference)
            found = self.lab.store.find(column.reference, f"{display}={shown}", limit=1)
            return found[0]["sys_id"] if found else shown
        choice = self.lab.store.find("sys_choice", f"name={table}^element={element}^label={shown}", limit=1)
        return choice[0]["value"] if choice else shown

    def _insert(self, table: str, row: Row, workflow: bool, stamps: bool) -> Row | None:
        return self._written(
            lambda: self.lab.records.insert(table, row, self.session, workflow=workflow, stamps=stamps)
        )

    def _update(self, table: str, sys_id: str, changes: Row, workflow: bool, stamps: bool) -> Row | None:
        return self._written(
            lambda: self.lab.records.update(
                table, sys_id, changes, self.session, workflow=workflow, stamps=stamps
            )
        )

    def _delete(self, table: str, sys_id: str, workflow: bool) -> bool:
        def delete() -> Row:
            self.lab.records.delete(table, sys_id, self.session, workflow=workflow)
            return {}

        return self._written(delete) is not None

    def _written(self, write: Callable[[], Row]) -> Row | None:
        """Return what a write stored; None where a before rule stopped it."""
        try:
            return write()
        except Aborted:
            return None

    def _journal(self, table: str, sys_id: str, element: str, count: int) -> str:
        query = f"element_id={sys_id}^element={element}^ORDERBYDESCsys_created_on"
        if count < 0:
            return values.journal(self.lab, table, element, {"sys_id": sys_id}, self.session.time_zone)
        entries = self.lab.store.find("sys_journal_field", query, limit=count)
        label = self.lab.schema.columns(table)[element].label
        return "".join(
            f"{values.local_time(entry['sys_created_on'], self.session.time_zone)} - "
            f"{entry['sys_created_by']} ({label})\n{entry['value']}\n\n"
            for entry in entries
        )

    def _property(self, name: str) -> str | None:
        found = self.lab.store.find("sys_properties", f"name={name}", limit=1)
        return found[0]["value"] if found else None

    def _set_property(self, name: str, value: str) -> None:
        found = self.lab.store.find("sys_properties", f"name={name}", limit=1)
        if found:
            self.lab.records.update("sys_properties", found[0]["sys_id"], {"value": value}, self.session)
        else:
            self.lab.records.insert("sys_properties", {"name": name, "value": value}, self.session)

    def _event(self, name: str, table: str, sys_id: str, first: str, second: str) -> None:
        events.queue(self.lab, self, name, table, sys_id, (first, second))

    def _sleep(self, milliseconds: float) -> None:
        time.sleep(min(max(milliseconds, 0) / 1000, _LONGEST_SLEEP))

    def _message(self, name: str, function: str) -> dict[str, Any]:
        """Return what a REST Message record and its HTTP method say of a call."""
        find = self.lab.store.find
        messages = find("sys_rest_message", f"name={name}", limit=1)
        identity = messages[0]["sys_id"] if messages else ""
        methods = find("sys_rest_message_fn", f"rest_message={identity}^function_name={function}", limit=1)
        if not messages or not methods:
            raise ScriptError(f"REST Message {name}: {function} does not exist on this instance")
        headers = find("sys_rest_message_fn_headers", f"rest_message_function={methods[0]['sys_id']}")
        return {
            "method": methods[0]["http_method"].upper(),
            "endpoint": methods[0]["rest_endpoint"] or messages[0]["rest_endpoint"],
            "body": methods[0]["content"],
            "headers": {header["name"]: header["value"] for header in headers},
        }


def _mac(key: str, algorithm: str, data: str) -> str:
    if algorithm not in _MACS:
        raise ScriptError(f"Algorithm {algorithm} not available")
    return base64.b64encode(hmac.new(_decoded(key), data.encode(), _MACS[algorithm]).digest()).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ScriptError("The text is not base64") from error
