"""ServiceNow's own client, PySNC, against the lab: what its GlideRecord does on a real instance it does here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from snowkit.lab.instance import Lab
from tests.clients.conftest import NAME, add_entity

pysnc: Any = pytest.importorskip("pysnc", reason="the extra `clients` is not installed")

pytestmark = pytest.mark.clients
CASE = "sn_customerservice_case"
ADMIN = "6816f79cc0a8016401c5a33be04be441"


@pytest.fixture
def client(lab: Lab, admin: tuple[str, str]) -> Iterator[Any]:
    """An administrator's client, by Basic authentication; it builds the address from the instance's name."""
    made = pysnc.ServiceNowClient(NAME, admin)
    yield made
    made.session.close()


def _new(client: Any, **values: str) -> Any:
    record = client.GlideRecord(CASE)
    record.initialize()
    for field, value in values.items():
        record.set_value(field, value)
    assert record.insert()
    return record


def test_a_record_lives_and_dies(client: Any) -> None:
    """Created with a number, changed with a comment, read back, deleted, and gone."""
    record = _new(client, short_description="PySNC was here", priority="2")
    assert str(record.number).startswith("CS")
    assert record.get_display_value("priority") == "2 - High"

    record.short_description = "PySNC was here again"
    record.comments = "A comment by PySNC"
    assert record.update()

    again = client.GlideRecord(CASE)
    assert again.get(str(record.sys_id))
    assert again.short_description == "PySNC was here again"
    journal = client.GlideRecord("sys_journal_field")
    journal.add_query("element_id", str(record.sys_id))
    journal.add_query("element", "comments")
    journal.query()
    assert [str(entry.value) for entry in journal] == ["A comment by PySNC"]

    assert again.delete()
    assert not client.GlideRecord(CASE).get(str(record.sys_id))


def test_pages_are_walked_to_the_end(client: Any) -> None:
    """Every case once, in order, with four requests for 25."""
    cases = client.GlideRecord(CASE, batch_size=8)
    cases.order_by("number")
    cases.query()
    numbers = [str(case.number) for case in cases]
    assert cases.get_row_count() == len(numbers) >= 25
    assert numbers == sorted(set(numbers))


def test_conditions_are_understood(client: Any) -> None:
    """And, or, dot-walking, and display values beside stored ones."""
    cases = client.GlideRecord(CASE)
    cases.fields = ["number", "account", "account.name", "priority"]
    either = cases.add_query("priority", "1")
    either.add_or_condition("priority", "2")
    cases.add_not_null_query("account")
    cases.query()
    assert len(cases) > 0
    for case in cases:
        assert case.get_value("priority") in ("1", "2")
        assert case.get_display_value("account") == case.get_value("account.name")


def test_an_attachment_goes_up_and_comes_down(client: Any) -> None:
    """Bytes come back as they went, by name and type, and go with the attachment."""
    record = _new(client, short_description="With an attachment")
    content = bytes(range(256)) * 40
    assert record.add_attachment("all bytes.bin", content, content_type="application/x-test")
    (attachment,) = list(record.get_attachments())
    assert (attachment.file_name, attachment.content_type) == ("all bytes.bin", "application/x-test")
    assert int(attachment.size_bytes) == len(content)
    assert attachment.read() == content
    attachment.delete()
    assert len(record.get_attachments()) == 0


def test_many_are_changed_and_deleted_in_one_batch(client: Any) -> None:
    """What the client sends through the Batch API reaches every record."""
    for number in range(3):
        _new(client, short_description="One of a batch", description=f"{number}")

    def batch() -> Any:
        found = client.GlideRecord(CASE)
        found.add_query("short_description", "One of a batch")
        found.query()
        return found

    records = batch()
    for record in records:
        record.impact = "1"
    assert records.update_multiple()
    assert [str(record.impact) for record in batch()] == ["1"] * 3
    assert batch().delete_multiple()
    assert len(batch()) == 0


def test_a_query_too_long_for_an_address_goes_through_the_batch(client: Any) -> None:
    """A condition of 20,000 characters finds what it names."""
    wanted = [str(case.sys_id) for case in _all(client)][:3]
    cases = client.GlideRecord(CASE)
    cases.add_query("sys_id", "IN", ",".join([*wanted, *(f"{number:032x}" for number in range(600))]))
    cases.query()
    assert {str(case.sys_id) for case in cases} == set(wanted)


def test_oauth_by_password_and_refresh(lab: Lab, admin: tuple[str, str]) -> None:
    """A token reads; when the client thinks that it has run out, it is refreshed on the way."""
    entity = add_entity(lab, "pysnc", "password")
    flow = pysnc.auth.ServiceNowPasswordGrantFlow(*admin, entity.client_id, entity.secret)
    client = pysnc.ServiceNowClient(NAME, flow)
    assert client.GlideRecord("sys_user").get(ADMIN)
    client.session.token = client.session.token | {"expires_at": 1, "access_token": "run out"}
    assert client.GlideRecord("sys_user").get(ADMIN)
    assert client.session.token["access_token"] != "run out"
    client.session.close()


def test_oauth_for_an_application(lab: Lab) -> None:
    """Client credentials act as the entity's own user."""
    entity = add_entity(lab, "application", "client_credentials", user=ADMIN)
    flow = pysnc.auth.ServiceNowClientCredentialsFlow(entity.client_id, entity.secret)
    client = pysnc.ServiceNowClient(NAME, flow)
    assert client.GlideRecord("sys_user").get(ADMIN)
    client.session.close()
    wrong = pysnc.auth.ServiceNowClientCredentialsFlow(entity.client_id, "wrong")
    with pytest.raises(pysnc.exceptions.AuthenticationException, match="401"):
        pysnc.ServiceNowClient(NAME, wrong)


def test_refusals_are_told_apart(client: Any, lab: Lab, limited: tuple[str, str]) -> None:
    """401, 403 and 404 are the client's own exceptions, with the instance's words."""
    stranger = pysnc.ServiceNowClient(NAME, ("nobody", "nothing"))
    with pytest.raises(pysnc.exceptions.AuthenticationException, match="User is not authenticated"):
        stranger.GlideRecord(CASE).query()
    stranger.session.close()

    user = pysnc.ServiceNowClient(NAME, limited)
    case = user.GlideRecord(CASE)
    case.initialize()
    case.short_description = "Not mine to make"
    with pytest.raises(pysnc.exceptions.RoleException, match="due to security constraints"):
        case.insert()
    user.session.close()

    with pytest.raises(pysnc.exceptions.NotFoundException, match="No Record found"):
        client.attachment_api.get("0" * 32)


def test_a_table_that_is_not_there_is_an_error(client: Any) -> None:
    """400 with the table's name, not an empty list."""
    with pytest.raises(pysnc.exceptions.RequestException, match="Invalid table no_such_table"):
        client.GlideRecord("no_such_table").query()


def _all(client: Any) -> Any:
    cases = client.GlideRecord(CASE)
    cases.query()
    return cases
