"""OAuth against an instance: authorization code with PKCE and state, refresh, revoke (RFC 6749, 7636).

To the token endpoint parameters travel in the body only, since newer instances refuse them in the URL
(source: glide.oauth.allow.parameters.in.post.body.only).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from snowkit.errors import OAuthError
from snowkit.instance.client import Client, Reply
from snowkit.instance.evidence import clean
from snowkit.instance.identity import Tokens

AUTHORIZE = "/oauth_auth.do"
TOKEN = "/oauth_token.do"  # noqa: S105
REVOKE = "/oauth_revoke_token.do"


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The OAuth entity as a client knows it."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = "http://127.0.0.1:8765/callback"


@dataclass(frozen=True, slots=True)
class Authorization:
    """One authorization request: open `url` in a browser, then compare `state` and send `verifier`."""

    url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(base_url: str, client: OAuthClient) -> Authorization:
    """Return a new authorization request with a fresh state and code verifier."""
    # ServiceNow asks for a state without special characters (source: OAuth state parameter).
    state = secrets.token_hex(16)
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    parameters = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Authorization(f"{base_url.rstrip('/')}{AUTHORIZE}?{urlencode(parameters)}", state, verifier)


def code_of(redirected: str, authorization: Authorization) -> str:
    """Return the code in the URL to which the browser was redirected.

    Raises `OAuthError` when the state is not ours, when the person denied, or when there is no code.
    """
    query = parse_qs(urlsplit(redirected.strip()).query)
    states = query.get("state", [])
    if len(states) != 1 or not hmac.compare_digest(states[0].encode(), authorization.state.encode()):
        raise OAuthError(
            "The redirect carries another state than the request, so it does not answer it.",
            "Start again with snowkit login, and use the newest link only.",
            error="state",
        )
    if "error" in query:
        error = clean(query["error"][0], 60)
        raise OAuthError(
            f"The instance did not give access: {error}.",
            "Sign in as the integration user and press Allow.",
            error=error,
        )
    codes = query.get("code", [])
    if len(codes) != 1 or not codes[0]:
        raise OAuthError("The redirect carries no code.", "Copy the whole address, from http to its end.")
    return codes[0]


async def exchange(http: Client, client: OAuthClient, code: str, verifier: str) -> Tokens:
    """Turn a code into tokens; raises `OAuthError` or `Unreachable`."""
    return await _ask(
        http,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "code_verifier": verifier,
        },
    )


async def refresh(http: Client, client: OAuthClient, refresh_token: str) -> Tokens:
    """Return new tokens; raises `OAuthError` when the refresh token is dead, `Unreachable` without an answer.

    ServiceNow gives the same refresh token again, and its expiry does not move
    (source: OAuth API request parameters).
    """
    tokens = await _ask(
        http,
        {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": client.client_id,
            "client_secret": client.client_secret,
        },
    )
    if tokens.refresh_token:
        return tokens
    return Tokens(tokens.access_token, refresh_token, tokens.expires_at, tokens.scope)


async def revoke(http: Client, token: str) -> None:
    """Mark an access or refresh token as expired; raises `OAuthError` or `Unreachable`.

    The token stands in the URL and no authentication is sent: the documentation knows no other way, and does
    not say what a successful answer looks like (source: Revoke an OAuth token).
    """
    reply = await http.send("GET", REVOKE, params={"token": token})
    if reply.failure is not None:
        words = reply.failure.words.replace(token, "…")
        raise OAuthError(
            f"The instance does not say that the token is revoked: {clean(words)}.",
            "Revoke it in System OAuth > Manage Tokens.",
            status=reply.status,
        )


async def _ask(http: Client, form: dict[str, str]) -> Tokens:
    reply = await http.send("POST", TOKEN, form={key: value for key, value in form.items() if value})
    body = reply.body
    if reply.failure is not None or not isinstance(body, dict):
        raise _refused(reply)
    access = body.get("access_token")
    if not isinstance(access, str) or not access:
        raise OAuthError(
            "The token endpoint answered without an access token.", "Is the address an instance's?"
        )
    try:
        lifetime = max(float(body.get("expires_in", 0)), 0.0)
    except (TypeError, ValueError):
        lifetime = 0.0
    again = body.get("refresh_token")
    return Tokens(
        access_token=access,
        refresh_token=again if isinstance(again, str) else "",
        expires_at=time.time() + lifetime,
        scope=str(body.get("scope") or ""),
    )


def _refused(reply: Reply) -> OAuthError:
    failure = reply.failure
    if failure is None or failure.cause in ("edge", "rate_limit"):
        words = failure.words if failure else "no JSON object"
        return OAuthError(
            f"The token endpoint gave no tokens: {clean(words)}.", "Wake the instance, then try again."
        )
    error = failure.message
    advice = {
        "invalid_client": "Check the client id and the client secret against the Application Registry.",
        "invalid_grant": "Sign in again with snowkit login: the code or refresh token is dead.",
        "unsupported_grant_type": "Let the OAuth entity allow the authorization code grant.",
    }.get(
        error,
        "Check the client secret, that the OAuth entity is active, and sign in again with snowkit login; "
        "the true cause stands in the instance's system log.",
    )
    return OAuthError(
        f"The token endpoint refused: HTTP {reply.status} {clean(failure.words)}.",
        advice,
        error=error,
        status=reply.status,
    )
