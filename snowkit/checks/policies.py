"""Do the REST API access policies let the integration's requests through, and whom do they shut out?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from snowkit.access.policies import Decision, Request, decide
from snowkit.access.records import Policy
from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.checks.uses import Use, uses
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown
from snowkit.instance.client import Reply
from snowkit.pack.model import Pack
from snowkit.pack.model import Policy as Wanted


def checks(pack: Pack) -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    made: list[Check[Context]] = [
        Check(
            f"policy.{policy.id}",
            _title(pack, policy),
            Level.REQUIRED,
            partial(_policy, policy),
            needs=("reach.instance",),
            roots=("oauth.entity",),
            source=policy.source,
            why=policy.why,
            capabilities=policy.capabilities,
        )
        for policy in pack.policy
    ]
    made.append(
        Check(
            "policy.lockout",
            "The policies shut out no other caller",
            Level.ADVISED,
            _lockout,
            needs=("reach.instance",),
            source="snowkit",
            why="A policy that maps one profile refuses every caller with another.",
        )
    )
    return tuple(made)


def _title(pack: Pack, policy: Wanted) -> str:
    what = f"{policy.method or 'every needed method'} of the {pack.find_api(policy.api).title}"
    return f"The policies let {what} through" + (
        f" for {policy.tables[0]}" if len(policy.tables) == 1 else ""
    )


async def decisions(
    context: Context, api_id: str, wanted: Iterable[Use], table: str = ""
) -> list[tuple[str, Decision]]:
    """Return what the policies say to each use, named as a person would; raises what an inspector raises."""
    assert context.configuration is not None
    api = context.pack.find_api(api_id)
    entity, _ = await context.configuration.entity(context.profile.client_id)
    policies = await context.configuration.policies()
    restricted = {"true": True, "false": False}.get(str((entity or {}).get("restricted", "")))
    base = f"{api.api_path}/{table}" if table else api.api_path
    return [
        (
            f"{use.method} {base}{use.below}",
            decide(
                policies,
                Request(api.api_path, use.method, base + use.below.replace("{id}", "0" * 32), table),
                entity=str((entity or {}).get("sys_id", "")),
                restricted=restricted,
            ),
        )
        for use in wanted
    ]


async def unauthenticated(context: Context, api_id: str, table: str, reply: Reply) -> Outcome:
    """Judge a 401 to a token that is proven: its words are the same for every layer that says them.

    Source: REST behaviour, 0.9: access policies, token restriction, adaptive policies, a missing
    snc_platform_rest_api_access. Records decide where an inspector reads them.
    """
    evidence = reply.evidence()
    words = reply.failure.words if reply.failure else ""
    if context.configuration is not None:
        try:
            told = await decisions(context, api_id, [Use("GET")], table)
        except NotObserved:
            told = []
        for name, decision in told:
            if decision.allowed is False:
                summary = f"{name}: {decision.reason} The answer: {words}."
                return gap(decision.cause, summary, policy_fix(context, api_id), evidence, grade=Grade.STATIC)
    summary = (
        f"The good token is refused: {words}. A REST API Access Policy, token restriction, an adaptive policy and a "
        "missing snc_platform_rest_api_access say it alike."
    )
    return unknown("authentication", summary, evidence, fix=policy_fix(context, api_id))


def policy_fix(context: Context, api_id: str) -> Fix:
    """Return the click path that makes or completes the policies of an API."""
    names = context.pack.names
    api = context.pack.find_api(api_id)
    steps = [
        "All > System Web Services > API Access Policies > Inbound Authentication Profiles: "
        f"{names.profile}, type OAuth, OAuth entity {names.entity}.",
        "All > System Web Services > API Access Policies > REST API Access Policies.",
    ]
    for policy in context.pack.policy:
        if policy.api == api_id:
            tables = f", tables {', '.join(policy.tables)}" if policy.tables else ""
            steps.append(
                f"{policy.name}: REST API {api.title}, {policy.method or 'apply to all methods'}{tables}."
            )
    steps.append(f"Submit, reopen, and add {names.profile} beside the profiles of the callers already there.")
    return Fix(
        Owner.SERVICENOW_ADMIN,
        f"Map {names.profile} to the policy that decides about the {api.title}.",
        tuple(steps),
        "handover",
        f"{context.session.login.url}/sys_api_access_policy_list.do",
    )


async def _policy(wanted: Wanted, context: Context) -> Outcome:
    if context.configuration is None:
        return inspector_needed("which policy decides")
    refused: list[tuple[str, Decision]] = []
    undecided: list[tuple[str, Decision]] = []
    try:
        for table in wanted.tables or ("",):
            for name, decision in await decisions(context, wanted.api, _needed(wanted), table):
                if decision.allowed is not True:
                    (undecided if decision.allowed is None else refused).append((name, decision))
    except NotObserved as error:
        return not_observed(error)
    evidence = context.configuration.seen["sys_api_access_policy"]
    if refused:
        name, decision = refused[0]
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        fix = policy_fix(context, wanted.api)
        return gap(decision.cause, f"{name}: {decision.reason}{more}", fix, evidence, grade=Grade.STATIC)
    if undecided:
        return unknown("policy", f"{undecided[0][0]}: {undecided[0][1].reason}", evidence)
    return met("Every needed request passes.", evidence, grade=Grade.STATIC)


def _needed(wanted: Wanted) -> list[Use]:
    """Return what a policy of the hand-over is there for: one for all methods of a table is for writing."""
    every = uses(wanted.api)
    if wanted.method:
        return [use for use in every if use.method == wanted.method]
    return [use for use in every if use.writes] if wanted.tables else list(every)


async def _lockout(context: Context) -> Outcome:
    if context.configuration is None:
        return inspector_needed("which profiles the policies map")
    try:
        entity, _ = await context.configuration.entity(context.profile.client_id)
        policies = await context.configuration.policies()
    except NotObserved as error:
        return not_observed(error)
    ours = str((entity or {}).get("sys_id", ""))
    paths = {api.api_path for api in context.pack.api}
    alone = [policy.name for policy in policies if policy.api_path in paths and _only_ours(policy, ours)]
    if not alone:
        return met("No policy of these APIs maps our profile alone.", grade=Grade.STATIC)
    fix = Fix(
        Owner.SECURITY,
        "Map the profiles of the callers already there, too.",
        ("Open each policy, and add for example the shipped Basic Auth profile.",),
        "handover",
    )
    summary = (
        f"Every other caller of the API gets 401, because only our profile is mapped: {', '.join(alone)}."
    )
    return gap("policy", summary, fix, grade=Grade.STATIC)


def _only_ours(policy: Policy, entity: str) -> bool:
    profiles = [profile for profile in policy.profiles if profile.active]
    return policy.active and bool(profiles) and all(profile.entity == entity for profile in profiles)
