"""Settings, Integrations: the list, adding one in two tabs, and editing, testing, renewing and deleting it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.lab.platform.authorization import CALLBACK_PATH, LIST, Authorization
from snowkit.lab.platform.guard import Form, Guard, Session, refusal
from snowkit.lab.platform.html import drawn
from snowkit.lab.platform.inbox import WEBHOOKS
from snowkit.lab.platform.integration import (
    CAPABILITIES,
    ENVIRONMENTS,
    PULLS,
    Integration,
    Mistyped,
    authenticated,
    configured,
)
from snowkit.lab.platform.puller import Puller
from snowkit.lab.platform.shelf import Shelf

_CATALOGUE = ("ServiceNow",)
_ONE = LIST + "/{id}"
Change = Callable[[Session, Integration, Form], Response]


def _today() -> date:
    return datetime.now(UTC).date()


class Settings:
    """The pages of the integrations; `address` is the platform's own base URL."""

    def __init__(
        self,
        guard: Guard,
        shelf: Shelf,
        puller: Puller,
        authorization: Authorization,
        address: Callable[[], str],
    ) -> None:
        self._guard = guard
        self._shelf = shelf
        self._puller = puller
        self._authorization = authorization
        self._address = address

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the settings."""
        shown, sent = self._guard.page, self._guard.form
        return [
            Route(LIST, shown(self._list), methods=["GET"]),
            Route(f"{LIST}/add", shown(self._search), methods=["GET"]),
            Route(f"{LIST}/new", shown(self._new), methods=["GET"]),
            Route(f"{LIST}/new", sent(self._next), methods=["POST"]),
            Route(f"{LIST}/connect", sent(self._connect), methods=["POST"]),
            Route(CALLBACK_PATH, shown(self._authorization.end), methods=["GET"]),
            Route(_ONE, shown(self._edit), methods=["GET"]),
            Route(f"{_ONE}/delete", shown(self._ask_to_delete), methods=["GET"]),
            *(
                Route(f"{_ONE}/{name}", sent(self._on_one(change)), methods=["POST"])
                for name, change in (
                    ("configuration", self._configure),
                    ("authentication", self._authenticate),
                    ("test", self._test),
                    ("sync", self._sync),
                    ("delete", self._delete),
                )
            ),
        ]

    def _list(self, request: Request, session: Session) -> Response:
        return drawn("integrations", session, integrations=self._shelf.integrations(), today=_today())

    def _search(self, request: Request, session: Session) -> Response:
        wanted = request.query_params.get("search", "").strip()
        found = [name for name in _CATALOGUE if wanted.lower() in name.lower()]
        return drawn("catalogue", session, wanted=wanted, found=found)

    def _new(self, request: Request, session: Session) -> Response:
        return self._tab(session, "configuration", Integration("", "", ""))

    def _next(self, request: Request, session: Session, given: Form) -> Response:
        """Go on from the Configuration tab, which is kept in the page until the integration is connected."""
        try:
            return self._tab(session, "authentication", configured(Integration("", "", ""), given))
        except Mistyped as wrong:
            return self._tab(session, "configuration", _as_typed(Integration("", "", ""), given), str(wrong))

    def _connect(self, request: Request, session: Session, given: Form) -> Response:
        try:
            begun = configured(Integration(secrets.token_hex(8), "", ""), given)
            return self._authorization.begin(session, authenticated(begun, given, _today()))
        except Mistyped as wrong:
            return self._tab(session, "authentication", _as_typed(Integration("", "", ""), given), str(wrong))

    def _edit(self, request: Request, session: Session) -> Response:
        integration = self._shelf.integration(request.path_params["id"])
        if integration is None:
            return refusal("There is no such integration.", 404)
        wanted = request.query_params.get("tab", "")
        return self._tab(
            session, "authentication" if wanted == "authentication" else "configuration", integration
        )

    def _configure(self, session: Session, integration: Integration, given: Form) -> Response:
        try:
            changed = configured(integration, given)
        except Mistyped as wrong:
            return self._tab(session, "configuration", _as_typed(integration, given), str(wrong))
        if not changed.is_content and not changed.pull_by:
            changed = replace(changed, pull_by=PULLS[1])
        self._shelf.keep(changed)
        session.say(f"The integration {changed.name} was saved.")
        return RedirectResponse(LIST, 303)

    def _authenticate(self, session: Session, integration: Integration, given: Form) -> Response:
        """Re-generate the token with what the tab holds: a whole new login and consent."""
        try:
            return self._authorization.begin(session, authenticated(integration, given, _today()))
        except Mistyped as wrong:
            return self._tab(session, "authentication", _as_typed(integration, given), str(wrong))

    def _test(self, session: Session, integration: Integration, given: Form) -> Response:
        """Say whether the connection works, and like the vendor's button no more than that."""
        if self._puller.test(integration):
            session.say(f"Test Connection: {integration.name} is connected successfully.")
        else:
            session.say(f"Test Connection: {integration.name} failed.", failed=True)
        return RedirectResponse(LIST, 303)

    def _sync(self, session: Session, integration: Integration, given: Form) -> Response:
        changed = self._puller.pull(integration.id)
        if changed is None:
            session.say(f"The sync of {integration.name} failed.", failed=True)
        else:
            session.say(f"The sync of {integration.name} is done: {changed} new or changed.")
        return RedirectResponse(LIST, 303)

    def _ask_to_delete(self, request: Request, session: Session) -> Response:
        integration = self._shelf.integration(request.path_params["id"])
        if integration is None:
            return refusal("There is no such integration.", 404)
        return drawn("delete", session, integration=integration)

    def _delete(self, session: Session, integration: Integration, given: Form) -> Response:
        self._puller.drop(integration.id)
        session.say(f"The integration {integration.name} was deleted.")
        return RedirectResponse(LIST, 303)

    def _on_one(self, change: Change) -> Callable[[Request, Session, Form], Response]:
        def act(request: Request, session: Session, given: Form) -> Response:
            integration = self._shelf.integration(request.path_params["id"])
            if integration is None:
                return refusal("There is no such integration.", 404)
            return change(session, integration, given)

        return act

    def _tab(self, session: Session, tab: str, integration: Integration, wrong: str = "") -> Response:
        if wrong:
            session.say(wrong, failed=True)
        values: dict[str, Any] = {
            "tab": tab,
            "integration": integration,
            "capabilities": CAPABILITIES,
            "environments": ENVIRONMENTS,
            "pulls": PULLS,
            "redirect_url": self._authorization.redirect_uri,
            "webhook_url": f"{self._address()}{WEBHOOKS}{integration.id}" if integration.id else "",
        }
        return drawn("integration", session, 400 if wrong else 200, **values)


def _as_typed(integration: Integration, given: Form) -> Integration:
    """Return what the form held, right or wrong, so that nobody has to type it again; a secret is not shown."""
    names = ("name", "capability", "domain", "client_id", "environment", "pull_by", "expires")
    typed: dict[str, Any] = {name: given[name] for name in names if name in given}
    return replace(integration, **typed)
