"""Which requests the integration sends to each API: what policies and scopes must let through."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """One kind of request; `below` is what follows the API's own path, `/{id}` for one record."""

    method: str
    below: str = ""

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"


READ = (Use("GET"), Use("GET", "/{id}"))

_USES = {
    "case": (*READ, Use("POST"), Use("PUT", "/{id}")),
    "account": READ,
    "table": (*READ, Use("POST"), Use("PUT", "/{id}"), Use("PATCH", "/{id}")),
    "attachment": (*READ, Use("GET", "/{id}/file")),
}
"""Source: Case API (GET, POST and PUT only), Account API, Table API, Attachment API. DELETE is not asked for."""


def uses(api: str) -> tuple[Use, ...]:
    """Return the requests to an API of the pack; reading alone for one that is not known here."""
    return _USES.get(api, READ)
