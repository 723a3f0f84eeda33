"""A connection that is open: the integration's client and, where there is one, the inspector's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from snowkit.instance import oauth
from snowkit.instance.client import Client
from snowkit.instance.identity import Basic, Bearer, Identity, Tokens
from snowkit.instance.oauth import OAuthClient


@dataclass(frozen=True, slots=True)
class Login:
    """What is needed to open a session; `keep` stores tokens before they are used."""

    url: str
    client: OAuthClient
    tokens: Tokens = field(default=Tokens(), repr=False)
    keep: Callable[[Tokens], None] = field(default=lambda tokens: None, repr=False)
    inspector_user: str = ""
    inspector_password: str = field(default="", repr=False)
    inspector_token: str = field(default="", repr=False)
    ca_bundle: Path | None = None


class Session:
    """An asynchronous context manager; `anonymous` asks without credentials and talks to the token endpoint."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.anonymous = Client(login.url, ca_bundle=login.ca_bundle)
        self.bearer = Bearer(login.tokens, self.refresh, login.keep)
        self.integration = Client(login.url, self.bearer, ca_bundle=login.ca_bundle)
        inspector = _inspector(login)
        self.inspector = Client(login.url, inspector, ca_bundle=login.ca_bundle) if inspector else None
        self._stack = AsyncExitStack()

    @property
    def requests(self) -> int:
        """How many requests were sent by all identities together."""
        clients = (self.anonymous, self.integration, self.inspector)
        return sum(client.requests for client in clients if client is not None)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens; raises `OAuthError` or `Unreachable`."""
        return await oauth.refresh(self.anonymous, self.login.client, refresh_token)

    async def __aenter__(self) -> Session:
        for client in (self.anonymous, self.integration, self.inspector):
            if client is not None:
                await self._stack.enter_async_context(client)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()


def _inspector(login: Login) -> Identity | None:
    if login.inspector_token:
        return Bearer(Tokens(access_token=login.inspector_token, expires_at=float("inf")))
    if login.inspector_user and login.inspector_password:
        return Basic(login.inspector_user, login.inspector_password)
    return None
