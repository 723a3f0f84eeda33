"""Access controls are matched by name, most specific first, and deny unless one passes."""

from __future__ import annotations

import pytest

from snowkit.lab.acl import Acl
from snowkit.lab.instance import Lab
from snowkit.lab.session import SYSTEM, Session

READER = Session("u", "reader", frozenset({"reader"}), "basic")
NOBODY = Session("n", "nobody", frozenset(), "basic")
ADMIN = Session("a", "admin", frozenset({"admin"}), "basic")


@pytest.fixture(autouse=True)
def rules(lab: Lab) -> None:
    """Begin without any access control, with one role."""
    for row in lab.store.find("sys_security_acl"):
        lab.store.remove("sys_security_acl", row["sys_id"])
    lab.records.insert("sys_user_role", {"name": "reader"}, SYSTEM)
    lab.records.insert("sys_user_role", {"name": "other"}, SYSTEM)


def add(lab: Lab, name: str, *roles: str, operation: str = "read", **values: str) -> None:
    row = {"name": name, "operation": operation, "type": "record"} | values
    acl = lab.records.insert("sys_security_acl", row, SYSTEM)
    for role in roles:
        found = lab.store.find("sys_user_role", f"name={role}")
        link = {"sys_security_acl": acl["sys_id"], "sys_user_role": found[0]["sys_id"] if found else "gone"}
        lab.records.insert("sys_security_acl_role", link, SYSTEM)


def may(lab: Lab, session: Session, field: str = "", row: dict[str, str] | None = None) -> bool:
    return Acl(lab, session).may("read", "incident", row, field)


def test_where_nothing_matches_everybody_passes(lab: Lab) -> None:
    """Only wildcard rules make an unlisted table closed."""
    assert may(lab, NOBODY)
    add(lab, "*", "other")
    assert not may(lab, NOBODY)


@pytest.mark.parametrize(("wider", "nearer"), [("task", "incident"), ("*", "task"), ("*", "incident")])
def test_a_nearer_table_shadows_a_wider_one(lab: Lab, wider: str, nearer: str) -> None:
    """The first ACL of a name hides the wider ones for everybody, unless the switch says otherwise."""
    add(lab, wider, "reader")
    assert may(lab, READER)
    add(lab, nearer, "other")
    assert not may(lab, READER)
    lab.switches.change({"acl_shadowing": False})
    assert may(lab, READER)
    assert not may(lab, NOBODY)


@pytest.mark.parametrize(
    "order",
    [["incident.number", "task.number", "*.number", "incident.*", "task.*", "*.*"]],
)
def test_fields_match_in_the_documented_order(lab: Lab, order: list[str]) -> None:
    """Each more specific name decides over all that come later."""
    for step, name in enumerate(reversed(order)):
        wanted = step % 2 == 0
        add(lab, name, "reader" if wanted else "other")
        assert may(lab, READER, "number") is wanted, name
    assert not may(lab, NOBODY, "number")


def test_one_of_several_at_a_point_is_enough(lab: Lab) -> None:
    """A second ACL of a name adds access."""
    add(lab, "incident", "other")
    assert not may(lab, READER)
    add(lab, "incident", "reader")
    assert may(lab, READER)


def test_an_empty_rule_and_a_broken_link_deny(lab: Lab) -> None:
    """No role, condition and script denies everybody but the admin; so does a role that is gone."""
    add(lab, "incident")
    assert not may(lab, READER)
    assert may(lab, ADMIN)
    add(lab, "problem", "reader", "gone")
    assert not Acl(lab, READER).may("read", "problem")


def test_the_admin_overrides_unless_the_rule_says_no(lab: Lab) -> None:
    """admin_overrides is the rule's own."""
    add(lab, "incident", "other", admin_overrides="false")
    assert not may(lab, ADMIN)
    assert may(lab, SYSTEM)


def test_a_rule_that_is_not_active_is_none(lab: Lab) -> None:
    """Inactive rules neither open nor close."""
    add(lab, "incident", "other", active="false")
    assert may(lab, NOBODY)


def test_conditions_are_asked_of_the_row(lab: Lab) -> None:
    """Without a role demand, and for the user who asks."""
    add(lab, "incident", condition="caller_id=javascript:gs.getUserID()")
    assert may(lab, READER, row={"caller_id": "u"})
    assert not may(lab, READER, row={"caller_id": "n"})
    assert may(lab, READER)


def test_a_deny_unless_rule_must_pass_too(lab: Lab) -> None:
    """It closes what another rule opens, whatever its name's width."""
    add(lab, "incident", "reader")
    add(lab, "incident", "other", decision_type="deny")
    assert not may(lab, READER)


@pytest.mark.parametrize(
    ("script", "passes"),
    [
        ("answer = gs.hasRole('reader');", True),
        ("answer = current.getValue('number') == 'other';", False),
        ("current.getValue('number') == 'INC1';", True),
        ("answer = nothing.at.all;", False),
    ],
)
def test_scripts_really_run(lab: Lab, script: str, passes: bool) -> None:
    """`answer`, or the last value, decides; an error denies and is logged."""
    add(lab, "incident", advanced="true", script=script)
    row = lab.records.insert("incident", {"number": "INC1"}, SYSTEM)
    assert may(lab, READER, row=row) is passes
    assert lab.store.count("syslog", "level=2") == int("nothing" in script)


def test_reading_a_file_follows_its_record(lab: Lab) -> None:
    """And attaching needs to write it."""
    add(lab, "incident", "reader")
    add(lab, "incident", "other", operation="write")
    incident = lab.records.insert("incident", {}, SYSTEM)
    file = {"table_name": "incident", "table_sys_id": incident["sys_id"]}
    assert Acl(lab, READER).may("read", "sys_attachment", file)
    assert not Acl(lab, NOBODY).may("read", "sys_attachment", file)
    assert not Acl(lab, READER).may("create", "sys_attachment", file)
    both = Session("b", "both", frozenset({"reader", "other"}), "basic")
    assert Acl(lab, both).may("create", "sys_attachment", file)
