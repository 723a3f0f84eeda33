"""/oauth_auth.do: asks the person who is signed in whether a client may act for him.

source: auth_model 4. Words of pages that no source names are the lab's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.lab import properties
from snowkit.lab.cookies import belongs
from snowkit.lab.pages import page, text, to_login
from snowkit.lab.session import Session
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

AUTHORIZE = "/oauth_auth.do"
_KEPT = (
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "code_challenge",
    "code_challenge_method",
)
_FORM = """<h1>{client} wants access to your account</h1>
<p>You are signed in as <b>{user}</b>. <a href="/logout.do">Not You?</a></p>
<form action="/oauth_auth.do" method="post">
<input type="hidden" name="sysparm_ck" value="{ck}">
{fields}
<button type="submit" name="oauth_auth_check_action" value="deny">Deny</button>
<button type="submit" name="oauth_auth_check_action" value="authorize">Allow</button>
</form>"""


def routes(lab: Lab) -> list[BaseRoute]:
    """Return the routes of the consent page."""

    def ask(request: Request) -> Response:
        return _ask(lab, request)

    async def decide(request: Request) -> Response:
        form = await request.form()
        given = {name: text(form, name) for name in form}
        return await run_in_threadpool(_decide, lab, request, given)

    return [Route(AUTHORIZE, ask, methods=["GET"]), Route(AUTHORIZE, decide, methods=["POST"])]


def _ask(lab: Lab, request: Request) -> Response:
    given = dict(request.query_params)
    session = lab.cookies.session(request)
    if session is None:
        return to_login(request)
    visit = lab.cookies.visit(request)
    checked = _checked(lab, given)
    if isinstance(checked, str):
        return page("OAuth", f"<p>{escape(checked)}</p>", 400)
    fields = "\n".join(
        f'<input type="hidden" name="{name}" value="{escape(given[name])}">'
        for name in _KEPT
        if name in given
    )
    body = _FORM.format(
        client=escape(checked["name"]),
        user=escape(session.user_name),
        ck=escape(visit.ck if visit else ""),
        fields=fields,
    )
    return page("OAuth", body)


def _decide(lab: Lab, request: Request, given: Mapping[str, str]) -> Response:
    session = lab.cookies.session(request)
    visit = lab.cookies.visit(request)
    if session is None or visit is None:
        return to_login(request)
    if not belongs(visit, given.get("sysparm_ck", "")):
        return page("OAuth", "<p>The form is no longer valid. Open the link again.</p>", 403)
    checked = _checked(lab, given)
    if isinstance(checked, str):
        return page("OAuth", f"<p>{escape(checked)}</p>", 400)
    if given.get("oauth_auth_check_action") == "authorize":
        return _allowed(lab, checked, session, given)
    if lab.switches.current.denied_consent == "nothing":
        return page("OAuth", "<p>Access was denied.</p>")
    return _back(checked, given, {"error": "access_denied"})


def _checked(lab: Lab, given: Mapping[str, str]) -> Row | str:
    """Return the client's entity, or what is wrong with the request."""
    entity = lab.tokens.entity(given.get("client_id", ""))
    if entity is None:
        return "Invalid client_id."
    if given.get("response_type") != "code":
        return "Unsupported response_type."
    if not given.get("state") and properties.on(lab.store, "glide.oauth.state.parameter.required"):
        return "Missing State parameter in request."
    challenge, method = given.get("code_challenge", ""), given.get("code_challenge_method", "")
    if challenge and method != "S256":
        return "Unsupported code_challenge_method."
    if entity["public_client"] == "true" and not challenge:
        return "Missing code_challenge parameter in request."
    return entity


def _allowed(lab: Lab, entity: Row, session: Session, given: Mapping[str, str]) -> Response:
    redirect_uri = given.get("redirect_uri", "")
    code = lab.tokens.authorize(entity, session.user_id, redirect_uri, given.get("code_challenge", ""))
    return _back(entity, given, {"code": code.text})


def _back(entity: Row, given: Mapping[str, str], said: Mapping[str, str]) -> Response:
    urls = [url.strip() for url in entity["redirect_url"].replace("\n", ",").split(",") if url.strip()]
    if not urls:
        return page("OAuth", "<p>The client has no redirect URL.</p>", 400)
    wanted = given.get("redirect_uri", "")
    # source: auth_model 1.1: "If no match is made, the instance uses the first redirect URL".
    url = wanted if wanted in urls else urls[0]
    state = {"state": given["state"]} if given.get("state") else {}
    return RedirectResponse(f"{url}{'&' if '?' in url else '?'}{urlencode({**said, **state})}", 302)
