"""Which ports of this machine are free, and which somebody listens on."""

from __future__ import annotations

import socket

from snowkit.listener import LOOPBACK


def is_taken(port: int) -> bool:
    """Tell whether somebody listens on a loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def free() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
