"""Is the OAuth entity right, and does it give tokens that work?"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from snowkit.checks import entity
from snowkit.checks.configuration import NotObserved
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


def checks() -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    return (
        _check("oauth.entity", "The OAuth entity exists and is active", entity.entity),
        _check(
            "oauth.redirect",
            "The OAuth entity has the platform's redirect URL",
            entity.redirect,
            roots=("oauth.entity",),
        ),
        _check(
            "oauth.grant",
            "The OAuth entity allows the authorization code grant",
            entity.grant,
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
            why="A refresh token's day never moves, and after it every call fails.",
        ),
        _check(
            "oauth.restriction",
            "Token restriction is set as the profile says",
            entity.restriction,
            Level.ADVISED,
            roots=("oauth.entity",),
        ),
        _check(
            "oauth.scopes",
            "No REST API auth scope shuts the entity out",
            entity.scopes,
            roots=("oauth.entity",),
        ),
    )


def _check(
    id_: str,
    title: str,
    probe: Callable[[Context], Awaitable[Outcome]],
    level: Level = Level.REQUIRED,
    *,
    roots: tuple[str, ...] = (),
    source: str = "page",
    why: str = "",
) -> Check[Context]:
    return Check(id_, title, level, probe, needs=("reach.instance",), roots=roots, source=source, why=why)


async def _refresh(context: Context) -> Outcome:
    bearer = context.session.bearer
    if not bearer.tokens.refresh_token:
        return unknown("token", "Nobody has signed in, so there is no refresh token.", fix=sign_in())
    try:
        await bearer.renew(bearer.tokens.access_token)
    except OAuthError as error:
        return _no_token(error)
    return met("A new access token was given.", Evidence("POST", TOKEN, 200, "grant_type=refresh_token"))


async def _token(context: Context) -> Outcome:
    bearer = context.session.bearer
    if not bearer.tokens.access_token and not bearer.tokens.refresh_token:
        return unknown("token", "Nobody has signed in, so there is no token.", fix=sign_in())
    try:
        reply = await context.me()
    except OAuthError as error:
        return _no_token(error)
    if reply.failure is None or reply.status in (400, 403, 404):
        return met("The instance accepts it.", reply.evidence("accepted"))
    if reply.status != 401:
        return unknown(
            reply.failure.cause, f"The answer does not tell: {reply.failure.words}.", reply.evidence()
        )
    if bearer.tokens.usable(time.time()) and bearer.tokens.refresh_token:
        # The token endpoint has just given it, so what refuses it stands behind authentication.
        return met(
            "The token endpoint has just given it.", Evidence("POST", TOKEN, 200, "given"), reply.evidence()
        )
    summary = "The instance refuses it, and there is no refresh token to replace it."
    return gap("token", summary, sign_in(), reply.evidence())


def _no_token(error: OAuthError) -> Outcome:
    """Tell a refusal by the authorization server from an answer that is none."""
    evidence = Evidence("POST", TOKEN, error.status, error.error or "no OAuth error code")
    if error.status is None:
        return unknown("edge", str(error), evidence)
    cause = "authentication" if error.error == "invalid_client" else "token"
    return gap(cause, error.what, sign_in(error.next_step), evidence)


async def refresh_token_dies(context: Context) -> datetime | None:
    """Return when the refresh token of the token's user dies (UTC); None where nobody can see it.

    The day stands in `oauth_credential` and never moves (source: Manage tokens). Raises `NotObserved` or
    `Unreachable`.
    """
    inspector, configuration = context.session.inspector, context.configuration
    if inspector is None or configuration is None:
        return None
    row, _ = await configuration.entity(context.profile.client_id)
    user = await context.user()
    if row is None or user is None:
        return None
    query = f"peer={encoded.sys_id(row['sys_id'])}^type=refresh_token^user={user[0]}^ORDERBYDESCexpires"
    reply = await table.read(inspector, "oauth_credential", query, fields=("expires",))
    text = str(reply.rows[0].get("expires", "")) if reply.rows else ""
    try:
        return datetime.strptime(text, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


async def _expiry(context: Context) -> Outcome:
    if context.configuration is None:
        return inspector_needed("the refresh token's day")
    try:
        dies = await refresh_token_dies(context)
    except NotObserved as error:
        return not_observed(error)
    if dies is None:
        return unknown("not_observable", "The refresh token's day cannot be read.")
    day, told = dies.date().isoformat(), context.profile.refresh_token_expiry
    if dies - await context.now() < WARNING:
        again = ("In TheLoops: Integrations > Edit > Re-generate Token.",)
        fix = Fix(Owner.ENGINEER, "Sign in again before that day.", again)
        summary = f"The refresh token of this user dies on {day}."
        return gap("token_expiry", summary, fix, grade=Grade.STATIC)
    note = f"; the profile says {told.isoformat()}" if told and told != dies.date() else ""
    return met(f"The refresh token of this user dies on {day}{note}.", grade=Grade.STATIC)


def sign_in(advice: str = "") -> Fix:
    """Return the fix of a connection without a living token; `advice` is what a refusal suggests first."""
    steps = ("Run snowkit login, sign in, press Allow.", "Run again.")
    return Fix(Owner.ENGINEER, advice or "Sign in as the integration user.", steps)
