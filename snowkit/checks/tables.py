"""May the integration read, create and write the records of each required table?"""

from __future__ import annotations

from functools import partial

from snowkit.access.acls import Right
from snowkit.checks import refusals, rights
from snowkit.checks.context import Context
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown
from snowkit.instance import table
from snowkit.instance.client import Client, Reply
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Pack, Table

DEADLINE = refusals.DEADLINE

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
                    partial(rights.write, row, row.write),
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
        return await refusals.judge(row, context, reply)
    if not reply.rows:
        return await _no_rows(row, context, reply)
    missing = [field for field in row.fields if field not in reply.rows[0]]
    if missing:
        return await _without(row, context, reply, missing)
    return await _canary(row, context, reply)


async def _without(row: Table, context: Context, reply: Reply, missing: list[str]) -> Outcome:
    """Tell a field ACL, which drops a field in silence, from a column that the release does not have."""
    names = ", ".join(missing)
    evidence = reply.evidence(f"row without {names}")
    fix = rights.acl_fix(context, row, row.read, f"Open these fields for reading: {names}.")
    inspector = context.session.inspector
    seen = await _ask(row, context, inspector) if inspector is not None else None
    if seen is not None and seen.rows and all(field in seen.rows[0] for field in missing):
        summary = f"Rows come without {names}: a field ACL drops what it refuses."
        return gap("field_acl", summary, fix, evidence)
    summary = f"Rows come without {names}: a field ACL hides them, or this instance has no such column."
    return unknown("field_acl", summary, evidence, fix=fix)


async def _canary(row: Table, context: Context, first: Reply) -> Outcome:
    window = [row.condition] if row.window and row.condition else []
    query = "^".join([*window, f"{row.stamp}>={CANARY}"])
    reply = await table.read(context.integration, row.name, query, fields=("sys_id",), deadline=DEADLINE)
    if reply.failure is not None:
        return refusals.query_acl(row, context, reply)
    if reply.rows:
        fix = rights.acl_fix(
            context, row, row.read, f"Let the integration filter by {row.stamp} (query_range)."
        )
        summary = (
            f"The instance drops the condition on {row.stamp} in silence, so a pull by time reads everything."
        )
        return gap("query_acl", summary, fix, reply.evidence(f"rows of the year 2099 by {row.stamp}"))
    return met("Rows, fields and the filter by time are readable.", first.evidence("1 row, all fields"))


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
    judged = await rights.judge(row, context, "read")
    if isinstance(judged, Outcome):
        return _empty(row, reply)
    if judged.right is Right.NO:
        return gap(
            "row_acl",
            f"No row to see, and the ACL {judged.decided_by} refuses.",
            rights.acl_fix(context, row, row.read),
            reply.evidence("0 rows"),
            grade=Grade.STATIC,
        )
    fields = await rights.fields(row, context)
    if fields:
        return fields
    if rights.enough(judged, row):
        return met(
            f"No row to see, and the ACL {judged.decided_by} opens it.",
            reply.evidence("0 rows"),
            grade=Grade.STATIC,
        )
    return _empty(row, reply)


def _hidden(row: Table, context: Context, evidence: Evidence) -> Outcome:
    summary = f"{row.name} has rows, and an ACL hides every one of them (HTTP 200, nothing in it)."
    return gap("row_acl", summary, rights.acl_fix(context, row, row.read), evidence)


def _empty(row: Table, reply: Reply) -> Outcome:
    fix = Fix(Owner.ENGINEER, f"Have a record of {row.name} made, then run again; or use an inspector.")
    return unknown(
        "empty", "No row came back: none there, or none to be seen.", reply.evidence("0 rows"), fix=fix
    )
