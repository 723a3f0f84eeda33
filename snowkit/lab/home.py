"""The lab's own page at /: what this instance is, who may sign in, how it behaves, and what is happening in it.

It is shown to this machine only, since it holds passwords; anybody else gets the instance's home. Its form is the
page's own: another site can neither read its token nor reach it under a name that was pointed here.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.errors import LabError
from snowkit.lab import properties
from snowkit.lab.control import PREFIX, is_local
from snowkit.lab.pages import HOME, LOGIN, text
from snowkit.lab.switches import Switches

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

# Beside the control address, which answers whatever the switches make of the instance.
PAGE, ACTIVITY = f"{PREFIX}/page", f"{PREFIX}/page/activity"
_COUNTED = ("sn_customerservice_case", "customer_account", "customer_contact", "incident", "sys_attachment")
_SHOWN = 20
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; background: #f6f7f9; max-width: 64rem;
  margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
section { background: #fff; border: 1px solid #d9dee4; border-radius: 6px; padding: 1rem 1.25rem; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid #eceff2; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; color: #52606d; } code { font-size: .9em; } nav a { margin-right: 1.25rem; }
input { font: inherit; width: 100%; box-sizing: border-box; border: 1px solid #b8c1cc; border-radius: 4px;
  padding: .15rem .4rem; } button { font: inherit; padding: .35rem 1rem; margin-top: .75rem; }
[role=alert]:not(:empty) { background: #fdecea; border-radius: 4px; padding: .5rem .75rem; }
iframe { width: 100%; height: 26rem; border: 0; } body.activity { background: #fff; padding: 0; max-width: none; }
.note { color: #52606d; }"""
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">{head}
<style>{style}</style></head><body class="{kind}">{body}</body></html>
"""


def routes(lab: Lab) -> list[BaseRoute]:
    """Return the routes of the lab's own page."""
    home = _Home(lab)

    async def change(request: Request) -> Response:
        async with request.form() as form:
            given = {name: text(form, name) for name in form}
        return await run_in_threadpool(home.change, request, given)

    return [
        Route("/", home.show, methods=["GET"]),
        Route(PAGE, home.show, methods=["GET"]),
        Route(PAGE, change, methods=["POST"]),
        Route(ACTIVITY, home.activity, methods=["GET"]),
    ]


class _Home:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._token = secrets.token_hex(32)

    def show(self, request: Request) -> Response:
        """Show the page; somebody from elsewhere is sent to the instance's home."""
        return self._page() if is_local(request) else RedirectResponse(HOME, 302)

    def change(self, request: Request, given: Mapping[str, str]) -> Response:
        """Set the switches that the form changed; a wrong value changes none and is said."""
        sent = given.get("token", "").encode()
        if not is_local(request) or not hmac.compare_digest(sent, self._token.encode()):
            return HTMLResponse("The form is no longer valid. Open the page again.", 403)
        now = self._lab.switches.current.model_dump(mode="json")
        try:
            changes = {
                name: _read(name, now[name], given[name])
                for name in now
                if name in given and given[name] != _written(now[name])
            }
            self._lab.change_switches(changes)
        except LabError as error:
            return self._page(str(error), 400)
        return RedirectResponse(PAGE, 303)

    def activity(self, request: Request) -> Response:
        """Show the calls that the instance made and the webhooks that the platform took, renewing itself."""
        if not is_local(request):
            return RedirectResponse(HOME, 302)
        rows = self._lab.store.find("sys_outbound_http_log", "ORDERBYDESCsys_created_on", limit=_SHOWN)
        calls = [
            [row["sys_created_on"], row["method"], row["url"], row["response_status"] or row["error_message"]]
            for row in rows
        ]
        events = [
            [event["received_at"], event["body"][:300]]
            for event in reversed(self._lab.platform.events[-_SHOWN:])
        ]
        outbound = _table(
            ("When (UTC)", "Method", "Address", "Answer"), calls, "The instance has called nobody."
        )
        inbox = _table(("When (UTC)", "Body"), events, "The platform has received nothing.")
        body = f"<h2>Outbound log of the instance</h2>{outbound}<h2>Inbox of the platform</h2>{inbox}"
        return _html("Activity", body, head='<meta http-equiv="refresh" content="3">', kind="activity")

    def _page(self, notice: str = "", status: int = 200) -> Response:
        lab, said = self._lab, self._lab.description()
        links = (
            (LOGIN, "Sign in"),
            ("/sys_remote_update_set_list.do", "Retrieved update sets"),
            (said["platform_url"], "The platform"),
            (f"{PREFIX}/switches", "Control address"),
        )
        counts = ", ".join(
            f"{lab.store.count(name)} {table.label.lower()}{'' if lab.store.count(name) == 1 else 's'}"
            for name in _COUNTED
            if (table := lab.schema.get(name))
        )
        release = properties.text(lab.store, "glide.buildname") or lab.switches.current.release
        about = [
            ["Name", lab.instance_name],
            ["Address", said["url"]],
            ["Release", release],
            ["Scenario", lab.scenario],
            ["Records", counts],
            ["Webhooks go to", said["webhook_url"]],
            ["The platform's account", " / ".join(said["platform_admin"].values())],
        ]
        people = [[row["user_name"], row["name"], row["user_password"]] for row in self._people()]
        client = [
            ["Client id", said["client_id"]],
            ["Client secret", said["client_secret"]],
            ["Redirect URLs", "\n".join(said["redirect_urls"])],
            ["Refresh token", said["refresh_token"] or "none yet"],
        ]
        body = (
            f"<h1>The lab instance {escape(lab.instance_name)}</h1>"
            '<p class="note">An emulated ServiceNow for practice and tests. Only this machine sees this page.</p>'
            f"<nav>{''.join(_link(*link) for link in links)}</nav>"
            f'<p role="alert">{escape(notice)}</p>'
            f"<section><h2>This instance</h2>{_table((), about)}</section>"
            f"<section><h2>People</h2>{_table(('User', 'Name', 'Password'), people)}</section>"
            f"<section><h2>OAuth client</h2>{_table((), client)}</section>"
            f'<section><h2>Now</h2><iframe title="Activity" src="{ACTIVITY}"></iframe></section>'
            f"<section><h2>Switches</h2>{self._form()}</section>"
        )
        return _html(f"Lab instance {lab.instance_name}", body, status)

    def _people(self) -> list[dict[str, str]]:
        return self._lab.store.find("sys_user", "user_passwordISNOTEMPTY^ORDERBYuser_name", limit=50)

    def _form(self) -> str:
        defaults = Switches().model_dump(mode="json")
        rows = "".join(
            f'<tr><th><label for="{name}">{name}</label></th><td><input id="{name}" name="{name}" '
            f'value="{escape(_written(value))}"></td><td class="note">{escape(_written(defaults[name]))}</td></tr>'
            for name, value in self._lab.switches.current.model_dump(mode="json").items()
        )
        return (
            f'<p class="note">This form always answers at <code>{PAGE}</code>, whatever the switches do.</p>'
            f'<form action="{PAGE}" method="post"><input type="hidden" name="token" value="{self._token}">'
            f"<table><tr><th>Switch</th><th>Value</th><th>Default</th></tr>{rows}</table>"
            '<button type="submit" name="set" value="set">Set the switches</button></form>'
        )


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read(name: str, now: Any, typed: str) -> Any:
    if isinstance(now, str):
        return typed
    try:
        return json.loads(typed)
    except (ValueError, RecursionError):
        raise LabError(
            f"The lab's switch {name} cannot be set: it takes JSON such as {_written(now)}."
        ) from None


def _table(head: tuple[str, ...], rows: list[list[str]], nothing: str = "") -> str:
    if not rows:
        return f'<p class="note">{escape(nothing)}</p>'
    first = f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>" if head else ""
    cells = "".join(
        "<tr>" + "".join(f"<td>{escape(cell).replace(chr(10), '<br>')}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table>{first}{cells}</table>"


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def _html(title: str, body: str, status: int = 200, *, head: str = "", kind: str = "") -> Response:
    page = _PAGE.format(title=escape(title), head=head, style=_STYLE, kind=kind, body=body)
    return HTMLResponse(page, status, headers={"X-Frame-Options": "SAMEORIGIN", "Cache-Control": "no-store"})
