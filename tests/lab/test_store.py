"""Where the records are kept."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from snowkit.errors import LabError
from snowkit.lab.schema import shipped
from snowkit.lab.store import Store
from tests.lab.conftest import NOW

CASE = "sn_customerservice_case"


def test_a_record_is_found_through_its_parent(store: Store) -> None:
    """A case is a task, not an incident."""
    store.put(CASE, {"sys_id": "a", "number": "CS1"})
    assert (store.get("task", "a") or {})["sys_class_name"] == CASE
    assert store.get("incident", "a") is None
    assert store.get(CASE, "b") is None


def test_what_is_left_out_is_empty(store: Store) -> None:
    """Every column of the table is there, as text."""
    store.put(CASE, {"sys_id": "a"})
    row = store.get(CASE, "a") or {}
    assert row.keys() == shipped().columns(CASE).keys()
    assert row["account"] == ""


def test_a_patch_through_the_parent_keeps_the_class(store: Store) -> None:
    """Changing a task that is a case leaves the case's own fields alone."""
    store.put(CASE, {"sys_id": "a", "account": "x"})
    assert store.patch("task", "a", {"state": "3"})["account"] == "x"
    assert store.get(CASE, "a") is not None


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    """An error inside takes back what was written, nested transactions included."""
    with pytest.raises(RuntimeError), store.transaction():
        store.put(CASE, {"sys_id": "a"})
        raise RuntimeError
    assert store.count(CASE) == 0


def test_other_threads_see_a_transaction_when_it_is_over(store: Store) -> None:
    """A reader waits for the writer."""
    seen: list[int] = []
    reader = threading.Thread(target=lambda: seen.append(store.count(CASE)))
    with store.transaction():
        store.put(CASE, {"sys_id": "a"})
        reader.start()
        store.put(CASE, {"sys_id": "b"})
    reader.join()
    assert seen == [2]


def test_paging_cuts_the_answer(store: Store) -> None:
    """Limit and offset work with and without each other; the count ignores them."""
    store.put_all(CASE, [{"sys_id": str(number)} for number in range(5)])
    ids = [row["sys_id"] for row in store.find(CASE, "ORDERBYDESCsys_id", limit=2, offset=1)]
    assert ids == ["3", "2"]
    assert [row["sys_id"] for row in store.find(CASE, "ORDERBYsys_id", offset=3)] == ["3", "4"]
    assert store.count(CASE) == 5


@pytest.mark.parametrize("act", ["get", "find", "count", "put", "patch"])
def test_an_unknown_table_is_named(store: Store, act: str) -> None:
    """The error says which table is meant."""
    acts = {
        "get": lambda: store.get("nonesuch", "a"),
        "find": lambda: store.find("nonesuch"),
        "count": lambda: store.count("nonesuch"),
        "put": lambda: store.put("nonesuch", {"sys_id": "a"}),
        "patch": lambda: store.patch("nonesuch", "a", {}),
    }
    with pytest.raises(LabError, match="nonesuch"):
        acts[act]()


def test_a_missing_record_cannot_be_changed(store: Store) -> None:
    """Nor is it there to be removed."""
    with pytest.raises(LabError, match="no record gone"):
        store.patch(CASE, "gone", {"state": "1"})
    assert not store.remove(CASE, "gone")


def test_bytes_can_come_late() -> None:
    """Before their time nobody can read them."""
    now = [NOW]
    store = Store(shipped(), now=lambda: now[0])
    store.put_bytes("a", b"\x00\xff", "2026-11-24 10:30:05")
    assert store.get_bytes("a") is None
    now[0] += timedelta(seconds=5)
    assert store.get_bytes("a") == b"\x00\xff"
    store.remove_bytes("a")
    assert store.get_bytes("a") is None
    store.close()
