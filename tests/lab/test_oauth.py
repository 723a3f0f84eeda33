"""The OAuth endpoints give, refresh, refuse and end tokens as the facts say."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from lxml import html

from snowkit.lab.instance import Lab
from snowkit.lab.moments import stamp
from snowkit.lab.session import SYSTEM

CLIENT = {"client_id": "5c1a7e0d9b3f4e62a8d0c4b7f6e21935", "client_secret": "secret-of-the-lab"}
CALLBACK = "http://127.0.0.1:8765/callback"
ASKED = {"response_type": "code", "client_id": CLIENT["client_id"], "redirect_uri": CALLBACK, "state": "s1"}
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
WRONG_CLIENT = {"error": "invalid_client", "error_description": "Invalid client_id or client_secret."}
REFUSED = {"error_description": "access_denied", "error": "server_error"}


@pytest.fixture
async def browser(lab: Lab) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=lab.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as made:
        yield made


def change_entity(lab: Lab, **values: str) -> None:
    lab.store.patch("oauth_entity", lab.store.find("oauth_entity")[0]["sys_id"], values)


def set_property(lab: Lab, name: str, value: str) -> None:
    for row in lab.store.find("sys_properties", f"name={name}"):
        lab.store.patch("sys_properties", row["sys_id"], {"value": value})


async def sign_in(browser: httpx.AsyncClient, user: str = "integration") -> httpx.Response:
    form = {"user_name": user, "user_password": f"{user}-of-the-lab", "sys_action": "sysverb_login"}
    return await browser.post("/login.do", data=form)


async def decide(browser: httpx.AsyncClient, action: str = "authorize", **asked: str) -> httpx.Response:
    page = await browser.get("/oauth_auth.do", params=ASKED | asked)
    form = {str(name): str(value) for name, value in html.fromstring(page.text).forms[0].form_values()}
    return await browser.post("/oauth_auth.do", data=form | {"oauth_auth_check_action": action})


def query(response: httpx.Response) -> dict[str, str]:
    return {
        name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()
    }


async def code(browser: httpx.AsyncClient, **asked: str) -> str:
    await sign_in(browser)
    return query(await decide(browser, **asked))["code"]


async def token(browser: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await browser.post("/oauth_token.do", data=CLIENT | form)


async def exchange(browser: httpx.AsyncClient, text: str, **form: str) -> httpx.Response:
    return await token(browser, grant_type="authorization_code", code=text, redirect_uri=CALLBACK, **form)


async def test_the_login_page_has_the_real_fields_and_leads_back(browser: httpx.AsyncClient) -> None:
    """A browser that nobody is signed in with goes to the form, and from there to the consent page."""
    first = await browser.get("/oauth_auth.do", params=ASKED)
    assert first.status_code == 302
    page = html.fromstring((await browser.get(first.headers["location"])).text)
    for field in ("user_name", "user_password", "sysverb_login"):
        assert page.get_element_by_id(field) is not None
    form = {str(name): str(value) for name, value in page.forms[0].form_values()}
    form |= {"user_name": "limited", "user_password": "limited-of-the-lab", "sys_action": "sysverb_login"}
    signed = await browser.post(page.forms[0].action, data=form)
    assert signed.headers["location"].startswith("/oauth_auth.do?response_type=code")
    consent = html.fromstring((await browser.get(signed.headers["location"])).text)
    buttons = [(each.get("value"), each.text) for each in consent.iterfind(".//button")]
    assert buttons == [("deny", "Deny"), ("authorize", "Allow")]


@pytest.mark.parametrize(
    "goto", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
async def test_a_login_leads_nowhere_else(browser: httpx.AsyncClient, goto: str) -> None:
    """Only paths of the instance are followed."""
    form = {"user_name": "admin", "user_password": "admin-of-the-lab", "sys_action": "sysverb_login"}
    reply = await browser.post("/login.do", data=form | {"sysparm_goto_url": goto})
    assert reply.headers["location"] == "/navpage.do"


@pytest.mark.parametrize(
    "field", [{"web_service_access_only": "true"}, {"identity_type": "machine"}, {"locked_out": "true"}]
)
async def test_a_machine_cannot_sign_in(lab: Lab, browser: httpx.AsyncClient, field: dict[str, str]) -> None:
    """Web-service-only, machine and locked users stay on the login page."""
    user = lab.people.named("integration")
    assert user
    lab.store.patch("sys_user", user["sys_id"], field)
    reply = await sign_in(browser)
    assert reply.status_code == 200
    assert "JSESSIONID" not in reply.headers.get("set-cookie", "")


async def test_allow_redirects_with_code_and_state(browser: httpx.AsyncClient) -> None:
    """To the very URL that was asked for."""
    await sign_in(browser)
    reply = await decide(browser)
    assert reply.status_code == 302
    assert reply.headers["location"].startswith(f"{CALLBACK}?code=")
    assert query(reply)["state"] == "s1"


async def test_an_unmatched_redirect_goes_to_the_first_url(browser: httpx.AsyncClient) -> None:
    """Even a loopback URL with another port is no match."""
    await sign_in(browser)
    reply = await decide(browser, redirect_uri="http://127.0.0.1:9999/callback")
    assert reply.headers["location"].startswith("https://app.prod1.theloops.ai/v1/oauth/callback?code=")


async def test_deny_redirects_with_an_error(lab: Lab, browser: httpx.AsyncClient) -> None:
    """Or, by the switch, nowhere at all."""
    await sign_in(browser)
    assert query(await decide(browser, "deny")) == {"error": "access_denied", "state": "s1"}
    lab.switches.change({"denied_consent": "nothing"})
    assert (await decide(browser, "deny")).status_code == 200


async def test_state_is_required_by_a_property(lab: Lab, browser: httpx.AsyncClient) -> None:
    """The page says so in ServiceNow's words; upgraded instances do not ask."""
    await sign_in(browser)
    reply = await browser.get("/oauth_auth.do", params=ASKED | {"state": ""})
    assert "Missing State parameter in request." in reply.text
    set_property(lab, "glide.oauth.state.parameter.required", "false")
    assert "state" not in query(await decide(browser, state=""))


async def test_consent_without_the_forms_token_is_refused(browser: httpx.AsyncClient) -> None:
    """Another site cannot press Allow."""
    await sign_in(browser)
    form = ASKED | {"sysparm_ck": "guessed", "oauth_auth_check_action": "authorize"}
    assert (await browser.post("/oauth_auth.do", data=form)).status_code == 403


async def test_a_code_becomes_tokens_once(lab: Lab, browser: httpx.AsyncClient) -> None:
    """The documented body; the second exchange is refused."""
    text = await code(browser)
    reply = await exchange(browser, text)
    body = reply.json()
    assert reply.status_code == 200
    assert set(body) == {"access_token", "refresh_token", "scope", "token_type", "expires_in"}
    assert (body["scope"], body["token_type"]) == ("useraccount", "Bearer")
    assert 1795 <= body["expires_in"] <= 1800
    assert len(body["access_token"]) == 86
    again = await exchange(browser, text)
    assert (again.status_code, again.json()) == (401, REFUSED)


async def test_the_redirect_uri_must_be_the_same(browser: httpx.AsyncClient) -> None:
    """Another one at the exchange is refused."""
    text = await code(browser)
    reply = await token(browser, grant_type="authorization_code", code=text, redirect_uri=CALLBACK + "/")
    assert reply.json() == REFUSED


@pytest.mark.parametrize(("verifier", "status"), [(VERIFIER, 200), ("w" * 43, 401), ("", 401)])
async def test_a_challenge_wants_its_verifier(browser: httpx.AsyncClient, verifier: str, status: int) -> None:
    """S256 is compared."""
    text = await code(browser, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert (await exchange(browser, text, code_verifier=verifier)).status_code == status


async def test_a_public_client_has_no_secret_but_pkce(lab: Lab, browser: httpx.AsyncClient) -> None:
    """Without a challenge the consent page refuses it."""
    change_entity(lab, public_client="true")
    await sign_in(browser)
    assert "code_challenge" in (await browser.get("/oauth_auth.do", params=ASKED)).text
    text = await code(browser, code_challenge=CHALLENGE, code_challenge_method="S256")
    reply = await exchange(browser, text, code_verifier=VERIFIER, client_secret="")
    assert reply.status_code == 200


async def test_a_living_token_is_given_again_and_refreshing_moves_nothing(
    lab: Lab, browser: httpx.AsyncClient
) -> None:
    """The same access token with less time left, the same refresh token with the same end."""
    first = (await exchange(browser, await code(browser))).json()
    row = lab.store.find("oauth_credential", "type=refresh_token")[0]
    lab.switches.change({"clock_skew": 600.0})
    again = (await token(browser, grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    assert again["access_token"] == first["access_token"]
    assert again["refresh_token"] == first["refresh_token"]
    assert 1190 <= again["expires_in"] <= 1200
    assert lab.store.find("oauth_credential", "type=refresh_token") == [row]
    lab.switches.change({"clock_skew": 2000.0})
    later = (await token(browser, grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    assert later["access_token"] != first["access_token"]
    lab.switches.change({"clock_skew": 863999.0})
    lab.store.patch("oauth_credential", row["sys_id"], {"expires": stamp(lab.now())})
    dead = await token(browser, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (dead.status_code, dead.json()) == (401, REFUSED)


@pytest.mark.parametrize(
    ("form", "strict_status", "strict"),
    [
        ({"client_secret": "x"}, 401, WRONG_CLIENT),
        ({"client_id": "x"}, 401, WRONG_CLIENT),
        ({"grant_type": "strange"}, 400, {"error": "unsupported_grant_type"}),
        ({"grant_type": "client_credentials"}, 400, {"error": "unsupported_grant_type"}),
    ],
)  # fmt: skip
async def test_refusals_have_one_wording_or_that_of_the_rfc(
    lab: Lab, browser: httpx.AsyncClient, form: dict[str, str], strict_status: int, strict: dict[str, str]
) -> None:
    """By default server_error for everything; the cause is in the system log."""
    given = {"grant_type": "refresh_token", "refresh_token": "gone"} | form
    reply = await token(browser, **given)
    assert (reply.status_code, reply.json()) == (401, REFUSED)
    logged = lab.store.find("syslog", "source=com.glide.ui.ServletErrorListener")
    assert logged[0]["message"].startswith("Exception on token flow - ")
    lab.switches.change({"oauth_errors": "rfc"})
    reply = await token(browser, **given)
    assert (reply.status_code, reply.json()) == (strict_status, strict)


async def test_a_dead_refresh_token_is_an_invalid_grant_by_the_rfc(
    lab: Lab, browser: httpx.AsyncClient
) -> None:
    """The description begins as the recorded one does."""
    lab.switches.change({"oauth_errors": "rfc"})
    reply = await token(browser, grant_type="refresh_token", refresh_token="gone")
    assert reply.status_code == 401
    assert reply.json()["error"] == "invalid_grant"
    assert reply.json()["error_description"].startswith("access_denied: ")


async def test_parameters_belong_in_a_form(lab: Lab, browser: httpx.AsyncClient) -> None:
    """JSON is refused, and so is the URL unless a property allows it."""
    await sign_in(browser)
    assert (await browser.post("/oauth_token.do", json=CLIENT)).json() == REFUSED
    first = (await exchange(browser, await code(browser))).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert (await browser.post("/oauth_token.do", params=form, data=CLIENT)).json() == REFUSED
    set_property(lab, "glide.oauth.allow.parameters.in.post.body.only", "false")
    assert (await browser.post("/oauth_token.do", params=form, data=CLIENT)).status_code == 200


async def test_passwords_and_clients_have_their_own_grants(lab: Lab, browser: httpx.AsyncClient) -> None:
    """Both need an entity that allows them; client credentials need its user and give no refresh token."""
    person = {"grant_type": "password", "username": "limited", "password": "limited-of-the-lab"}
    assert (await token(browser, **person)).json() == REFUSED
    change_entity(lab, inbound_grant_type="")
    assert "refresh_token" in (await token(browser, **person)).json()
    assert (await token(browser, **person | {"password": "x"})).json() == REFUSED
    set_property(lab, "glide.oauth.inbound.ropc.grant_type.disabled", "true")
    assert (await token(browser, **person)).json() == REFUSED
    change_entity(lab, inbound_grant_type="client_credential")
    assert (await token(browser, grant_type="client_credentials")).json() == REFUSED
    user = lab.people.named("limited")
    assert user
    change_entity(lab, user=user["sys_id"])
    assert "refresh_token" not in (await token(browser, grant_type="client_credentials")).json()


async def test_a_client_may_name_itself_in_a_basic_header(lab: Lab, browser: httpx.AsyncClient) -> None:
    """Where RFC 6749 puts id and secret, and pysnow and PySNC with it; a wrong secret is refused there too."""
    change_entity(lab, inbound_grant_type="")
    form = {"grant_type": "password", "username": "admin", "password": "admin-of-the-lab"}
    for secret, status in ((CLIENT["client_secret"], 200), ("wrong", 401)):
        answer = await browser.post("/oauth_token.do", data=form, auth=(CLIENT["client_id"], secret))
        assert answer.status_code == status
    for header in ("Basic ?", "Bearer x"):
        answer = await browser.post("/oauth_token.do", data=form, headers={"Authorization": header})
        assert answer.json() == REFUSED


async def test_a_grant_of_many_is_decided_by_the_profiles(lab: Lab, browser: httpx.AsyncClient) -> None:
    """With inbound_grant_type=multiple only the grants of oauth_entity_profile are open."""
    change_entity(lab, inbound_grant_type="multiple")
    assert (await exchange(browser, await code(browser))).status_code == 200
    person = {"grant_type": "password", "username": "limited", "password": "limited-of-the-lab"}
    assert (await token(browser, **person)).json() == REFUSED
    entity = lab.store.find("oauth_entity")[0]["sys_id"]
    lab.records.insert("oauth_entity_profile", {"oauth_entity": entity, "grant_type": "password"}, SYSTEM)
    assert (await token(browser, **person)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_revoking_needs_no_sign_in(lab: Lab, browser: httpx.AsyncClient, method: str) -> None:
    """The token is dead afterwards; an unknown one is no error."""
    first = (await exchange(browser, await code(browser))).json()
    browser.cookies.clear()
    for text in (first["refresh_token"], "unknown"):
        given = {"params": {"token": text}} if method == "GET" else {"data": {"token": text}}
        assert (await browser.request(method, "/oauth_revoke_token.do", **given)).status_code == 200  # type: ignore[arg-type]
    refreshed = await token(browser, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert refreshed.json() == REFUSED


@pytest.mark.parametrize("secret", [CLIENT["client_secret"], ""])
async def test_a_confidential_client_may_use_pkce(lab: Lab, browser: httpx.AsyncClient, secret: str) -> None:
    """With its secret beside the verifier, or, where the entity uses PKCE, without."""
    change_entity(lab, use_pkce="true")
    text = await code(browser, code_challenge=CHALLENGE, code_challenge_method="S256")
    reply = await exchange(browser, text, code_verifier=VERIFIER, client_secret=secret)
    assert reply.status_code == 200
    assert reply.json()["refresh_token"]


async def test_somebody_else_can_sign_in_before_consenting(browser: httpx.AsyncClient) -> None:
    """The consent page has a link "Not You?", which signs out."""
    await sign_in(browser)
    page = html.fromstring((await browser.get("/oauth_auth.do", params=ASKED)).text)
    links = {link.text: link.get("href") for link in page.iterfind(".//a")}
    await browser.get(links["Not You?"])
    assert (await browser.get("/oauth_auth.do", params=ASKED)).status_code == 302


async def test_expires_in_counts_down_from_1799(browser: httpx.AsyncClient) -> None:
    """And the scope is useraccount."""
    body = (await exchange(browser, await code(browser))).json()
    assert body["expires_in"] in (1798, 1799)
    assert set(body["access_token"]) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
