"""Which rights an ACL of ours may open, and which roles are granted for the others."""

from __future__ import annotations

import pytest

from snowkit.access.openings import grants, openings
from snowkit.access.records import Acl
from snowkit.pack.load import load

PACK = load()


def ours(*acls: Acl) -> list[tuple[str, str]]:
    """Return the rights that an ACL of ours would open."""
    return [(row.table.name, row.operation) for row in openings(PACK, acls) if row.ours]


def test_every_right_of_the_pack_is_decided_once() -> None:
    """Create and write are two rights; a table that follows another has none of its own."""
    rights = [(row.table.name, row.operation) for row in openings(PACK, None)]
    assert len(rights) == len(set(rights))
    assert {("kb_knowledge", "read"), ("kb_knowledge", "create"), ("kb_knowledge", "write")} <= set(rights)
    assert "sys_attachment" not in {name for name, _ in rights}


def test_an_active_neighbour_of_the_same_name_and_operation_is_needed() -> None:
    """Then ours adds; alone it would shadow."""
    assert ours(Acl("1", "sys_audit", "read")) == [("sys_audit", "read")]


@pytest.mark.parametrize(
    "acl",
    [
        Acl("1", "sys_audit", "read", active=False),
        Acl("1", "sys_audit", "write"),
        Acl("1", "sys_audit", "read", type="REST_Endpoint"),
        Acl("1", "sys_audit.oldvalue", "read"),
        Acl("1", "sys_audit.*", "read"),
        Acl("1", "*", "read"),
    ],
)
def test_any_other_neighbour_is_none(acl: Acl) -> None:
    """Inactive, another operation, another type, a field, a wildcard."""
    assert ours(acl) == []


def test_beside_a_deny_unless_acl_ours_would_not_open() -> None:
    """It is withheld, with that reason."""
    acls = [Acl("1", "sys_audit", "read"), Acl("2", "sys_audit", "read", decision="deny_unless")]
    assert ours(*acls) == []
    assert any("deny-unless" in row.reason for row in openings(PACK, acls))


def test_one_role_that_opens_several_rights_is_granted_once_with_all_reasons() -> None:
    """The agent's role is needed for creating cases, so no second one is asked for reading them."""
    found = {grant.role: grant.reason for grant in grants(PACK, openings(PACK, None))}
    assert "sn_customerservice.case_viewer" not in found
    for reason in ("create sn_customerservice_case", "read sn_customerservice_case", "read customer_contact"):
        assert reason in found["sn_customerservice_agent"]


def test_the_role_of_this_integration_comes_first_and_always() -> None:
    """Even where every right is opened by ours."""
    every = [
        Acl(str(number), row.table.name, row.operation) for number, row in enumerate(openings(PACK, None))
    ]
    assert [grant.role for grant in grants(PACK, openings(PACK, every))] == [
        "theloops.integration",
        "csm_ws_integration",
    ]
