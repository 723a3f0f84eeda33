"""The lab's own page tells this machine what the lab is, and lets nobody else see or change it."""

from __future__ import annotations

import re

import httpx
import pytest

from snowkit.lab.home import ACTIVITY, PAGE
from snowkit.lab.instance import Lab


async def _form(client: httpx.AsyncClient) -> dict[str, str]:
    page = (await client.get("/")).text
    return {"token": re.findall(r'name="token" value="(\w+)"', page)[0]}


async def test_the_page_says_what_this_instance_is(client: httpx.AsyncClient, lab: Lab) -> None:
    """Name, scenario, people with passwords, the OAuth client with every redirect URL, each switch."""
    page = await client.get("/")
    assert page.status_code == 200
    entity = lab.store.find("oauth_entity", "name=TheLoops Integration")[0]
    wanted = [lab.instance_name, "fresh", entity["client_id"], *entity["redirect_url"].split(",")]
    wanted += [
        row["user_password"] for row in lab.store.find("sys_user", "user_nameINadmin,integration,limited")
    ]
    for text in [*wanted, *type(lab.switches.current).model_fields]:
        assert text.strip() in page.text


async def test_switches_are_set_by_the_form(client: httpx.AsyncClient, lab: Lab) -> None:
    """Also while the instance is away: the form answers beside the control address."""
    form = await _form(client)
    answer = await client.post(PAGE, data=form | {"away": "hibernating", "rate_limit": "7"})
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert (lab.switches.current.away, lab.switches.current.rate_limit) == ("hibernating", 7)
    assert (await client.get(PAGE)).status_code == 200
    await client.post(PAGE, data=form | {"away": "no"})
    assert lab.switches.current.away == "no"


@pytest.mark.parametrize(("name", "value"), [("rate_limit", "many"), ("away", "<b>")])
async def test_a_wrong_value_is_said_and_changes_nothing(
    client: httpx.AsyncClient, lab: Lab, name: str, value: str
) -> None:
    """In a sentence that names the switch."""
    before = lab.switches.current
    answer = await client.post(PAGE, data=await _form(client) | {name: value})
    assert answer.status_code == 400
    assert f"switch {name} cannot be set" in answer.text
    assert lab.switches.current == before


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
async def test_another_site_neither_sees_nor_changes_it(
    client: httpx.AsyncClient, lab: Lab, headers: dict[str, str]
) -> None:
    """A name that was pointed at this machine gets the instance's home; a form of elsewhere is refused."""
    form = await _form(client)
    for path in ("/", PAGE, ACTIVITY):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (302, "/navpage.do")
    assert (await client.post(PAGE, data=form | {"inbox": "down"}, headers=headers)).status_code == 403
    assert (await client.post(PAGE, data={"token": "é", "inbox": "down"})).status_code == 403
    assert lab.switches.current.inbox == "ok"


async def test_what_comes_from_outside_is_escaped(client: httpx.AsyncClient, lab: Lab) -> None:
    """A user name or an address that is HTML is shown as text."""
    lab.store.put("sys_user", {"sys_id": "1" * 32, "user_name": "<i>x", "user_password": "<script>"})
    row = {"sys_id": "2" * 32, "url": "http://x/<script>", "response_status": "200", "method": "POST"}
    lab.store.put("sys_outbound_http_log", row)
    for path in ("/", ACTIVITY):
        page = (await client.get(path)).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page
