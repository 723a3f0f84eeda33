"""A lab over TLS that answers at `lab.service-now.com`, for clients that build that address themselves.

Nothing of a client is changed: the test process resolves the one name to the lab's port, and trusts its authority
through the environment, as a user with a company's own authority would.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from snowkit.lab.authority import throwaway
from snowkit.lab.instance import Lab

NAME = "lab"
HOST = f"{NAME}.service-now.com"


@pytest.fixture(scope="module")
def served() -> Iterator[Lab]:
    """A fresh lab over TLS, one for each client."""
    with (
        throwaway(NAME) as papers,
        Lab(
            cases=25,
            certificate=papers.certificate,
            key=papers.key,
            ca_file=papers.ca_file,
        ) as lab,
    ):
        yield lab


@pytest.fixture
def lab(served: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab, found and trusted by whatever this test runs."""
    port = int(served.url.rpartition(":")[2])
    found = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        return (
            found("127.0.0.1", port) if host in (HOST, HOST.encode()) else found(host, *arguments, **options)
        )

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert served.ca_file
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, served.ca_file)
    return served


@dataclass(frozen=True)
class Entity:
    """An OAuth client that the administrator added beside TheLoops', which knows the authorization code only."""

    client_id: str
    secret: str


def add_entity(lab: Lab, name: str, grant: str, **fields: str) -> Entity:
    """Add an OAuth entity for one grant as an administrator does, with the profile that names the grant."""
    entity = Entity(f"id-of-{name}", f"secret-of-{name}")
    values = {"name": name, "client_id": entity.client_id, "client_secret": entity.secret, "type": "client"}
    made = _insert(lab, "oauth_entity", values | {"inbound_grant_type": "multiple"} | fields)
    profile = {"name": name, "oauth_entity": made["sys_id"], "grant_type": grant, "default": "true"}
    _insert(lab, "oauth_entity_profile", profile)
    return entity


def _insert(lab: Lab, table: str, values: dict[str, str]) -> dict[str, str]:
    trust = ssl.create_default_context(cafile=lab.ca_file)
    answer = httpx.post(f"{lab.control_url}/table/{table}", json=values, verify=trust)
    assert answer.status_code == 201
    row: dict[str, str] = answer.json()["result"]
    return row


@pytest.fixture
def admin(lab: Lab) -> tuple[str, str]:
    """Return the administrator's name and password."""
    person = lab.description()["admin"]
    return person["user"], person["password"]


@pytest.fixture
def limited(lab: Lab) -> tuple[str, str]:
    """Return the name and password of a user who may read and write next to nothing."""
    person = lab.description()["limited"]
    return person["user"], person["password"]
