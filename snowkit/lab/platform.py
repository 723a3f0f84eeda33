"""The emulated platform: a webhook address that keeps what it is sent, and an inbox that shows it."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

WEBHOOK_PATH = "/v1/webhooks/servicenow/lab"
INBOX_PATH = "/inbox"
BODY_LIMIT = 256 * 1024
EVENT_LIMIT = 1000
SLOW_SECONDS = 12.0


class Platform:
    """What receives the webhooks; `mode` says how: `ok`, `down`, `error` or `slow`.

    `down` breaks each connection off before it has answered, `error` answers 500, and neither keeps anything;
    `slow` keeps the event and answers after `slow_seconds`, longer than a careful script waits. The inbox itself
    can always be read.
    """

    def __init__(self, mode: Callable[[], str] = lambda: "ok", slow_seconds: float = SLOW_SECONDS) -> None:
        self._mode = mode
        self._slow_seconds = slow_seconds
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENT_LIMIT)
        self._lock = threading.Lock()
        self.app = Starlette(
            routes=[
                Route(INBOX_PATH, self._read, methods=["GET"]),
                Route(INBOX_PATH, self._clear, methods=["DELETE"]),
                Route(WEBHOOK_PATH, self._receive, methods=["POST"]),
            ]
        )

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was received, oldest first: {"id", "received_at", "headers", "body"}, the body as text."""
        with self._lock:
            return list(self._events)

    def clear(self) -> None:
        """Forget what was received."""
        with self._lock:
            self._events.clear()

    def _read(self, request: Request) -> Response:
        return JSONResponse({"events": self.events})

    def _clear(self, request: Request) -> Response:
        self.clear()
        return Response(status_code=204)

    async def _receive(self, request: Request) -> Response:
        mode = self._mode()
        if mode == "down":
            return _BreaksOff()
        if mode == "error":
            return JSONResponse({"error": "The platform failed."}, status_code=500)
        body = await _body(request)
        if body is None:
            return JSONResponse({"error": f"More than {BODY_LIMIT} bytes."}, status_code=413)
        event = {
            "id": uuid.uuid4().hex,
            "received_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "headers": dict(request.headers),
            "body": body.decode("utf-8", errors="replace"),
        }
        with self._lock:
            self._events.append(event)
        if mode == "slow":
            await asyncio.sleep(self._slow_seconds)
        return JSONResponse({"id": event["id"]})


class _BreaksOff(Response):
    """Promises more than it sends, upon which the server drops the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


async def _body(request: Request) -> bytes | None:
    """Read the body; None where it is longer than the platform takes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)
