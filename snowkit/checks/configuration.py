"""What an inspector reads of an instance's configuration, each part asked for once.

A list that the inspector sees only in part is not read at all: rows hidden by ACLs would look like records
that are missing. Columns whose names are not documented are looked up in the dictionary.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from snowkit.access.records import Acl, Policy, Profile
from snowkit.checks.rows import as_acl, as_policy, with_contained
from snowkit.errors import InstanceError
from snowkit.instance import query as encoded
from snowkit.instance import table
from snowkit.instance.client import Client, Reply
from snowkit.instance.evidence import Evidence

Value = TypeVar("Value")
Row = dict[str, Any]

PAGE = 10_000

NEWER = {
    "oauth_entity": ("inbound_grant_type", "public_client", "scope_restriction_status"),
    "sys_api_access_policy": ("apply_all_tables", "apply_global"),
    "sys_security_acl": ("decision_type", "security_attribute"),
    "sys_db_object": ("ws_access",),
}
"""Columns that an older release may not have: asked for only where the dictionary lists them, since a column that
is merely hidden from the inspector must not be taken for one that is absent."""


class NotObserved(InstanceError):
    """A configuration table cannot be read whole; `evidence` shows what came back."""

    def __init__(self, what: str, evidence: Evidence) -> None:
        super().__init__(what, "Use an inspector that may read it (an administrator), or a snapshot.")
        self.evidence = evidence


class Configuration:
    """The configuration as one inspector sees it; every method raises `NotObserved` or `Unreachable`."""

    def __init__(self, inspector: Client) -> None:
        self._client = inspector
        self.seen: dict[str, Evidence] = {}
        """The last exchange about each table that was read whole."""
        self._asked: dict[tuple[object, ...], asyncio.Task[Any]] = {}

    async def _once(self, key: tuple[object, ...], ask: Callable[[], Awaitable[Value]]) -> Value:
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(ask())
        answer: Value = await asyncio.shield(self._asked[key])
        return answer

    async def rows(
        self, name: str, query: str, fields: Sequence[str], **equals: str
    ) -> tuple[list[Row], Evidence]:
        """Return every matching row of a configuration table, with the exchange as evidence.

        `equals` are columns and values that each row must have; they are compared here as well, since an
        instance may drop a condition in silence.
        """
        key = (name, query, *fields, *equals.items())
        return await self._once(key, lambda: self._rows(name, query, fields, equals))

    async def _rows(
        self, name: str, query: str, fields: Sequence[str], equals: Mapping[str, str]
    ) -> tuple[list[Row], Evidence]:
        wanted = [field for field in fields if await self._has(name, field)]
        wanted += [field for field in equals if field not in wanted]
        conditions = [query] if query else []
        conditions += [f"{field}={encoded.value(value)}" for field, value in equals.items()]
        reply = await table.read(
            self._client, name, "^".join(conditions), fields=wanted, limit=PAGE, count=True
        )
        if reply.failure is not None:
            raise _unread(name, reply)
        rows = reply.rows
        if reply.total is None or len(rows) < min(reply.total, PAGE) or len(rows) == PAGE:
            shown = (
                f"{len(rows)} of {reply.total if reply.total is not None else 'an unknown number of'} rows"
            )
            raise NotObserved(f"The inspector sees {shown} of {name}.", reply.evidence(shown))
        for row in rows:
            hidden = [field for field in wanted if field not in row]
            if hidden:
                names = ", ".join(hidden)
                raise NotObserved(
                    f"The inspector cannot read {names} of {name}.", reply.evidence(f"no {names}")
                )
            if any(row[field] != value for field, value in equals.items()):
                dropped = " and ".join(equals)
                raise NotObserved(
                    f"The instance dropped the condition on {dropped} of {name}.",
                    reply.evidence("other rows"),
                )
        self.seen[name] = reply.evidence(f"{len(rows)} row(s)")
        return rows, self.seen[name]

    async def _has(self, name: str, field: str) -> bool:
        if field not in NEWER.get(name, ()):
            return True
        return any(row["name"] == name and row["element"] == field for row in await self._dictionary())

    async def _dictionary(self) -> list[Row]:
        names = encoded.any_of("name", (*NEWER, "std_http_auth"))
        rows, _ = await self.rows("sys_dictionary", names, ("name", "element", "column_label", "reference"))
        return rows

    async def column(self, name: str, *, label: str = "", reference: str = "") -> str:
        """Return the column of a table by its label or by the table it refers to; empty when there is none."""
        for row in await self._dictionary():
            labelled = bool(label) and label.lower() in str(row.get("column_label", "")).lower()
            refers = bool(reference) and row.get("reference") == reference
            if row.get("name") == name and row.get("element") and (labelled or refers):
                return str(row["element"])
        return ""

    async def entity(self, client_id: str) -> tuple[Row | None, Evidence]:
        """Return the OAuth entity with a client id, its restriction under the key `restricted`."""
        restriction = await self.column("oauth_entity", label="Enforce token restriction")
        fields = ["sys_id", "name", "active", "redirect_url", "inbound_grant_type", "public_client"]
        fields += ["scope_restriction_status", *([restriction] if restriction else [])]
        rows, evidence = await self.rows("oauth_entity", "", fields, client_id=client_id)
        if not rows:
            return None, evidence
        return {**rows[0], "restricted": rows[0].get(restriction, "") if restriction else ""}, evidence

    async def policies(self) -> tuple[Policy, ...]:
        """Return the REST API access policies with the profiles mapped to them."""
        return await self._once(("policies",), self._policies)

    async def _policies(self) -> tuple[Policy, ...]:
        entity_column = await self.column("std_http_auth", reference="oauth_entity")
        (policies, _), (mappings, _), (profiles, _), (http, _) = await asyncio.gather(
            self.rows(
                "sys_api_access_policy",
                "",
                [
                    "sys_id",
                    "name",
                    "active",
                    "api_path",
                    "api_resource",
                    "http_method",
                    "version",
                    "apply_all_methods",
                    "apply_all_resources",
                    "apply_all_versions",
                    "apply_all_tables",
                    "api_tablename",
                    "apply_global",
                ],
            ),
            self.rows("sys_auth_profile_mapping", "", ("api_access_policy", "inbound_auth_profile")),
            self.rows("inbound_auth_profile", "", ("sys_id", "name", "active")),
            self.rows("std_http_auth", "", ["sys_id", "type", *([entity_column] if entity_column else [])]),
        )
        details = {row["sys_id"]: row for row in http}
        known = {
            row["sys_id"]: Profile(
                row["sys_id"],
                row.get("name", ""),
                str(details.get(row["sys_id"], {}).get("type", "")),
                str(details.get(row["sys_id"], {}).get(entity_column, "")),
                row.get("active") != "false",
            )
            for row in profiles
        }
        mapped: dict[str, list[Profile]] = {}
        for row in mappings:
            profile = known.get(row.get("inbound_auth_profile", ""))
            if profile is not None:
                mapped.setdefault(row.get("api_access_policy", ""), []).append(profile)
        return tuple(as_policy(row, tuple(mapped.get(row["sys_id"], ()))) for row in policies)

    async def tables(self, names: Sequence[str]) -> dict[str, Row]:
        """Return the `sys_db_object` rows of tables and of all their parents, by name."""
        found: dict[str, Row] = {}
        missing = sorted(set(names))
        while missing:
            rows, _ = await self.rows(
                "sys_db_object",
                encoded.any_of("name", missing),
                ("name", "super_class.name", "ws_access"),
            )
            found.update({str(row["name"]): row for row in rows})
            parents = {str(row["super_class.name"]) for row in rows} - {""}
            missing = sorted(parents - found.keys())
        return found

    async def acls(self, names: Iterable[str]) -> tuple[Acl, ...]:
        """Return the record ACLs whose name is one of `names` or a field of one."""
        wanted = sorted(set(names))
        condition = "^OR".join(f"name={name}^ORnameSTARTSWITH{name}." for name in (*wanted, "*"))
        rows, _ = await self.rows(
            "sys_security_acl",
            condition,
            (
                "sys_id",
                "name",
                "operation",
                "type",
                "active",
                "condition",
                "script",
                "advanced",
                "admin_overrides",
                "decision_type",
                "security_attribute",
            ),
        )
        links, _ = await self.rows(
            "sys_security_acl_role",
            "^OR".join(
                f"sys_security_acl.name={name}^ORsys_security_acl.nameSTARTSWITH{name}."
                for name in (*wanted, "*")
            ),
            ("sys_security_acl", "sys_user_role.name"),
        )
        roles: dict[str, set[str]] = {}
        for link in links:
            roles.setdefault(link.get("sys_security_acl", ""), set()).add(link.get("sys_user_role.name", ""))
        return tuple(as_acl(row, frozenset(roles.get(row["sys_id"], ()))) for row in rows)

    async def roles(self, user: str) -> frozenset[str]:
        """Return the role names that a user (sys_id) holds: granted, by group, and contained in those."""
        return await self._once(("roles", user), lambda: self._roles(user))

    async def _roles(self, user: str) -> frozenset[str]:
        encoded.sys_id(user)
        (own, _), (groups, _), (contains, _) = await asyncio.gather(
            self.rows("sys_user_has_role", "", ("role.name",), user=user),
            self.rows("sys_user_grmember", "", ("group",), user=user),
            self.rows("sys_user_role_contains", "", ("role.name", "contains.name")),
        )
        names = {row.get("role.name", "") for row in own}
        if groups:
            members = encoded.any_of("group", [row["group"] for row in groups])
            by_group, _ = await self.rows("sys_group_has_role", members, ("role.name",))
            names |= {row.get("role.name", "") for row in by_group}
        if "" in names:
            raise NotObserved(
                "The inspector cannot see the names of the user's roles.", self.seen["sys_user_has_role"]
            )
        return with_contained(names, contains)


def _unread(name: str, reply: Reply) -> NotObserved:
    words = reply.failure.words if reply.failure else ""
    if reply.status == 401:
        return NotObserved(
            f"The instance refuses the inspector's login ({words}): check its user, password or token, and whether "
            "Basic authentication is restricted.",
            reply.evidence(),
        )
    return NotObserved(f"The inspector may not read {name}: {words}.", reply.evidence())
