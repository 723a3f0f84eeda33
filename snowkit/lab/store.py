"""Keeps the instance's records in SQLite; every value is text, a hierarchy of tables shares one SQLite table."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from snowkit.errors import LabError
from snowkit.lab.database import connect
from snowkit.lab.encoded import Query, parse
from snowkit.lab.moments import Asker, stamp
from snowkit.lab.schema import Column, Schema
from snowkit.lab.sql import Compiled, compile_query

Row = dict[str, str]


class Store:
    """Records without any security, rules or stamps of their own.

    `lock` guards the one connection, so threads may share a store; `now` gives the instance's time (UTC).
    Raises `LabError` for a table that the schema has not, and for a database of another kind or version.
    """

    def __init__(
        self,
        schema: Schema,
        database: str | Path | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.schema = schema
        self.lock = threading.RLock()
        self.now = now
        self._depth = 0
        self._versions: Counter[str] = Counter()
        self._columns = schema.storage()
        self._db = connect(schema, database)

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self._db.close()

    def version(self, *tables: str) -> tuple[int, ...]:
        """Return what changes whenever a record of one of the tables does, or of their hierarchies."""
        return tuple(self._versions[self.schema.base(table)] for table in tables)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock, and make the writes inside visible together or not at all; may be nested."""
        with self.lock:
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def get(self, table: str, sys_id: str) -> Row | None:
        """Return the record of the table, or of one that extends it."""
        self._known(table)
        with self.lock:
            rows = self._rows(table, " WHERE t.sys_id = ?", (sys_id,))
        if not rows:
            return None
        within = self.schema.base(table) == table or rows[0]["sys_class_name"] in self.schema.descendants(
            table
        )
        return rows[0] if within else None

    def find(
        self,
        table: str,
        query: str | Query = "",
        *,
        limit: int | None = None,
        offset: int = 0,
        asker: Asker | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Row]:
        """Return the records that answer an encoded query, without any security; `columns` of the table or all."""
        compiled = self._compile(table, query, asker)
        order = f" ORDER BY {compiled.order}" if compiled.order else ""
        paging = (
            "" if limit is None and not offset else f" LIMIT {-1 if limit is None else limit} OFFSET {offset}"
        )
        with self.lock:
            return self._rows(table, f"{_where(compiled)}{order}{paging}", compiled.parameters, columns)

    def count(self, table: str, query: str | Query = "", *, asker: Asker | None = None) -> int:
        """Return how many records answer an encoded query."""
        compiled = self._compile(table, query, asker)
        text = f'SELECT count(*) FROM "{self.schema.base(table)}" t{_where(compiled)}'  # noqa: S608
        with self.lock:
            return int(self._db.execute(text, compiled.parameters).fetchone()[0])

    def put(self, table: str, row: Row) -> None:
        """Insert a record or replace the one with its `sys_id`; columns that it leaves out are empty."""
        self.put_all(table, (row,))

    def put_all(self, table: str, rows: Iterable[Row]) -> None:
        """Insert or replace many records of one table."""
        known = self._known(table)
        names = list(known)
        values = (
            [row.get(name, "") if name != "sys_class_name" else row.get(name) or table for name in names]
            for row in rows
        )
        listed = ", ".join(f'"{name}"' for name in names)
        base = self.schema.base(table)
        text = f'INSERT OR REPLACE INTO "{base}" ({listed}) VALUES ({", ".join("?" * len(names))})'  # noqa: S608
        with self.transaction():
            self._versions[base] += 1
            self._db.executemany(text, values)

    def patch(self, table: str, sys_id: str, changes: Row) -> Row:
        """Set some fields of a record and return it whole; raises `LabError` where there is no such record."""
        with self.transaction():
            row = self.get(table, sys_id)
            if row is None:
                raise LabError(f"The lab's table {table} has no record {sys_id}.")
            merged = row | changes
            self.put(row.get("sys_class_name") or table, merged)
        stored = self.get(table, sys_id)
        assert stored is not None
        return stored

    def remove(self, table: str, sys_id: str) -> bool:
        """Delete a record; says whether there was one."""
        with self.transaction():
            if self.get(table, sys_id) is None:
                return False
            self._versions[self.schema.base(table)] += 1
            self._db.execute(f'DELETE FROM "{self.schema.base(table)}" WHERE sys_id = ?', (sys_id,))  # noqa: S608
            return True

    def put_bytes(self, sys_id: str, content: bytes, available_at: str = "") -> None:
        """Keep an attachment's bytes; before `available_at` (a stamp) nobody can read them."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO lab_bytes VALUES (?, ?, ?)", (sys_id, content, available_at)
            )

    def get_bytes(self, sys_id: str) -> bytes | None:
        """Return an attachment's bytes; None where there are none yet."""
        text = "SELECT content FROM lab_bytes WHERE sys_id = ? AND available_at <= ?"
        with self.lock:
            found = self._db.execute(text, (sys_id, stamp(self.now()))).fetchone()
        return None if found is None else bytes(found[0])

    def remove_bytes(self, sys_id: str) -> None:
        """Forget an attachment's bytes."""
        with self.transaction():
            self._db.execute("DELETE FROM lab_bytes WHERE sys_id = ?", (sys_id,))

    def is_empty(self) -> bool:
        """Say whether the store was never seeded."""
        return self.count("sys_user") == 0

    def clear(self) -> None:
        """Delete every record."""
        with self.transaction():
            for base in {self.schema.base(name) for name in self.schema.tables}:
                self._versions[base] += 1
                self._db.execute(f'DELETE FROM "{base}"')  # noqa: S608
            self._db.execute("DELETE FROM lab_bytes")

    def _known(self, table: str) -> dict[str, Column]:
        columns = self.schema.columns(table)
        if not columns:
            raise LabError(f"The lab has no table {table}.")
        return columns

    def _compile(self, table: str, query: str | Query, asker: Asker | None) -> Compiled:
        self._known(table)
        parsed = parse(query) if isinstance(query, str) else query
        return compile_query(parsed, table, self.schema, asker or Asker(self.now()))

    def _rows(
        self,
        table: str,
        rest: str,
        parameters: Sequence[str | float],
        columns: Sequence[str] | None = None,
    ) -> list[Row]:
        """Return records with these columns or those of their own class; `rest` follows the table's alias `t`."""
        base = self.schema.base(table)
        mixed = columns is None and len(self.schema.descendants(table)) > 1
        names = columns or (self._columns[base] if mixed else list(self.schema.columns(table)))
        listed = ", ".join(f't."{name}"' for name in names)
        found = self._db.execute(f'SELECT {listed} FROM "{base}" t{rest}', parameters).fetchall()  # noqa: S608
        rows: list[Row] = [dict(zip(names, values, strict=True)) for values in found]
        if not mixed:
            return rows
        return [
            {name: row[name] for name in self.schema.columns(row["sys_class_name"] or table)} for row in rows
        ]


def _where(compiled: Compiled) -> str:
    return f" WHERE {compiled.where}" if compiled.where else ""
