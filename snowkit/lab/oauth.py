"""Where OAuth clients get tokens: /oauth_token.do and /oauth_revoke_token.do.

source: auth_model 4. By default nearly every refusal has the same words, and only the system log says why;
the switch `oauth_errors` gives the words of RFC 6749 instead, as newer instances are said to.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.lab import consent, properties
from snowkit.lab.pages import text
from snowkit.lab.session import SYSTEM
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

TOKEN = "/oauth_token.do"  # noqa: S105
REVOKE = "/oauth_revoke_token.do"
_FORM = "application/x-www-form-urlencoded"
# inbound_grant_type by the grant that it allows; `multiple` leaves it to oauth_entity_profile.
_INBOUND = {
    "authorization_code": ("authz_code", "authorization_code", ""),
    "refresh_token": ("authz_code", "authorization_code", "multiple", ""),
    "password": ("",),
    "client_credentials": ("client_credential", "client_credentials"),
}
Form = Mapping[str, str]


class Refusal(Exception):
    """Why no token is given: `error` is RFC 6749's code, `why` goes to the system log."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(why)
        self.error = error
        self.why = why


def routes(lab: Lab) -> list[BaseRoute]:
    """Return the routes of the OAuth endpoints."""
    endpoint = _TokenEndpoint(lab)

    async def token(request: Request) -> Response:
        form: dict[str, str] = {}
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        if is_form:
            fields = await request.form()
            form = _in_header(request) | {name: text(fields, name) for name in fields}
        return await run_in_threadpool(endpoint.answer, form, dict(request.query_params), is_form)

    async def revoke(request: Request) -> Response:
        form = await request.form()
        given = request.query_params.get("token") or text(form, "token")
        await run_in_threadpool(lab.tokens.expire, given)
        return Response(status_code=200)

    return [
        *consent.routes(lab),
        Route(TOKEN, token, methods=["POST"]),
        Route(REVOKE, revoke, methods=["GET", "POST"]),
    ]


def _in_header(request: Request) -> dict[str, str]:
    """Return the client's id and secret from a Basic header, where clients put them that follow RFC 6749, 2.3.1.

    pysnow and PySNC send them there and nowhere else, so an instance takes them.
    """
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return {}
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}


class _TokenEndpoint:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._grants: dict[str, Callable[[Row, Form], tuple[str, bool]]] = {
            "authorization_code": self._code,
            "refresh_token": self._refresh,
            "password": self._password,
            "client_credentials": self._application,
        }

    def answer(self, form: Form, in_url: Form, is_form: bool) -> Response:
        try:
            if not is_form:
                raise Refusal("invalid_request", "the request is not a form")
            if in_url and properties.on(
                self._lab.store, "glide.oauth.allow.parameters.in.post.body.only", default=True
            ):
                raise Refusal("invalid_request", "parameters in the URL")
            return self._given({**in_url, **form})
        except Refusal as refusal:
            return self._refused(refusal)

    def _given(self, form: Form) -> Response:
        entity = self._client(form)
        grant = form.get("grant_type", "")
        if grant not in self._grants or not self._allows(entity, grant):
            raise Refusal("unsupported_grant_type", f"grant type {grant}")
        user_id, refreshable = self._grants[grant](entity, form)
        if self._lab.people.usable(user_id) is None:
            raise Refusal("invalid_grant", "the user is not active")
        access = self._lab.tokens.current(entity, user_id, "access_token")
        body = {
            "access_token": access["token"],
            "scope": " ".join(self._lab.tokens.scopes(entity)) or "useraccount",
            "token_type": "Bearer",
            "expires_in": self._lab.tokens.remaining(access),
        }
        if refreshable:
            body["refresh_token"] = self._lab.tokens.current(entity, user_id, "refresh_token")["token"]
        return JSONResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    def _client(self, form: Form) -> Row:
        entity = self._lab.tokens.entity(form.get("client_id", ""))
        if entity is None:
            raise Refusal("invalid_client", "client_id")
        secret, given = entity["client_secret"], form.get("client_secret", "")
        may_lack = entity["public_client"] == "true" or (
            entity["use_pkce"] == "true" and form.get("grant_type") == "authorization_code"
        )
        if not given and may_lack:
            return entity
        if not secret or not hmac.compare_digest(secret.encode(), given.encode()):
            raise Refusal("invalid_client", "client_secret")
        return entity

    def _allows(self, entity: Row, grant: str) -> bool:
        inbound = entity["inbound_grant_type"]
        if inbound == "multiple" and grant != "refresh_token":
            query = f"oauth_entity={entity['sys_id']}^grant_type={grant}"
            return self._lab.store.count("oauth_entity_profile", query) > 0
        return inbound in _INBOUND[grant]

    def _code(self, entity: Row, form: Form) -> tuple[str, bool]:
        code = self._lab.tokens.redeem(form.get("code", ""))
        if code is None or code.entity != entity["sys_id"]:
            raise Refusal("invalid_grant", "invalid_grant: the code is not valid")
        if form.get("redirect_uri", "") != code.redirect_uri:
            raise Refusal("invalid_grant", "invalid_grant: another redirect_uri than the code's")
        if code.challenge and not code.proves(form.get("code_verifier", "")):
            raise Refusal("invalid_grant", "invalid_grant: code_verifier")
        if not code.challenge and not form.get("client_secret"):
            raise Refusal("invalid_client", "client_secret")
        return code.user_id, True

    def _refresh(self, entity: Row, form: Form) -> tuple[str, bool]:
        row = self._lab.tokens.find(form.get("refresh_token", ""), "refresh_token")
        if row is None or row["peer"] != entity["sys_id"] or self._lab.tokens.remaining(row) <= 0:
            raise Refusal("invalid_grant", "invalid_token: The provided OAuth token is not valid")
        return row["user"], True

    def _password(self, entity: Row, form: Form) -> tuple[str, bool]:
        if properties.on(self._lab.store, "glide.oauth.inbound.ropc.grant_type.disabled"):
            raise Refusal("unsupported_grant_type", "the password grant is disabled")
        user = self._lab.people.check(form.get("username", ""), form.get("password", ""))
        if user is None:
            raise Refusal("invalid_grant", "access_denied: user name or password")
        return user["sys_id"], True

    def _application(self, entity: Row, form: Form) -> tuple[str, bool]:
        if not entity["user"]:
            raise Refusal("invalid_grant", "the entity has no OAuth application user")
        return entity["user"], False

    def _refused(self, refusal: Refusal) -> Response:
        entry = {
            "level": "2",
            "source": "com.glide.ui.ServletErrorListener",
            "message": f"Exception on token flow - {refusal.why}",
        }
        self._lab.records.insert("syslog", entry, SYSTEM, workflow=False)
        if self._lab.switches.current.oauth_errors == "server_error":
            return JSONResponse({"error_description": "access_denied", "error": "server_error"}, 401)
        if refusal.error == "invalid_client":
            described = {"error_description": "Invalid client_id or client_secret."}
            return JSONResponse({"error": "invalid_client"} | described, 401)
        if refusal.error == "invalid_grant":
            described = {"error_description": f"access_denied: {refusal.why}"}
            return JSONResponse({"error": "invalid_grant"} | described, 401)
        return JSONResponse({"error": refusal.error}, 400)
