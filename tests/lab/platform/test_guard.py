"""Who gets to see the platform's pages, and whose forms count."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import snowkit.lab.platform as package
from snowkit.lab.platform import INBOX_PATH, WEBHOOK_PATH, Platform
from snowkit.lab.platform.guard import ADMIN, COOKIE, FORM_LIMIT

URL = "http://127.0.0.1:8788"
LIST = "/settings/integrations"


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A platform in process."""
    made = Platform(address=lambda: URL)
    yield made
    made.close()


def _client(platform: Platform, url: str = URL) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=platform.app), base_url=url)


def _token(page: httpx.Response) -> str:
    return re.findall(r'name="token" value="([\w-]+)"', page.text)[0]


async def _enter(client: httpx.AsyncClient, **changed: str) -> httpx.Response:
    token = _token(await client.get("/login"))
    return await client.post("/login", data={"token": token, **ADMIN, **changed})


async def test_nobody_sees_a_page_without_signing_in(platform: Platform) -> None:
    """Every page leads to the login page, and a form does nothing."""
    async with _client(platform) as client:
        for path in (LIST, f"{LIST}/add", f"{LIST}/new", "/records", "/v1/oauth/callback?code=x&state=y"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        answer = await client.post(f"{LIST}/connect", data={})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize("wrong", [{"user": "root"}, {"password": "x"}, {"password": ""}, {"password": "é"}])
async def test_a_wrong_login_is_told_without_saying_what_is_wrong(
    platform: Platform, wrong: dict[str, str]
) -> None:
    """The same words for an unknown account and a wrong password."""
    async with _client(platform) as client:
        answer = await _enter(client, **wrong)
        assert answer.status_code == 401
        assert "The email or the password is wrong." in answer.text
        assert (await client.get(LIST)).status_code == 303


async def test_a_login_begins_a_new_session_and_a_logout_ends_it(platform: Platform) -> None:
    """A cookie that was planted beforehand, or kept afterwards, opens nothing."""
    async with _client(platform) as client:
        await client.get("/login")
        before = client.cookies[COOKIE]
        await _enter(client)
        inside = client.cookies[COOKIE]
        page = await client.get(LIST)
        assert page.status_code == 200
        await client.post("/logout", data={"token": _token(page)})
        for kept in (before, inside):
            client.cookies.clear()
            assert (await client.get(LIST, headers={"cookie": f"{COOKIE}={kept}"})).status_code == 303


async def test_the_cookie_is_kept_from_scripts_and_other_sites(platform: Platform) -> None:
    """HttpOnly and SameSite; pages allow no foreign content and no frame."""
    async with _client(platform) as client:
        page = await client.get("/login")
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("token", [None, "", "é", "guessed"])
async def test_a_form_without_the_sessions_token_does_nothing(platform: Platform, token: str | None) -> None:
    """Another site can make a browser send a form, but does not know what stands in ours."""
    async with _client(platform) as client:
        await _enter(client)
        given = {"name": "x", "capability": "CRM"} | ({} if token is None else {"token": token})
        answer = await client.post(f"{LIST}/new", data=given)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8788"},
        {"host": "["},
        {"host": ""},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8787"},
    ],
)
async def test_another_site_is_refused_everywhere(platform: Platform, headers: dict[str, str]) -> None:
    """By the name that leads here, or by where the request comes from; the inbox included."""
    async with _client(platform) as client:
        await _enter(client)
        for path in ("/login", LIST, "/records", INBOX_PATH):
            assert (await client.get(path, headers=headers)).status_code == 403
        assert (await client.delete(INBOX_PATH, headers=headers)).status_code == 403
        assert (await client.post("/login", data={}, headers=headers)).status_code == 403


async def test_webhooks_come_under_any_name(platform: Platform) -> None:
    """An instance that reaches the platform through a tunnel calls it by the tunnel's name."""
    async with _client(platform) as client:
        answer = await client.post(WEBHOOK_PATH, json={}, headers={"host": "tunnel.example"})
        assert answer.status_code == 200
        assert len((await client.get(INBOX_PATH)).json()["events"]) == 1


async def test_a_page_under_another_name_of_this_machine_leads_to_its_own(platform: Platform) -> None:
    """Otherwise the callback would not find the session's cookie."""
    async with _client(platform, "http://localhost:8788") as client:
        answer = await client.get("/login")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{URL}/login")


async def test_a_form_that_is_too_large_is_refused(platform: Platform) -> None:
    """Before it is read to its end."""
    async with _client(platform) as client:
        answer = await client.post("/login", content=b"x" * (FORM_LIMIT + 1))
    assert answer.status_code == 413


async def test_a_callback_of_a_flow_that_nobody_began_adds_nothing(platform: Platform) -> None:
    """A code that somebody else obtained cannot be slipped in."""
    async with _client(platform) as client:
        await _enter(client)
        for query in ("code=x&state=guessed", "code=x", "error=access_denied", ""):
            await client.get(f"/v1/oauth/callback?{query}")
            assert "The authorization was not granted." in (await client.get(LIST)).text
    assert platform.shelf.integrations() == []


async def test_a_platform_without_integrations_needs_no_thread(platform: Platform) -> None:
    """Receiving and showing webhooks works on the event loop alone."""
    before = threading.active_count()
    platform.start()
    async with _client(platform) as client:
        await client.post(WEBHOOK_PATH, json={})
        await client.get(INBOX_PATH)
    assert threading.active_count() == before


def test_it_knows_nothing_of_who_checks_it() -> None:
    """No module of the platform imports or names anything of ours outside of itself."""
    for path in Path(package.__file__).parent.rglob("*.*"):
        if path.suffix in (".py", ".html", ".css", ".js"):
            text = path.read_text(encoding="utf-8").replace("snowkit.lab.platform", "")
            assert "snowkit" not in text, path
