"""What an instance does on a write: numbers, stamps, journal rows, audit, business rules, attachments' fate."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING
from uuid import uuid4

from snowkit.errors import LabError
from snowkit.lab import audit
from snowkit.lab.moments import stamp
from snowkit.lab.numbers import Numbers
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab
    from snowkit.lab.session import Session

_SYS_ID = re.compile(r"[0-9a-fA-F]{32}")
# Stamped by the instance, whatever a caller sends. A caller's sys_id is taken on insert.
_STAMPS = frozenset(
    {
        "sys_created_on",
        "sys_created_by",
        "sys_updated_on",
        "sys_updated_by",
        "sys_mod_count",
        "sys_class_name",
    }
)


class Records:
    """Writes as users, scripts and APIs make them; access is not checked here.

    Every method raises `LabError` for an unknown table or record, and lets the abort of a before rule through.
    `workflow=False` runs no rules; `stamps=False` leaves the sys_ fields to the caller (autoSysFields(false)).
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._numbers = Numbers(lab)

    def insert(
        self,
        table: str,
        values: Mapping[str, str],
        session: Session,
        *,
        workflow: bool = True,
        stamps: bool = True,
    ) -> Row:
        """Insert a record and return it as stored, after its rules; unknown fields are ignored.

        A given `sys_id` is kept as it is written where it is 32 hex digits. Stamps are set before the before rules
        run, so a slow rule makes a row appear later than it says (source: rest_behaviour 5).
        """
        store = self._lab.store
        current = self._new(table, values, session, stamps)
        if store.get(table, current["sys_id"]) is not None:
            raise LabError(f"The lab's table {table} already has a record {current['sys_id']}.")
        current = self._run("before", "insert", table, current, None, session, workflow)
        self._commit("insert", table, current, None, session, workflow)
        self._journal(table, current, session, workflow)
        if self._lab.switches.current.audit_inserts:
            self._audit(table, current, self._without_journal(table, current), {}, session)
        self._run("after", "insert", table, current, None, session, workflow)
        return store.get(table, current["sys_id"]) or current

    def update(
        self,
        table: str,
        sys_id: str,
        changes: Mapping[str, str],
        session: Session,
        *,
        workflow: bool = True,
        stamps: bool = True,
    ) -> Row:
        """Change a record and return it as stored; where nothing differs, nothing happens and no rule runs."""
        previous = self._stored(table, sys_id)
        table = previous.get("sys_class_name") or table
        known = self._lab.schema.columns(table)
        kept = {
            name: value
            for name, value in changes.items()
            if name in known and name != "sys_id" and not (stamps and name in _STAMPS)
        }
        current = previous | kept
        if current == previous:
            return previous
        if stamps and "sys_updated_on" in known:
            current |= self._stamp(session)
            current["sys_mod_count"] = _one_more(previous)
        current = self._run("before", "update", table, current, previous, session, workflow)
        self._commit("update", table, current, previous, session, workflow)
        self._journal(table, current, session, workflow)
        self._audit(table, current, self._without_journal(table, current), previous, session)
        self._run("after", "update", table, current, previous, session, workflow)
        return self._lab.store.get(table, sys_id) or current

    def delete(self, table: str, sys_id: str, session: Session, *, workflow: bool = True) -> None:
        """Delete a record with its attachments; audited tables keep a row in sys_audit_delete."""
        previous = self._stored(table, sys_id)
        table = previous.get("sys_class_name") or table
        self._run("before", "delete", table, dict(previous), previous, session, workflow)
        later = self._later("delete", table, dict(previous), previous, session, workflow)
        with self._lab.store.transaction():
            for queue in later:
                queue()
            self._lab.store.remove(table, sys_id)
            self._lab.store.remove_bytes(sys_id)
            if self._lab.schema.audited(table):
                row = audit.deletion(table, previous, self._lab.schema, session.user_name)
                self._lab.store.put("sys_audit_delete", self._new("sys_audit_delete", row, session, True))
        for attachment in self._lab.store.find("sys_attachment", f"table_sys_id={sys_id}"):
            self.delete("sys_attachment", attachment["sys_id"], session, workflow=workflow)
        self._run("after", "delete", table, dict(previous), previous, session, workflow)

    def attach(
        self, table: str, sys_id: str, file_name: str, content_type: str, content: bytes, session: Session
    ) -> Row:
        """Attach a file to a record and return its sys_attachment row.

        With the switch `attachment_bytes_delay` the bytes can be read only some seconds after the row, and its
        rules, so whoever a rule tells may come too early (source: rest_behaviour 3).
        """
        delay = self._lab.switches.current.attachment_bytes_delay
        new_id = uuid4().hex
        available = stamp(self._lab.now() + timedelta(seconds=delay)) if delay else ""
        self._lab.store.put_bytes(new_id, content, available)
        values = {
            "sys_id": new_id,
            "table_name": table,
            "table_sys_id": sys_id,
            "file_name": file_name,
            "content_type": content_type,
            "size_bytes": str(len(content)),
            "size_compressed": str(len(content)),
            "chunk_size_bytes": "700000",
            "hash": hashlib.sha256(content).hexdigest(),
        }
        try:
            return self.insert("sys_attachment", values, session)
        except BaseException:
            self._lab.store.remove_bytes(new_id)
            raise

    def _new(self, table: str, values: Mapping[str, str], session: Session, stamps: bool) -> Row:
        known = self._lab.schema.columns(table)
        if not known:
            raise LabError(f"The lab has no table {table}.")
        row = {name: column.default for name, column in known.items()}
        row |= {
            name: value
            for name, value in values.items()
            if name in known and not (stamps and name in _STAMPS)
        }
        if not _SYS_ID.fullmatch(row["sys_id"]):
            row["sys_id"] = uuid4().hex
        if "sys_class_name" in known:
            row["sys_class_name"] = table
        if "number" in known and not row["number"]:
            row["number"] = self._numbers.next(table)
        if stamps or not row["sys_created_on"]:
            stamped = self._stamp(session)
            row |= {name: value for name, value in stamped.items() if name in known}
            row["sys_created_on"], row["sys_created_by"] = stamped["sys_updated_on"], session.user_name
        if "sys_mod_count" in known:
            row["sys_mod_count"] = row["sys_mod_count"] or "0"
        if "opened_at" in known:
            row["opened_at"] = row["opened_at"] or row["sys_created_on"]
            row["opened_by"] = row["opened_by"] or session.user_id
        if "sys_update_name" in known:
            row["sys_name"] = row["name"] if "name" in known else row["sys_name"]
            row["sys_update_name"] = row["sys_update_name"] or f"{table}_{row['sys_id']}"
            row |= {name: row[name] or "global" for name in ("sys_scope", "sys_package")}
        if table == "oauth_entity" and row["type"] == "client":
            # source: auth_model 1.1: both are generated where they are left blank; a public client has no secret.
            row["client_id"] = row["client_id"] or uuid4().hex
            if row["public_client"] != "true":
                row["client_secret"] = row["client_secret"] or token_urlsafe(24)
        if "last_name" in known and not row["name"]:
            row["name"] = f"{row['first_name']} {row['last_name']}".strip()
        return row

    def _stamp(self, session: Session) -> Row:
        return {"sys_updated_on": stamp(self._lab.now()), "sys_updated_by": session.user_name}

    def _commit(
        self, operation: str, table: str, current: Row, previous: Row | None, session: Session, workflow: bool
    ) -> None:
        if delay := self._lab.switches.current.commit_delay:
            time.sleep(delay)
        later = self._later(operation, table, current, previous, session, workflow)
        # An async rule's job is made before the row is written; the lock keeps it from running before that.
        with self._lab.store.transaction():
            for queue in later:
                queue()
            self._write(table, self._without_journal(table, current), previous)

    def _write(self, table: str, row: Row, previous: Row | None) -> None:
        """Store a new record, or the fields that differ from before, so that two writers keep both changes."""
        if previous is None:
            self._lab.store.put(table, row)
            return
        changed = {name: value for name, value in row.items() if value != previous.get(name)}
        if changed.get("sys_mod_count") == _one_more(previous):
            changed["sys_mod_count"] = _one_more(self._stored(table, row["sys_id"]))
        self._lab.store.patch(table, row["sys_id"], changed)

    def _run(
        self,
        when: str,
        operation: str,
        table: str,
        current: Row,
        previous: Row | None,
        session: Session,
        workflow: bool,
    ) -> Row:
        if not workflow:
            return current
        return self._lab.rules.run(when, operation, table, current, previous, session)

    def _later(
        self, operation: str, table: str, current: Row, previous: Row | None, session: Session, workflow: bool
    ) -> list[Callable[[], None]]:
        return self._lab.rules.later(operation, table, current, previous, session) if workflow else []

    def _journal_fields(self, table: str) -> list[str]:
        columns = self._lab.schema.columns(table).values()
        return [column.element for column in columns if column.type.startswith("journal_")]

    def _journal(self, table: str, current: Row, session: Session, workflow: bool) -> None:
        switches = self._lab.switches.current
        rules_run = switches.journal_rules and (workflow or switches.journal_rules_without_workflow)
        for element in self._journal_fields(table):
            if not (text := current.get(element, "")):
                continue
            row = {"name": table, "element": element, "element_id": current["sys_id"], "value": text}
            self.insert("sys_journal_field", row, session, workflow=rules_run)
            self._audit(table, current, {element: text}, {}, session)

    def _audit(self, table: str, record: Row, current: Row, previous: Row, session: Session) -> None:
        if not self._lab.schema.audited(table):
            return
        rows = audit.changes(table, record, current, previous, session.user_name)
        self._lab.store.put_all("sys_audit", [self._new("sys_audit", row, session, True) for row in rows])

    def _without_journal(self, table: str, row: Row) -> Row:
        return row | dict.fromkeys(self._journal_fields(table), "")

    def _stored(self, table: str, sys_id: str) -> Row:
        row = self._lab.store.get(table, sys_id)
        if row is None:
            raise LabError(f"The lab's table {table} has no record {sys_id}.")
        return row


def _one_more(row: Row) -> str:
    return str(int(row.get("sys_mod_count") or 0) + 1)
