"""Connect and Re-generate Token: the platform's own authorization-code flow, and the callback where it ends.

An integration is kept only once the instance has given its tokens; until then it is an attempt of one browser.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from snowkit.lab.platform.connection import Failed, authorization_url
from snowkit.lab.platform.guard import Session
from snowkit.lab.platform.integration import Integration, Mistyped
from snowkit.lab.platform.puller import Puller
from snowkit.lab.platform.shelf import Shelf

CALLBACK_PATH = "/v1/oauth/callback"
LIST = "/settings/integrations"
_MOST_ATTEMPTS = 10
_ADDED = "The integration {name} was added successfully."
_RENEWED = "The token of {name} was refreshed successfully."
_NOT_ALLOWED = "The authorization was not granted. Nothing was changed."
_NOT_CONNECTED = "The integration could not be connected."


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is to be kept once the instance has allowed it, and the redirect URL that both calls must name."""

    integration: Integration = field(repr=False)
    redirect_uri: str


class Authorization:
    """Sends a browser to the instance and takes it back; `address` is the platform's own base URL."""

    def __init__(
        self, shelf: Shelf, puller: Puller, resolve: Callable[[str], str | None], address: Callable[[], str]
    ) -> None:
        self._shelf = shelf
        self._puller = puller
        self._resolve = resolve
        self._address = address

    @property
    def redirect_uri(self) -> str:
        """What an instance's OAuth entity must list as a redirect URL."""
        return self._address() + CALLBACK_PATH

    def begin(self, session: Session, integration: Integration) -> Response:
        """Send the browser to the instance's login; raises `Mistyped` for an instance that is not to be reached."""
        url = self._resolve(integration.domain)
        if url is None:
            raise Mistyped(f"https://{integration.domain}.service-now.com cannot be reached from here.")
        state = secrets.token_hex(24)
        session.attempts[state] = Attempt(integration, self.redirect_uri)
        while len(session.attempts) > _MOST_ATTEMPTS:
            session.attempts.pop(next(iter(session.attempts)))
        return RedirectResponse(authorization_url(url, integration.client_id, self.redirect_uri, state), 303)

    def end(self, request: Request, session: Session) -> Response:
        """Take the browser back from the instance: keep the integration with its tokens, or say that it failed."""
        given = request.query_params
        attempt = session.attempts.pop(given.get("state", ""), None)
        if not isinstance(attempt, Attempt) or not given.get("code"):
            session.say(_NOT_ALLOWED, failed=True)
            return RedirectResponse(LIST, 303)
        try:
            with self._puller.connect(attempt.integration) as connection:
                connection.exchange(given["code"], attempt.redirect_uri)
                self._keep(session, connection.integration)
        except Failed:
            session.say(_NOT_CONNECTED, failed=True)
        return RedirectResponse(LIST, 303)

    def _keep(self, session: Session, integration: Integration) -> None:
        is_new = self._shelf.integration(integration.id) is None
        self._shelf.keep(integration)
        session.say((_ADDED if is_new else _RENEWED).format(name=integration.name))
        self._puller.wake(integration.id)
