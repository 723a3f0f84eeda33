"""Serves an ASGI app on loopback from its own thread: the OAuth redirect, the webhook receiver, the lab."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from types import TracebackType
from typing import Any

import uvicorn

from snowkit.errors import ListenerFailed, PortTaken

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104
_LONGEST_HEAD = 1024 * 1024


class Listener:
    """A running server; use it as a context manager, from synchronous or asynchronous code.

    `port` 0 takes a free one. Raises `PortTaken` on entering when another process listens there.
    `certificate` and `key` are paths of PEM files; with them the listener speaks https.
    """

    def __init__(
        self,
        app: Any,
        *,
        port: int = 0,
        host: str = LOOPBACK,
        certificate: str | None = None,
        key: str | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._scheme = "https" if certificate else "http"
        self._config = uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            interface="asgi3",
            proxy_headers=False,
            lifespan="on",
            ws="none",
            server_header=False,
            date_header=False,
            # Long addresses are for the app to refuse: the parser would break the connection.
            h11_max_incomplete_event_size=_LONGEST_HEAD,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(self._config)
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """The base URL for this machine, without a trailing slash; known once the listener runs."""
        host = LOOPBACK if self.host == EVERYWHERE else self.host
        return f"{self._scheme}://{host}:{self.port}"

    def start(self) -> None:
        """Bind, then serve until `stop`; returns when requests are answered."""
        self._socket = bound = _bind(self.host, self.port)
        self.port = int(bound.getsockname()[1])
        self._thread = threading.Thread(
            target=self._server.run, args=([bound],), name="listener", daemon=True
        )
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.005)
        if not self._server.started:
            self.stop()
            raise ListenerFailed(f"The server on {self.host}:{self.port} did not start.", "Run it again.")

    def stop(self) -> None:
        """Stop serving; open connections get two seconds."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(10)
        if self._socket is not None:
            self._socket.close()

    def __enter__(self) -> Listener:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(uvicorn.Server):
    """Lets no connection outlive it: over TLS, ours stays open until the client has closed its own end too."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        # The loop is closed next; it takes one more turn to let go of the sockets.
        await asyncio.sleep(0)


def _bind(host: str, port: int) -> socket.socket:
    # Only with its protocol named does asyncio switch Nagle off; else each answer waits 40 ms for an ACK.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows the option lets two servers share a port, which is the opposite of what is wanted.
    if os.name == "posix":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise PortTaken(
            f"Port {port} on {host} cannot be used: {error.strerror or error}.",
            "Stop the program that listens there, or choose another port with --port or --redirect-uri.",
        ) from error
    return bound
