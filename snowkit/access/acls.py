"""Who may do what on a table, judged from ACL records and role names alone.

Source: ACL rule types; exploring access control lists. The first name of the order that has ACLs decides for
everybody (shadowing, as administrators report it), and at one name passing any ACL is enough. Scripts are not
run: what only a script decides stays undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from snowkit.access.records import Acl


class Right(StrEnum):
    """`some`: for the rows that a condition names; `undecided`: a script or an unknown default decides."""

    YES = "yes"
    SOME = "some"
    NO = "no"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A right, the ACL name that decided, the roles that would open it, and the conditions of `some`."""

    right: Right
    decided_by: str
    roles: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()


def on_table(acls: Iterable[Acl], roles: frozenset[str], chain: Sequence[str], operation: str) -> Judgement:
    """Judge `operation` on records of `chain[0]`, whose parents follow in `chain`."""
    return _judge(acls, roles, [*chain, "*"], operation)


def on_field(
    acls: Iterable[Acl], roles: frozenset[str], chain: Sequence[str], field: str, operation: str
) -> Judgement:
    """Judge `operation` on one field; without a field ACL the table's own judgement is all there is."""
    names = (
        [f"{table}.{field}" for table in chain] + [f"*.{field}"] + [f"{table}.*" for table in chain] + ["*.*"]
    )
    found = _judge(acls, roles, names, operation)
    return found if found.decided_by else Judgement(Right.YES, "")


def _judge(acls: Iterable[Acl], roles: frozenset[str], names: Sequence[str], operation: str) -> Judgement:
    usable = [acl for acl in acls if acl.active and acl.operation == operation and acl.type == "record"]
    for name in names:
        here = [acl for acl in usable if acl.name == name]
        if here:
            return _any(here, roles, name)
    return Judgement(Right.UNDECIDED, "")


def _any(acls: Sequence[Acl], roles: frozenset[str], name: str) -> Judgement:
    judged = [(_one(acl, roles), acl) for acl in acls]
    openers = frozenset().union(*(acl.roles for acl in acls))
    denies = [right for right, acl in judged if acl.decision != "allow"]
    if denies:
        # A deny-unless ACL refuses whatever others allow; passing it decides nothing.
        return Judgement(Right.UNDECIDED, name, openers)
    rights = {right for right, _ in judged}
    if Right.YES in rights:
        return Judgement(Right.YES, name, openers)
    conditions = frozenset(acl.condition for right, acl in judged if right is Right.SOME)
    if Right.UNDECIDED in rights:
        return Judgement(Right.UNDECIDED, name, openers, conditions)
    if conditions:
        return Judgement(Right.SOME, name, openers, conditions)
    return Judgement(Right.NO, name, openers)


def _one(acl: Acl, roles: frozenset[str]) -> Right:
    if acl.admin_overrides and "admin" in roles:
        return Right.YES
    if not acl.roles and not acl.condition and not acl.script and not acl.attribute:
        # An empty ACL denies everyone (source: exploring access control lists).
        return Right.NO
    if acl.roles and not acl.roles & roles:
        return Right.NO
    if acl.script or acl.attribute:
        return Right.UNDECIDED
    return Right.SOME if acl.condition else Right.YES
