"""Who may use the platform's pages: an administrator who signed in, from this machine, by the page's own forms.

Another site can neither read a page, under a name of its own that leads to this machine, nor send a form here: Host
and Origin of a request must be this platform's, and a form carries the token of the session that it was shown to.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowkit.lab.platform.inbox import WEBHOOKS, body_of

ADMIN = {"user": "admin@platform.example", "password": "platform-admin-of-the-lab"}
"""The platform's one account, which the lab names wherever it names its people."""
COOKIE = "platform_session"
FORM_LIMIT = 32 * 1024
LOGIN = "/login"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MOST = 200
_SHIELD = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
Form = Mapping[str, str]


@dataclass(slots=True)
class Session:
    """One browser: the token of its forms, who signed in, what its next page says, and what it is connecting."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    user: str = ""
    notice: str = ""
    failed: bool = False
    attempts: dict[str, object] = field(default_factory=dict, repr=False)

    def say(self, notice: str, *, failed: bool = False) -> None:
        """Let the next page show a message."""
        self.notice, self.failed = notice, failed


Answer = Callable[[Request, Session], Response]
Act = Callable[[Request, Session, Form], Response]


class Guard:
    """The open sessions, in memory, and the two kinds of endpoint that ask for one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def session(self, request: Request) -> Session | None:
        """Return the session whose cookie a request carries."""
        with self._lock:
            return self._sessions.get(request.cookies.get(COOKIE, ""))

    def open(self, response: Response, session: Session, *, secure: bool) -> None:
        """Give a browser a session."""
        with self._lock:
            self._sessions[session.id] = session
            while len(self._sessions) > _MOST:
                self._sessions.popitem(last=False)
        response.set_cookie(COOKIE, session.id, path="/", httponly=True, secure=secure, samesite="lax")

    def close(self, session: Session) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(session.id, None)

    def clear(self) -> None:
        """End all sessions."""
        with self._lock:
            self._sessions.clear()

    def page(self, answer: Answer) -> Callable[[Request], Response]:
        """Return an endpoint that shows a page to somebody who signed in, and the login page to others."""

        def endpoint(request: Request) -> Response:
            session = self.session(request)
            if session is None or not session.user:
                return RedirectResponse(LOGIN, 303)
            return answer(request, session)

        return endpoint

    def form(self, act: Act, *, anybody: bool = False) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that takes a form of this session's own, signed in or, with `anybody`, not yet."""

        async def endpoint(request: Request) -> Response:
            body = await body_of(request, FORM_LIMIT)
            if body is None:
                return refusal("The form is too large.", 413)
            session = self.session(request)
            if session is None or not (session.user or anybody):
                return RedirectResponse(LOGIN, 303)
            given = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            if not hmac.compare_digest(given.get("token", "").encode(), session.token.encode()):
                return refusal("The form is no longer valid. Open the page again.", 403)
            return await run_in_threadpool(act, request, session, given)

        return endpoint


class Doorkeeper:
    """An ASGI app around another: lets in what is meant for this platform; webhooks come as they come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        if scope["type"] != "http" or scope["path"].startswith(WEBHOOKS):
            await self._app(scope, receive, send)
            return
        if not _is_ours(Request(scope)):
            await refusal("This platform answers this machine only, and its own pages.", 403)(
                scope, receive, send
            )
            return

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in _SHIELD.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, shielded)


def refusal(words: str, status: int) -> Response:
    """Return a sentence that says why something is not done."""
    return PlainTextResponse(words, status)


def may_enter(user: str, password: str) -> bool:
    """Say whether these are the administrator's."""
    given = hmac.compare_digest(user.strip().lower().encode(), ADMIN["user"].encode())
    return hmac.compare_digest(password.encode(), ADMIN["password"].encode()) and given


def _is_ours(request: Request) -> bool:
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    return _named(host) in _LOOPBACK and (origin is None or origin == f"{request.url.scheme}://{host}")


def _named(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
