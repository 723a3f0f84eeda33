"""What stands before an instance: its load balancer, the page of an instance that sleeps, and the Date header.

source: rest_behaviour 1.2, 1.5 and 1.7: a hibernating instance answers 200 and HTML on every path; an edge answers
502, and 414 to an address that is too long; what comes through it has the headers and the cookie of the edge.
"""

from __future__ import annotations

import asyncio
import threading
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowkit.lab.control import PREFIX
from snowkit.lab.cookies import balanced
from snowkit.lab.rest.call import CANCELLED
from snowkit.lab.switches import Switches

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_HTML = '<!DOCTYPE html>\n<html lang="en"><head><title>{title}</title></head><body{attributes}>{body}</body></html>\n'
_AWAY = {
    "hibernating": (
        200,
        "Instance Hibernating page",
        ' class="instance-hibernating-page"',
        "<h1>Your instance is hibernating</h1>",
    ),
    "offline": (503, "Instance Offline page", "", "<h1>Your instance is currently offline</h1>"),
    "login": (
        200,
        "Sign In | ServiceNow",
        "",
        '<form action="/login.do" method="post"><input id="user_name" name="user_name"></form>',
    ),
}
_SHAPES: dict[str, object] = {
    "list": [],
    "empty": {},
    "null": {"result": None},
    "text": {"result": "text"},
    "error": {"result": [], "error": {"message": CANCELLED, "detail": None}, "status": "failure"},
}


class Edge:
    """An ASGI app around another: lets requests through as the switches say, the control address always."""

    def __init__(self, app: ASGIApp, lab: Lab) -> None:
        self._app = app
        self._lab = lab
        self._lock = threading.Lock()
        self._failing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        switches = self._lab.switches.current
        if switches.answer_delay:
            await asyncio.sleep(switches.answer_delay)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(MutableHeaders(raw=message.setdefault("headers", [])), Request(scope))
            if message["type"] == "http.response.body" and switches.byte_delay:
                await _dripped(message, send, switches.byte_delay)
            else:
                await send(message)

        length = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
        answer = _too_long() if length > switches.longest_url else None
        answer = answer or self._instead(switches.away, switches.bad_gateway_percent)
        if answer is None and scope["path"].startswith("/api/"):
            answer = _misled(Request(scope), switches)
        await (answer or self._app)(scope, receive, marked)

    def _mark(self, headers: MutableHeaders, request: Request) -> None:
        headers["Date"] = format_datetime(self._lab.now(), usegmt=True)
        headers["Server"] = "ServiceNow"
        secure = request.url.scheme == "https"
        if secure:
            headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        if cookie := balanced(request, secure=secure):
            headers.append("Set-Cookie", cookie)

    def _instead(self, away: str, bad_gateway_percent: int) -> Response | None:
        if away == "login_redirect":
            return RedirectResponse("/login.do", 302)
        if away in _AWAY:
            status, title, attributes, body = _AWAY[away]
            return HTMLResponse(_HTML.format(title=title, attributes=attributes, body=body), status)
        with self._lock:
            # Evenly spread and not by chance, so that a test can count on it.
            self._failing += bad_gateway_percent
            fails, self._failing = divmod(self._failing, 100)
        return _said(502, "502 Bad Gateway") if fails else None


def _misled(request: Request, switches: Switches) -> Response | None:
    """Return what a REST path answers where it is redirected, or its answers have another shape; None otherwise."""
    if switches.redirect_to:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(switches.redirect_to.rstrip("/") + request.url.path + query, 302)
    if switches.wrong_shape in _SHAPES:
        return JSONResponse(_SHAPES[switches.wrong_shape])
    return None


async def _dripped(message: Message, send: Send, delay: float) -> None:
    """Send a body byte by byte."""
    content = message.get("body", b"")
    for place in range(len(content)):
        await asyncio.sleep(delay)
        await send({"type": message["type"], "body": content[place : place + 1], "more_body": True})
    await send({**message, "body": b""})


def _too_long() -> Response:
    return _said(414, "414 Request-URI Too Large")


def _said(status: int, text: str) -> Response:
    return HTMLResponse(_HTML.format(title=text, attributes="", body=f"<h1>{text}</h1>"), status)
