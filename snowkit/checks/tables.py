"""May the integration read, create and write the records of each required table?"""

from __future__ import annotations

from functools import partial

from snowkit.access.acls import Judgement, Right, on_table
from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.checks.policies import policy_fix
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown
from snowkit.instance import table
from snowkit.instance.client import Client, Reply
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Access, Pack, Table

DEADLINE = 15.0
"""Seconds for one question to a table that holds millions of rows."""

CANARY = "2099-01-01 00:00:00"
"""A moment that no record carries: rows that come back show that the clause was dropped."""


def checks(pack: Pack) -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    made: list[Check[Context]] = []
    for row in pack.table:
        # Reading an attachment follows the record that it hangs on (source: Attachment API).
        roots = ["policy.table", "api.table.read", *(f"table.{name}.read" for name in row.follows)]
        made.append(
            Check(
                f"table.{row.name}.read",
                f"The integration reads {row.name}",
                Level.REQUIRED,
                partial(_read, row),
                needs=("oauth.token",),
                roots=tuple(roots),
                source=row.source,
                capabilities=row.capabilities,
            )
        )
        if row.write is not None:
            made.append(
                Check(
                    f"table.{row.name}.write",
                    f"The integration creates and writes {row.name}",
                    Level.REQUIRED,
                    partial(_write, row, row.write),
                    needs=("oauth.token",),
                    roots=("identity.user",),
                    source=row.source,
                    capabilities=row.capabilities,
                )
            )
    return tuple(made)


async def _ask(row: Table, context: Context, client: Client, *, limit: int = 1) -> Reply:
    conditions = [row.condition] if row.window and row.condition else []
    conditions.append(f"{row.stamp}>={await context.since() if row.window else '1970-01-01 00:00:00'}")
    query = "^".join([*conditions, f"ORDERBY{row.stamp}", "ORDERBYsys_id"])
    deadline = DEADLINE if row.window else 0.0
    return await table.read(
        client, row.name, query, fields=row.fields, limit=limit, count=not row.window, deadline=deadline
    )


async def _read(row: Table, context: Context) -> Outcome:
    reply = await _ask(row, context, context.integration)
    if reply.failure is not None:
        return await _refused(row, context, reply)
    if not reply.rows:
        return await _no_rows(row, context, reply)
    missing = [field for field in row.fields if field not in reply.rows[0]]
    if missing:
        fix = _acl_fix(context, row, row.read, f"Open these fields for reading: {', '.join(missing)}.")
        summary = f"Rows come without {', '.join(missing)}: a field ACL drops what it refuses."
        return gap("field_acl", summary, fix, reply.evidence(f"row without {', '.join(missing)}"))
    return await _canary(row, context, reply)


async def _canary(row: Table, context: Context, first: Reply) -> Outcome:
    window = [row.condition] if row.window and row.condition else []
    query = "^".join([*window, f"{row.stamp}>={CANARY}"])
    reply = await table.read(context.integration, row.name, query, fields=("sys_id",), deadline=DEADLINE)
    if reply.failure is not None:
        return _query_acl(row, context, reply)
    if reply.rows:
        fix = _acl_fix(context, row, row.read, f"Let the integration filter by {row.stamp} (query_range).")
        summary = (
            f"The instance drops the condition on {row.stamp} in silence, so a pull by time reads everything."
        )
        return gap("query_acl", summary, fix, reply.evidence(f"rows of the year 2099 by {row.stamp}"))
    return met("Rows, fields and the filter by time are readable.", first.evidence("1 row, all fields"))


async def _refused(row: Table, context: Context, reply: Reply) -> Outcome:
    assert reply.failure is not None
    words, evidence = reply.failure.words, reply.evidence()
    cause = reply.failure.cause
    if cause == "authentication":
        summary = f"A REST API Access Policy refuses the good token for {row.name}: {words}."
        return gap("policy", summary, policy_fix(context, "table"), evidence)
    if cause == "table_missing":
        if row.plugin:
            fix = Fix(Owner.SERVICENOW_ADMIN, f"Activate the plugin {row.plugin}.")
            return gap("plugin_missing", f"The instance has no table {row.name}: {words}.", fix, evidence)
        fix = Fix(Owner.SERVICENOW_ADMIN, f"Find out why the instance has no table {row.name}.")
        return gap("table_missing", f"{words}.", fix, evidence)
    if cause == "query_acl":
        bare = await table.read(context.integration, row.name, fields=(), deadline=DEADLINE)
        if bare.failure is None:
            return _query_acl(row, context, reply)
        return gap(
            "row_acl",
            f"An ACL refuses the table: {words}.",
            _acl_fix(context, row, row.read),
            bare.evidence(),
        )
    if cause == "endpoint_acl":
        fix = Fix(
            Owner.SERVICENOW_ADMIN,
            f"Allow access to {row.name} via web services.",
            (
                f"All > System Definition > Tables > {row.name} > Application Access.",
                "Allow access to this table via web services.",
            ),
            "handover",
        )
        return gap("web_service_access", f"The table is closed to web services: {words}.", fix, evidence)
    if cause == "scope":
        fix = Fix(
            Owner.SERVICENOW_ADMIN, "Map the Table API's auth scope to the OAuth entity.", (), "handover"
        )
        return gap("scope", f"An Auth Scope refuses: {words}.", fix, evidence)
    return unknown(cause, f"The answer does not tell: {words}.", evidence)


def _query_acl(row: Table, context: Context, reply: Reply) -> Outcome:
    fix = _acl_fix(
        context, row, row.read, f"Let the integration filter and sort by {row.stamp} (query_range)."
    )
    words = reply.failure.words if reply.failure else ""
    return gap("query_acl", f"A Query ACL refuses the incremental query: {words}.", fix, reply.evidence())


async def _no_rows(row: Table, context: Context, reply: Reply) -> Outcome:
    if reply.total:
        more = await _ask(row, context, context.integration, limit=50)
        if more.rows:
            return await _canary(row, context, more)
        return _hidden(row, context, reply.evidence(f"0 rows, X-Total-Count {reply.total}"))
    if context.session.inspector is not None:
        seen = await _ask(row, context, context.session.inspector)
        if seen.rows:
            return _hidden(row, context, reply.evidence("0 rows where the inspector sees some"))
    judged = await _judged(row, context, "read")
    if isinstance(judged, Outcome):
        return _empty(row, reply)
    if judged.right is Right.NO:
        return gap(
            "row_acl",
            f"No row to see, and the ACL {judged.decided_by} refuses.",
            _acl_fix(context, row, row.read),
            reply.evidence("0 rows"),
            grade=Grade.STATIC,
        )
    if _enough(judged, row):
        return met(
            f"No row to see, and the ACL {judged.decided_by} opens it.",
            reply.evidence("0 rows"),
            grade=Grade.STATIC,
        )
    return _empty(row, reply)


def _hidden(row: Table, context: Context, evidence: Evidence) -> Outcome:
    summary = f"{row.name} has rows, and an ACL hides every one of them (HTTP 200, nothing in it)."
    return gap("row_acl", summary, _acl_fix(context, row, row.read), evidence)


def _empty(row: Table, reply: Reply) -> Outcome:
    fix = Fix(Owner.ENGINEER, f"Have a record of {row.name} made, then run again; or use an inspector.")
    return unknown(
        "empty", "No row came back: none there, or none to be seen.", reply.evidence("0 rows"), fix=fix
    )


async def _judged(row: Table, context: Context, operation: str) -> Judgement | Outcome:
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


async def _names(context: Context) -> list[str]:
    assert context.configuration is not None
    names: list[str] = []
    for row in context.pack.table:
        names.extend(await context.configuration.chain(row.name) or (row.name,))
    return names


def _enough(judged: Judgement, row: Table) -> bool:
    return judged.right is Right.YES or (judged.right is Right.SOME and row.condition in judged.conditions)


async def _write(row: Table, access: Access, context: Context) -> Outcome:
    for operation in access.operations:
        judged = await _judged(row, context, operation)
        if isinstance(judged, Outcome):
            return judged
        evidence = Evidence(
            "GET", f"/api/now/table/sys_security_acl?name={judged.decided_by}", 200, operation
        )
        if judged.right is Right.NO:
            summary = f"The ACL {judged.decided_by} ({operation}) refuses the user's roles."
            return gap("write_acl", summary, _acl_fix(context, row, access), evidence, grade=Grade.STATIC)
        if not _enough(judged, row):
            why = (
                f"the ACL {judged.decided_by} has a script or condition"
                if judged.decided_by
                else "no ACL of that name"
            )
            return unknown(
                "not_observable", f"{operation.capitalize()} cannot be judged from records: {why}.", evidence
            )
    return met("The ACLs let the user's roles create and write.", grade=Grade.STATIC)


def _acl_fix(context: Context, row: Table, access: Access, summary: str = "") -> Fix:
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
