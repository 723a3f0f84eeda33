"""Opens the SQLite database behind a store, and knows a lab's database from somebody else's file."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

from snowkit.errors import LabError
from snowkit.lab.schema import Schema

# A database without a name: SQLite keeps it in memory while it is small, in a file of its own beyond that.
UNNAMED = ""
_INDEXED = (
    "sys_updated_on",
    "sys_created_on",
    "element_id",
    "table_sys_id",
    "documentkey",
    "number",
    "user_name",
)
# Written into the header of a database, at this offset, so that --reset never deletes somebody else's file.
_APPLICATION = 0x534E4B54
_APPLICATION_AT = slice(68, 72)


def connect(schema: Schema, database: str | Path | None) -> sqlite3.Connection:
    """Return a connection to a database of the schema's tables, made where it is new; None is nobody else's.

    The connection commits each statement by itself, and any thread may use it. Raises `LabError` for a file that
    is no lab's database, or one of another version.
    """
    name = str(database or UNNAMED)
    try:
        connection = sqlite3.connect(name, check_same_thread=False, isolation_level=None)
    except sqlite3.Error as error:
        raise _unusable(name, str(error)) from error
    try:
        _prepare(connection, schema, name)
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(name, str(error)) from error
    return connection


def discard(database: str | Path) -> None:
    """Delete a lab's database, if there is one; raises `LabError` where the file is something else."""
    path = Path(database)
    try:
        if not path.exists():
            return
        with path.open("rb") as file:
            header = file.read(100)
        if header and int.from_bytes(header[_APPLICATION_AT], "big") != _APPLICATION:
            raise LabError(f"{path} is not a lab's database, so it stays.", "Give another file with --db.")
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        raise LabError(
            f"The lab cannot replace {path}: {error.strerror}.", "Give another file with --db."
        ) from error


def _prepare(connection: sqlite3.Connection, schema: Schema, name: str) -> None:
    shape = schema.storage()
    version = zlib.crc32(repr(shape).encode()) & 0x7FFFFFFF
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        if _pragma(connection, "application_id") != _APPLICATION:
            raise sqlite3.DatabaseError("it is not a lab's database")
        if _pragma(connection, "user_version") != version:
            raise sqlite3.DatabaseError("it was made by another version of snowkit")
    else:
        _create(connection, shape, version)
    if name != UNNAMED:
        # Only now, so that the file's own header says whose it is even after a crash.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")


def _create(connection: sqlite3.Connection, shape: dict[str, list[str]], version: int) -> None:
    connection.execute("BEGIN")
    for base, names in shape.items():
        # The databases under an instance compare text without regard to case.
        columns = ", ".join(f"\"{column}\" TEXT NOT NULL DEFAULT '' COLLATE NOCASE" for column in names)
        connection.execute(f'CREATE TABLE "{base}" ({columns}, PRIMARY KEY (sys_id))')
        for column in set(names) & set(_INDEXED):
            connection.execute(f'CREATE INDEX "{base}_{column}" ON "{base}" ("{column}", sys_id)')
    connection.execute("CREATE TABLE lab_bytes (sys_id TEXT PRIMARY KEY, content BLOB, available_at TEXT)")
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("COMMIT")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _unusable(database: str, reason: str) -> LabError:
    return LabError(
        f"The lab cannot use the database {database}: {reason}.",
        "Start it with --reset, or give another file with --db.",
    )
