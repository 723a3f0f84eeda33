"""The SQLite files behind a lab."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from snowkit.errors import LabError
from snowkit.lab.database import discard
from snowkit.lab.schema import Schema, shipped
from snowkit.lab.store import Store

CASE = "sn_customerservice_case"


def test_a_file_outlives_the_lab(tmp_path: Path) -> None:
    """What was written is there when the file is opened again."""
    for _ in range(2):
        store = Store(shipped(), tmp_path / "lab.db")
        found = store.count(CASE)
        store.put(CASE, {"sys_id": "a"})
        store.close()
    assert found == 1


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    """The message says how to go on."""
    Store(shipped(), tmp_path / "lab.db").close()
    tables = shipped().tables
    with pytest.raises(LabError, match=r"another version.*--reset"):
        Store(Schema(tuple(t for t in tables.values() if t.name != "syslog")), tmp_path / "lab.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """So is a folder; nothing is overwritten."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look at" * 30, encoding="utf-8")
    for target in (path, tmp_path):
        with pytest.raises(LabError, match="cannot use the database"):
            Store(shipped(), target)
    with pytest.raises(LabError, match="not a lab's database"):
        discard(path)
    assert path.read_text(encoding="utf-8").startswith("not a database")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """Neither used nor replaced."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE notes (text)")
    with pytest.raises(LabError, match="not a lab's database"):
        Store(shipped(), path)
    with pytest.raises(LabError, match="not a lab's database"):
        discard(path)
    assert path.exists()


def test_a_lab_s_database_is_replaced_even_after_a_crash(tmp_path: Path) -> None:
    """The file's header names the lab before anything is written to it."""
    store = Store(shipped(), tmp_path / "lab.db")
    (tmp_path / "copy.db").write_bytes((tmp_path / "lab.db").read_bytes())
    store.close()
    discard(tmp_path / "copy.db")
    discard(tmp_path / "never-there.db")
    assert [path.name for path in tmp_path.iterdir()] == ["lab.db"]
