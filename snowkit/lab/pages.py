"""The instance's pages for people: signing in and out, and what every page looks like."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.lab import navigator
from snowkit.lab.cookies import hand_over
from snowkit.lab.people import interactive

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

LOGIN = "/login.do"
HOME = "/navpage.do"
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | ServiceNow</title>
<style>{style}</style></head>
<body>{body}</body></html>
"""
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 64rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #dde2e8;
  overflow-wrap: anywhere; }
.field { display: grid; grid-template-columns: 15rem 1fr; gap: .75rem; margin: .35rem 0; align-items: start; }
input, select, textarea, button { font: inherit; } .field textarea { font-family: ui-monospace, monospace; }
.field input[type=checkbox] { justify-self: start; } pre { white-space: pre-wrap; }"""
_LOGIN_FORM = """<h1>Sign in</h1><p role="alert">{notice}</p>
<form action="/login.do" method="post" autocomplete="off">
<input type="hidden" name="sysparm_goto_url" value="{goto}">
<label>User name <input id="user_name" name="user_name" type="text"></label>
<label>Password <input id="user_password" name="user_password" type="password"></label>
<button id="sysverb_login" name="sys_action" value="sysverb_login" type="submit">Log in</button>
</form>"""


def routes(lab: Lab) -> list[BaseRoute]:
    """Return the routes of the pages where people sign in and out."""

    def ask(request: Request) -> Response:
        return login_page(request.query_params.get("sysparm_goto_url", ""))

    async def enter(request: Request) -> Response:
        return await run_in_threadpool(_enter, lab, request, await request.form())

    def leave(request: Request) -> Response:
        lab.cookies.close(request)
        return RedirectResponse(LOGIN, 302)

    def home(request: Request) -> Response:
        session = lab.cookies.session(request)
        if session is None:
            return to_login(request)
        found = navigator.menu(lab.schema, request.query_params.get("sysparm_filter", ""))
        return page("Home", f"<p>Signed in as {escape(session.user_name)}.</p>{found}")

    return [
        Route(LOGIN, ask, methods=["GET"]),
        Route(LOGIN, enter, methods=["POST"]),
        Route("/logout.do", leave, methods=["GET"]),
        Route(HOME, home, methods=["GET"]),
    ]


def page(title: str, body: str, status: int = 200) -> Response:
    """Return a page; `body` is HTML, `title` text."""
    return HTMLResponse(_PAGE.format(title=escape(title), style=_STYLE, body=body), status)


def login_page(goto: str = "", notice: str = "") -> Response:
    """Return the login form, which leads to `goto`, a path of the instance, once somebody has signed in."""
    return page("Sign In", _LOGIN_FORM.format(goto=escape(goto), notice=escape(notice)))


def to_login(request: Request) -> Response:
    """Send a browser that nobody is signed in with to the login page, and back here afterwards."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{LOGIN}?sysparm_goto_url={quote(here, safe='')}", 302)


def text(form: FormData, name: str) -> str:
    """Return a form's field as text; empty where it is missing or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _enter(lab: Lab, request: Request, form: FormData) -> Response:
    goto = text(form, "sysparm_goto_url")
    user = lab.people.check(text(form, "user_name"), text(form, "user_password"))
    if text(form, "sys_action") != "sysverb_login" or user is None:
        return login_page(goto, "User name or password invalid")
    if not interactive(user):
        return login_page(goto, "This user may use web services only")
    response = RedirectResponse(goto if _is_here(goto) else HOME, 302)
    # A new session for each login, so that nobody can plant a cookie beforehand.
    hand_over(response, lab.cookies.open(user["sys_id"]), secure=request.url.scheme == "https")
    return response


def _is_here(goto: str) -> bool:
    parts = urlsplit(goto)
    return (
        goto.startswith("/") and not goto.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
