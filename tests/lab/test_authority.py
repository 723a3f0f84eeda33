"""The throw-away certificate authority: what it vouches for, for how long, and what it leaves behind."""

from __future__ import annotations

import contextlib
import os
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from snowkit.lab.authority import Papers, throwaway
from snowkit.lab.instance import Lab


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "::1", "lab.service-now.com", "lab.example.com"])
def test_the_certificate_names_each_address_of_the_lab(name: str) -> None:
    """A client that checks everything, strictly, is content with each name of the lab."""
    with throwaway("lab", "lab.example.com") as papers:
        assert _shown(papers, papers, name)


def test_the_certificate_names_no_other_instance() -> None:
    """Whoever trusts the lab is not led to trust a customer's address that somebody else answers."""
    with throwaway("lab") as papers, pytest.raises(ssl.SSLCertVerificationError):
        _shown(papers, papers, "other.service-now.com")


def test_the_certificate_is_valid_now_and_not_for_long() -> None:
    """From two days ago, for clocks that are behind, to a week from now."""
    with throwaway("lab") as papers:
        shown = _shown(papers, papers, "localhost")
    first, last = (
        datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown[end])), UTC)
        for end in ("notBefore", "notAfter")
    )
    now = datetime.now(UTC)
    assert (now - first).days == 2
    assert (last - now).days == 6


def test_nothing_stays_when_it_closes() -> None:
    """The folder with the key is its owner's alone, and gone afterwards; the authority's key is nowhere."""
    with throwaway("lab") as papers:
        folder = Path(papers.key).parent
        assert {file.name for file in folder.iterdir()} == {"ca.pem", "server.pem", "server.key"}
        assert "PRIVATE KEY" not in Path(papers.ca_file).read_text(encoding="ascii")
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert not folder.exists()


def test_two_authorities_do_not_vouch_for_each_other() -> None:
    """Whoever trusts one lab trusts no other."""
    with throwaway("lab") as one, throwaway("lab") as other, pytest.raises(ssl.SSLCertVerificationError):
        _shown(one, other, "localhost")


def test_the_instance_reaches_its_own_platform_over_https() -> None:
    """A rule's call to the webhook address arrives, since the instance trusts the same authority."""
    with (
        throwaway("lab") as papers,
        Lab(
            "onboarded",
            cases=1,
            certificate=papers.certificate,
            key=papers.key,
            ca_file=papers.ca_file,
        ) as lab,
    ):
        assert lab.webhook_url.startswith("https://")
        who = lab.description()["admin"]
        with httpx.Client(
            verify=ssl.create_default_context(cafile=papers.ca_file),
            auth=(who["user"], who["password"]),
            trust_env=False,
        ) as client:
            made = client.post(
                f"{lab.url}/api/now/table/sn_customerservice_case", json={"short_description": "Over TLS"}
            )
            assert made.status_code == 201
            lab.scheduler.drain()
            events = client.get(lab.inbox_url).json()["events"]
    assert any(made.json()["result"]["sys_id"] in event["body"] for event in events)


def _shown(server: Papers, trusted: Papers, name: str) -> dict[str, object]:
    """Shake hands in memory and return what the client sees of the server's certificate."""
    trust = ssl.create_default_context(cafile=trusted.ca_file)
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(server.certificate, server.key)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust.wrap_bio(down, up, server_hostname=name)
    served = own.wrap_bio(up, down, server_side=True)
    for side in (client, served, client, served):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return dict(client.getpeercert() or {})
