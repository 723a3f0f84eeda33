"""Which records answer a query, asked of the database and of one record."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snowkit.lab.moments import Asker
from snowkit.lab.query import equals, matches, parse, unknown_fields
from snowkit.lab.schema import Schema, shipped
from snowkit.lab.store import Store
from tests.lab.conftest import NOW


@dataclass
class Holder:
    """The parts of a lab that conditions need."""

    store: Store
    schema: Schema


ACCOUNTS = [
    {"sys_id": "boxeo", "name": "boxeo", "country": "usa"},
    {"sys_id": "hanami", "name": "hanami", "country": "japan", "account_parent": "boxeo"},
]
CASES = [
    {
        "sys_id": "one",
        "number": "cs1",
        "state": "1",
        "priority": "4",
        "account": "boxeo",
        "active": "true",
        "short_description": "pump_stops 10%",
        "sys_created_on": "2026-11-24 10:00:00",
        "sys_updated_on": "2026-11-24 10:20:00",
    },
    {
        "sys_id": "two",
        "number": "cs2",
        "state": "10",
        "priority": "9",
        "account": "hanami",
        "active": "false",
        "short_description": "pump starts",
        "sys_created_on": "2026-11-23 09:00:00",
        "sys_updated_on": "2026-11-24 10:00:00",
    },
    {
        "sys_id": "three",
        "number": "cs3",
        "state": "",
        "account": "",
        "active": "true",
        "short_description": "",
        "sys_created_on": "2026-10-01 09:00:00",
        "sys_updated_on": "2026-10-01 09:00:00",
    },
]


@pytest.fixture
def holder(store: Store) -> Holder:
    store.put_all("customer_account", ACCOUNTS)
    store.put_all("sn_customerservice_case", CASES)
    store.put("incident", {"sys_id": "other", "number": "inc1", "active": "true"})
    return Holder(store, shipped())


def _found(holder: Holder, query: str, table: str = "sn_customerservice_case") -> list[str]:
    return [row["sys_id"] for row in holder.store.find(table, query)]


EXAMPLES = [
    ("", ["one", "two", "three"]),
    ("state=1", ["one"]),
    ("state!=1", ["two", "three"]),
    ("state>2", ["two"]),
    ("state<=10", ["one", "two"]),
    ("stateBETWEEN2@10", ["two"]),
    ("stateIN1,10", ["one", "two"]),
    ("stateNOT IN1,10", ["three"]),
    ("stateISEMPTY", ["three"]),
    ("stateISNOTEMPTY", ["one", "two"]),
    ("stateANYTHING", ["one", "two", "three"]),
    ("short_descriptionEMPTYSTRING", ["three"]),
    ("active=1", ["one", "three"]),
    ("short_descriptionLIKEpump", ["one", "two"]),
    ("short_description*stops", ["one"]),
    ("short_description!*stops", ["two", "three"]),
    ("short_descriptionLIKE_", ["one"]),
    ("short_descriptionLIKE%", ["one"]),
    ("short_descriptionSTARTSWITHpump s", ["two"]),
    ("short_description%starts", ["two"]),
    ("short_descriptionENDSWITHstarts", ["two"]),
    ("account=boxeo", ["one"]),
    ("accountLIKEana", ["two"]),
    ("account.name=boxeo", ["one"]),
    ("account.account_parent.country=usa", ["two"]),
    ("account.country!=usa", ["two", "three"]),
    ("sys_updated_on>=2026-11-24 10:00:00", ["one", "two"]),
    ("sys_updated_on<2026-11-24 10:00:00", ["three"]),
    ("sys_created_onSAMEASsys_updated_on", ["three"]),
    ("sys_created_onNSAMEASsys_updated_on", ["one", "two"]),
    ("sys_updated_onGT_FIELDsys_created_on", ["one", "two"]),
    ("sys_created_onONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()", ["one"]),
    (
        "sys_created_onNOTONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()",
        ["two", "three"],
    ),
    ("sys_created_onON2026-11-23", ["two"]),
    ("sys_created_onBETWEENjavascript:gs.daysAgoStart(2)@javascript:gs.daysAgoEnd(1)", ["two"]),
    ("sys_created_onRELATIVEGE@hour@ago@1", ["one"]),
    ("sys_created_onRELATIVELT@dayofweek@ago@2", ["three"]),
    ("sys_created_onRELATIVEEE@dayofweek@ago@1", ["two"]),
    ("sys_updated_onMORETHANsys_created_on@hour@after@1", ["two"]),
    ("sys_updated_onLESSTHANsys_created_on@hour@after@1", ["one", "three"]),
    ("sys_updated_onMORETHAN@hour@ago@1", ["three"]),
    ("sys_class_nameINSTANCEOFtask", ["one", "two", "three"]),
    ("accountDYNAMIC00000000000000000000000000000000", []),
    ("stateDOES NOT CONTAIN1", ["three"]),
    ("stateIN_HIERARCHYx@y^state=1", ["one"]),
    ("stateGT_FIELDpriority", ["two"]),
    ("stateLT_OR_EQUALS_FIELDpriority", ["one"]),
    ("stateNSAMEASpriority", ["one", "two"]),
    ("sys_created_onSAMEASsys_updated_on@day", ["one", "three"]),
    ("sys_created_onNSAMEASsys_updated_on@month", []),
    ("sys_created_onSAMEASsys_updated_on@century^state=1", ["one"]),
    ("sys_created_onDATEPARTMonday@javascript:gs.datePart('dayofweek','monday','EE')", ["two"]),
    ("sys_created_onDATEPARTMonday@javascript:gs.datePart('dayofweek','monday','GT')", ["one", "three"]),
    ("due_dateDATEPARTMonday@javascript:gs.datePart('dayofweek','monday','GE')", []),
    ("sys_created_onDATEPARTsoon^state=1", ["one"]),
    ("state=1^ORstate=10^active=true", ["one"]),
    ("state=1^NQactive=false", ["one", "two"]),
    ("nosuch=1^state=1", ["one"]),
    ("sys_created_onRELATIVEGE@fortnight@ago@1^state=1", ["one"]),
    ("sys_created_onRELATIVEGE@hour^state=1", ["one"]),
    ("sys_created_onONsoon^state=1", ["one"]),
    ("sys_updated_onMORETHANsys_created_on@fortnight@after@1^state=1", ["one"]),
    ("sys_updated_onMORETHANnosuch@hour@after@1^state=1", ["one"]),
    ("sys_updated_onGT_FIELDnosuch^state=1", ["one"]),
    ("sys_created_on>=javascript:gs.nosuch()^state=1", ["one"]),
    ("stateVALCHANGES^NQstate=1", ["one"]),
    ("stateBETWEENa@b", []),
    ("due_date<2030-01-01 00:00:00", []),
    ("short_description<z", ["one", "two"]),
    ("state>x", []),
]


@pytest.mark.parametrize(("query", "expected"), EXAMPLES)
def test_operators_find_what_they_say(holder: Holder, query: str, expected: list[str]) -> None:
    """The database and the condition of a rule agree on every operator; without ORDERBY no order is promised."""
    assert sorted(_found(holder, query)) == sorted(expected)
    rows = holder.store.find("sn_customerservice_case")
    answered = [
        row["sys_id"]
        for row in rows
        if matches(query, row, "sn_customerservice_case", holder, previous=row, asker=Asker(NOW))
    ]
    assert answered == expected


PARTS = st.sampled_from([query for query, _ in EXAMPLES if query and "^" not in query])
JOINS = st.sampled_from(["^", "^OR", "^NQ"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first=PARTS, rest=st.lists(st.tuples(JOINS, PARTS), max_size=4))
def test_the_two_readers_agree(holder: Holder, first: str, rest: list[tuple[str, str]]) -> None:
    """However conditions are joined, SQL and Python give the same records."""
    query = first + "".join(join + part for join, part in rest)
    rows = holder.store.find("sn_customerservice_case")
    answered = [row["sys_id"] for row in rows if matches(query, row, "sn_customerservice_case", holder)]
    assert sorted(_found(holder, query)) == sorted(answered)


def test_junk_in_a_number_or_a_moment_answers_and_does_not_fail(holder: Holder) -> None:
    """ServiceNow's own tables hold such values after imports; both readers take them for no number, no moment."""
    row = CASES[0] | {"sys_id": "junk", "state": "x", "sys_created_on": "soon", "sys_updated_on": "now"}
    holder.store.put("sn_customerservice_case", row)
    for query, expected in (
        ("state<1", True),
        ("stateGT_FIELDpriority", False),
        ("sys_created_onMORETHAN@hour@ago@1", False),
        ("sys_updated_onLESSTHAN@hour@ago@1", False),
        ("sys_updated_onDATEPARTx@javascript:gs.datePart('dayofweek','sunday','GE')", False),
    ):
        assert ("junk" in _found(holder, query)) is expected
        assert matches(query, row, "sn_customerservice_case", holder, asker=Asker(NOW)) is expected


def test_text_is_compared_without_case_in_the_database_only(holder: Holder) -> None:
    """A rule's filter minds capitals, a list does not."""
    assert _found(holder, "number=CS1") == ["one"]
    row = holder.store.find("sn_customerservice_case", "number=cs1")[0]
    assert not matches("number=CS1", row, "sn_customerservice_case", holder)


def test_long_queries_are_answered(holder: Holder) -> None:
    """Clients send hundreds of alternatives, and a fuzzer sends endless paths."""
    many = "^OR".join(f"number=none{position}" for position in range(3000))
    assert _found(holder, f"{many}^ORnumber=cs1") == ["one"]
    assert _found(holder, "^NQ".join(["number=none"] * 3000 + ["number=cs2"])) == ["two"]
    assert _found(holder, "^".join(["numberSTARTSWITHcs"] * 3000 + ["number=cs2"])) == ["two"]
    assert len(_found(holder, f"{'parent.' * 2000}number=cs1")) == 3
    assert _found(holder, f"{'parent.' * 7}number=cs1") == []
    deep = f"{'parent.' * 8}number"
    assert unknown_fields(parse(f"{deep}=cs1"), "task", shipped()) == [deep]
    assert matches(f"{deep}=cs1", CASES[0], "task", holder)
    assert not matches(f"{deep[7:]}=cs1", CASES[0], "task", holder)
    assert _found(holder, f"{deep}=cs1^number=cs2") == ["two"]


def test_a_parent_table_finds_its_children(holder: Holder) -> None:
    """A query on task sees cases and incidents, each with its own columns."""
    assert _found(holder, "active=true", "task") == ["one", "three", "other"]
    assert "account" not in holder.store.find("task", "number=inc1")[0]
    assert holder.store.find("incident", "number=cs1") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ORDERBYnumber", ["one", "two", "three"]),
        ("ORDERBYstate", ["three", "one", "two"]),
        ("ORDERBYDESCstate", ["two", "one", "three"]),
        ("ORDERBYDESCaccount", ["two", "one", "three"]),
        ("ORDERBYactive^ORDERBYDESCnumber", ["two", "three", "one"]),
        ("ORDERBYnosuch^ORDERBYDESCnumber", ["three", "two", "one"]),
        ("ORDERBYDESCaccount.country", ["one", "two", "three"]),
    ],
)
def test_records_come_in_order(holder: Holder, query: str, expected: list[str]) -> None:
    """Numbers sort as numbers, references by what they show."""
    assert _found(holder, query) == expected


def test_changes_are_seen(holder: Holder) -> None:
    """VALCHANGES, CHANGESFROM and CHANGESTO compare with the record before."""
    before = CASES[0]
    now = before | {"state": "10", "comments": "text"}

    def asked(query: str) -> bool:
        return matches(query, now, "sn_customerservice_case", holder, previous=before)

    assert asked("stateVALCHANGES^EQ")
    assert asked("stateCHANGESFROM1^stateCHANGESTO10")
    assert asked("commentsVALCHANGES")
    assert not asked("stateCHANGESTO3")
    assert not asked("numberVALCHANGES")


def test_an_insert_changes_what_it_fills(holder: Holder) -> None:
    """Before an insert every field was empty."""
    assert matches("stateVALCHANGES", CASES[0], "sn_customerservice_case", holder)
    assert not matches("stateVALCHANGES", CASES[2], "sn_customerservice_case", holder)


def test_unknown_fields_are_reported() -> None:
    """So that a switch can say what an instance makes of them."""
    query = parse("nosuch=1^account.nosuch=1^state.name=1^account.name=x^gibberish^ORDERBYother")
    found = unknown_fields(query, "sn_customerservice_case", shipped())
    assert found == ["nosuch", "account.nosuch", "state.name", "other", "gibberish"]


def test_exact_values_find_odd_texts(holder: Holder) -> None:
    """A caret or a script in a value is just text."""
    holder.store.put("sys_user", {"sys_id": "odd", "user_name": "a^ORactive=true"})
    holder.store.put("sys_user", {"sys_id": "dull", "active": "true"})
    assert [row["sys_id"] for row in holder.store.find("sys_user", equals(user_name="a^ORactive=true"))] == [
        "odd"
    ]
    assert holder.store.find("sys_user", equals(user_name="javascript:gs.getUserID()")) == []
