"""A person at a real browser walks the pages of the lab: consent, update sets, the lab's own page, the platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from snowkit.lab.instance import Lab
from snowkit.lab.scenarios import ENTITY_ID
from snowkit.listener import Listener
from tests.updateset.building import built

pytestmark = pytest.mark.browser


def sign_in(tab: Any, login: dict[str, str]) -> None:
    tab.get_by_label("User name").fill(login["user"])
    tab.get_by_label("Password").fill(login["password"])
    tab.get_by_role("button", name="Log in").click()


def test_a_person_allows_a_client_and_lands_on_its_callback(tab: Any, lab: Lab) -> None:
    """Signed in, Allow pressed, and the callback gets the code and the state."""

    async def landed(request: Request) -> HTMLResponse:
        return HTMLResponse('<title>Landed</title><link rel="icon" href="data:,">You may close this window.')

    said = lab.description()
    with Listener(Starlette(routes=[Route("/callback", landed)])) as callback:
        redirect = f"{callback.url}/callback"
        lab.store.patch("oauth_entity", ENTITY_ID, {"redirect_url": redirect})
        asked = {
            "response_type": "code",
            "client_id": said["client_id"],
            "redirect_uri": redirect,
            "state": "s&é",
        }
        tab.goto(f"{lab.url}/oauth_auth.do?{urlencode(asked)}")
        sign_in(tab, said["integration"])
        tab.get_by_role("button", name="Allow").click()
        tab.wait_for_url(f"{redirect}?**")
        assert tab.title() == "Landed"
        answer = parse_qs(urlsplit(tab.url).query)
    assert answer["state"] == ["s&é"]
    assert answer["code"][0]


def test_a_generated_update_set_is_uploaded_previewed_and_committed(
    tab: Any, lab: Lab, rules_file: Path
) -> None:
    """By real clicks on the instance's own pages; the rule is then on the instance."""
    tab.goto(f"{lab.url}/sys_remote_update_set_list.do")
    sign_in(tab, lab.description()["admin"])
    tab.get_by_role("link", name="Import Update Set from XML").click()
    tab.get_by_label("File").set_input_files(rules_file)
    tab.get_by_role("button", name="Upload").click()
    tab.goto(f"{lab.url}/sys_remote_update_set_list.do")
    tab.get_by_role("link", name="TheLoops").first.click()
    tab.get_by_role("button", name="Preview Update Set").click()
    assert tab.locator("#state").inner_text() == "previewed"
    tab.get_by_role("button", name="Commit Update Set").click()
    assert tab.locator("#state").inner_text() == "committed"
    assert lab.store.find("sys_script", "name=TheLoops - Case Created or Updated")


def test_the_labs_page_shows_its_people_and_takes_a_switch(tab: Any, lab: Lab) -> None:
    """And what happens appears in it while it is open, without touching what a person has typed."""
    tab.set_viewport_size({"width": 1200, "height": 1500})
    tab.goto(lab.url)
    assert tab.title() == f"Lab instance {lab.instance_name}"
    assert tab.get_by_role("cell", name=lab.description()["admin"]["password"], exact=True).is_visible()
    tab.get_by_label("rate_limit", exact=True).fill("99")
    tab.request.post(lab.webhook_url, data="hello from the instance")
    tab.frame_locator("iframe").get_by_text("hello from the instance").wait_for()
    assert tab.get_by_label("rate_limit", exact=True).input_value() == "99"
    tab.get_by_role("button", name="Set the switches").click()
    tab.wait_for_url("**/page")
    assert lab.switches.current.rate_limit == 99
    tab.get_by_role("link", name="Sign in").click()
    assert "Sign In" in tab.title()


def test_the_platforms_inbox_is_shown(tab: Any, lab: Lab) -> None:
    """An address that a browser can open."""
    answer = tab.goto(lab.inbox_url)
    assert answer.status == 200
    assert "events" in tab.content()


@pytest.fixture
def rules_file(tmp_path: Path) -> Path:
    """The rules of the pack, as the product writes them."""
    path = tmp_path / "rules.xml"
    path.write_text(built([]).files["rules.xml"], encoding="utf-8", newline="\n")
    return path
