"""Is the OAuth entity's record right: found, active, its redirect URL, grant, restriction and scopes?"""

from __future__ import annotations

from snowkit.checks.configuration import NotObserved, Row
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.checks.uses import uses
from snowkit.engine.finding import Fix, Grade, Outcome, Owner, gap, met, unknown
from snowkit.instance import query as encoded
from snowkit.instance.evidence import Evidence

REGISTRY = (
    "Zurich and newer: All > Machine Identity Console > Inbound integrations.",
    "Older releases: All > System OAuth > Application Registry.",
)


def registry_fix(context: Context, summary: str, *steps: str) -> Fix:
    """Return a fix in the OAuth entity's form, by the click path of newer and older releases."""
    names = context.pack.names
    return Fix(
        Owner.SERVICENOW_ADMIN,
        summary,
        (*REGISTRY, f"Open {names.entity}.", *steps),
        "handover",
        f"{context.session.login.url}/oauth_entity_list.do?sysparm_query=client_id={context.profile.client_id}",
    )


async def configured(context: Context) -> tuple[Row | None, Evidence] | Outcome:
    """Return the entity's record, None when there is none, or why it cannot be read."""
    if context.configuration is None:
        return inspector_needed("the OAuth entity")
    try:
        return await context.configuration.entity(context.profile.client_id)
    except NotObserved as error:
        return not_observed(error)


async def entity(context: Context) -> Outcome:
    """Probe whether an OAuth entity has the client id and is active."""
    found = await configured(context)
    if isinstance(found, Outcome):
        return found
    row, evidence = found
    if row is None:
        fix = registry_fix(
            context,
            "Create the inbound integration, or correct the client id in the profile.",
            "New Integration > OAuth - Authorization Code Grant.",
        )
        return gap("oauth_entity", "No OAuth entity has this client id.", fix, evidence, grade=Grade.STATIC)
    if row.get("active") != "true":
        fix = registry_fix(context, "Activate the OAuth entity.", "Set Active, then Update.")
        return gap("oauth_entity", f"{row.get('name')} is not active.", fix, evidence, grade=Grade.STATIC)
    return met(f"{row.get('name')} is active.", evidence, grade=Grade.STATIC)


async def redirect(context: Context) -> Outcome:
    """Probe whether the platform's redirect URL of the profile's region is registered."""
    wanted = context.pack.redirect_url(context.profile.region)
    if wanted is None:
        return unknown(
            "not_observable", f"The pack names no redirect URL for the region {context.profile.region}."
        )
    found = await configured(context)
    if isinstance(found, Outcome):
        return found
    row, evidence = found
    urls = [part.strip() for part in str((row or {}).get("redirect_url", "")).replace("\n", ",").split(",")]
    if wanted in urls:
        return met(f"{wanted} is registered.", evidence, grade=Grade.STATIC)
    fix = registry_fix(context, "Add the redirect URL.", f"Redirect URL: add {wanted}, then Update.")
    return gap("oauth_entity", f"{wanted} is not among the redirect URLs.", fix, evidence, grade=Grade.STATIC)


async def grant(context: Context) -> Outcome:
    """Probe whether the entity is a confidential client of the authorization code grant."""
    found = await configured(context)
    if isinstance(found, Outcome):
        return found
    row, evidence = found
    grant = str((row or {}).get("inbound_grant_type", ""))
    fix = registry_fix(context, "Let the entity use the authorization code grant with a client secret.")
    if (row or {}).get("public_client") == "true":
        return gap(
            "oauth_entity", "It is a public client, which has no secret.", fix, evidence, grade=Grade.STATIC
        )
    if grant == "multiple":
        return unknown("not_observable", "It allows several grants; which one its profiles decide.", evidence)
    if grant in ("authz_code", "authorization_code"):
        return met(f"Inbound grant type: {grant}.", evidence, grade=Grade.STATIC)
    if grant:
        return gap("oauth_entity", f"Its inbound grant type is {grant}.", fix, evidence, grade=Grade.STATIC)
    if context.session.bearer.tokens.refresh_token:
        return met(
            "This release names no grant type, and a code was exchanged.", evidence, grade=Grade.STATIC
        )
    return unknown("not_observable", "This release names no grant type.", evidence)


async def restriction(context: Context) -> Outcome:
    """Probe whether Enforce Token Restriction is set as the profile says."""
    found = await configured(context)
    if isinstance(found, Outcome):
        return found
    row, evidence = found
    state = str((row or {}).get("restricted", ""))
    if state not in ("true", "false"):
        return unknown(
            "not_observable", "The dictionary shows no column labelled Enforce token restriction.", evidence
        )
    actual = "on" if state == "true" else "off"
    wanted = context.profile.token_restriction
    if wanted in ("unknown", actual):
        return met(f"Token restriction is {actual}.", evidence, grade=Grade.STATIC)
    fix = registry_fix(context, f"Set Enforce Token Restriction to {wanted}, or correct the profile.")
    summary = f"Token restriction is {actual}, and the profile says {wanted}."
    return gap("token_restriction", summary, fix, evidence, grade=Grade.STATIC)


async def scopes(context: Context) -> Outcome:
    """Probe whether an auth scope of an API shuts the entity out."""
    found = await configured(context)
    if isinstance(found, Outcome):
        return found
    row, evidence = found
    if row is None or context.configuration is None:
        return unknown("oauth_entity", "There is no OAuth entity to judge.", evidence)
    try:
        paths = encoded.any_of("api_path", [api.api_path for api in context.pack.api])
        scopes, seen = await context.configuration.rows(
            "sys_api_access_scope",
            f"active=true^{paths}",
            ("api_path", "auth_scope", "http_method", "apply_all_methods"),
        )
        mapped, _ = await context.configuration.rows(
            "oauth_entity_auth_scope_mapping", "", ("auth_scope",), oauth_entity=row["sys_id"]
        )
    except NotObserved as error:
        return not_observed(error)
    status = str(row.get("scope_restriction_status", ""))
    if status not in ("", "restricted", "unrestricted"):
        return unknown("scope", f"What the scope restriction {status} lets through is not known.", seen)
    ours = {str(item["auth_scope"]) for item in mapped}
    shut = [
        f"{method} {api.title}"
        for api in context.pack.api
        for method in sorted({use.method for use in uses(api.id)})
        if _shut_out(scopes, api.api_path, method, ours, listed=status == "restricted")
    ]
    if not shut:
        return met("No auth scope stands between the entity and the APIs.", seen, grade=Grade.STATIC)
    fix = registry_fix(
        context, "Map the auth scopes to the entity.", "Auth scopes: add the scope of each API."
    )
    return gap(
        "scope", f"The entity lacks the auth scope of {', '.join(shut)}.", fix, seen, grade=Grade.STATIC
    )


def _shut_out(scopes: list[Row], api_path: str, method: str, ours: set[str], *, listed: bool) -> bool:
    """Whether a method of an API asks for a scope that the entity has not.

    `listed`: the entity may call only what its scopes name, so an API without a scope is shut, too.
    """
    wanted = {
        str(scope["auth_scope"])
        for scope in scopes
        if scope["api_path"] == api_path
        and (scope["apply_all_methods"] == "true" or str(scope["http_method"]).upper() == method)
    }
    return not wanted & ours if wanted or listed else False
