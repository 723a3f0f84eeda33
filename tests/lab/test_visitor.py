"""A visitor does with the instance's pages what a person at a browser does, and an admin what the lab allows."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from snowkit.errors import LabError
from snowkit.lab.instance import Lab
from snowkit.lab.visitor import Admin, Visitor
from tests.lab.update_set_files import HEADER_ID, RULE, Set, good


@pytest.fixture(scope="module")
def running() -> Iterator[Lab]:
    with Lab(cases=1) as lab:
        yield lab


@pytest.fixture
def served(running: Lab) -> Iterator[Lab]:
    yield running
    running.reset()


@pytest.fixture
def visitor(served: Lab) -> Iterator[Visitor]:
    with Visitor(served.url) as visitor:
        yield visitor


@pytest.fixture
def admin(served: Lab) -> Iterator[Admin]:
    with Admin(served.control_url) as admin:
        yield admin


def signed_in(visitor: Visitor, lab: Lab, person: str = "admin") -> Visitor:
    login = lab.description()[person]
    visitor.sign_in(login["user"], login["password"])
    return visitor


def authorization(lab: Lab, **changes: str) -> str:
    said = lab.description()
    asked = {
        "response_type": "code",
        "client_id": said["client_id"],
        "redirect_uri": said["redirect_urls"][-1],
        "state": "s t&ate",
    }
    return f"{lab.url}/oauth_auth.do?{urlencode(asked | changes)}"


def test_a_wrong_password_does_not_let_in(visitor: Visitor) -> None:
    """The page's own words are in the error, the password is not."""
    with pytest.raises(LabError, match=r"did not let admin sign in: .*invalid") as caught:
        visitor.sign_in("admin", "no such password")
    assert "no such password" not in str(caught.value)


def test_allow_leads_to_the_clients_redirect_with_a_code(visitor: Visitor, served: Lab) -> None:
    """The forms of login and consent are filled in, and the state comes back unchanged."""
    login = served.description()["integration"]
    away = visitor.authorize(authorization(served), login["user"], login["password"])
    assert away.startswith(served.description()["redirect_urls"][-1])
    answer = parse_qs(urlsplit(away).query)
    assert answer["state"] == ["s t&ate"]
    assert answer["code"][0]


def test_deny_leads_back_with_an_error(visitor: Visitor, served: Lab) -> None:
    """Who is signed in already is only asked for consent."""
    signed_in(visitor, served, "integration")
    away = visitor.authorize(authorization(served), "", "", allow=False)
    assert parse_qs(urlsplit(away).query)["error"] == ["access_denied"]


def test_an_unknown_client_leads_nowhere(visitor: Visitor, served: Lab) -> None:
    """The visitor says what the page says."""
    login = served.description()["integration"]
    with pytest.raises(LabError, match="no button authorize"):
        visitor.authorize(authorization(served, client_id="unknown"), login["user"], login["password"])


def test_an_update_set_is_uploaded_previewed_and_committed(visitor: Visitor, served: Lab) -> None:
    """All by forms, and the rule is then on the instance."""
    signed_in(visitor, served)
    assert visitor.upload_update_set(good().xml()) == HEADER_ID
    assert visitor.preview(HEADER_ID) == []
    visitor.commit(HEADER_ID)
    assert served.store.get("sys_script", RULE) is not None


def test_the_problems_of_a_preview_are_read_from_the_page(visitor: Visitor, served: Lab) -> None:
    """And the refusal of a commit, which says what to do."""
    signed_in(visitor, served)
    sys_id = visitor.upload_update_set(
        Set().add("sys_security_acl_role", "6" * 32, sys_security_acl="7" * 32).xml()
    )
    (problem,) = visitor.preview(sys_id)
    assert problem.startswith("Could not find a record in sys_security_acl")
    with pytest.raises(LabError, match="Accept or skip each of them first"):
        visitor.commit(sys_id)


@pytest.mark.parametrize("accept", [True, False])
def test_every_problem_can_be_accepted_or_skipped_on_the_page(
    visitor: Visitor, served: Lab, accept: bool
) -> None:
    """The commit goes through then, with or without the updates in question."""
    signed_in(visitor, served)
    made = good()
    for number in "67":
        made.add("sys_security_acl_role", number * 32, sys_security_acl="8" * 32)
    sys_id = visitor.upload_update_set(made.xml())
    assert len(visitor.preview(sys_id)) == 2
    visitor.resolve(sys_id, accept=accept)
    visitor.commit(sys_id)
    assert (served.store.get("sys_security_acl_role", "7" * 32) is not None) is accept
    assert served.store.get("sys_script", RULE) is not None


def test_the_retrieved_sets_are_listed(visitor: Visitor, served: Lab) -> None:
    """With their states, and a link to the import."""
    signed_in(visitor, served).upload_update_set(good().xml())
    visit = served.cookies.open(served.people.named("admin")["sys_id"])
    address = f"{served.url}/sys_remote_update_set_list.do"
    listed = httpx.get(address, cookies={"JSESSIONID": visit.id}, trust_env=False).text
    assert "TheLoops rules</a> loaded" in listed
    assert "/upload.do?sysparm_referring_url=sys_remote_update_set_list.do&amp;sysparm_target=" in listed
    assert httpx.get(address, trust_env=False).status_code == 302


def test_a_broken_file_is_refused_with_the_pages_words(visitor: Visitor, served: Lab) -> None:
    """Nothing was imported."""
    signed_in(visitor, served)
    with pytest.raises(LabError, match="not valid XML"):
        visitor.upload_update_set(good().xml()[:-20])


def test_only_an_admin_who_is_signed_in_uploads(visitor: Visitor, served: Lab) -> None:
    """Anybody else sees the login page, or a refusal."""
    with pytest.raises(LabError, match="no button upload"):
        visitor.upload_update_set(good().xml())
    with pytest.raises(LabError, match="Security constraints"):
        signed_in(visitor, served, "limited").upload_update_set(good().xml())
    assert served.store.find("sys_remote_update_set") == []


def test_the_file_must_come_last_and_the_form_must_be_the_sessions(served: Lab) -> None:
    """Another order is answered 200 and imports nothing; a form without the session's token is refused."""
    login = served.description()["admin"]
    visit = served.cookies.open(served.people.check(login["user"], login["password"])["sys_id"])
    fields = [
        ("sysparm_ck", (None, visit.ck)),
        ("sysparm_upload_prefix", (None, "")),
        ("sysparm_referring_url", (None, "sys_remote_update_set_list.do")),
        ("sysparm_target", (None, "sys_remote_update_set")),
    ]
    file = ("attachFile", ("set.xml", good().xml()))

    def post(parts: list) -> int:
        cookies = {"JSESSIONID": visit.id}
        return httpx.post(
            f"{served.url}/sys_upload.do", files=parts, cookies=cookies, trust_env=False
        ).status_code

    assert post([file, *fields]) == 200
    assert post([*fields[1:], file]) == 403
    assert post([("sysparm_ck", (None, "x" * 72)), *fields[1:], file]) == 403
    assert served.store.find("sys_remote_update_set") == []
    assert post([*fields, file]) == 200
    assert len(served.store.find("sys_remote_update_set")) == 1


def test_the_previewers_ajax_call_answers_a_tracker(visitor: Visitor, served: Lab) -> None:
    """As scripts use it: 32 hex digits, empty for an unknown set."""
    signed_in(visitor, served).upload_update_set(good().xml())
    visit = served.cookies.open(served.people.named("admin")["sys_id"])

    def ask(sys_id: str) -> str:
        data = {
            "sysparm_processor": "UpdateSetPreviewAjax",
            "sysparm_ajax_processor_function": "preview",
            "sysparm_ajax_processor_sys_id": sys_id,
            "sysparm_scope": "global",
            "sysparm_ck": visit.ck,
        }
        cookies = {"JSESSIONID": visit.id}
        return httpx.post(f"{served.url}/xmlhttp.do", data=data, cookies=cookies, trust_env=False).text

    assert 'answer=""' in ask("0" * 32)
    answered = ask(HEADER_ID)
    assert len(answered.partition('answer="')[2].partition('"')[0]) == 32
    assert served.store.get("sys_remote_update_set", HEADER_ID)["state"] == "previewed"


def test_the_admin_changes_records_and_switches(admin: Admin, served: Lab) -> None:
    """Found, inserted, patched, removed; switches set and read; all of it undone by reset."""
    row = admin.insert("sys_properties", name="x.y", value="1")
    assert admin.patch("sys_properties", row["sys_id"], value="2")["value"] == "2"
    assert [found["value"] for found in admin.find("sys_properties", "name=x.y")] == ["2"]
    admin.remove("sys_properties", row["sys_id"])
    assert admin.find("sys_properties", "name=x.y") == []
    assert admin.switches(inbox="down")["inbox"] == "down"
    admin.reset()
    assert admin.switches()["inbox"] == "ok"


def test_the_admin_is_told_what_the_lab_refuses(admin: Admin) -> None:
    """The lab's own words."""
    with pytest.raises(LabError, match="has no table u_nothing"):
        admin.find("u_nothing")
