"""Reads back the webhooks that the platform received, where the platform offers a place for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from snowkit.errors import InstanceError
from snowkit.instance.client import trust

LIMIT = 16 * 1024 * 1024
SECONDS = 10.0


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    received_at: str = ""
    headers: dict[str, str] = {}
    body: str | dict[str, Any] | list[Any] | None = ""


class _Events(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    events: list[_Event]


class InboxUnreadable(InstanceError):
    """The inbox gave no list of events."""


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook; `body` is a customer's text and is never shown, `received_at` is as the platform writes it."""

    id: str
    received_at: str
    body: str = field(repr=False)

    def mentions(self, sys_id: str) -> bool:
        """Whether a record is named anywhere in the body, so that a vendor's own payload is understood too."""
        return bool(sys_id) and sys_id in self.body

    def speaks_of(self, words: re.Pattern[str]) -> bool:
        """Whether a value in the body, not a key, is wholly one of the words."""
        try:
            data = json.loads(self.body)
        except ValueError:
            return False
        return any(words.fullmatch(value) for value in _texts(data))

    @property
    def event(self) -> str:
        """What the body says happened, for example `case.created`; empty where it does not say."""
        try:
            data = json.loads(self.body)
        except ValueError:
            return ""
        name = data.get("event") if isinstance(data, dict) else None
        return name if isinstance(name, str) and re.fullmatch(r"[a-z_.]{1,40}", name) else ""


class Inbox:
    """An asynchronous context manager; `url` answers GET with `{"events": [...]}`."""

    def __init__(self, url: str, ca_bundle: Path | None = None) -> None:
        self.url = url
        self.requests = 0
        self._http = httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, verify=trust(ca_bundle))

    @property
    def path(self) -> str:
        """The path of the inbox, for evidence."""
        return urlsplit(self.url).path or "/"

    async def __aenter__(self) -> Inbox:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._http.aclose()

    async def read(self) -> tuple[Received, ...]:
        """Return what was received, oldest first; raises `InboxUnreadable`."""
        self.requests += 1
        try:
            async with self._http.stream("GET", self.url) as response:
                content = bytearray()
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > LIMIT:
                        raise _unreadable(self.url, f"more than {LIMIT >> 20} MiB came")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreadable(self.url, type(error).__name__) from error
        if response.status_code != 200:
            raise _unreadable(self.url, f"HTTP {response.status_code}")
        try:
            events = _Events.model_validate_json(bytes(content)).events
        except ValidationError as error:
            raise _unreadable(self.url, "the answer is not a list of events") from error
        return tuple(
            Received(
                event.id,
                event.received_at,
                event.body if isinstance(event.body, str) else json.dumps(event.body),
            )
            for event in events
        )


def _unreadable(url: str, reason: str) -> InboxUnreadable:
    parts = urlsplit(url)
    return InboxUnreadable(
        f"The inbox at {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path} cannot be read: {reason}.",
        "Check inbox_url in the profile, and that the platform runs.",
    )


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)
