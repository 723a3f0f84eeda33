"""The loopback address that ends a login."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from snowkit.errors import OAuthError, PortTaken, UsageError
from snowkit.instance.callback import Callback
from snowkit.instance.oauth import Authorization

AUTHORIZATION = Authorization("", "s1", "v1")


@pytest.fixture
def uri() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/callback"


@pytest.fixture
def callback(uri: str) -> Iterator[Callback]:
    with Callback(uri, AUTHORIZATION) as made:
        yield made


def test_the_code_is_handed_over_once(uri: str, callback: Callback) -> None:
    """The first redirect with our state gives the code; a second is refused."""
    assert httpx.get(f"{uri}?code=c1&state=s1").status_code == 200
    assert httpx.get(f"{uri}?code=c2&state=s1").status_code == 400
    assert callback.poll(1) == "c1"
    assert callback.poll(0.01) is None


def test_a_wrong_state_leaves_the_login_open(uri: str, callback: Callback) -> None:
    """A redirect with another state is refused, and the right one still counts."""
    assert httpx.get(f"{uri}?code=evil&state=other").status_code == 400
    assert httpx.get(f"{uri}?code=c1&state=s1").status_code == 200
    assert callback.poll(1) == "c1"


def test_a_denial_ends_it(uri: str, callback: Callback) -> None:
    """A denial is raised, and its words reach the page as text."""
    page = httpx.get(f"{uri}?error=<script>alert(1)</script>&state=s1")
    assert "<script>" not in page.text
    with pytest.raises(OAuthError, match="did not give access"):
        callback.poll(1)


def test_other_paths_methods_and_hosts_are_refused(uri: str, callback: Callback) -> None:
    """A favicon, a POST and a foreign Host header change nothing."""
    assert httpx.get(uri.replace("/callback", "/favicon.ico")).status_code == 404
    assert httpx.post(f"{uri}?code=c1&state=s1").status_code == 400
    assert httpx.get(f"{uri}?code=c1&state=s1", headers={"Host": "evil.example"}).status_code == 400
    assert callback.poll(0.01) is None


def test_a_taken_port_is_named(uri: str, callback: Callback) -> None:
    """A port that another process holds is a clear error."""
    with pytest.raises(PortTaken, match="cannot be used"), Callback(uri, AUTHORIZATION):
        pass


@pytest.mark.parametrize("uri", ["https://127.0.0.1:1/x", "http://0.0.0.0:8765/x", "http://127.0.0.1/x"])
def test_only_loopback_takes_a_code(uri: str) -> None:
    """An address that others can reach, or without a port, is refused."""
    with pytest.raises(UsageError, match="not an http address of this computer"):
        Callback(uri, AUTHORIZATION)
