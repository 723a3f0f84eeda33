"""Which instance a person means."""

from __future__ import annotations

import pytest

from snowkit.errors import UsageError
from snowkit.instance.address import core_domain, normalise


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("dev12345", "https://dev12345.service-now.com"),
        ("Dev12345.Service-Now.com", "https://dev12345.service-now.com"),
        ("https://dev12345.service-now.com/nav_to.do?uri=x", "https://dev12345.service-now.com"),
        ("  https://support.example.com/ ", "https://support.example.com"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("https://[::1]:8787/x", "https://[::1]:8787"),
    ],
)
def test_a_name_a_host_or_a_url(given: str, url: str) -> None:
    """A bare name, a host and a URL give the same base URL."""
    assert normalise(given) == url


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("http://dev12345.service-now.com", "without encryption"),
        ("https://good@evil.example", "user name"),
        ("ftp://dev1.service-now.com", "not a scheme"),
        ("https://", "not the address"),
        ("https://x:99999", "not an address"),
        ("a b.example", "not the address"),
    ],
)
def test_what_is_no_instance_is_refused(given: str, reason: str) -> None:
    """Plain http, credentials in the address and nonsense are refused with the reason."""
    with pytest.raises(UsageError, match=reason):
        normalise(given)


def test_core_domain() -> None:
    """The platform's form takes the first label of a service-now.com host, else the whole host."""
    assert core_domain("https://acme.service-now.com") == "acme"
    assert core_domain("https://support.example.com") == "support.example.com"
