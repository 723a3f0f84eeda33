"""What records say about a right that no answer shows: ACLs, the user's roles, and the fix that opens it."""

from __future__ import annotations

from dataclasses import dataclass

from snowkit.access.acls import Judgement, Right, on_field, on_table
from snowkit.access.records import Acl
from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.engine.finding import Fix, Grade, Outcome, Owner, gap, met, unknown
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Access, Table

READ_ONLY = "snc_read_only"
"""The role that blocks insert, update and delete (source: read-only role)."""


@dataclass(frozen=True, slots=True)
class Records:
    """What rights are judged from: the ACLs, the user's roles, and a table with its parents, nearest first."""

    acls: tuple[Acl, ...]
    roles: frozenset[str]
    chain: tuple[str, ...]


async def records(row: Table, context: Context) -> Records | Outcome:
    """Return what an inspector reads about the rights on a table, or why that cannot be told."""
    if context.configuration is None:
        return inspector_needed("the ACLs and the user's roles")
    user = await context.user()
    if user is None:
        return unknown("identity", "Whose rights to judge is not known.")
    try:
        tables = await context.configuration.tables([table.name for table in context.pack.table])
        acls = await context.configuration.acls({*tables, *(table.name for table in context.pack.table)})
        roles = await context.configuration.roles(user[0])
    except NotObserved as error:
        return not_observed(error)
    chain, name = [row.name], row.name
    while name in tables and (name := str(tables[name]["super_class.name"])) and name not in chain:
        chain.append(name)
    return Records(acls, roles, tuple(chain))


def fields(row: Table, known: Records, context: Context) -> Outcome | None:
    """Return what field ACLs say about fields that no row shows; None when they open all of them."""
    rights = {
        field: on_field(known.acls, known.roles, known.chain, field, "read").right for field in row.fields
    }
    closed = [field for field, right in rights.items() if right is Right.NO]
    if closed:
        fix = acl_fix(context, row, row.read, f"Open these fields for reading: {', '.join(closed)}.")
        summary = f"A field ACL closes {', '.join(closed)}."
        return gap("field_acl", summary, fix, *_seen(context), grade=Grade.STATIC)
    undecided = [field for field, right in rights.items() if right is not Right.YES]
    if undecided:
        return unknown(
            "not_observable",
            f"No row to see, and a script or condition decides about {', '.join(undecided)}.",
        )
    return None


def enough(judged: Judgement, row: Table) -> bool:
    """Whether a judgement opens what is needed: all rows, or just those that our own condition names."""
    return judged.right is Right.YES or (judged.right is Right.SOME and row.condition in judged.conditions)


async def write(row: Table, access: Access, context: Context) -> Outcome:
    """Probe the right to create and write records, by their ACLs: nothing is written."""
    known = await records(row, context)
    if isinstance(known, Outcome):
        return known
    evidence = _seen(context)
    if READ_ONLY in known.roles:
        fix = Fix(Owner.SERVICENOW_ADMIN, f"Take the role {READ_ONLY} off the integration user.")
        return gap(
            "write_acl", f"The role {READ_ONLY} forbids every write.", fix, *evidence, grade=Grade.STATIC
        )
    for operation in access.operations:
        judged = on_table(known.acls, known.roles, known.chain, operation)
        if judged.right is Right.NO:
            summary = f"The ACL {judged.decided_by} ({operation}) refuses the user's roles."
            return gap("write_acl", summary, acl_fix(context, row, access), *evidence, grade=Grade.STATIC)
        if not enough(judged, row):
            why = "no ACL of that name"
            if judged.decided_by:
                why = f"the ACL {judged.decided_by} has a script, condition or attribute"
            summary = f"{operation.capitalize()} cannot be judged from records: {why}."
            return unknown("not_observable", summary, *evidence)
    return met("The ACLs let the user's roles create and write.", *evidence, grade=Grade.STATIC)


def _seen(context: Context) -> tuple[Evidence, ...]:
    """Return the exchange in which the ACLs were read."""
    found = context.configuration.seen.get("sys_security_acl") if context.configuration else None
    return (found,) if found else ()


def acl_fix(context: Context, row: Table, access: Access, summary: str = "") -> Fix:
    """Return the ways to open a table: our ACL, the smallest shipped role, or an ACL made by hand."""
    role = context.pack.names.role
    steps = [f"Import access.xml where it carries an ACL for {row.name}, and grant {role}."]
    if access.roles:
        steps.append(f"Or grant {access.roles[0]}, which ships with ServiceNow and opens more than this.")
    else:
        steps.append(
            f"No shipped role opens it: as security_admin, add an ACL for {row.name} with the role {role}."
        )
    operations = " and ".join(access.operations)
    return Fix(
        Owner.SERVICENOW_ADMIN,
        summary or f"Give the integration user the right to {operations} {row.name}.",
        tuple(steps),
        "access",
        f"{context.session.login.url}/sys_security_acl_list.do?sysparm_query=nameSTARTSWITH{row.name}",
    )
