"""Do the REST API access policies let the integration's requests through, and whom do they shut out?"""

from __future__ import annotations

from functools import partial

from snowkit.access.policies import Decision, Request, decide
from snowkit.access.records import Policy
from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown
from snowkit.pack.model import Pack
from snowkit.pack.model import Policy as Wanted

EVERY_METHOD = {"case": ("GET", "POST", "PUT"), "table": ("GET", "POST", "PUT", "PATCH")}
"""What "Apply to all methods" is needed for; DELETE is not among it."""


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
        )
    )
    return tuple(made)


def _title(pack: Pack, policy: Wanted) -> str:
    what = f"{policy.method or 'every needed method'} of the {pack.find_api(policy.api).title}"
    return f"The policies let {what} through" + (
        f" for {policy.tables[0]}" if len(policy.tables) == 1 else ""
    )


async def decisions(
    context: Context, api_id: str, methods: tuple[str, ...], table: str
) -> list[tuple[str, Decision]]:
    """Return what the policies say to each method; raises `NotObserved` or `Unreachable`."""
    assert context.configuration is not None
    api = context.pack.find_api(api_id)
    entity, _ = await context.configuration.entity(context.profile.client_id)
    policies = await context.configuration.policies()
    state = str((entity or {}).get("restricted", ""))
    restricted = {"true": True, "false": False}.get(state)
    resource = f"{api.api_path}/{table}" if table else api.api_path
    return [
        (
            method,
            decide(
                policies,
                Request(api.api_path, method, resource, table),
                entity=str((entity or {}).get("sys_id", "")),
                restricted=restricted,
            ),
        )
        for method in methods
    ]


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
    methods = (wanted.method,) if wanted.method else EVERY_METHOD.get(wanted.api, ("GET", "POST", "PUT"))
    if wanted.id == "table_write":
        methods = tuple(method for method in methods if method != "GET")
    refused: list[str] = []
    undecided: list[str] = []
    causes: list[str] = []
    try:
        for table in wanted.tables or ("",):
            for method, decision in await decisions(context, wanted.api, methods, table):
                told = f"{method} {table}".strip() + f": {decision.reason}"
                if decision.allowed is False:
                    refused.append(told)
                    causes.append(decision.cause)
                elif decision.allowed is None:
                    undecided.append(told)
    except NotObserved as error:
        return not_observed(error)
    if refused:
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        cause = "policy" if "policy" in causes else "token_restriction"
        return gap(cause, refused[0] + more, policy_fix(context, wanted.api), grade=Grade.STATIC)
    if undecided:
        return unknown("policy", undecided[0])
    return met("Every needed request passes.", grade=Grade.STATIC)


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
