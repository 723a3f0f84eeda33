"""The authorization code flow, its errors, and what is never accepted."""

from __future__ import annotations

import base64
import hashlib
import traceback
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pytest_httpx import HTTPXMock

from snowkit.errors import OAuthError, Unreachable
from snowkit.instance import oauth
from snowkit.instance.client import Client
from snowkit.instance.oauth import Authorization, OAuthClient

URL = "https://dev1.service-now.com"
CLIENT = OAuthClient("id1", "CANARY-secret", "http://127.0.0.1:8765/callback")
AUTHORIZATION = Authorization("", "s1", "v1")


def test_the_request_carries_state_and_challenge() -> None:
    """Each request has a fresh plain state and an S256 challenge of its verifier, and never the secret."""
    first, second = oauth.begin(URL, CLIENT), oauth.begin(URL, CLIENT)
    query = parse_qs(urlsplit(first.url).query)
    digest = hashlib.sha256(first.verifier.encode()).digest()
    assert query["code_challenge"] == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]
    assert query["state"] == [first.state]
    assert first.state.isalnum()
    assert 43 <= len(first.verifier) <= 128
    assert first.state != second.state
    assert "CANARY" not in first.url
    assert first.verifier not in repr(first)


@pytest.mark.parametrize(
    ("redirected", "words"),
    [
        ("http://127.0.0.1/callback?code=c&state=other", "another state"),
        ("http://127.0.0.1/callback?code=c", "another state"),
        ("http://127.0.0.1/callback?code=c&state=s1&state=s1", "another state"),
        ("http://127.0.0.1/callback?error=access_denied&state=s1", "access_denied"),
        ("http://127.0.0.1/callback?state=s1", "no code"),
        ("nonsense", "another state"),
    ],
)
def test_a_redirect_that_is_not_ours_is_refused(redirected: str, words: str) -> None:
    """A wrong, missing or repeated state, a denial and a missing code are told apart."""
    with pytest.raises(OAuthError, match=words):
        oauth.code_of(redirected, AUTHORIZATION)


def test_the_code_is_taken() -> None:
    """A redirect with our state gives the code."""
    assert oauth.code_of("http://127.0.0.1/callback?code=c1&state=s1", AUTHORIZATION) == "c1"


async def test_parameters_travel_in_the_body(httpx_mock: HTTPXMock) -> None:
    """The exchange sends everything in the body and nothing in the address."""
    httpx_mock.add_response(json={"access_token": "a", "refresh_token": "r", "expires_in": "1799"})
    async with Client(URL) as http:
        tokens = await oauth.exchange(http, CLIENT, "c1", "v1")
    request = httpx_mock.get_requests()[0]
    assert request.url.query == b""
    assert parse_qs(request.content.decode())["code_verifier"] == ["v1"]
    assert tokens.refresh_token == "r"
    assert "r" not in repr(tokens).replace("refresh", "").replace("expires", "").replace("Tokens", "").split(
        "="
    )


async def test_a_refresh_that_repeats_no_refresh_token_keeps_the_old(httpx_mock: HTTPXMock) -> None:
    """An answer without a refresh token does not lose the one we have."""
    httpx_mock.add_response(json={"access_token": "a", "expires_in": 10})
    async with Client(URL) as http:
        assert (await oauth.refresh(http, CLIENT, "r0")).refresh_token == "r0"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": "server_error", "error_description": "access_denied"}, "server_error"),
        (
            401,
            {"error": "invalid_client", "error_description": "Invalid client_id or client_secret."},
            "invalid_client",
        ),
        (400, {"error": "unsupported_grant_type"}, "unsupported_grant_type"),
        (200, {"token_type": "Bearer"}, ""),
        (200, [], ""),
    ],
)
async def test_refusals_are_typed(httpx_mock: HTTPXMock, status: int, body: object, error: str) -> None:
    """Each refusal of the token endpoint carries its code and a next step, and never the secret."""
    httpx_mock.add_response(status_code=status, json=body)
    async with Client(URL) as http:
        with pytest.raises(OAuthError) as caught:
            await oauth.refresh(http, CLIENT, "CANARY-refresh")
    assert caught.value.error == error
    assert caught.value.next_step
    assert "CANARY" not in str(caught.value)


async def test_a_hibernating_instance_gives_no_tokens(httpx_mock: HTTPXMock) -> None:
    """HTML from the token endpoint is named for what it is."""
    httpx_mock.add_response(html='<body class="instance-hibernating-page">')
    async with Client(URL) as http:
        with pytest.raises(OAuthError, match="hibernating"):
            await oauth.refresh(http, CLIENT, "r")


async def test_a_token_is_revoked_as_the_documentation_says(httpx_mock: HTTPXMock) -> None:
    """One GET with the token in the address, escaped, and without any authentication."""
    httpx_mock.add_response(method="GET", url=f"{URL}/oauth_revoke_token.do?token=a%2Bb%26c")
    async with Client(URL) as http:
        await oauth.revoke(http, "a+b&c")
    (request,) = httpx_mock.get_requests()
    assert "authorization" not in request.headers
    assert request.content == b""


@pytest.mark.parametrize(
    "answer",
    [
        {"html": '<body class="instance-hibernating-page">'},
        {"html": "<title>Something CANARY-token</title>"},
        {"status_code": 302},
        {"status_code": 404, "json": {"error": {"message": "no CANARY-token here"}}},
        {"status_code": 500},
    ],
)
async def test_a_revocation_that_was_not_answered_is_no_revocation(
    httpx_mock: HTTPXMock, answer: dict[str, Any]
) -> None:
    """Whatever else comes back, the next step is named and the token is not shown."""
    httpx_mock.add_response(**answer)
    async with Client(URL) as http:
        with pytest.raises(OAuthError, match="does not say") as caught:
            await oauth.revoke(http, "CANARY-token")
    assert "Manage Tokens" in caught.value.next_step
    assert "CANARY" not in f"{caught.value} {caught.value!r}"


async def test_a_revocation_that_reached_nobody_hides_the_token(httpx_mock: HTTPXMock) -> None:
    """A broken connection is told without the address that held the token."""
    token = "-".join(("CANARY", "token"))
    httpx_mock.add_exception(httpx.ConnectError("Name or service not known"), is_reusable=True)
    async with Client(URL) as http:
        with pytest.raises(Unreachable) as caught:
            await oauth.revoke(http, token)
    assert token not in "".join(traceback.format_exception(caught.value))
