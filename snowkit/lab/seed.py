"""Fills an empty store with a fresh instance: people, access rules, properties, the dictionary and some cases."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from snowkit.errors import LabError
from snowkit.lab import demo_cases
from snowkit.lab.dictionary import dictionary
from snowkit.lab.moments import stamp
from snowkit.lab.schema import Schema
from snowkit.lab.store import Row, Store
from snowkit.resources import folder

ADMIN_ID = "6816f79cc0a8016401c5a33be04be441"
# As public code and documentation of the demo data name them.
_WELL_KNOWN = {
    ("sys_user", "admin"): ADMIN_ID,
    ("sys_user_role", "admin"): "2831a114c611228501d4ea6c309d626d",
}
_LISTS = ("roles", "grants", "acl", "plugins", "properties")


@lru_cache(maxsize=4096)
def record_id(table: str, key: str) -> str:
    """Return the id of a seeded record: the same in every lab."""
    return _WELL_KNOWN.get((table, key)) or uuid5(NAMESPACE_URL, f"lab:{table}:{key}").hex


class Planter:
    """Writes seed records: completes them with defaults, stamps and ids, and works out "@key" references."""

    def __init__(self, store: Store, schema: Schema, now: datetime) -> None:
        self.store = store
        self.schema = schema
        self._stamp = stamp(now)
        self._given: dict[tuple[str, str], str] = {}
        self._defaults = {
            table: {name: column.default for name, column in schema.columns(table).items()}
            for table in schema.tables
        }

    def expect(self, table: str, rows: Iterable[Mapping[str, str]]) -> None:
        """Learn which records have an id of their own, so that records before them may refer to them."""
        self._given |= {(table, row["key"]): row["sys_id"] for row in rows if "sys_id" in row}

    def plant(self, table: str, rows: Iterable[Mapping[str, str]]) -> None:
        """Write records of one table; `key` names a record, and gives it its id unless it has a `sys_id`."""
        self.store.put_all(table, (self.complete(table, row) for row in rows))

    def complete(self, table: str, given: Mapping[str, str]) -> Row:
        """Return a whole record; raises `LabError` for a field that the table has not."""
        columns = self.schema.columns(table)
        row = self._defaults[table] | {
            "sys_id": record_id(table, given.get("key", "")),
            "sys_created_on": self._stamp,
            "sys_created_by": "admin",
            "sys_updated_on": self._stamp,
            "sys_updated_by": "admin",
            "sys_mod_count": "0",
            "sys_class_name": table,
            "sys_name": given.get("name", ""),
            "sys_scope": "global",
            "sys_package": "global",
        }
        for element, value in given.items():
            if element == "key":
                continue
            if element not in columns:
                raise LabError(f"The lab's seed gives {table} a field {element}, which the table has not.")
            row[element] = self._referred(columns[element].reference, value) if value[:1] == "@" else value
        if "first_name" in columns:
            row["name"] = row["name"] or f"{row['first_name']} {row['last_name']}".strip()
        if "sys_update_name" in columns:
            row["sys_update_name"] = f"{table}_{row['sys_id']}"
        return {name: value for name, value in row.items() if name in columns}

    def grant(self, grants: Mapping[str, Iterable[str]]) -> None:
        """Give users roles, both by key."""
        self.plant(
            "sys_user_has_role",
            [
                {"key": f"{user}.{role}", "user": self._person(user), "role": f"@{role}"}
                for user, roles in grants.items()
                for role in roles
            ],
        )

    def _person(self, key: str) -> str:
        """Return the id of a user by key: a contact is a user too, and has its id from its own table."""
        contact = record_id("customer_contact", key)
        if self.store.get("customer_contact", contact):
            return contact
        return self._given.get(("sys_user", key)) or record_id("sys_user", key)

    def _referred(self, table: str, written: str) -> str:
        named, _, key = written[1:].rpartition(":")
        target = (named or table, key)
        return self._given.get(target) or record_id(*target)


def seed(store: Store, schema: Schema, now: datetime, cases: int) -> None:
    """Write a fresh instance with so many cases, created at even distances up to now."""
    planter = Planter(store, schema, now)
    with store.transaction():
        for table, rows in dictionary(schema).items():
            planter.plant(table, rows)
        seeded, access, demo = shipped("seed"), shipped("access"), shipped("demo")
        tables = [
            (table, rows)
            for file in (demo, seeded, access)
            for table, rows in file.items()
            if table not in _LISTS
        ]
        for table, rows in tables:
            planter.expect(table, rows)
        for table, rows in tables:
            planter.plant(table, rows)
        _plant_named(planter, seeded)
        _plant_roles(planter, access["roles"])
        plant_acls(planter, access["acl"])
        planter.grant(access["grants"])
        planter.grant(demo["grants"])
        demo_cases.plant(planter, now, cases)


def plant_acls(planter: Planter, acls: Iterable[Mapping[str, Any]]) -> None:
    """Write ACLs, one for each operation, and the roles that pass them."""
    rows, links = [], []
    for number, acl in enumerate(acls):
        given = {name: value for name, value in acl.items() if name not in ("operations", "roles")}
        for operation in acl["operations"]:
            key = f"{acl['name']}.{operation}.{number}"
            rows.append({"type": "record", **given, "key": key, "operation": operation})
            links += [
                {"key": f"{key}.{role}", "sys_security_acl": f"@{key}", "sys_user_role": f"@{role}"}
                for role in acl["roles"]
            ]
    planter.plant("sys_security_acl", rows)
    planter.plant("sys_security_acl_role", links)


def _plant_named(planter: Planter, seeded: Mapping[str, Any]) -> None:
    planter.plant(
        "sys_properties",
        [{"key": name, "name": name, "value": value} for name, value in seeded["properties"].items()],
    )
    plugins = seeded["plugins"].items()
    planter.plant(
        "v_plugin", [{"key": id_, "id": id_, "name": name, "active": "active"} for id_, name in plugins]
    )
    planter.plant(
        "sys_plugins",
        [{"key": id_, "source": id_, "name": name, "active": "active"} for id_, name in plugins],
    )


def _plant_roles(planter: Planter, roles: Mapping[str, list[str]]) -> None:
    planter.plant(
        "sys_user_role",
        [
            {
                "key": name,
                "name": name,
                "suffix": name.rpartition(".")[2],
                "elevated_privilege": "true" if name == "security_admin" else "false",
            }
            for name in roles
        ],
    )
    planter.plant(
        "sys_user_role_contains",
        [
            {"key": f"{role}.{contained}", "role": f"@{role}", "contains": f"@{contained}"}
            for role, inside in roles.items()
            for contained in inside
        ],
    )


@cache
def shipped(name: str) -> dict[str, Any]:
    """Return the tables and lists of one file of seed records."""
    path = folder("fixtures") / "lab" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
