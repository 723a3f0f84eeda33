"""Receives the redirect that ends a login, on loopback, once, and only the one that carries our state."""

from __future__ import annotations

import html
import queue
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from snowkit.errors import OAuthError, UsageError
from snowkit.instance.oauth import Authorization, code_of
from snowkit.listener import LOOPBACK, Listener

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Callback:
    """Listens at `redirect_uri` while the context is open.

    Raises `PortTaken` on entering when another process listens there, `UsageError` when the address is not
    loopback, since nothing but this computer may deliver the code.
    """

    def __init__(self, redirect_uri: str, authorization: Authorization) -> None:
        parts = urlsplit(redirect_uri)
        if parts.scheme != "http" or parts.hostname not in (LOOPBACK, "localhost") or not parts.port:
            raise UsageError(
                f"{redirect_uri} is not an http address of this computer with a port.",
                "Give one like http://127.0.0.1:8765/callback, and add it to the OAuth entity's redirect URLs.",
            )
        self._path = parts.path or "/"
        self._hosts = {f"{LOOPBACK}:{parts.port}", f"localhost:{parts.port}"}
        self._authorization = authorization
        self._answers: queue.Queue[str | OAuthError] = queue.Queue()
        self._done = False
        self._listener = Listener(self._answer, port=parts.port)

    def __enter__(self) -> Callback:
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()

    def poll(self, seconds: float) -> str | None:
        """Return the code, or None after `seconds`; raises `OAuthError` when the person denied."""
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(answer, OAuthError):
            raise answer
        return answer

    async def _answer(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        status, text = self._judge(scope)
        body = f"<!doctype html><meta charset=utf-8><title>snowkit</title><p>{html.escape(text)}</p>".encode()
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"referrer-policy", b"no-referrer"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _judge(self, scope: MutableMapping[str, Any]) -> tuple[int, str]:
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if host not in self._hosts or scope["method"] != "GET":
            return 400, "This address only takes the answer to a login."
        if scope["path"] != self._path:
            return 404, "Nothing is here."
        if self._done:
            return 400, "This login is over."
        redirected = f"{self._path}?{scope['query_string'].decode('latin-1')}"
        try:
            code = code_of(redirected, self._authorization)
        except OAuthError as error:
            if error.error == "state":
                return 400, error.what
            self._done = True
            self._answers.put(error)
            return 200, f"{error.what} You can close this window."
        self._done = True
        self._answers.put(code)
        return 200, "snowkit is connected. You can close this window."


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
