"""Who is asking: a Basic login, or an OAuth token that is refreshed once when it dies."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from snowkit.errors import OAuthError

EXPIRY_MARGIN = 30.0
"""Seconds before its expiry at which an access token is no longer used."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave; times are Unix seconds, 0 when unknown."""

    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: float = 0.0
    scope: str = ""

    def usable(self, now: float) -> bool:
        """Whether the access token is still worth sending."""
        return bool(self.access_token) and now < self.expires_at - EXPIRY_MARGIN


class Basic:
    """A user name and a password."""

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self._header = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")

    async def header(self) -> str:
        """Return the Authorization header."""
        return self._header

    async def renew(self, refused: str) -> bool:
        """Return False: a password has no successor."""
        return False


class Bearer:
    """An OAuth token, with the way to refresh it.

    `refresh` turns a refresh token into new tokens and raises `OAuthError`; `keep` is told of the new ones
    before they are used, so that a crash cannot lose them. Concurrent requests share one refresh.
    """

    def __init__(
        self,
        tokens: Tokens,
        refresh: Callable[[str], Awaitable[Tokens]] | None = None,
        keep: Callable[[Tokens], None] = lambda tokens: None,
    ) -> None:
        self.tokens = tokens
        self._refresh = refresh
        self._keep = keep
        self._lock = asyncio.Lock()

    async def header(self) -> str:
        """Return the Authorization header; refreshes first when the access token is known to be dead.

        Raises `OAuthError` when there is no token at all.
        """
        if not self.tokens.usable(time.time()):
            await self.renew(self.tokens.access_token)
        if not self.tokens.access_token:
            raise OAuthError("Nobody has signed in.", "Run snowkit login.")
        return f"Bearer {self.tokens.access_token}"

    async def renew(self, refused: str) -> bool:
        """Refresh unless another request already did; returns whether there is another token to try."""
        refused = refused.removeprefix("Bearer ")
        async with self._lock:
            if self.tokens.access_token != refused:
                return True
            if self._refresh is None or not self.tokens.refresh_token:
                return False
            fresh = await self._refresh(self.tokens.refresh_token)
            self._keep(fresh)
            changed = fresh.access_token != refused
            self.tokens = fresh
            return changed


Identity = Basic | Bearer
