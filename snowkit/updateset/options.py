"""What a user may choose when generating, checked before anything is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from snowkit.errors import UsageError

URL_LIMIT = 2000
LOOPBACK = frozenset({"127.0.0.1", "localhost"})

_INSTANCE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,30}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_NOT_URL = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Options:
    """Choices for one build; raises `UsageError` for a value that must not reach a customer's instance.

    `instances` maps the instance's name to the webhook URL that it posts to, empty when not known yet.
    """

    instances: Mapping[str, str] = field(default_factory=dict)
    region: str = "us"
    prefix: str = "theloops"
    when: Literal["after", "async"] = "after"
    rules: tuple[str, ...] = ()
    signing: bool = False
    enabled: bool = True
    work_notes: bool = False
    instance_url: str = ""
    """Where deep links of the hand-over point; empty leaves them relative."""
    client_id: str = ""
    redirect_uri: str = ""
    token_restriction: Literal["on", "off", "unknown"] = "unknown"  # noqa: S105
    """What the customer chose for Enforce Token Restriction."""

    def __post_init__(self) -> None:
        for value in (self.instance_url, self.redirect_uri, self.client_id):
            if _NOT_URL.search(value):
                raise UsageError(f"{value[:80]!r} holds a character that no URL or id holds.", "Remove it.")
        if not _PREFIX.fullmatch(self.prefix):
            raise UsageError(f"{self.prefix!r} is not a prefix.", "Use lower-case letters, digits and _.")
        for name, url in self.instances.items():
            if not _INSTANCE.fullmatch(name):
                # What was typed there may be a URL, and a webhook URL is not for logs.
                shown = "A URL" if "/" in name else repr(name)
                raise UsageError(
                    f"{shown} is not the name of an instance.",
                    "Give NAME=URL, where dev1 is of dev1.service-now.com.",
                )
            if url:
                check_webhook_url(url)


def check_webhook_url(url: str) -> None:
    """Raise `UsageError` when a URL must not be written into an update set."""
    advice = "Copy the webhook URL from TheLoops: Settings > Integrations > Edit."
    if len(url) > URL_LIMIT:
        raise UsageError(f"The webhook URL is longer than {URL_LIMIT} characters.", advice)
    if _NOT_URL.search(url):
        raise UsageError(
            "The webhook URL holds a space, a control character or a letter outside ASCII.", advice
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"The webhook URL is not a URL: {error}.", advice) from error
    host = parts.hostname or ""
    if parts.username or parts.password:
        raise UsageError("The webhook URL holds a user name or password.", advice)
    if not _HOST.fullmatch(host):
        raise UsageError(f"The webhook URL has no plain host: {host!r}.", advice)
    if parts.fragment:
        raise UsageError("The webhook URL has a fragment, which no server sees.", advice)
    if port == 0:
        raise UsageError("The webhook URL has port 0.", advice)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise UsageError(f"The webhook URL must be https, not {parts.scheme or 'without a scheme'}.", advice)
