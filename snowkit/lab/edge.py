"""What stands before an instance: its load balancer, the page of an instance that sleeps, and the Date header.

source: rest_behaviour 1.7: a hibernating instance answers 200 and HTML on every path; an edge answers 502.
"""

from __future__ import annotations

import asyncio
import threading
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowkit.lab.control import PREFIX

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

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._lab.now(), usegmt=True).encode()
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            await send(message)

        answer = self._instead(switches.away, switches.bad_gateway_percent)
        await (answer or self._app)(scope, receive, dated)

    def _instead(self, away: str, bad_gateway_percent: int) -> Response | None:
        if away in _AWAY:
            status, title, attributes, body = _AWAY[away]
            return HTMLResponse(_HTML.format(title=title, attributes=attributes, body=body), status)
        with self._lock:
            # Evenly spread and not by chance, so that a test can count on it.
            self._failing += bad_gateway_percent
            fails, self._failing = divmod(self._failing, 100)
        body = _HTML.format(title="502 Bad Gateway", attributes="", body="<h1>502 Bad Gateway</h1>")
        return HTMLResponse(body, 502) if fails else None
