"""How the client behaves towards an instance that misbehaves."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import stamina
from pytest_httpx import HTTPXMock, IteratorStream

from snowkit.errors import Unreachable
from snowkit.instance import client as module
from snowkit.instance.client import Client
from snowkit.instance.identity import Basic, Bearer, Tokens

URL = "https://dev1.service-now.com"
PATH = "/api/now/table/sys_user"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(URL, Basic("u", "p")) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=4, cap=True)
    yield
    stamina.set_testing(False)


async def test_a_busy_instance_is_asked_again(httpx_mock: HTTPXMock, client: Client) -> None:
    """A GET answered 429 or 503 is repeated, and every try is counted."""
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "1"}, json={})
    httpx_mock.add_response(status_code=503, html="<p>busy</p>")
    httpx_mock.add_response(json={"result": []})
    reply = await client.get(PATH)
    assert (reply.failure, client.requests) == (None, 3)


async def test_a_long_wait_is_not_waited_for(httpx_mock: HTTPXMock, client: Client) -> None:
    """A Retry-After beyond a minute ends at once, with the number."""
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "86400"}, json={})
    with pytest.raises(Unreachable, match="86400") as caught:
        await client.get(PATH)
    assert caught.value.cause == "rate_limit"


async def test_a_post_is_never_repeated(httpx_mock: HTTPXMock, client: Client) -> None:
    """A POST that failed is left alone, since it may have been done."""
    httpx_mock.add_response(status_code=503, json={})
    reply = await client.send("POST", PATH, json_body={"a": "b"})
    assert (reply.status, client.requests) == (503, 1)


async def test_no_cookie_is_kept(httpx_mock: HTTPXMock, client: Client) -> None:
    """A session cookie is not sent back: it would outlive an expired token."""
    httpx_mock.add_response(
        json={"result": []}, headers={"Set-Cookie": "JSESSIONID=1; Path=/"}, is_reusable=True
    )
    await client.get(PATH)
    await client.get(PATH)
    assert all("cookie" not in request.headers for request in httpx_mock.get_requests())


async def test_a_redirect_is_not_followed(httpx_mock: HTTPXMock, client: Client) -> None:
    """A redirect to another host is a failure, and that host sees nothing."""
    httpx_mock.add_response(status_code=302, headers={"Location": "https://evil.example/"})
    reply = await client.get(PATH)
    assert reply.failure is not None
    assert reply.failure.cause == "edge"
    assert len(httpx_mock.get_requests()) == 1


async def test_an_answer_has_a_size(
    httpx_mock: HTTPXMock, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endless answer is cut off."""
    monkeypatch.setattr(module, "BODY_LIMIT", 10)
    httpx_mock.add_response(stream=IteratorStream([b"123456", b"789012"]), is_reusable=True)
    with pytest.raises(Unreachable, match="larger than"):
        await client.get(PATH)


async def test_broken_json_is_a_failure(httpx_mock: HTTPXMock, client: Client) -> None:
    """JSON that was cut short is a failure, not an empty answer."""
    httpx_mock.add_response(content=b'{"result":[{"a"', headers={"Content-Type": "application/json"})
    reply = await client.get(PATH)
    assert reply.failure is not None
    assert reply.failure.cause == "edge"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (httpx.ConnectError("[Errno -2] Name or service not known"), "dns"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"), "tls"),
        (httpx.ReadError("reset"), "network"),
        (httpx.ProxyError("407"), "network"),
    ],
)
async def test_no_answer_says_why(
    httpx_mock: HTTPXMock, client: Client, error: httpx.HTTPError, cause: str
) -> None:
    """DNS, TLS and a broken connection are told apart."""
    httpx_mock.add_exception(error, is_reusable=True)
    with pytest.raises(Unreachable) as caught:
        await client.get(PATH)
    assert caught.value.cause == cause
    assert URL in str(caught.value)


async def test_a_dead_token_is_refreshed_once(httpx_mock: HTTPXMock) -> None:
    """A 401 leads to one refresh and one more try; the new tokens are kept before they are used."""
    kept: list[Tokens] = []

    async def refresh(token: str) -> Tokens:
        return Tokens("new", token, time.time() + 1800)

    bearer = Bearer(Tokens("old", "r", time.time() + 1800), refresh, kept.append)
    httpx_mock.add_response(status_code=401, json={}, match_headers={"Authorization": "Bearer old"})
    httpx_mock.add_response(json={"result": []}, match_headers={"Authorization": "Bearer new"})
    async with Client(URL, bearer) as client:
        reply = await client.get(PATH)
    assert reply.failure is None
    assert [tokens.access_token for tokens in kept] == ["new"]


async def test_a_token_that_comes_back_unchanged_is_not_tried_twice(httpx_mock: HTTPXMock) -> None:
    """When the refresh gives the same access token, the 401 stands."""

    async def refresh(token: str) -> Tokens:
        return Tokens("old", token, time.time() + 1800)

    httpx_mock.add_response(status_code=401, json={})
    async with Client(URL, Bearer(Tokens("old", "r", time.time() + 1800), refresh)) as client:
        assert (await client.get(PATH)).status == 401


async def test_evidence_holds_no_secret(httpx_mock: HTTPXMock, client: Client) -> None:
    """Neither the path nor the excerpt of an exchange shows a secret or a record's text."""
    httpx_mock.add_response(json={"result": [{"name": "PRIVATE"}]})
    reply = await client.get(PATH, {"access_token": "CANARY"})
    shown = repr(reply) + repr(reply.evidence("1 row"))
    assert "PRIVATE" not in shown
    assert "CANARY" not in repr(reply.evidence())
