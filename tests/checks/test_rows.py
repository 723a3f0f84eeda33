"""Rows of configuration tables become records, and roles bring what they contain."""

from __future__ import annotations

from snowkit.checks.rows import as_acl, as_policy, with_contained


def contains(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role.name": role, "contains.name": inner} for role, inner in pairs]


def test_roles_bring_what_they_contain_at_any_depth() -> None:
    """Containment is followed through, and a circle ends."""
    rows = contains(
        ("agent", "knowledge"), ("knowledge", "internal"), ("internal", "agent"), ("boss", "agent")
    )
    assert with_contained({"agent"}, rows) == {"agent", "knowledge", "internal"}


def test_a_policy_lists_its_tables() -> None:
    """The table list is split, and a flag that is not "true" is off."""
    row = {"sys_id": "1", "name": "P", "api_path": "now/table", "active": "true", "api_tablename": "a, b,"}
    policy = as_policy(row, ())
    assert policy.tables == {"a", "b"}
    assert (policy.active, policy.all_methods, policy.is_global) == (True, False, False)


def test_an_acl_that_is_not_advanced_runs_no_script() -> None:
    """The script of an ACL counts only when Advanced is on, and the end mark of its condition is cut off."""
    row = {"sys_id": "1", "name": "task", "operation": "read", "active": "true", "script": "answer = false;"}
    assert as_acl(row | {"advanced": "false"}, frozenset()).script == ""
    assert as_acl(row | {"advanced": "true"}, frozenset()).script == "answer = false;"
    assert as_acl(row | {"condition": "active=true^EQ"}, frozenset()).condition == "active=true"
    assert as_acl(row | {"security_attribute": "x"}, frozenset()).attribute
