"""Is the OAuth entity right, and does it give tokens that work?"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from snowkit.checks.configuration import NotObserved, Row
from snowkit.checks.context import STAMP, Context, inspector_needed, not_observed
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown
from snowkit.errors import OAuthError
from snowkit.instance import query as encoded
from snowkit.instance import table
from snowkit.instance.evidence import Evidence
from snowkit.instance.oauth import TOKEN

WARNING = timedelta(days=14)
"""How long before the refresh token dies a warning is due."""

REGISTRY = (
    "Zurich and newer: All > Machine Identity Console > Inbound integrations.",
    "Older releases: All > System OAuth > Application Registry.",
)


def checks() -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    return (
        _check("oauth.entity", "The OAuth entity exists and is active", _entity),
        _check(
            "oauth.redirect",
            "The OAuth entity has the platform's redirect URL",
            _redirect,
            roots=("oauth.entity",),
        ),
        _check(
            "oauth.grant",
            "The OAuth entity allows the authorization code grant",
            _grant,
            roots=("oauth.entity",),
        ),
        _check("oauth.refresh", "The refresh token gives access tokens", _refresh, roots=("oauth.entity",)),
        _check(
            "oauth.token", "The access token is accepted", _token, roots=("oauth.entity", "oauth.refresh")
        ),
        _check(
            "oauth.expiry",
            "The refresh token lives for more than two weeks",
            _expiry,
            Level.ADVISED,
            roots=("oauth.entity", "oauth.refresh"),
            source="snowkit",
        ),
        _check(
            "oauth.restriction",
            "Token restriction is set as the profile says",
            _restriction,
            Level.ADVISED,
            roots=("oauth.entity",),
        ),
        _check(
            "oauth.scopes", "No REST API auth scope shuts the entity out", _scopes, roots=("oauth.entity",)
        ),
    )


def _check(
    id_: str,
    title: str,
    probe: object,
    level: Level = Level.REQUIRED,
    *,
    roots: tuple[str, ...] = (),
    source: str = "page",
) -> Check[Context]:
    return Check(id_, title, level, probe, needs=("reach.instance",), roots=roots, source=source)  # type: ignore[arg-type]


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


async def _configured(context: Context) -> tuple[Row | None, Evidence] | Outcome:
    if context.configuration is None:
        return inspector_needed("the OAuth entity")
    try:
        return await context.configuration.entity(context.profile.client_id)
    except NotObserved as error:
        return not_observed(error)


async def _entity(context: Context) -> Outcome:
    found = await _configured(context)
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


async def _redirect(context: Context) -> Outcome:
    wanted = context.pack.redirect_url(context.profile.region)
    if wanted is None:
        return unknown(
            "not_observable", f"The pack names no redirect URL for the region {context.profile.region}."
        )
    found = await _configured(context)
    if isinstance(found, Outcome):
        return found
    row, evidence = found
    urls = [part.strip() for part in str((row or {}).get("redirect_url", "")).replace("\n", ",").split(",")]
    if wanted in urls:
        return met(f"{wanted} is registered.", evidence, grade=Grade.STATIC)
    fix = registry_fix(context, "Add the redirect URL.", f"Redirect URL: add {wanted}, then Update.")
    return gap("oauth_entity", f"{wanted} is not among the redirect URLs.", fix, evidence, grade=Grade.STATIC)


async def _grant(context: Context) -> Outcome:
    found = await _configured(context)
    if isinstance(found, Outcome):
        return found
    row, evidence = found
    grant = str((row or {}).get("inbound_grant_type", ""))
    fix = registry_fix(context, "Let the entity use the authorization code grant with a client secret.")
    if (row or {}).get("public_client") == "true":
        return gap(
            "oauth_entity", "It is a public client, which has no secret.", fix, evidence, grade=Grade.STATIC
        )
    if grant in ("authz_code", "multiple", "authorization_code"):
        return met(f"Inbound grant type: {grant}.", evidence, grade=Grade.STATIC)
    if grant:
        return gap("oauth_entity", f"Its inbound grant type is {grant}.", fix, evidence, grade=Grade.STATIC)
    if context.session.bearer.tokens.refresh_token:
        return met(
            "This release names no grant type, and a code was exchanged.", evidence, grade=Grade.STATIC
        )
    return unknown("not_observable", "This release names no grant type.", evidence)


async def _refresh(context: Context) -> Outcome:
    bearer = context.session.bearer
    if not bearer.tokens.refresh_token:
        return unknown("token", "Nobody has signed in, so there is no refresh token.", fix=sign_in())
    try:
        await bearer.renew(bearer.tokens.access_token)
    except OAuthError as error:
        evidence = Evidence("POST", TOKEN, error.status, error.error or "no OAuth error code")
        if error.status is None:
            return unknown("edge", str(error), evidence)
        cause = "authentication" if error.error == "invalid_client" else "token"
        return gap(cause, f"{error.what} ", sign_in(), evidence)
    return met("A new access token was given.", Evidence("POST", TOKEN, 200, "grant_type=refresh_token"))


async def _token(context: Context) -> Outcome:
    tokens = context.session.bearer.tokens
    if not tokens.access_token and not tokens.refresh_token:
        return unknown("token", "Nobody has signed in, so there is no token.", fix=sign_in())
    try:
        reply = await context.me()
    except OAuthError as error:
        return gap("token", error.what, sign_in(), Evidence("POST", TOKEN, error.status, error.error))
    if reply.status != 401:
        return met("The instance accepts it.", reply.evidence("accepted"))
    if context.session.bearer.tokens.usable(time.time()) and context.session.bearer.tokens.refresh_token:
        # The token endpoint has just given it, so what refuses it stands behind authentication.
        return met(
            "The token endpoint has just given it.", Evidence("POST", TOKEN, 200, "fresh"), reply.evidence()
        )
    return gap(
        "token",
        "The instance refuses it, and there is no refresh token to replace it.",
        sign_in(),
        reply.evidence(),
    )


async def _expiry(context: Context) -> Outcome:
    found = await _configured(context)
    if isinstance(found, Outcome):
        return found
    row, _ = found
    user = await context.user()
    if row is None or user is None or context.configuration is None:
        return unknown("not_observable", "Whose refresh token it is cannot be told.")
    query = f"peer={encoded.sys_id(row['sys_id'])}^type=refresh_token^user={user[0]}^ORDERBYDESCexpires"
    reply = await table.read(
        context.session.inspector or context.integration, "oauth_credential", query, fields=("expires",)
    )
    if reply.failure is not None or not reply.rows:
        return unknown("not_observable", "The refresh token's expiry cannot be read.", reply.evidence())
    return _judge_expiry(
        context, str(reply.rows[0].get("expires", "")), await context.now(), reply.evidence("expires")
    )


def _judge_expiry(context: Context, text: str, now: datetime, evidence: Evidence) -> Outcome:
    try:
        dies = datetime.strptime(text, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return unknown("not_observable", "The refresh token's expiry cannot be read.", evidence)
    day = dies.date().isoformat()
    told = context.profile.refresh_token_expiry
    if dies - now < WARNING:
        fix = Fix(
            Owner.ENGINEER,
            "Sign in again before that day.",
            ("In TheLoops: Integrations > Edit > Re-generate Token.",),
        )
        return gap(
            "token_expiry",
            f"The refresh token of this user dies on {day}.",
            fix,
            evidence,
            grade=Grade.STATIC,
        )
    note = f"; the profile says {told.isoformat()}" if told and told != dies.date() else ""
    return met(f"The refresh token of this user dies on {day}{note}.", evidence, grade=Grade.STATIC)


async def _restriction(context: Context) -> Outcome:
    found = await _configured(context)
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


async def _scopes(context: Context) -> Outcome:
    found = await _configured(context)
    if isinstance(found, Outcome):
        return found
    row, evidence = found
    if row is None or context.configuration is None:
        return unknown("oauth_entity", "There is no OAuth entity to judge.", evidence)
    try:
        paths = encoded.any_of("api_path", [api.api_path for api in context.pack.api])
        scopes, seen = await context.configuration.rows(
            "sys_api_access_scope", f"active=true^{paths}", ("api_path", "auth_scope")
        )
        mapped, _ = await context.configuration.rows(
            "oauth_entity_auth_scope_mapping", f"oauth_entity={row['sys_id']}", ("auth_scope",)
        )
    except NotObserved as error:
        return not_observed(error)
    ours = {item.get("auth_scope") for item in mapped}
    required = {
        api.api_path: {s.get("auth_scope") for s in scopes if s.get("api_path") == api.api_path}
        for api in context.pack.api
    }
    listed = row.get("scope_restriction_status") == "restricted"
    shut = [
        path
        for path, wanted in required.items()
        if (wanted and not wanted & ours) or (listed and not wanted & ours)
    ]
    if not shut:
        return met("No auth scope stands between the entity and the APIs.", seen, grade=Grade.STATIC)
    fix = registry_fix(
        context, "Map the auth scopes to the entity.", "Auth scopes: add the scope of each API."
    )
    return gap(
        "scope", f"The entity lacks the auth scope of {', '.join(shut)}.", fix, seen, grade=Grade.STATIC
    )


def sign_in() -> Fix:
    """Return the fix of a connection without a living token."""
    return Fix(
        Owner.ENGINEER,
        "Sign in as the integration user.",
        ("Run snowkit login, sign in, press Allow.", "Run again."),
    )
