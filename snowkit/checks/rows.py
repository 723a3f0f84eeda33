"""Turns rows of configuration tables, as the Table API gives them, into the records that reasoning needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from snowkit.access.records import Acl, Policy, Profile

Row = dict[str, Any]


def with_contained(names: Iterable[str], contains: Iterable[Row]) -> frozenset[str]:
    """Return role names with those that they contain, by rows of `sys_user_role_contains`."""
    inside: dict[str, set[str]] = {}
    for row in contains:
        inside.setdefault(row["role.name"], set()).add(row["contains.name"])
    found = set(names)
    queue = list(found)
    while queue:
        for name in inside.get(queue.pop(), set()) - found:
            found.add(name)
            queue.append(name)
    return frozenset(found)


def _true(row: Row, field: str) -> bool:
    return row.get(field) == "true"


def as_policy(row: Row, profiles: tuple[Profile, ...]) -> Policy:
    """Return a row of `sys_api_access_policy` with the profiles that are mapped to it."""
    tables = frozenset(part.strip() for part in str(row.get("api_tablename", "")).split(",") if part.strip())
    return Policy(
        sys_id=row["sys_id"],
        name=row.get("name", ""),
        api_path=row.get("api_path", ""),
        active=_true(row, "active"),
        method=row.get("http_method", ""),
        resource=row.get("api_resource", ""),
        version=row.get("version", ""),
        all_methods=_true(row, "apply_all_methods"),
        all_resources=_true(row, "apply_all_resources"),
        all_versions=_true(row, "apply_all_versions"),
        all_tables=_true(row, "apply_all_tables"),
        tables=tables,
        is_global=_true(row, "apply_global"),
        profiles=profiles,
    )


def as_acl(row: Row, roles: frozenset[str]) -> Acl:
    """Return a row of `sys_security_acl` with the names of its roles."""
    return Acl(
        sys_id=row["sys_id"],
        name=row.get("name", ""),
        operation=row.get("operation", ""),
        type=row.get("type", "") or "record",
        active=_true(row, "active"),
        condition=str(row.get("condition", "")).removesuffix("^EQ"),
        script=row.get("script", "") if row.get("advanced") != "false" else "",
        admin_overrides=_true(row, "admin_overrides"),
        roles=roles,
        decision=row.get("decision_type") or "allow",
        attribute=bool(row.get("security_attribute")),
    )
