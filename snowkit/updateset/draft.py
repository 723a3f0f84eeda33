"""The records that snowkit generates, before they are written: one function a kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from snowkit.pack.model import Pack, Property, Rule, Table
from snowkit.updateset.ids import record_id


@dataclass(frozen=True, slots=True)
class Draft:
    """One record to be written; `update_table` is the update's own `table`, which is not the record's.

    Source: update-set exports; a rule's update names its collection, an ACL's its name, others nothing.
    """

    table: str
    sys_id: str
    type: str
    target_name: str
    update_table: str = ""
    action: Literal["INSERT_OR_UPDATE", "DELETE"] = "INSERT_OR_UPDATE"
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    effect: str = ""
    """What the record does, in words for the customer's change board."""


def rule(pack: Pack, prefix: str, row: Rule, *, script: str, when: str, tool: str) -> Draft:
    """Return a business rule."""
    return Draft(
        "sys_script",
        record_id(pack.name, prefix, f"rule.{row.id}"),
        "Business Rule",
        row.name,
        row.table,
        values={
            "collection": row.table,
            "on_insert": row.insert,
            "on_update": row.update,
            "filter": row.filter,
            "order": row.order,
            "script": script,
            "when": when,
            "description": f"{row.description} Made by {tool}; payload schema 1, not confirmed by {pack.title}.",
        },
        effect=f"Runs {when} each insert{' and update' if row.update else ''} on {row.table} that matches "
        f"{row.filter or 'anything'}, and posts the record's ids to the webhook URL.",
    )


def system_property(pack: Pack, prefix: str, row: Property, *, instance: str = "", value: str = "") -> Draft:
    """Return a system property; with `instance` the one that only that instance reads."""
    name = f"{prefix}.{row.suffix}" + (f".{instance}" if instance else "")
    kind = f"property.{row.id}" + (f".{instance}" if instance else "")
    return Draft(
        "sys_properties",
        record_id(pack.name, prefix, kind),
        "System Property",
        name,
        values={"type": row.type, "value": value, "description": row.description},
        effect=row.description,
    )


def role(pack: Pack, prefix: str) -> Draft:
    """Return the role that the integration user is granted."""
    name = pack.names.role
    return Draft(
        "sys_user_role",
        record_id(pack.name, prefix, "role"),
        "Role",
        name,
        values={"description": pack.names.role_description, "suffix": name.rpartition(".")[2]},
        effect="A role; it opens nothing by itself and reaches nobody until it is granted.",
    )


def acl(pack: Pack, prefix: str, row: Table, operation: str) -> tuple[Draft, Draft]:
    """Return an ACL that our role passes, and the row that ties the two together."""
    holder = role(pack, prefix)
    rule_id = record_id(pack.name, prefix, f"acl.{row.name}.{operation}")
    kept = f", for rows where {row.condition}" if row.condition else ""
    made = Draft(
        "sys_security_acl",
        rule_id,
        "Access Control",
        row.name,
        row.name,
        values={
            "operation": operation,
            "condition": row.condition,
            "description": f"Lets {pack.names.role} {operation} {row.title} records{kept}.",
        },
        effect=f"Lets holders of {pack.names.role} {operation} {row.name}{kept}; it stands beside an ACL of the same "
        "name and operation, so it shadows none.",
    )
    link = Draft(
        "sys_security_acl_role",
        record_id(pack.name, prefix, f"acl_role.{row.name}.{operation}"),
        "Access Roles",
        f"{row.name}.{pack.names.role}",
        row.name,
        values={"acl": rule_id, "acl_name": row.name, "role": holder.sys_id, "role_name": pack.names.role},
        effect=f"Ties that ACL to {pack.names.role}.",
    )
    return made, link
