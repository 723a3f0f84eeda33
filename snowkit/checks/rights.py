"""What records say about a right that no answer shows: ACLs, the user's roles, and the fix that opens it."""

from __future__ import annotations

from snowkit.access.acls import Judgement, Right, on_field, on_table
from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.engine.finding import Fix, Grade, Outcome, Owner, gap, met, unknown
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Access, Table


async def judge(row: Table, context: Context, operation: str) -> Judgement | Outcome:
    """Return what the ACLs say about an operation on a table, or why that cannot be told."""
    if context.configuration is None:
        return inspector_needed("the ACLs and the user's roles")
    user = await context.user()
    if user is None:
        return unknown("identity", "Whose rights to judge is not known.")
    try:
        chain = await context.configuration.chain(row.name)
        acls = await context.configuration.acls(await _names(context))
        roles = await context.configuration.roles(user[0])
    except NotObserved as error:
        return not_observed(error)
    return on_table(acls, roles, chain or (row.name,), operation)


async def fields(row: Table, context: Context) -> Outcome | None:
    """Return what field ACLs say about fields that no row shows; None when they open all of them."""
    assert context.configuration is not None
    user = await context.user()
    assert user is not None
    chain = await context.configuration.chain(row.name)
    acls = await context.configuration.acls(await _names(context))
    roles = await context.configuration.roles(user[0])
    rights = {field: on_field(acls, roles, chain or (row.name,), field, "read").right for field in row.fields}
    closed = [field for field, right in rights.items() if right is Right.NO]
    if closed:
        fix = acl_fix(context, row, row.read, f"Open these fields for reading: {', '.join(closed)}.")
        return gap(
            "field_acl", f"A field ACL closes {', '.join(closed)}.", fix, *_seen(context), grade=Grade.STATIC
        )
    undecided = [field for field, right in rights.items() if right is Right.UNDECIDED]
    if undecided:
        return unknown("not_observable", f"No row to see, and a script decides about {', '.join(undecided)}.")
    return None


async def _names(context: Context) -> list[str]:
    assert context.configuration is not None
    names: list[str] = []
    for row in context.pack.table:
        names.extend(await context.configuration.chain(row.name) or (row.name,))
    return names


def enough(judged: Judgement, row: Table) -> bool:
    """Whether a judgement opens what is needed: all rows, or just those that our own condition names."""
    return judged.right is Right.YES or (judged.right is Right.SOME and row.condition in judged.conditions)


async def write(row: Table, access: Access, context: Context) -> Outcome:
    """Probe the right to create and write records, by their ACLs: nothing is written."""
    for operation in access.operations:
        judged = await judge(row, context, operation)
        if isinstance(judged, Outcome):
            return judged
        evidence = _seen(context)
        if judged.right is Right.NO:
            summary = f"The ACL {judged.decided_by} ({operation}) refuses the user's roles."
            return gap("write_acl", summary, acl_fix(context, row, access), *evidence, grade=Grade.STATIC)
        if not enough(judged, row):
            why = (
                f"the ACL {judged.decided_by} has a script or condition"
                if judged.decided_by
                else "no ACL of that name"
            )
            return unknown(
                "not_observable", f"{operation.capitalize()} cannot be judged from records: {why}.", *evidence
            )
    return met("The ACLs let the user's roles create and write.", *_seen(context), grade=Grade.STATIC)


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
