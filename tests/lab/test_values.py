"""What stored values look like to somebody."""

from __future__ import annotations

import pytest

from snowkit.lab.instance import Lab
from snowkit.lab.session import Session
from snowkit.lab.values import display, label, local_time, name_of, shown, utc_time

CASE = "sn_customerservice_case"


@pytest.fixture
def case(lab: Lab) -> dict[str, str]:
    return lab.store.find(CASE, "ORDERBYnumber")[0]


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("account", "Boxeo"),
        ("state", "New"),
        ("priority", "1 - Critical"),
        ("active", "true"),
        ("number", "CS0001001"),
        ("sys_class_name", "Case"),
        ("consumer", ""),
        ("nosuch", ""),
    ],
)
def test_a_field_is_displayed(lab: Lab, case: dict[str, str], element: str, expected: str) -> None:
    """References by name, choices by label, the rest as it is."""
    assert display(lab, CASE, element, case) == expected


def test_times_are_the_user_s(lab: Lab, case: dict[str, str]) -> None:
    """Stored in UTC, displayed in a zone, and back; what is no time stays what it is."""
    assert local_time("2026-07-01 22:30:00", "Europe/Amsterdam") == "2026-07-02 00:30:00"
    assert utc_time("2026-07-02 00:30:00", "Europe/Amsterdam") == "2026-07-01 22:30:00"
    assert local_time("soon", "GMT") == utc_time("soon", "GMT") == "soon"
    assert display(lab, CASE, "opened_at", case, "Nowhere/Land") == case["opened_at"]


def test_a_changed_label_counts_at_once(lab: Lab) -> None:
    """Choices are records; a label inherited from the parent is found there."""
    row = lab.store.find("sys_choice", f"name={CASE}^element=state^value=1")[0]
    lab.store.patch("sys_choice", row["sys_id"], {"label": "Brand new"})
    assert label(lab, CASE, "state", "1") == "Brand new"
    assert label(lab, CASE, "priority", "2") == "2 - High"
    assert label(lab, CASE, "state", "99") == "99"


def test_a_journal_is_displayed_newest_first(lab: Lab, case: dict[str, str], ada: Session) -> None:
    """With time, author and the field's label, as the activity stream shows it."""
    first = lab.store.find("sys_journal_field", f"element_id={case['sys_id']}^element=comments")[0]
    text = display(lab, CASE, "comments", case)
    assert text == (
        f"{first['sys_created_on']} - Ada Okonkwo (Additional comments)\nCould you send us the serial number?\n\n"
    )
    both = display(lab, CASE, "comments_and_work_notes", case)
    assert both.index("(Work notes)") < both.index("(Additional comments)")


def test_a_reference_to_nothing_shows_its_id(lab: Lab) -> None:
    """As a list shows a record that was deleted."""
    assert name_of(lab, "customer_account", "gone") == "gone"
    assert name_of(lab, "nonesuch", "x") == "x"


def test_lists_show_every_name(lab: Lab, case: dict[str, str]) -> None:
    """A watch list holds ids, and shows people."""
    ids = ",".join(
        row["sys_id"] for row in lab.store.find("sys_user", "user_nameENDSWITHagent^ORDERBYuser_name")
    )
    assert display(lab, CASE, "watch_list", case | {"watch_list": ids}) == "Ada Okonkwo, Bram de Wit"


def test_passwords_are_never_shown(lab: Lab) -> None:
    """Nor secrets, nor the value of a password property: ciphertext is, the same each time."""
    for table, element in (("sys_user", "user_password"), ("oauth_entity", "client_secret")):
        row = lab.store.find(table, f"{element}ISNOTEMPTY")[0]
        column = lab.schema.columns(table)[element]
        assert row[element] not in shown(column, row)
        assert shown(column, row) == shown(column, row) != ""
        seen = "********" if element == "user_password" else shown(column, row)
        assert display(lab, table, element, row) == seen
    secret = {"sys_id": "p", "type": "password2", "value": "hush"}
    assert "hush" not in shown(lab.schema.columns("sys_properties")["value"], secret)
    assert shown(lab.schema.columns("sys_properties")["value"], secret | {"type": "string"}) == "hush"
    assert shown(lab.schema.columns("sys_properties")["value"], secret | {"value": ""}) == ""
