"""Which layer refused a list of records, by the answer's own words and, where they are alike, by records."""

from __future__ import annotations

from snowkit.checks import rights
from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context
from snowkit.checks.policies import unauthenticated
from snowkit.engine.finding import Fix, Outcome, Owner, gap, unknown
from snowkit.instance import table
from snowkit.instance.client import Reply
from snowkit.pack.model import Table

DEADLINE = 15.0
"""Seconds for one question to a table that holds millions of rows."""


async def judge(row: Table, context: Context, reply: Reply) -> Outcome:
    """Return what a refusal says about `row`; one more request tells a Query ACL from a closed table."""
    assert reply.failure is not None
    words, evidence, cause = reply.failure.words, reply.evidence(), reply.failure.cause
    if cause == "authentication":
        return await unauthenticated(context, "table", row.name, reply)
    if cause == "table_missing":
        return _missing(row, reply)
    if cause == "query_acl":
        bare = await table.read(context.integration, row.name, deadline=DEADLINE)
        if bare.failure is None:
            return query_acl(row, context, reply)
        if bare.failure.cause != "query_acl":
            return unknown(
                bare.failure.cause, f"The answer does not tell: {bare.failure.words}.", bare.evidence()
            )
        fix = rights.acl_fix(context, row, row.read)
        return gap("row_acl", f"An ACL refuses the table: {words}.", fix, bare.evidence())
    if cause == "endpoint_acl":
        return await _endpoint(row, context, reply)
    if cause == "scope":
        fix = Fix(
            Owner.SERVICENOW_ADMIN, "Map the Table API's auth scope to the OAuth entity.", (), "handover"
        )
        return gap("scope", f"An Auth Scope refuses: {words}.", fix, evidence)
    return unknown(cause, f"The answer does not tell: {words}.", evidence)


def query_acl(row: Table, context: Context, reply: Reply) -> Outcome:
    """Return the gap of a table that may be read but not filtered as a pull by time does."""
    summary = f"Let the integration filter and sort by {row.stamp} (query_range)."
    fix = rights.acl_fix(context, row, row.read, summary)
    words = reply.failure.words if reply.failure else ""
    return gap("query_acl", f"A Query ACL refuses the incremental query: {words}.", fix, reply.evidence())


def _missing(row: Table, reply: Reply) -> Outcome:
    words = reply.failure.words if reply.failure else ""
    if row.plugin:
        fix = Fix(Owner.SERVICENOW_ADMIN, f"Activate the plugin {row.plugin}.")
        return gap("plugin_missing", f"The instance has no table {row.name}: {words}.", fix, reply.evidence())
    fix = Fix(Owner.SERVICENOW_ADMIN, f"Find out why the instance has no table {row.name}.")
    return gap("table_missing", f"{words}.", fix, reply.evidence())


async def _endpoint(row: Table, context: Context, reply: Reply) -> Outcome:
    """Tell the API's own ACL from a table that is closed to web services: their words are the same."""
    words = reply.failure.words if reply.failure else ""
    if await _open_to_web_services(row, context):
        fix = Fix(
            Owner.SERVICENOW_ADMIN,
            "Grant snc_platform_rest_api_access to the integration user.",
            ("All > Users > the integration user > Roles > Edit.",),
            "handover",
        )
        summary = f"The Table API's REST endpoint ACL refuses: {words}."
        return gap("endpoint_acl", summary, fix, reply.evidence())
    fix = Fix(
        Owner.SERVICENOW_ADMIN,
        f"Allow access to {row.name} via web services.",
        (
            f"All > System Definition > Tables > {row.name} > Application Access.",
            "Allow access to this table via web services.",
        ),
        "handover",
    )
    summary = f"The table is closed to web services: {words}."
    return gap("web_service_access", summary, fix, reply.evidence())


async def _open_to_web_services(row: Table, context: Context) -> bool:
    if context.configuration is None:
        return False
    try:
        tables = await context.configuration.tables([table.name for table in context.pack.table])
    except NotObserved:
        return False
    return tables.get(row.name, {}).get("ws_access") == "true"
