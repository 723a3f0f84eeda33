"""What an instance does when a record is written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from snowkit.errors import LabError
from snowkit.lab.abort import Aborted
from snowkit.lab.instance import Lab
from snowkit.lab.moments import stamp
from snowkit.lab.session import Session
from snowkit.lab.store import Row

CASE = "sn_customerservice_case"


class Witness:
    """Stands where the business rules run, and writes down what it sees."""

    def __init__(self, lab: Lab) -> None:
        self.seen: list[tuple[str, str, str, Row, Row | None, bool]] = []
        self.sets: Row = {}
        self.abort_on = ""
        self._lab = lab

    def run(
        self, when: str, operation: str, table: str, current: Row, previous: Row | None, session: Session
    ) -> Row:
        """Note the moment, whether the record is stored as it is now, and do what was asked for."""
        stored = self._lab.store.get(table, current["sys_id"])
        written = stored is not None and stored["sys_created_on"] == current["sys_created_on"]
        if operation == "update" and stored is not None:
            written = stored.get("sys_mod_count") == current.get("sys_mod_count")
        self.seen.append((when, operation, table, current, previous, written))
        if when == self.abort_on:
            raise Aborted(table, "No", "0" * 32, ("No",))
        return current | self.sets if when == "before" else current

    def later(
        self, operation: str, table: str, current: Row, previous: Row | None, session: Session
    ) -> list[Callable[[], None]]:
        """Note the moment when async rules are queued."""

        def queue() -> None:
            self.run("async", operation, table, current, previous, session)

        return [queue]

    def moments(self, table: str = CASE) -> list[tuple[str, str, bool]]:
        """Return moment, operation and whether the record was written, for the rules of one table."""
        return [(when, done, written) for when, done, name, _, _, written in self.seen if name == table]

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def witness(lab: Lab) -> Any:
    lab.rules.close()
    made: Any = Witness(lab)
    lab.rules = made
    return made


def test_an_insert_fills_what_the_instance_fills(lab: Lab, witness: Witness, ada: Session) -> None:
    """Number, class, stamps, defaults and opener are there; a caller cannot set the stamps."""
    given = {
        "short_description": "x",
        "sys_created_on": "2001-01-01 00:00:00",
        "sys_mod_count": "7",
        "nosuch": "y",
    }
    row = lab.records.insert(CASE, given, ada)
    assert row["number"] == "CS0001004"
    assert row["sys_class_name"] == CASE
    assert row["sys_created_by"] == row["sys_updated_by"] == "ada.agent"
    assert row["sys_created_on"] == row["sys_updated_on"] == row["opened_at"] > "2026"
    assert (row["sys_mod_count"], row["state"], row["active"], row["opened_by"]) == (
        "0",
        "1",
        "true",
        ada.user_id,
    )
    assert len(row["sys_id"]) == 32
    assert "nosuch" not in row


def test_rules_run_at_their_moments(lab: Lab, witness: Witness, ada: Session) -> None:
    """Before and async see the record unwritten, after sees it written; update and delete likewise."""
    row = lab.records.insert(CASE, {"short_description": "x"}, ada)
    lab.records.update(CASE, row["sys_id"], {"short_description": "y"}, ada)
    lab.records.delete(CASE, row["sys_id"], ada)
    assert witness.moments() == [
        ("before", "insert", False),
        ("async", "insert", False),
        ("after", "insert", True),
        ("before", "update", False),
        ("async", "update", False),
        ("after", "update", True),
        ("before", "delete", True),
        ("async", "delete", True),
        ("after", "delete", False),
    ]


def test_stamps_are_set_before_the_rules(lab: Lab, witness: Witness, ada: Session) -> None:
    """So a slow before rule makes a record appear later than it says."""
    lab.records.insert(CASE, {"short_description": "x"}, ada)
    first = witness.seen[0][3]
    assert first["sys_created_on"] > "2026"
    assert first["sys_updated_by"] == "ada.agent"


def test_what_before_rules_set_is_stored(lab: Lab, witness: Witness, ada: Session) -> None:
    """After rules, and the answer, see it too."""
    witness.sets = {"priority": "1"}
    row = lab.records.insert(CASE, {"priority": "4"}, ada)
    assert row["priority"] == "1"
    assert witness.seen[-1][3]["priority"] == "1"


def test_an_abort_leaves_nothing(lab: Lab, witness: Witness, ada: Session) -> None:
    """Neither the record nor its comments."""
    witness.abort_on = "before"
    before = lab.store.count(CASE), lab.store.count("sys_journal_field")
    with pytest.raises(Aborted):
        lab.records.insert(CASE, {"comments": "x"}, ada)
    assert (lab.store.count(CASE), lab.store.count("sys_journal_field")) == before


def test_a_given_id_is_kept(lab: Lab, witness: Witness, ada: Session) -> None:
    """A client can name a record before it makes it; an id that is none is replaced, one in use refused."""
    wanted = "ab" * 16
    assert lab.records.insert(CASE, {"sys_id": wanted}, ada)["sys_id"] == wanted
    shouted = "AAAABBBBCCCCDDDDEEEEFFFF00001111"
    assert lab.records.insert(CASE, {"sys_id": shouted}, ada)["sys_id"] == shouted
    assert lab.records.insert(CASE, {"sys_id": "short"}, ada)["sys_id"] != "short"
    with pytest.raises(LabError, match="already has a record"):
        lab.records.insert(CASE, {"sys_id": wanted}, ada)


def test_an_update_counts_and_stamps(lab: Lab, witness: Witness, ada: Session) -> None:
    """Rules get the record as it was."""
    row = lab.store.find(CASE, "ORDERBYnumber")[0]
    changed = lab.records.update("task", row["sys_id"], {"state": "10", "sys_created_by": "me"}, ada)
    assert changed["sys_mod_count"] == str(int(row["sys_mod_count"]) + 1)
    assert changed["sys_updated_by"] == "ada.agent"
    assert changed["sys_created_by"] == row["sys_created_by"]
    assert changed["sys_updated_on"] > row["sys_updated_on"]
    assert [name for _, _, name, _, _, _ in witness.seen] == [CASE] * 3
    assert witness.seen[0][4] == row


def test_two_writers_keep_both_changes(lab: Lab, witness: Witness, ada: Session) -> None:
    """What somebody else changes while the rules of a write run is not undone by it."""
    row = lab.store.find(CASE, "ORDERBYnumber")[0]
    run = witness.run

    def interrupted(*given: Any) -> Row:
        witness.run = run  # type: ignore[method-assign]
        lab.records.update(CASE, row["sys_id"], {"priority": "2"}, ada)
        return run(*given)

    witness.run = interrupted  # type: ignore[method-assign]
    changed = lab.records.update(CASE, row["sys_id"], {"state": "10"}, ada)
    assert (changed["priority"], changed["state"]) == ("2", "10")
    assert changed["sys_mod_count"] == str(int(row["sys_mod_count"]) + 2)


def test_a_write_without_a_change_does_nothing(lab: Lab, witness: Witness, ada: Session) -> None:
    """Neither stamps nor rules."""
    row = lab.store.find(CASE)[0]
    assert lab.records.update(CASE, row["sys_id"], {"state": row["state"]}, ada) == row
    assert not witness.seen


def test_no_rules_without_workflow(lab: Lab, witness: Witness, ada: Session) -> None:
    """setWorkflow(false) silences the record's rules and, unless a switch says otherwise, its comments'."""
    row = lab.records.insert(CASE, {"comments": "x"}, ada, workflow=False)
    assert not witness.seen
    lab.change_switches({"journal_rules_without_workflow": True})
    lab.records.update(CASE, row["sys_id"], {"comments": "y"}, ada, workflow=False)
    assert {table for _, _, table, _, _, _ in witness.seen} == {"sys_journal_field"}


def test_a_commit_can_be_late(lab: Lab, ada: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others see a record only when the switch's seconds are over, and it is stamped with the time before."""
    lab.change_switches({"commit_delay": 60.0})
    waited: list[tuple[float, int]] = []

    def wait(seconds: float) -> None:
        waited.append((seconds, lab.store.count(CASE, "short_description=late")))
        lab.change_switches({"clock_skew": 60.0})

    monkeypatch.setattr("snowkit.lab.records.time.sleep", wait)
    before = stamp(lab.now())
    row = lab.records.insert(CASE, {"short_description": "late"}, ada)
    assert waited == [(60.0, 0)]
    assert lab.store.count(CASE, "short_description=late") == 1
    assert before <= row["sys_created_on"] < stamp(lab.now())


def test_stamps_can_be_the_caller_s(lab: Lab, witness: Witness, ada: Session) -> None:
    """autoSysFields(false) makes changes that a pull by time does not see."""
    row = lab.store.find(CASE)[0]
    changed = lab.records.update(CASE, row["sys_id"], {"state": "18"}, ada, stamps=False)
    assert changed["state"] == "18"
    assert changed["sys_updated_on"] == row["sys_updated_on"]
    made = lab.records.insert(CASE, {"sys_created_on": "2001-01-01 00:00:00"}, ada, stamps=False)
    assert made["sys_created_on"] == "2001-01-01 00:00:00"


@pytest.mark.parametrize("element", ["comments", "work_notes"])
def test_a_comment_is_a_row_of_its_own(lab: Lab, witness: Witness, ada: Session, element: str) -> None:
    """It is not kept on the case; its row has rules, and no update stamp; the case counts as updated."""
    row = lab.store.find(CASE)[0]
    changed = lab.records.update(CASE, row["sys_id"], {element: "Hello\nthere"}, ada)
    assert changed[element] == ""
    assert changed["sys_mod_count"] != row["sys_mod_count"]
    entry = lab.store.find("sys_journal_field", f"element_id={row['sys_id']}^value=Hello\nthere")[0]
    assert (entry["name"], entry["element"], entry["sys_created_by"]) == (CASE, element, "ada.agent")
    assert "sys_updated_on" not in entry
    assert ("after", "insert", True) in witness.moments("sys_journal_field")
    assert witness.moments()[-1] == ("after", "update", True)


def test_a_comment_can_be_redacted(lab: Lab, witness: Witness, ada: Session) -> None:
    """Its row changes, its rules run, and still it has no update stamp."""
    entry = lab.store.find("sys_journal_field")[0]
    changed = lab.records.update("sys_journal_field", entry["sys_id"], {"value": "-"}, ada)
    assert changed == entry | {"value": "-"}
    assert ("after", "update") in [moment[:2] for moment in witness.moments("sys_journal_field")]


def test_rules_see_the_comment_of_this_write(lab: Lab, witness: Witness, ada: Session) -> None:
    """Under its own field, while the record itself never has it."""
    lab.records.insert(CASE, {"comments": "Hello"}, ada)
    cases = [current for _, _, table, current, _, _ in witness.seen if table == CASE]
    assert {current["comments"] for current in cases} == {"Hello"}


def test_rules_on_comments_can_be_switched_off(lab: Lab, witness: Witness, ada: Session) -> None:
    """Whether they run is not documented."""
    lab.change_switches({"journal_rules": False})
    lab.records.insert(CASE, {"comments": "Hello"}, ada)
    assert witness.moments("sys_journal_field") == []
    assert lab.store.count("sys_journal_field", "value=Hello") == 1


def test_updates_are_audited_and_inserts_are_not(lab: Lab, witness: Witness, ada: Session) -> None:
    """One row for each field that changed, comments included once; the instance's own fields are left out."""
    row = lab.records.insert(CASE, {"short_description": "a"}, ada)
    assert lab.store.count("sys_audit", f"documentkey={row['sys_id']}") == 0
    lab.records.update(CASE, row["sys_id"], {"short_description": "b", "comments": "c"}, ada)
    audited = lab.store.find("sys_audit", f"documentkey={row['sys_id']}^ORDERBYfieldname")
    kept = [(entry["fieldname"], entry["oldvalue"], entry["newvalue"], entry["user"]) for entry in audited]
    assert kept == [("comments", "", "c", "ada.agent"), ("short_description", "a", "b", "ada.agent")]
    assert {entry["tablename"] for entry in audited} == {CASE}


def test_inserts_are_audited_by_a_switch(lab: Lab, witness: Witness, ada: Session) -> None:
    """Some instances do."""
    lab.change_switches({"audit_inserts": True})
    row = lab.records.insert(CASE, {"short_description": "a"}, ada)
    assert lab.store.count("sys_audit", f"documentkey={row['sys_id']}^fieldname=short_description") == 1


def test_a_deletion_leaves_a_trace_by_class(lab: Lab, witness: Witness, ada: Session) -> None:
    """Deleted through task, it is still a case in sys_audit_delete; its attachments and their bytes go too."""
    row = lab.store.find(CASE, "ORDERBYnumber")[0]
    attachment = lab.store.find("sys_attachment", f"table_sys_id={row['sys_id']}")[0]
    lab.records.delete("task", row["sys_id"], ada)
    trace = lab.store.find("sys_audit_delete", f"documentkey={row['sys_id']}")[0]
    assert (trace["tablename"], trace["display_value"], trace["user"]) == (CASE, row["number"], "ada.agent")
    assert f"<number>{row['number']}</number>" in trace["payload"]
    assert lab.store.get("sys_attachment", attachment["sys_id"]) is None
    assert lab.store.get_bytes(attachment["sys_id"]) is None
    assert ("after", "delete", False) in witness.moments("sys_attachment")


def test_what_is_not_audited_goes_without_a_trace(lab: Lab, witness: Witness, ada: Session) -> None:
    """Configuration does not land in sys_audit_delete."""
    before = lab.store.count("sys_audit_delete")
    row = lab.store.find("sys_api_access_policy")[0]
    lab.records.delete("sys_api_access_policy", row["sys_id"], ada)
    assert lab.store.count("sys_audit_delete") == before


def test_a_file_is_attached(lab: Lab, witness: Witness, ada: Session) -> None:
    """The row says size and hash, and the bytes come back as they were."""
    row = lab.store.find(CASE)[0]
    made = lab.records.attach(CASE, row["sys_id"], "a.bin", "application/octet-stream", b"\x00\xff", ada)
    assert (made["size_bytes"], made["table_name"], made["table_sys_id"]) == ("2", CASE, row["sys_id"])
    assert made["hash"].startswith("06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8"[:8])
    assert lab.store.get_bytes(made["sys_id"]) == b"\x00\xff"
    assert ("after", "insert", True) in witness.moments("sys_attachment")


def test_bytes_can_be_late(lab: Lab, witness: Witness, ada: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever a rule tells comes too early."""
    lab.change_switches({"attachment_bytes_delay": 60.0})
    made = lab.records.attach(CASE, lab.store.find(CASE)[0]["sys_id"], "a.txt", "text/plain", b"a", ada)
    assert lab.store.get_bytes(made["sys_id"]) is None
    later = lab.now() + timedelta(seconds=61)
    monkeypatch.setattr(lab.store, "now", lambda: later)
    assert lab.store.get_bytes(made["sys_id"]) == b"a"


def test_an_aborted_attachment_leaves_no_bytes(lab: Lab, witness: Witness, ada: Session) -> None:
    """Nor a row."""
    witness.abort_on = "before"
    before = lab.store.count("sys_attachment")
    with pytest.raises(Aborted):
        lab.records.attach(CASE, lab.store.find(CASE)[0]["sys_id"], "a.txt", "text/plain", b"a", ada)
    assert lab.store.count("sys_attachment") == before


def test_numbers_are_never_given_twice(lab: Lab, witness: Witness, ada: Session) -> None:
    """Not after a deletion, and not to two threads at once."""
    first = lab.records.insert(CASE, {}, ada)
    lab.records.delete(CASE, first["sys_id"], ada)
    numbers = [first["number"]]
    threads = [
        threading.Thread(target=lambda: numbers.append(lab.records.insert(CASE, {}, ada)["number"]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"CS{1004 + step:07}" for step in range(9)]
    assert lab.records.insert("incident", {}, ada)["number"] == "INC0010002"
    assert lab.records.insert("problem", {}, ada)["number"] == "PRB0001001"


def test_configuration_is_named_after_itself(lab: Lab, witness: Witness, ada: Session) -> None:
    """A record that update sets carry has its update name and scope."""
    row = lab.records.insert("sys_script", {"name": "R"}, ada)
    assert row["sys_name"] == "R"
    assert row["sys_update_name"] == f"sys_script_{row['sys_id']}"
    assert row["sys_scope"] == "global"


@pytest.mark.parametrize("act", ["insert", "update", "delete"])
def test_what_is_not_there_is_named(lab: Lab, witness: Witness, ada: Session, act: str) -> None:
    """An unknown table, a missing record."""
    acts = {
        "insert": lambda: lab.records.insert("nonesuch", {}, ada),
        "update": lambda: lab.records.update(CASE, "gone", {"state": "1"}, ada),
        "delete": lambda: lab.records.delete(CASE, "gone", ada),
    }
    with pytest.raises(LabError, match=r"no table nonesuch|no record gone"):
        acts[act]()
