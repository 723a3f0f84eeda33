"""What the platform keeps: its integrations, the copies of records that it pulled, and how far it has pulled."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snowkit.lab.platform.integration import Integration

_TABLES = (
    "platform_integrations (id TEXT PRIMARY KEY, body TEXT)",
    "platform_copies (owner TEXT, kind TEXT, sys_id TEXT, body TEXT, content BLOB, "
    "PRIMARY KEY (owner, kind, sys_id))",
    "platform_bookmarks (owner TEXT, kind TEXT, stamp TEXT, PRIMARY KEY (owner, kind))",
)
# Somebody else may be writing to the same file for as long as a large instance takes to be filled.
_PATIENCE = 60.0
Record = dict[str, Any]


class Shelf:
    """Keeps data in tables of its own, in `database` where one is given, else in memory; threads may share it.

    Nothing is opened before it is needed. The integrations are held in memory too and replaced whole, so that
    reading them never waits for a write.
    """

    def __init__(self, database: str | Path | None = None) -> None:
        self._database = str(database or ":memory:")
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None
        self._integrations: dict[str, Integration] | None = {} if database is None else None

    def close(self) -> None:
        """Close the database, if it was opened."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def integrations(self) -> list[Integration]:
        """Return all integrations, in the order in which they were added."""
        if (known := self._integrations) is None:
            with self._lock:
                found = self._db.execute("SELECT body FROM platform_integrations ORDER BY rowid").fetchall()
                read = (Integration(**json.loads(body)) for (body,) in found)
                known = self._integrations = {each.id: each for each in read}
        return list(known.values())

    def integration(self, id_: str) -> Integration | None:
        """Return the integration of an id."""
        return next((each for each in self.integrations() if each.id == id_), None)

    def keep(self, integration: Integration) -> None:
        """Add an integration, or replace the one with its id."""
        with self._lock:
            known = {each.id: each for each in self.integrations()}
            self._db.execute(
                "INSERT INTO platform_integrations VALUES (?, ?) "
                "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (integration.id, json.dumps(integration.as_data())),
            )
            self._integrations = {**known, integration.id: integration}

    def change(self, id_: str, **changes: Any) -> Integration | None:
        """Set some fields of an integration as it is now; None where it was deleted meanwhile."""
        with self._lock:
            found = self.integration(id_)
            if found is None:
                return None
            changed = Integration(**(found.as_data() | changes))
            self.keep(changed)
            return changed

    def remove(self, id_: str) -> None:
        """Delete an integration with all that was pulled for it."""
        with self._lock:
            left = {each.id: each for each in self.integrations() if each.id != id_}
            self._db.execute("DELETE FROM platform_integrations WHERE id = ?", (id_,))
            self._db.execute("DELETE FROM platform_copies WHERE owner = ?", (id_,))
            self._db.execute("DELETE FROM platform_bookmarks WHERE owner = ?", (id_,))
            self._integrations = left

    def clear(self) -> None:
        """Forget everything."""
        for integration in self.integrations():
            self.remove(integration.id)

    def copy(self, owner: str, kind: str, record: Mapping[str, Any]) -> bool:
        """Keep a record; says whether it is new or differs from the copy that was there."""
        body = json.dumps(record, sort_keys=True)
        with self._lock:
            key = (owner, kind, record["sys_id"])
            held = self._db.execute(
                "SELECT body FROM platform_copies WHERE owner = ? AND kind = ? AND sys_id = ?", key
            ).fetchone()
            if held is not None and held[0] == body:
                return False
            self._db.execute(
                "INSERT INTO platform_copies (owner, kind, sys_id, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (owner, kind, sys_id) DO UPDATE SET body = excluded.body",
                (*key, body),
            )
            return True

    def copies(self, owner: str, kind: str) -> list[Record]:
        """Return the copies of a kind, in the order in which they came."""
        text = "SELECT body FROM platform_copies WHERE owner = ? AND kind = ? ORDER BY rowid"
        with self._lock:
            return [json.loads(body) for (body,) in self._db.execute(text, (owner, kind)).fetchall()]

    def put_content(self, owner: str, kind: str, sys_id: str, content: bytes) -> None:
        """Keep the bytes of a copy."""
        text = "UPDATE platform_copies SET content = ? WHERE owner = ? AND kind = ? AND sys_id = ?"
        with self._lock:
            self._db.execute(text, (content, owner, kind, sys_id))

    def content(self, owner: str, kind: str, sys_id: str) -> bytes | None:
        """Return the bytes of a copy; None where they have not come."""
        text = "SELECT content FROM platform_copies WHERE owner = ? AND kind = ? AND sys_id = ?"
        with self._lock:
            found = self._db.execute(text, (owner, kind, sys_id)).fetchone()
        return None if found is None or found[0] is None else bytes(found[0])

    def lacking(self, owner: str, kind: str) -> list[str]:
        """Return the ids of the copies whose bytes have not come."""
        text = "SELECT sys_id FROM platform_copies WHERE owner = ? AND kind = ? AND content IS NULL"
        with self._lock:
            return [sys_id for (sys_id,) in self._db.execute(text, (owner, kind)).fetchall()]

    def bookmark(self, owner: str, kind: str) -> str:
        """Return the stamp up to which a kind was pulled; empty before the first pull."""
        text = "SELECT stamp FROM platform_bookmarks WHERE owner = ? AND kind = ?"
        with self._lock:
            found = self._db.execute(text, (owner, kind)).fetchone()
        return found[0] if found else ""

    def set_bookmark(self, owner: str, kind: str, stamp: str) -> None:
        """Remember the stamp up to which a kind was pulled."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO platform_bookmarks VALUES (?, ?, ?)", (owner, kind, stamp)
            )

    @property
    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = sqlite3.connect(
                self._database, timeout=_PATIENCE, check_same_thread=False, isolation_level=None
            )
            for table in _TABLES:
                self._opened.execute(f"CREATE TABLE IF NOT EXISTS {table}")
        return self._opened
