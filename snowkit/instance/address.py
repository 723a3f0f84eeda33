"""Which instance a person means: a bare name, a host or a URL, understood in one place."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from snowkit.errors import UsageError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


def normalise(text: str) -> str:
    """Return the base URL, lower case and without path: `dev12345` gives `https://dev12345.service-now.com`.

    Plain http is accepted for loopback addresses only. Raises `UsageError` with the reason otherwise.
    """
    given = text.strip().lower()
    if _NAME.match(given) and given not in _LOOPBACK:
        return f"https://{given}.service-now.com"
    parts = urlsplit(given if "://" in given else f"https://{given}")
    advice = "Give the instance's name (dev12345), its host, or its URL."
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{text!r} is not an address: {error}.", advice) from error
    if not host or any(character.isspace() for character in host):
        raise UsageError(f"{text!r} is not the address of an instance.", advice)
    if parts.username or parts.password:
        raise UsageError("The address holds a user name or password.", "Leave them out; " + advice)
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise UsageError(
            f"{host} would be reached without encryption.", "Use https; http is for loopback only."
        )
    if parts.scheme not in ("http", "https"):
        raise UsageError(f"{parts.scheme}: is not a scheme of an instance.", advice)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def core_domain(url: str) -> str:
    """Return the "ServiceNow domain (core domain only)" of the platform's form: the host's first label."""
    host = urlsplit(url).hostname or ""
    return host.removesuffix(".service-now.com") if host.endswith(".service-now.com") else host
