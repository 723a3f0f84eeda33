"""One integration: what somebody typed under Configuration and Authentication, and the tokens that came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

CAPABILITIES = ("Helpdesk", "CRM", "Content Management")
ENVIRONMENTS = ("Production", "Sandbox")
PULLS = ("Created Time", "Updated Time")
CONTENT = "Content Management"
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.IGNORECASE)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Integration:
    """A connection to one instance for one capability; `expires` is the day that was picked, not a known fact."""

    id: str
    name: str
    capability: str
    domain: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    environment: str = ""
    pull_by: str = ""
    expires: str = ""
    access_token: str = field(default="", repr=False)
    access_until: float = 0.0
    """Seconds since 1970 until which the access token lives, by the platform's clock."""
    refresh_token: str = field(default="", repr=False)
    status: str = "Connected"
    synced: str = ""
    """When and how the last pull ended; empty before the first."""

    @property
    def is_content(self) -> bool:
        """Whether it pulls articles, which needs no choice of a time."""
        return self.capability == CONTENT

    def overdue(self, today: date) -> bool:
        """Say whether the day that was picked has passed."""
        return bool(self.expires) and date.fromisoformat(self.expires) < today

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON data, secrets included."""
        return asdict(self)


class Mistyped(Exception):
    """What is wrong with a form, in a sentence for whoever filled it in."""


def configured(integration: Integration, given: Mapping[str, str]) -> Integration:
    """Return an integration with the Configuration tab filled in; raises `Mistyped`."""
    name = _filled(given, "name", "a name")
    capability = given.get("capability", "")
    if capability not in CAPABILITIES:
        raise Mistyped(f"Select a capability: {', '.join(CAPABILITIES)}.")
    pull_by = "" if capability == CONTENT else integration.pull_by
    return replace(integration, name=name, capability=capability, pull_by=pull_by)


def authenticated(integration: Integration, given: Mapping[str, str], today: date) -> Integration:
    """Return an integration with the Authentication tab filled in; raises `Mistyped`.

    An empty client secret keeps the one that is there, since the page never shows it.
    """
    domain = _filled(given, "domain", "your ServiceNow domain")
    if not _DOMAIN.fullmatch(domain):
        raise Mistyped("Enter the core domain only: acme for https://acme.service-now.com.")
    secret = given.get("client_secret", "").strip() or integration.client_secret
    client_id = _filled(given, "client_id", "the client ID")
    if not secret:
        raise Mistyped("Enter the client secret.")
    environment, pull_by = given.get("environment", ""), given.get("pull_by", "")
    if environment not in ENVIRONMENTS:
        raise Mistyped(f"Select an environment: {' or '.join(ENVIRONMENTS)}.")
    if not integration.is_content and pull_by not in PULLS:
        raise Mistyped(f"Select Pull Record By: {' or '.join(PULLS)}.")
    return replace(
        integration,
        domain=domain,
        client_id=client_id,
        client_secret=secret,
        environment=environment,
        pull_by="" if integration.is_content else pull_by,
        expires=_day(given.get("expires", ""), today),
    )


def _filled(given: Mapping[str, str], name: str, words: str) -> str:
    value = given.get(name, "").strip()
    if not value:
        raise Mistyped(f"Enter {words}.")
    if len(value) > _LONGEST:
        raise Mistyped(f"What you entered as {words} is longer than {_LONGEST} characters.")
    return value


def _day(text: str, today: date) -> str:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Mistyped("Select the refresh token expiry date.") from None
    if day < today:
        raise Mistyped("The refresh token expiry date has passed already.")
    return day.isoformat()
