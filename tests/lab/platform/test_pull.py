"""What the platform pulls, when, and that nothing is lost at the edges of a second or a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from snowkit.lab.authority import throwaway
from snowkit.lab.instance import Lab
from snowkit.lab.platform import pull as pulling
from snowkit.lab.platform.connection import Failed
from snowkit.lab.platform.pull import named
from snowkit.lab.session import SYSTEM
from snowkit.lab.store import Row
from tests.lab.platform.walk import connect, signed_in

CASE = "sn_customerservice_case"


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    """An onboarded instance that several tests use, each from its beginning."""
    with Lab("onboarded", cases=3) as made:
        yield made


@pytest.fixture
def lab(shared: Lab) -> Lab:
    """The shared instance, back at its beginning."""
    shared.reset()
    return shared


def _connected(lab: Lab, **changed: str) -> str:
    with signed_in(lab) as browser:
        id_ = connect(browser, lab, **changed)
    assert lab.platform.puller.settle()
    return id_


def _copied(lab: Lab, id_: str, kind: str) -> set[str]:
    return {row["sys_id"] for row in lab.platform.shelf.copies(id_, kind)}


def _stored(lab: Lab, table: str, query: str = "") -> set[str]:
    return {row["sys_id"] for row in lab.store.find(table, query)}


def _settle(lab: Lab) -> None:
    lab.scheduler.drain()
    assert lab.platform.puller.settle()


def _insert(lab: Lab, **values: str) -> Row:
    return lab.records.insert(CASE, values, SYSTEM, workflow=False)


def test_a_new_integration_pulls_everything(lab: Lab) -> None:
    """Cases, their comments and files with their bytes, accounts and contacts."""
    case = lab.store.find(CASE)[0]
    file = lab.records.attach(CASE, case["sys_id"], "a.txt", "text/plain", b"content", SYSTEM)
    id_ = _connected(lab)
    assert _copied(lab, id_, "cases") == _stored(lab, CASE)
    journals = "name=sn_customerservice_case^elementINcomments,work_notes"
    assert _copied(lab, id_, "comments") == _stored(lab, "sys_journal_field", journals) != set()
    assert _copied(lab, id_, "accounts") == _stored(lab, "customer_account")
    assert _copied(lab, id_, "contacts") == _stored(lab, "customer_contact")
    assert lab.platform.shelf.content(id_, "attachments", file["sys_id"]) == b"content"


def test_content_management_pulls_articles_only(lab: Lab) -> None:
    """It asks for no case."""
    id_ = _connected(lab, Capability="Content Management")
    assert _copied(lab, id_, "articles") == _stored(lab, "kb_knowledge") != set()
    assert _copied(lab, id_, "cases") == set()


@pytest.mark.parametrize("pull_by", ["Created Time", "Updated Time"])
def test_a_webhook_brings_case_comment_and_file(lab: Lab, pull_by: str) -> None:
    """Through the instance's own rules, whichever time is pulled by."""
    id_ = _connected(lab, **{"Pull Record By": pull_by})
    case = lab.records.insert(CASE, {"short_description": "New"}, SYSTEM)
    lab.records.update(CASE, case["sys_id"], {"comments": "Hello", "short_description": "Changed"}, SYSTEM)
    file = lab.records.attach(CASE, case["sys_id"], "b.txt", "text/plain", b"bytes", SYSTEM)
    _settle(lab)
    copies = {row["sys_id"]: row for row in lab.platform.shelf.copies(id_, "cases")}
    assert copies[case["sys_id"]]["short_description"] == "Changed"
    comments = [row["value"] for row in lab.platform.shelf.copies(id_, "comments")]
    assert "Hello" in comments
    assert lab.platform.shelf.content(id_, "attachments", file["sys_id"]) == b"bytes"


def test_an_old_case_that_changed_is_pulled_by_its_id(lab: Lab) -> None:
    """By created time no list shows it again; a webhook's body names it, in whatever shape."""
    old = _insert(lab)
    lab.store.patch(CASE, old["sys_id"], {"sys_created_on": "2020-01-01 00:00:00"})
    id_ = _connected(lab, **{"Pull Record By": "Created Time"})
    lab.store.patch(CASE, old["sys_id"], {"short_description": "Changed"})
    assert lab.platform.puller.pull(id_) == 0
    body = json.dumps({"any": [{"shape": old["sys_id"]}]})
    address = f"{lab.platform_url}/v1/webhooks/servicenow/{id_}"
    assert httpx.post(address, content=body, trust_env=False).status_code == 200
    _settle(lab)
    copies = {row["sys_id"]: row for row in lab.platform.shelf.copies(id_, "cases")}
    assert copies[old["sys_id"]]["short_description"] == "Changed"


def test_the_integrations_of_other_addresses_sleep_on(lab: Lab) -> None:
    """A webhook wakes the integration of its address only; the first address wakes all."""
    one, other = _connected(lab), _connected(lab, Name="Other")
    new = _insert(lab)
    httpx.post(f"{lab.platform_url}/v1/webhooks/servicenow/{one}", content=b"no json", trust_env=False)
    _settle(lab)
    assert new["sys_id"] in _copied(lab, one, "cases")
    assert new["sys_id"] not in _copied(lab, other, "cases")
    httpx.post(lab.webhook_url, content=b"", trust_env=False)
    _settle(lab)
    assert new["sys_id"] in _copied(lab, other, "cases")


def test_records_of_one_second_are_all_pulled(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over pages that end in the middle of it, and also those that come late into a second that was pulled."""
    monkeypatch.setattr(pulling, "_PAGE", 2)
    moment = {"sys_updated_on": "2026-01-02 03:04:05"}
    for _ in range(5):
        lab.store.patch(CASE, _insert(lab)["sys_id"], moment)
    id_ = _connected(lab)
    assert _copied(lab, id_, "cases") == _stored(lab, CASE)
    latest = max(row["sys_updated_on"] for row in lab.store.find(CASE))
    for _ in range(5):
        lab.store.patch(CASE, _insert(lab)["sys_id"], {"sys_updated_on": latest})
    assert lab.platform.puller.pull(id_) == 5
    assert _copied(lab, id_, "cases") == _stored(lab, CASE)
    assert lab.platform.puller.pull(id_) == 0


def test_a_pull_that_fails_is_told_and_goes_on_from_where_it_was(lab: Lab) -> None:
    """Nothing that came meanwhile is lost."""
    id_ = _connected(lab)
    new = _insert(lab)
    lab.change_switches({"away": "offline"})
    with signed_in(lab) as browser:
        browser.press("Sync now")
        assert browser.said("alert") == "The sync of Boxeo support failed."
        lab.change_switches({"away": "no"})
        browser.press("Sync now")
        assert browser.said("status") == "The sync of Boxeo support is done: 1 new or changed."
    assert new["sys_id"] in _copied(lab, id_, "cases")


def test_bytes_that_come_late_are_fetched_by_the_next_pull(lab: Lab) -> None:
    """The row is there before its bytes, which is no failure."""
    id_ = _connected(lab)
    case = lab.store.find(CASE)[0]
    lab.change_switches({"attachment_bytes_delay": 600.0})
    file = lab.records.attach(CASE, case["sys_id"], "late.txt", "text/plain", b"late", SYSTEM)
    _settle(lab)
    assert file["sys_id"] in _copied(lab, id_, "attachments")
    assert lab.platform.shelf.lacking(id_, "attachments") == [file["sys_id"]]
    lab.store.put_bytes(file["sys_id"], b"late")
    assert lab.platform.puller.pull(id_) == 0
    assert lab.platform.shelf.content(id_, "attachments", file["sys_id"]) == b"late"


def test_the_copies_are_shown(lab: Lab) -> None:
    """Case by case, with comments, and files to fetch; text of a customer stays text."""
    case = _insert(lab, short_description="<script>alert(1)</script>", comments="<b>bold</b>")
    file = lab.records.attach(CASE, case["sys_id"], "c.html", "text/html", b"<script>", SYSTEM)
    id_ = _connected(lab)
    with signed_in(lab) as browser:
        browser.follow("Records")
        assert "4 cases" in browser.text
        browser.follow(case["number"])
        assert browser.response is not None
        assert "<script>alert" not in browser.response.text
        assert "<script>alert(1)</script>" in browser.text
        assert "<b>bold</b>" in browser.text
        browser.follow("c.html")
        assert browser.response.content == b"<script>"
        assert browser.response.headers["content-disposition"] == "attachment"
        assert browser.response.headers["content-type"] == "application/octet-stream"
        browser.open(f"{lab.platform_url}/records/{id_}/cases/{'0' * 32}")
        assert browser.response.status_code == 404
        browser.open(f"{lab.platform_url}/records/{id_}/files/{case['sys_id']}")
        assert browser.response.status_code == 404
    assert file["sys_id"] in _copied(lab, id_, "attachments")


def test_what_was_added_outlives_a_restart(tmp_path: Path) -> None:
    """Integration, token and copies; the instance's redirect URL follows the platform's new port."""
    path = tmp_path / "lab.db"
    with Lab("onboarded", cases=2, database=path) as lab:
        id_ = _connected(lab)
        copied = _copied(lab, id_, "cases")
    with Lab("onboarded", cases=2, database=path) as lab:
        assert _copied(lab, id_, "cases") == copied != set()
        loopback = [url for url in lab.description()["redirect_urls"] if "127.0.0.1" in url]
        assert loopback == [f"{lab.platform_url}/v1/oauth/callback", "http://127.0.0.1:8765/callback"]
        with signed_in(lab) as browser:
            browser.press("Test Connection")
            assert browser.said("status") == "Test Connection: Boxeo support is connected successfully."
        lab.reset()
        assert lab.platform.shelf.integrations() == []


def test_it_trusts_the_labs_own_authority() -> None:
    """Where the instance speaks https, so does the platform, to it and by itself."""
    with (
        throwaway("lab") as papers,
        Lab(
            "onboarded", cases=1, certificate=papers.certificate, key=papers.key, ca_file=papers.ca_file
        ) as lab,
        signed_in(lab) as browser,
    ):
        id_ = connect(browser, lab)
        assert lab.platform.puller.settle()
        assert _copied(lab, id_, "cases") == _stored(lab, CASE)


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ("", []),
        ("no json", []),
        ('"' + "a" * 32 + '"', ["a" * 32]),
        (
            json.dumps({"a": ["b" * 32, {"c": "d" * 32}], "e": "b" * 32, "f": 1, "g": "A" * 32}),
            ["b" * 32, "d" * 32],
        ),
        (json.dumps([f"{number:032x}" for number in range(9)]), [f"{number:032x}" for number in range(5)]),
        ("[" * 100_000, []),
    ],
)
def test_ids_are_found_in_any_body(body: str, ids: list[str]) -> None:
    """Wherever they stand, each once, and no more than a few."""
    assert sorted(named(body)) == ids


def test_a_dead_token_is_dead_within_a_connection_too(lab: Lab) -> None:
    """The instance gives a session with each answer, which would outlive the token; it is not sent back."""
    id_ = _connected(lab)
    integration = lab.platform.shelf.integration(id_)
    assert integration is not None
    with lab.platform.puller.connect(integration) as connection:
        connection.test()
        for row in lab.store.find("oauth_credential", ""):
            lab.store.patch("oauth_credential", row["sys_id"], {"expires": "2020-01-01 00:00:00"})
        with pytest.raises(Failed) as failure:
            connection.test()
    assert failure.value.status == 401
