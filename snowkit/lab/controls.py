"""The access control lists as the instance's records have them, read again only when one of them changed.

source: auth_model 5.1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from snowkit.lab.encoded import equals
from snowkit.lab.store import Row, Store

_TABLES = ("sys_security_acl", "sys_security_acl_role", "sys_user_role")
Key = tuple[str, str, str]
"""A rule's type (`record` or `REST_Endpoint`), name and operation."""


@dataclass(frozen=True, slots=True)
class Control:
    """One active rule; `valid` is false where it denies everybody."""

    name: str
    denies: bool
    admin_overrides: bool
    valid: bool
    roles: frozenset[str]
    condition: str
    script: str


class Controls:
    """The active rules of a store by type, name and operation."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version: tuple[int, ...] = ()
        self._found: Mapping[Key, list[Control]] = {}

    def current(self) -> Mapping[Key, list[Control]]:
        """Return the rules as they stand."""
        with self._store.lock:
            version = self._store.version(*_TABLES)
            if version != self._version:
                self._found, self._version = self._read(), version
            return self._found

    def _read(self) -> Mapping[Key, list[Control]]:
        names = {row["sys_id"]: row["name"] for row in self._store.find("sys_user_role")}
        roles: dict[str, list[str]] = defaultdict(list)
        for link in self._store.find("sys_security_acl_role"):
            roles[link["sys_security_acl"]].append(names.get(link["sys_user_role"], ""))
        found: dict[Key, list[Control]] = defaultdict(list)
        for row in self._store.find("sys_security_acl", equals(active="true")):
            found[row["type"], row["name"], row["operation"]].append(_control(row, roles[row["sys_id"]]))
        return dict(found)


def _control(row: Row, roles: list[str]) -> Control:
    script = row["script"].strip() if row["advanced"] == "true" else ""
    # A link to a role that is not there makes the rule invalid; an empty rule, like an invalid one, denies.
    empty = not roles and not row["condition"] and not script and not row["security_attribute"]
    return Control(
        name=row["name"],
        denies=row["decision_type"] == "deny",
        admin_overrides=row["admin_overrides"] == "true",
        valid=not empty and "" not in roles,
        roles=frozenset(roles),
        condition=row["condition"],
        script=script,
    )
