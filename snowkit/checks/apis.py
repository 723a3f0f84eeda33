"""Does each required REST API answer the integration, for reading and for writing?"""

from __future__ import annotations

from functools import partial

from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.checks.policies import decisions, policy_fix, unauthenticated
from snowkit.checks.uses import uses
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown
from snowkit.instance import accounts, attachments, cases, table
from snowkit.instance.client import Reply
from snowkit.pack.model import Api, Pack


def checks(pack: Pack) -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    made: list[Check[Context]] = []
    for api in pack.api:
        roots = tuple(f"policy.{policy.id}" for policy in pack.policy if policy.api == api.id)
        made.append(
            Check(
                f"api.{api.id}.read",
                f"The {api.title} answers the integration",
                Level.REQUIRED,
                partial(_read, api),
                needs=("oauth.token",),
                roots=("oauth.scopes", *roots[:1]),
                source=api.source,
                why=api.why,
                capabilities=api.capabilities,
            )
        )
        if api.write:
            made.append(
                Check(
                    f"api.{api.id}.write",
                    f"The {api.title} takes the integration's writes",
                    Level.REQUIRED,
                    partial(_write, api),
                    needs=("oauth.token",),
                    roots=("oauth.scopes", *roots, f"api.{api.id}.read"),
                    source=api.source,
                    why=api.why,
                    capabilities=api.capabilities,
                )
            )
    return tuple(made)


async def ask(context: Context, api: Api) -> Reply:
    """Send the smallest reading request of an API."""
    if api.id == "case":
        return await cases.read(context.integration)
    if api.id == "account":
        return await accounts.read(context.integration)
    if api.id == "attachment":
        stamp = await context.since()
        condition = context.pack.find_table("sys_attachment").condition
        return await attachments.read(
            context.integration, f"{condition}^sys_created_on>={stamp}", deadline=15
        )
    return await table.read(context.integration, "sys_user", fields=("sys_id",))


async def _read(api: Api, context: Context) -> Outcome:
    return await judge(context, api, await ask(context, api))


async def judge(context: Context, api: Api, reply: Reply) -> Outcome:
    """Return what an API's answer says, with the layer that refused."""
    failure = reply.failure
    if failure is None:
        return met(f"HTTP {reply.status}.", reply.evidence(f"{len(reply.rows)} row(s)"))
    evidence = reply.evidence()
    words = failure.words
    if failure.cause == "authentication":
        return await unauthenticated(context, api.id, "sys_user" if api.id == "table" else "", reply)
    if failure.cause == "endpoint_acl":
        fix = Fix(
            Owner.SERVICENOW_ADMIN,
            f"Grant the role {api.role or 'snc_platform_rest_api_access'} to the integration user.",
            ("All > Users > the integration user > Roles > Edit.",),
            "handover",
        )
        return gap("endpoint_acl", f"The REST endpoint's ACL refuses: {words}.", fix, evidence)
    if failure.cause == "scope":
        fix = Fix(Owner.SERVICENOW_ADMIN, "Map the API's auth scope to the OAuth entity.", (), "handover")
        return gap("scope", f"An Auth Scope refuses: {words}.", fix, evidence)
    if failure.cause == "api_missing" and api.plugin:
        fix = Fix(
            Owner.SERVICENOW_ADMIN,
            f"Activate the plugin {api.plugin} (Customer Service Management).",
            ("All > System Applications > All Available Applications > All.",),
        )
        return gap("plugin_missing", f"The instance has no {api.title}: {words}.", fix, evidence)
    return unknown(failure.cause, f"The answer does not tell: {words}.", evidence)


async def _write(api: Api, context: Context) -> Outcome:
    if context.configuration is None:
        return inspector_needed("which policy lets writes through")
    wanted = [use for use in uses(api.id) if use.writes]
    try:
        decided = await decisions(context, api.id, wanted)
    except NotObserved as error:
        return not_observed(error)
    for name, decision in decided:
        if decision.allowed is False:
            return gap(
                decision.cause, f"{name}: {decision.reason}", policy_fix(context, api.id), grade=Grade.STATIC
            )
    undecided = [f"{name}: {decision.reason}" for name, decision in decided if decision.allowed is None]
    if undecided:
        return unknown("policy", undecided[0])
    reply = await ask(context, api)
    if reply.failure is not None:
        return await judge(context, api, reply)
    names = " and ".join(use.method for use in wanted)
    return met(
        f"{names} pass the policies, and the API answers; the records' own rights are table.{api.table}.write.",
        reply.evidence(),
        grade=Grade.STATIC,
    )
