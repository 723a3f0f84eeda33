"""The instance's lists and forms: an administrator reads and writes any record by hand, others what they may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from snowkit.lab.instance import Lab
from snowkit.lab.session import Session
from tests.lab.browser import Browser

CASE = "sn_customerservice_case"


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    """A fresh instance that several tests use, each from its beginning."""
    with Lab(cases=3) as made:
        yield made


@pytest.fixture
def lab(shared: Lab) -> Lab:
    """The shared instance, back at its beginning."""
    shared.reset()
    return shared


@contextmanager
def signed_in(lab: Lab, person: str = "admin", path: str = "/navpage.do") -> Iterator[Browser]:
    """Give a browser on a page of the instance, in which somebody signed in."""
    login = lab.description()[person]
    with Browser() as browser:
        browser.open(lab.url + path)
        browser.press("Log in", {"User name": login["user"], "Password": login["password"]})
        assert browser.url == lab.url + path
        yield browser


def _status(browser: Browser) -> int:
    assert browser.response is not None
    return browser.response.status_code


def test_a_client_that_is_made_by_hand_gets_its_id_and_secret(lab: Lab) -> None:
    """Both are generated, and whoever may change the record can look at the secret (auth_model 1.1)."""
    with signed_in(lab) as browser:
        browser.press("Search", {"Application Navigator": "inbound int"})
        browser.follow("Inbound Integrations")
        browser.follow("OAuth - Authorization code grant")
        browser.press("Submit", {"Name": "Mine", "Active": True, "Redirect URL": "https://a.example/cb"})
        client_id = browser.value("Client ID")
        (row,) = lab.store.find("oauth_entity", "name=Mine")
        assert browser.value("Client secret") == ""
        assert row["client_secret"] in browser.text
        browser.press("Update", {"Name": "Ours"})
        assert "Ours" in browser.text
    (renamed,) = lab.store.find("oauth_entity", "name=Ours")
    assert len(client_id) == 32
    assert (renamed["client_id"], renamed["client_secret"]) == (client_id, row["client_secret"])
    assert renamed["inbound_grant_type"] == "authz_code"
    assert renamed["redirect_url"] == "https://a.example/cb"


def test_a_public_client_gets_no_secret(lab: Lab) -> None:
    """It proves itself by PKCE (auth_model 1.1)."""
    with signed_in(lab, path="/oauth_entity.do?sys_id=-1") as browser:
        browser.press("Submit", {"Name": "Public", "Public client": True})
    (row,) = lab.store.find("oauth_entity", "name=Public")
    assert row["client_secret"] == ""


def test_what_is_left_alone_is_not_written(lab: Lab) -> None:
    """A script keeps its lines, a password its value, and nothing at all changes by saving what was shown."""
    script = "\n// first line is empty\nvar a = '<&\"';\n"
    values = {"name": "Kept", "collection": "incident", "script": script, "when": "after"}
    row = lab.records.insert("sys_script", values, _admin(lab))
    user = lab.store.find("sys_user", "user_name=limited")[0]
    with signed_in(lab) as browser:
        for table, stored in (("sys_script", row), ("sys_user", user)):
            browser.open(f"{lab.url}/{table}.do?sys_id={stored['sys_id']}")
            browser.press("Update")
            assert lab.store.get(table, stored["sys_id"]) == stored
        browser.open(f"{lab.url}/sys_script.do?sys_id={row['sys_id']}")
        assert browser.value("Script") == script
        browser.press("Update", {"Script": "gs.info('x');\r\ngs.info('y');"})
    after = lab.store.get("sys_script", row["sys_id"])
    assert after is not None
    assert after["script"] == "gs.info('x');\ngs.info('y');"


def _admin(lab: Lab) -> Session:
    user = lab.people.named("admin")
    assert user is not None
    return lab.people.session(user, "cookie")


def test_references_are_typed_by_name(lab: Lab) -> None:
    """By name or id; what leads to no record is refused and nothing is saved."""
    with signed_in(lab, path="/std_http_auth.do?sys_id=-1") as browser:
        browser.press("Submit", {"Name": "P", "Type": "OAuth", "OAuth entity": "No such client"})
        assert browser.said("alert") == "Invalid reference: OAuth entity"
        assert lab.store.count("std_http_auth", "name=P") == 0
        assert browser.value("Name") == "P"
        browser.press("Submit", {"OAuth entity": "TheLoops Integration"})
        (row,) = lab.store.find("std_http_auth", "name=P")
        entity = lab.store.find("oauth_entity", "name=TheLoops Integration")[0]
        assert (row["type"], row["oauth_entity"]) == ("oauth", entity["sys_id"])
        assert browser.value("OAuth entity") == "TheLoops Integration"
        twin = lab.store.find("oauth_entity", "name=TheLoops Integration")[0] | {"sys_id": "1" * 32}
        lab.store.put("oauth_entity", twin)
        browser.open(browser.url)
        assert browser.value("OAuth entity") == entity["sys_id"]


def test_a_policy_is_chosen_by_the_name_of_its_api(lab: Lab) -> None:
    """The path is filled in; its profiles are added by a related list, after it was saved (auth_model 2)."""
    with signed_in(lab, path="/sys_api_access_policy_list.do") as browser:
        browser.follow("New")
        browser.press("Submit", {"Name": "Cases", "REST API": "Case API", "Apply to all methods": True})
        assert browser.value("REST API PATH") == "sn_customerservice/case"
        browser.follow("Inbound authentication profile")
        browser.follow("New")
        assert browser.value("API access policy") == "Cases"
    (row,) = lab.store.find("sys_api_access_policy", "name=Cases")
    assert (row["api"], row["apply_all_methods"], row["active"]) == ("", "true", "true")


def test_a_comment_and_a_file_are_added_to_a_case(lab: Lab) -> None:
    """The comment becomes a journal row and shows again, the field itself stays empty (rest_behaviour 4)."""
    case = lab.store.find(CASE)[0]
    with signed_in(lab, path=f"/{CASE}.do?sys_id={case['sys_id']}") as browser:
        browser.press("Update", {"Additional comments": "By hand"})
        assert "By hand" in browser.text
        assert browser.value("Additional comments") == ""
        ck = browser.page.xpath("//input[@name='sysparm_ck']/@value")[0]
        sent = browser.send(
            f"{lab.url}/{CASE}.do",
            {"sysparm_ck": ck, "sys_id": case["sys_id"]},
            {"attachFile": ("note.txt", b"text", "text/plain")},
        )
        assert sent.status_code == 200
        assert "note.txt" in browser.text
    rows = lab.store.find("sys_journal_field", f"element_id={case['sys_id']}^value=By hand")
    assert [row["sys_created_by"] for row in rows] == ["admin"]
    (file,) = lab.store.find("sys_attachment", f"table_sys_id={case['sys_id']}^file_name=note.txt")
    assert lab.store.get_bytes(file["sys_id"]) == b"text"


def test_a_record_is_deleted(lab: Lab) -> None:
    """And the list is shown without it."""
    row = lab.store.find("incident", "", limit=1)[0]
    with signed_in(lab, path=f"/incident.do?sys_id={row['sys_id']}") as browser:
        browser.press("Delete")
        assert browser.url.endswith("/incident_list.do")
    assert lab.store.get("incident", row["sys_id"]) is None


def test_lists_are_queried_and_paged(lab: Lab) -> None:
    """`sysparm_query` narrows, `sysparm_first_row` goes on; the query also presets a new record."""
    for number in range(60):
        lab.store.put(
            "sys_properties", {"sys_id": f"{number:032x}", "name": f"x.many.{number:02}", "value": "v"}
        )
    with signed_in(lab, path="/sys_properties_list.do") as browser:
        browser.press("Run", {"Query": "nameSTARTSWITHx.many^ORDERBYname"})
        assert "60 in all" in browser.text
        assert "x.many.49" in browser.text
        assert "x.many.50" not in browser.text
        browser.follow("Next page")
        assert "x.many.50" in browser.text
        browser.open(f"{lab.url}/sys_properties_list.do?sysparm_query=name=x.made")
        browser.follow("New")
        assert browser.value("Name") == "x.made"


def test_others_see_and_write_only_what_they_may(lab: Lab) -> None:
    """The same access rules as the REST API's: no list, no form, no write."""
    case = lab.store.find(CASE)[0]
    with signed_in(lab, "limited") as browser:
        for path in (f"/{CASE}_list.do", "/oauth_entity_list.do", "/oauth_entity.do?sys_id=-1"):
            browser.open(lab.url + path)
            assert _status(browser) == 403
        browser.open(f"{lab.url}/{CASE}.do?sys_id={case['sys_id']}")
        assert _status(browser) == 404
        assert case["number"] not in browser.text
    visit = lab.cookies.open(lab.store.find("sys_user", "user_name=limited")[0]["sys_id"])
    for action in ("sysverb_update", "sysverb_delete", "sysverb_insert"):
        given = {"sysparm_ck": visit.ck, "sys_id": case["sys_id"], "sys_action": action, f"{CASE}.state": "3"}
        session = {"JSESSIONID": visit.id}
        answer = httpx.post(f"{lab.url}/{CASE}.do", data=given, cookies=session, trust_env=False)
        assert answer.status_code == (403 if action == "sysverb_insert" else 404)
    assert lab.store.get(CASE, case["sys_id"]) == case
    assert lab.store.count(CASE) == 3


def test_a_form_of_another_site_does_nothing(lab: Lab) -> None:
    """It does not know the session's sysparm_ck; who is not signed in is sent to do that first."""
    with signed_in(lab) as browser:
        given = {
            "sysparm_ck": "guessed",
            "sys_id": "-1",
            "sys_action": "sysverb_insert",
            "incident.short_description": "x",
        }
        assert browser.send(f"{lab.url}/incident.do", given).status_code == 403
    assert lab.store.count("incident", "short_description=x") == 0
    answer = httpx.get(f"{lab.url}/incident_list.do", trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        "/login.do?sysparm_goto_url=%2Fincident_list.do",
    )


def test_what_stands_in_a_record_is_text(lab: Lab) -> None:
    """On its form, in its list and in the notices."""
    bad = "</textarea><script>alert(1)</script>\"'"
    row = lab.records.insert(
        "incident", {"short_description": bad, "description": bad, "comments": bad}, _admin(lab)
    )
    with signed_in(lab) as browser:
        for path in (
            f"/incident.do?sys_id={row['sys_id']}",
            "/incident_list.do",
            f"/incident_list.do?sysparm_query={bad}",
        ):
            browser.open(lab.url + path)
            assert browser.response is not None
            assert "<script>" not in browser.response.text
        browser.open(f"{lab.url}/navpage.do?sysparm_filter={bad}")
        assert "<script>" not in browser.response.text


def test_pages_that_are_no_tables_are_not_found(lab: Lab) -> None:
    """For whoever is signed in and for others; the pages that are others' keep answering."""
    for path in ("/nosuch_list.do", "/nosuch.do"):
        assert httpx.get(lab.url + path, trust_env=False).status_code == 404
    assert httpx.post(f"{lab.url}/nosuch.do", trust_env=False).status_code == 404
    assert httpx.get(f"{lab.url}/login.do", trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("uri", "leads"),
    [
        ("incident_list.do?sysparm_query=active=true", "/incident_list.do?sysparm_query=active=true"),
        ("/sys_user.do?sys_id=-1", "/sys_user.do?sys_id=-1"),
        ("//evil.example/x", "/evil.example/x"),
        ("https://evil.example", "/https://evil.example"),
        ("/\\evil.example", "/navpage.do"),
        ("", "/navpage.do"),
    ],
)
def test_the_frame_leads_to_pages_of_this_instance(lab: Lab, uri: str, leads: str) -> None:
    """`/nav_to.do?uri=` is how links to records are written in mails and pages."""
    answer = httpx.get(f"{lab.url}/nav_to.do", params={"uri": uri}, trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (302, leads)


def test_the_navigator_finds_menus_and_tables(lab: Lab) -> None:
    """By a part of the words; `<table>.list` leads to any table."""
    with signed_in(lab) as browser:
        browser.press("Search", {"Application Navigator": "access pol"})
        assert [link.text for link in browser.page.iter("a")] == ["REST API Access Policies"]
        browser.press("Search", {"Application Navigator": "sys_choice.list"})
        browser.follow("Choice")
        assert browser.url.endswith("/sys_choice_list.do")
