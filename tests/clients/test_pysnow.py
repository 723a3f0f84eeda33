"""pysnow, the most used of the free clients, against the lab: its resources, its streams, its OAuth."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snowkit.lab.instance import Lab
from tests.clients.conftest import NAME, add_entity

with warnings.catch_warnings():
    # Its own import warns where libmagic is missing, and of syntax that a later Python will refuse.
    warnings.simplefilter("ignore")
    pysnow: Any = pytest.importorskip("pysnow", reason="the extra `clients` is not installed")

requests: Any = pytest.importorskip("requests", reason="the extra `clients` is not installed")

pytestmark = pytest.mark.clients
CASE = "/table/sn_customerservice_case"
ADMIN = "6816f79cc0a8016401c5a33be04be441"


@pytest.fixture
def client(lab: Lab, admin: tuple[str, str]) -> Iterator[Any]:
    """An administrator's client, by Basic authentication; it builds the address from the instance's name."""
    with pysnow.Client(instance=NAME, user=admin[0], password=admin[1]) as made:
        yield made


def test_a_record_lives_and_dies(client: Any) -> None:
    """Created, changed, commented, found by number, deleted, and gone."""
    cases = client.resource(api_path=CASE)
    made = cases.create({"short_description": "pysnow was here", "priority": "2"}).one()
    number = {"number": made["number"]}
    changed = cases.update(query=number, payload={"short_description": "and again", "comments": "By pysnow"})
    assert changed.one()["short_description"] == "and again"
    assert cases.get(query=number).one()["sys_id"] == made["sys_id"]

    journal = client.resource(api_path="/table/sys_journal_field")
    entries = journal.get(query={"element_id": made["sys_id"], "element": "comments"}).all()
    assert [entry["value"] for entry in entries] == ["By pysnow"]

    assert cases.delete(query=number)["status"] == "record deleted"
    with pytest.raises(pysnow.exceptions.NoResults):
        cases.get(query=number).one()


@pytest.mark.parametrize("stream", [False, True])
def test_pages_are_walked_to_the_end(client: Any, stream: bool) -> None:
    """By limit and offset, buffered or as a stream, every case comes once."""
    cases = client.resource(api_path=CASE)
    query = pysnow.QueryBuilder().field("number").is_not_empty().AND().field("number").order_ascending()
    numbers: list[str] = []
    while page := list(
        cases.get(query=query, limit=10, offset=len(numbers), fields=["number"], stream=stream).all()
    ):
        numbers += [row["number"] for row in page]
    total = cases.get(query=query, limit=1).headers["X-Total-Count"]
    assert len(numbers) == int(total) >= 25
    assert numbers == sorted(set(numbers))


def test_its_query_builder_is_understood(client: Any) -> None:
    """Dates, lists and alternatives of its builder choose what they say."""
    cases = client.resource(api_path=CASE)
    query = (
        pysnow.QueryBuilder()
        .field("priority")
        .equals(["1", "2"])
        .AND()
        .field("short_description")
        .not_contains("nothing has this")
    )
    found = cases.get(query=query).all()
    assert found
    assert {row["priority"] for row in found} <= {"1", "2"}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_an_attachment_goes_up_and_away(client: Any, tmp_path: Path) -> None:
    """It lists what it sent; its reader of files leaves them to the garbage collector."""
    cases = client.resource(api_path=CASE)
    made = cases.create({"short_description": "With an attachment"}).one()
    file = tmp_path / "note.txt"
    file.write_text("some lines\n" * 100, encoding="utf-8", newline="\n")
    sent = cases.attachments.upload(sys_id=made["sys_id"], file_path=str(file)).one()
    assert (sent["file_name"], sent["size_bytes"]) == ("note.txt", str(len("some lines\n") * 100))
    (listed,) = cases.attachments.get(sys_id=made["sys_id"])
    assert listed["sys_id"] == sent["sys_id"]
    down = client.session.get(listed["download_link"], headers={"Accept": "*/*"})
    assert down.content == file.read_bytes()
    cases.attachments.delete(sent["sys_id"])
    assert cases.attachments.get(sys_id=made["sys_id"]) == []


def test_oauth_by_password_and_refresh(lab: Lab, admin: tuple[str, str]) -> None:
    """A token reads; when it has run out the client refreshes it and hands on the new one."""
    entity = add_entity(lab, "pysnow", "password")
    kept: list[dict[str, Any]] = []
    client = pysnow.OAuthClient(
        client_id=entity.client_id, client_secret=entity.secret, token_updater=kept.append, instance=NAME
    )
    token = client.generate_token(*admin)
    client.set_token(token)
    users = client.resource(api_path="/table/sys_user")
    assert users.get(query={"sys_id": ADMIN}).one()["user_name"] == "admin"
    client.close()

    client.set_token(token | {"expires_at": 1, "access_token": "run out"})
    users = client.resource(api_path="/table/sys_user")
    assert users.get(query={"sys_id": ADMIN}).one()["user_name"] == "admin"
    assert kept[0]["refresh_token"] == token["refresh_token"]
    client.close()

    with pytest.raises(pysnow.exceptions.TokenCreateError):
        client.generate_token(admin[0], "wrong")


def test_refusals_are_errors(client: Any, lab: Lab, limited: tuple[str, str]) -> None:
    """The status is in the client's exception, and the instance's words are in the answer that it carries."""
    for login, status, message in (
        (("nobody", "nothing"), 401, "User is not authenticated"),
        (limited, 403, "Operation Failed"),
    ):
        with (
            pysnow.Client(instance=NAME, user=login[0], password=login[1]) as stranger,
            pytest.raises(requests.HTTPError, match=rf"^{status} ") as caught,
        ):
            stranger.resource(api_path=CASE).create({"short_description": "no"}).one()
        assert caught.value.response.json()["error"]["message"] == message
    with pytest.raises(requests.HTTPError, match=r"^400 ") as caught:
        client.resource(api_path="/table/no_such_table").get(query={}).all()
    assert caught.value.response.json()["error"]["message"] == "Invalid table no_such_table"
