"""Passwords, roles and who may sign in."""

from __future__ import annotations

import pytest

from snowkit.lab.instance import Lab
from snowkit.lab.people import interactive
from snowkit.lab.session import SYSTEM


def role(lab: Lab, name: str) -> str:
    return lab.store.find("sys_user_role", f"name={name}")[0]["sys_id"]


def test_roles_contain_others(lab: Lab) -> None:
    """An agent has what the agent's role contains, at any depth."""
    ada = lab.people.named("ada.agent")
    assert ada
    roles = lab.people.session(ada, "basic").roles
    assert {"sn_customerservice_agent", "knowledge", "snc_internal"} <= roles
    assert "sn_customerservice.escalation_requester" in roles
    assert "admin" not in roles


def test_roles_come_from_groups(lab: Lab) -> None:
    """A member has the group's roles while the group is active."""
    group = lab.store.find("sys_user_group", "name=Customer Service")[0]["sys_id"]
    lab.records.insert("sys_group_has_role", {"group": group, "role": role(lab, "itil")}, SYSTEM)
    ada = lab.people.named("ada.agent")
    assert ada
    assert "snc_platform_rest_api_access" in lab.people.roles(ada["sys_id"])
    lab.store.patch("sys_user_group", group, {"active": "false"})
    assert "itil" not in lab.people.roles(ada["sys_id"])


def test_containment_may_go_in_circles(lab: Lab) -> None:
    """Two roles that contain each other are both there."""
    a, b = role(lab, "itil"), role(lab, "audit_viewer")
    for outer, inner in ((a, b), (b, a)):
        lab.records.insert("sys_user_role_contains", {"role": outer, "contains": inner}, SYSTEM)
    limited = lab.people.named("limited")
    assert limited
    lab.records.insert("sys_user_has_role", {"user": limited["sys_id"], "role": a}, SYSTEM)
    assert {"itil", "audit_viewer"} <= lab.people.roles(limited["sys_id"])


@pytest.mark.parametrize("name", ["", "nobody", "javascript:gs.getUserName()", "x^ORuser_name=admin"])
def test_a_name_is_a_name_and_no_query(lab: Lab, name: str) -> None:
    """What looks like a query or a script finds nobody."""
    assert lab.people.named(name) is None
    assert lab.people.check(name, "admin-of-the-lab") is None


def test_a_user_without_a_password_cannot_sign_in(lab: Lab) -> None:
    """An empty password is none."""
    assert lab.people.check("ada.agent", "") is None
    assert lab.people.check("admin", "admin-of-the-lab")


@pytest.mark.parametrize(
    ("field", "value", "may"),
    [
        ("identity_type", "human", True),
        ("identity_type", "", True),
        ("identity_type", "machine", False),
        ("web_service_access_only", "true", False),
    ],
)
def test_machines_do_not_sign_in_to_pages(lab: Lab, field: str, value: str, may: bool) -> None:
    """Web-service-only and machine users cannot pass the login page."""
    user = lab.people.named("integration")
    assert user
    assert interactive(user | {field: value}) is may
