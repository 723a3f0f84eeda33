"""Which needed rights an ACL of ours may open, and which existing role opens the others.

The first ACL of a name shadows every wider one for everybody, so ours stands only beside one that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from snowkit.access.records import Acl
from snowkit.pack.model import Access, Pack, Table


@dataclass(frozen=True, slots=True)
class Opening:
    """One right on one table; `ours` says whether an ACL of ours opens it, `roles` which roles do otherwise."""

    table: Table
    operation: str
    ours: bool
    roles: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One role to grant to the integration user, and why."""

    role: str
    reason: str


def openings(pack: Pack, acls: Sequence[Acl] | None) -> tuple[Opening, ...]:
    """Return every needed right that no other table's rights decide.

    `acls` is what a snapshot shows, None when there is none.
    """
    made: list[Opening] = []
    for table in pack.table:
        if table.follows:
            continue
        for access in (table.read, table.write):
            for operation in access.operations if access is not None else ():
                assert access is not None
                made.append(_opening(table, operation, access, acls))
    return tuple(made)


def _opening(table: Table, operation: str, access: Access, acls: Sequence[Acl] | None) -> Opening:
    if acls is None:
        reason = "No snapshot shows which ACLs the instance has."
        return Opening(table, operation, False, access.roles, reason)
    same = [
        acl for acl in acls if acl.name == table.name and acl.operation == operation and acl.type == "record"
    ]
    if not any(acl.active for acl in same):
        reason = (
            f"The instance has no active ACL {table.name} ({operation}); the first would shadow wider ones."
        )
        return Opening(table, operation, False, access.roles, reason)
    if any(acl.decision != "allow" for acl in same):
        reason = f"A deny-unless ACL stands at {table.name} ({operation}); a second ACL would not open it."
        return Opening(table, operation, False, access.roles, reason)
    return Opening(
        table, operation, True, access.roles, f"It stands beside the ACL {table.name} ({operation})."
    )


def grants(pack: Pack, opened: Iterable[Opening]) -> tuple[Grant, ...]:
    """Return the roles that the integration user needs, ours first, none where another already opens it."""
    found: dict[str, list[str]] = {pack.names.role: ["the role of this integration"]}
    for api in pack.api:
        if api.role:
            found.setdefault(api.role, []).append(f"the {api.title}'s endpoint asks for it")
    withheld = [opening for opening in opened if not opening.ours and opening.roles]
    for opening in sorted(withheld, key=lambda opening: len(opening.roles)):
        role = next((role for role in opening.roles if role in found), opening.roles[0])
        found.setdefault(role, []).append(f"{opening.operation} {opening.table.name}")
    return tuple(Grant(role, "; ".join(reasons)) for role, reasons in found.items())
