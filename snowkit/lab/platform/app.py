"""The emulated platform as one ASGI app: signing in, its settings, what it pulled, and where webhooks reach it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from snowkit.lab.platform import html
from snowkit.lab.platform.authorization import LIST, Authorization
from snowkit.lab.platform.copies import Copies
from snowkit.lab.platform.guard import LOGIN, Doorkeeper, Form, Guard, Session, may_enter
from snowkit.lab.platform.inbox import EVERYONE, SLOW_SECONDS, Inbox
from snowkit.lab.platform.puller import Puller
from snowkit.lab.platform.settings import Settings
from snowkit.lab.platform.shelf import Shelf


class Platform:
    """What a vendor's engineer sees: integrations that he adds, and webhooks that arrive.

    `mode` says how webhooks are answered: `ok`, `down`, `error` or `slow`, which takes `slow_seconds`. `database` is
    a file that outlives the platform; `address` gives the platform's own base URL, `resolve` the base URL of a
    ServiceNow domain, or None for one that it cannot reach; `ca_file` is an authority that it trusts.
    """

    def __init__(
        self,
        mode: Callable[[], str] = lambda: "ok",
        slow_seconds: float = SLOW_SECONDS,
        *,
        database: str | Path | None = None,
        address: Callable[[], str] = lambda: "http://127.0.0.1",
        resolve: Callable[[str], str | None] = lambda _domain: None,
        ca_file: str | None = None,
    ) -> None:
        self._address = address
        self._guard = Guard()
        self.shelf = Shelf(database)
        self.puller = Puller(self.shelf, resolve, ca_file)
        self._inbox = Inbox(mode, slow_seconds, self._known, self._arrived)
        authorization = Authorization(self.shelf, self.puller, resolve, address)
        settings = Settings(self._guard, self.shelf, self.puller, authorization, address)
        self.app: ASGIApp = Doorkeeper(
            Starlette(
                routes=[
                    *self._inbox.routes(),
                    *html.routes(),
                    Route("/", self._home, methods=["GET"]),
                    Route("/settings", self._home, methods=["GET"]),
                    Route(LOGIN, self._ask, methods=["GET"]),
                    Route(LOGIN, self._guard.form(self._enter, anybody=True), methods=["POST"]),
                    Route("/logout", self._guard.form(self._leave), methods=["POST"]),
                    *settings.routes(),
                    *Copies(self._guard, self.shelf).routes(),
                ]
            )
        )

    @property
    def events(self) -> list[dict[str, Any]]:
        """The webhooks that were received, oldest first: {"id", "received_at", "headers", "body"}."""
        return self._inbox.events

    def start(self) -> None:
        """Go on pulling for the integrations that an earlier run left."""
        self.puller.begin()

    def close(self) -> None:
        """Stop pulling and close the database."""
        self.puller.close()
        self.shelf.close()

    def clear(self) -> None:
        """Forget everything: webhooks, integrations, copies, who is signed in."""
        self.puller.forget()
        self._inbox.clear()
        self._guard.clear()
        self.shelf.clear()

    def _known(self, id_: str) -> bool:
        return self.shelf.integration(id_) is not None

    def _arrived(self, id_: str, body: str) -> None:
        for integration in self.shelf.integrations():
            if id_ in (EVERYONE, integration.id):
                self.puller.wake(integration.id, body)

    def _home(self, request: Request) -> Response:
        return RedirectResponse(LIST, 303)

    def _ask(self, request: Request) -> Response:
        # A cookie belongs to one name of this machine, and the callback comes to the platform's own.
        here = f"{request.url.scheme}://{request.headers.get('host', '')}"
        if here != self._address():
            return RedirectResponse(self._address() + LOGIN, 303)
        return self._login_page(request, "")

    def _login_page(self, request: Request, wrong: str) -> Response:
        session = Session()
        if wrong:
            session.say(wrong, failed=True)
        response = html.drawn("login", session, 401 if wrong else 200)
        self._guard.open(response, session, secure=request.url.scheme == "https")
        return response

    def _enter(self, request: Request, session: Session, given: Form) -> Response:
        self._guard.close(session)
        if not may_enter(given.get("user", ""), given.get("password", "")):
            return self._login_page(request, "The email or the password is wrong.")
        response = RedirectResponse(LIST, 303)
        # A new session for each login, so that nobody can plant a cookie beforehand.
        entered = Session(user=given["user"].strip().lower())
        self._guard.open(response, entered, secure=request.url.scheme == "https")
        return response

    def _leave(self, request: Request, session: Session, given: Form) -> Response:
        self._guard.close(session)
        return RedirectResponse(LOGIN, 303)
