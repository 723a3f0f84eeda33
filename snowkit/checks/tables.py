"""May the integration read, create and write the records of each required table?"""

from __future__ import annotations

from functools import partial

from snowkit.access.acls import Right, on_table
from snowkit.checks import refusals, rights
from snowkit.checks.context import STAMP, Context
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown
from snowkit.instance import table
from snowkit.instance.client import Client, Reply
from snowkit.pack.model import Pack, Table

DEADLINE = refusals.DEADLINE

SAMPLE = 20
"""How many rows a probe asks for."""

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
                why=row.why,
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
                    why=row.why,
                    capabilities=row.capabilities,
                )
            )
    return tuple(made)


async def _ask(row: Table, context: Context, client: Client) -> Reply:
    """Ask for the first rows as a pull by time does; several, since the limit is applied before row ACLs."""
    conditions = [row.condition] if row.window and row.condition else []
    conditions.append(f"{row.stamp}>={await context.since() if row.window else '1970-01-01 00:00:00'}")
    query = "^".join([*conditions, f"ORDERBY{row.stamp}", "ORDERBYsys_id"])
    deadline = DEADLINE if row.window else 0.0
    return await table.read(
        client, row.name, query, fields=row.fields, limit=SAMPLE, count=not row.window, deadline=deadline
    )


async def _read(row: Table, context: Context) -> Outcome:
    reply = await _ask(row, context, context.integration)
    if reply.failure is not None:
        return await refusals.judge(row, context, reply)
    if not reply.rows and not reply.total:
        return await _no_rows(row, context, reply)
    if reply.total and len(reply.rows) < min(reply.total, SAMPLE):
        return _hidden(row, context, reply, min(reply.total, SAMPLE) - len(reply.rows))
    if row.window and (unseen := await _unseen(row, context, reply)):
        return _hidden(row, context, reply, unseen)
    missing = [field for field in row.fields if not all(field in found for found in reply.rows)]
    if missing:
        return await _without(row, context, reply, missing)
    return await _canary(row, context, reply)


async def _unseen(row: Table, context: Context, reply: Reply) -> int:
    """Return how many rows the inspector sees in the same page and the integration does not.

    A large table is not counted, so a second witness tells what a row ACL took out of the page; rows that came
    after the run began may have been made between the two questions.
    """
    inspector = context.session.inspector
    if inspector is None:
        return 0
    began = (await context.now()).strftime(STAMP)
    mine = {found.get("sys_id") for found in reply.rows}
    theirs = (await _ask(row, context, inspector)).rows
    return sum(
        str(found.get(row.stamp, began)) < began and found.get("sys_id") not in mine for found in theirs
    )


async def _without(row: Table, context: Context, reply: Reply, missing: list[str]) -> Outcome:
    """Tell a field ACL, which drops a field in silence, from a column that the release does not have."""
    names = ", ".join(missing)
    evidence = reply.evidence(f"row without {names}")
    fix = rights.acl_fix(context, row, row.read, f"Open these fields for reading: {names}.")
    inspector = context.session.inspector
    seen = await _ask(row, context, inspector) if inspector is not None else None
    if seen is not None and any(all(field in found for field in missing) for found in seen.rows):
        summary = f"Rows come without {names}: a field ACL drops what it refuses."
        return gap("field_acl", summary, fix, evidence)
    summary = f"Rows come without {names}: a field ACL hides them, or this instance has no such column."
    return unknown("field_acl", summary, evidence, fix=fix)


async def _canary(row: Table, context: Context, first: Reply) -> Outcome:
    window = [row.condition] if row.window and row.condition else []
    query = "^".join([*window, f"{row.stamp}>={CANARY}"])
    reply = await table.read(context.integration, row.name, query, fields=("sys_id",), deadline=DEADLINE)
    if reply.failure is not None:
        return await refusals.judge(row, context, reply)
    if reply.rows:
        fix = rights.acl_fix(
            context, row, row.read, f"Let the integration filter by {row.stamp} (query_range)."
        )
        summary = (
            f"The instance drops the condition on {row.stamp} in silence: a pull by time reads everything."
        )
        return gap("query_acl", summary, fix, reply.evidence(f"rows of the year 2099 by {row.stamp}"))
    note = f"{len(first.rows)} row(s), all fields"
    return met("Rows, fields and the filter by time are readable.", first.evidence(note))


def _hidden(row: Table, context: Context, reply: Reply, count: int) -> Outcome:
    seen = len(reply.rows)
    summary = f"An ACL hides {count} of the first {count + seen} rows of {row.name} (HTTP 200, without them)."
    note = f"{seen} rows, X-Total-Count {reply.total}" if reply.total else f"{seen} rows, the inspector more"
    return gap("row_acl", summary, rights.acl_fix(context, row, row.read), reply.evidence(note))


async def _no_rows(row: Table, context: Context, reply: Reply) -> Outcome:
    """Judge by records what no row shows, and tell no rows from no access."""
    inspector = context.session.inspector
    seen = await _ask(row, context, inspector) if inspector is not None else None
    known = await rights.records(row, context)
    if isinstance(known, Outcome):
        return _empty(row, reply)
    judged = on_table(known.acls, known.roles, known.chain, "read")
    evidence = reply.evidence("0 rows where the inspector sees some" if seen and seen.rows else "0 rows")
    open_ = rights.enough(judged, row)
    if judged.right is Right.NO or (seen and seen.rows and judged.right is Right.SOME and not open_):
        summary = f"No row to see, and the ACL {judged.decided_by} refuses the user's roles."
        grade = Grade.PROVEN if seen and seen.rows else Grade.STATIC
        return gap("row_acl", summary, rights.acl_fix(context, row, row.read), evidence, grade=grade)
    if seen and seen.rows:
        summary = "The inspector sees rows and the integration none: a scripted ACL, a before-query rule or a domain."
        return unknown("row_acl", summary, evidence)
    closed = rights.fields(row, known, context)
    if closed is not None:
        return closed
    if open_:
        summary = f"No row to see, and the ACL {judged.decided_by} opens it."
        return met(summary, evidence, grade=Grade.STATIC)
    return _empty(row, reply)


def _empty(row: Table, reply: Reply) -> Outcome:
    fix = Fix(Owner.ENGINEER, f"Have a record of {row.name} made, then run again; or use an inspector.")
    summary = "No row came back: none there, or none to be seen."
    return unknown("empty", summary, reply.evidence("0 rows"), fix=fix)
