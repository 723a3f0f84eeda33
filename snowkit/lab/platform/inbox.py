"""Where the platform receives webhooks: each integration's address, and the inbox that shows what came."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

WEBHOOKS = "/v1/webhooks/servicenow/"
EVERYONE = "lab"
"""The id of the webhook address that is there before any integration is, and that wakes all of them."""
WEBHOOK_PATH = WEBHOOKS + EVERYONE
INBOX_PATH = "/inbox"
BODY_LIMIT = 256 * 1024
EVENT_LIMIT = 1000
SLOW_SECONDS = 12.0


class Inbox:
    """Keeps the webhooks that came; `mode` says how they are answered: `ok`, `down`, `error`, `lost` or `slow`.

    `down` breaks each connection off before it has answered, `error` answers 500, `lost` answers 200, and none of
    them keeps anything; `slow` keeps the event and answers after `slow_seconds`, longer than a careful script waits.
    The inbox itself can always be read. `known` says whether an address belongs to an integration, `arrived` is told
    what came to which one; both must be quick, since they are called on the event loop.
    """

    def __init__(
        self,
        mode: Callable[[], str],
        slow_seconds: float,
        known: Callable[[str], bool],
        arrived: Callable[[str, str], None],
    ) -> None:
        self._mode = mode
        self._slow_seconds = slow_seconds
        self._known = known
        self._arrived = arrived
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENT_LIMIT)
        self._lock = threading.Lock()

    def routes(self) -> list[BaseRoute]:
        """Return the routes that anybody may call without signing in."""
        return [
            Route(INBOX_PATH, self._read, methods=["GET"]),
            Route(INBOX_PATH, self._clear, methods=["DELETE"]),
            Route(WEBHOOKS + "{id}", self._receive, methods=["POST"]),
        ]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was received, oldest first: {"id", "received_at", "headers", "body"}, the body as text."""
        with self._lock:
            return list(self._events)

    def clear(self) -> None:
        """Forget what was received."""
        with self._lock:
            self._events.clear()

    async def _read(self, request: Request) -> Response:
        return JSONResponse({"events": self.events})

    async def _clear(self, request: Request) -> Response:
        self.clear()
        return Response(status_code=204)

    async def _receive(self, request: Request) -> Response:
        mode, id_ = self._mode(), request.path_params["id"]
        if mode == "down":
            return _BreaksOff()
        if mode == "error":
            return JSONResponse({"error": "The platform failed."}, status_code=500)
        if id_ != EVERYONE and not self._known(id_):
            return JSONResponse({"error": "No integration has this address."}, status_code=404)
        body = await body_of(request, BODY_LIMIT)
        if body is None:
            return JSONResponse({"error": f"More than {BODY_LIMIT} bytes."}, status_code=413)
        if mode == "lost":
            return JSONResponse({"id": uuid.uuid4().hex})
        event: dict[str, Any] = {
            "id": uuid.uuid4().hex,
            "received_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "headers": dict(request.headers),
            "body": body.decode("utf-8", errors="replace"),
        }
        with self._lock:
            self._events.append(event)
        self._arrived(id_, event["body"])
        if mode == "slow":
            await asyncio.sleep(self._slow_seconds)
        return JSONResponse({"id": event["id"]})


class _BreaksOff(Response):
    """Promises more than it sends, upon which the server drops the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


async def body_of(request: Request, limit: int) -> bytes | None:
    """Read a body; None where it is longer than `limit` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
