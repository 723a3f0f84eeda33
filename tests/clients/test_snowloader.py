"""snowloader, which reads whole tables into documents, against the lab: sweeps that check themselves, and deltas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from snowkit.lab.instance import Lab
from tests.clients.conftest import HOST, add_entity

snowloader: Any = pytest.importorskip("snowloader", reason="the extra `clients` is not installed")

pytestmark = pytest.mark.clients
CASE = "sn_customerservice_case"
URL = f"https://{HOST}"


@pytest.fixture
def connection(lab: Lab, admin: tuple[str, str]) -> Iterator[Any]:
    """An administrator's connection, by Basic authentication, ten rows a page."""
    with snowloader.SnowConnection(URL, *admin, page_size=10, max_retries=0) as made:
        yield made


@pytest.mark.parametrize("keyset", [False, True])
def test_a_sweep_gets_every_row_once(connection: Any, keyset: bool) -> None:
    """By offset and by a cursor; it counts the table itself, and would complain of a lost or doubled row."""
    rows = list(connection.get_records(CASE, verify=True, keyset=keyset, fields=["sys_id", "number"]))
    assert len(rows) == connection.get_count(CASE) >= 25
    assert len({row["sys_id"] for row in rows}) == len(rows)


def test_threads_get_every_row_once(connection: Any) -> None:
    """Pages that are fetched at the same time add up to the table."""
    rows = list(connection.concurrent_get_records(CASE, fields=["sys_id"], max_workers=4))
    assert len({row["sys_id"] for row in rows}) == len(rows) == connection.get_count(CASE)


def test_a_delta_gets_what_changed(connection: Any) -> None:
    """Nothing since tomorrow, everything since long ago."""
    now = datetime.now(UTC)
    assert list(connection.get_records(CASE, since=now + timedelta(days=1))) == []
    everything = list(connection.get_records(CASE, since=now - timedelta(days=3650), fields=["sys_id"]))
    assert len(everything) == connection.get_count(CASE)


def test_documents_show_what_a_person_sees(connection: Any) -> None:
    """Display values, and the stored ones of references beside them."""
    documents = snowloader.TableLoader(connection, table=CASE, query="accountISNOTEMPTY").load()
    assert documents
    assert all(document.metadata["account"] for document in documents)


def test_an_attachment_comes_down(lab: Lab, connection: Any, admin: tuple[str, str]) -> None:
    """Listed with its size, and read byte for byte."""
    content = bytes(range(256)) * 16
    case = next(iter(connection.get_records(CASE, limit=1)))
    sent = httpx.post(
        f"{lab.url}/api/now/attachment/file",
        params={"table_name": CASE, "table_sys_id": str(case["sys_id"]), "file_name": "bytes.bin"},
        content=content,
        headers={"Content-Type": "application/octet-stream"},
        auth=admin,
    )
    assert sent.status_code == 201
    loader = snowloader.AttachmentLoader(connection, query=f"table_sys_id={case['sys_id']}", download=True)
    found = {document.metadata["file_name"]: document.metadata for document in loader.load()}
    assert found["bytes.bin"]["content_bytes"] == content


def test_what_was_deleted_is_told(lab: Lab, connection: Any, admin: tuple[str, str]) -> None:
    """The audit of deletions names the record that is gone."""
    made = httpx.post(f"{URL}/api/now/table/{CASE}", json={"short_description": "Soon gone"}, auth=admin)
    sys_id = made.json()["result"]["sys_id"]
    assert httpx.delete(f"{URL}/api/now/table/{CASE}/{sys_id}", auth=admin).status_code == 204
    gone = list(connection.get_deleted_records(CASE, since=datetime.now(UTC) - timedelta(hours=1)))
    assert sys_id in str(gone)


def test_oauth_by_password_and_for_an_application(lab: Lab, admin: tuple[str, str]) -> None:
    """Both grants give a token that reads."""
    by_password = add_entity(lab, "sweeper", "password")
    user = lab.store.find("sys_user", f"user_name={admin[0]}")[0]["sys_id"]
    by_itself = add_entity(lab, "sweeper-itself", "client_credentials", user=user)
    for entity, login in ((by_password, admin), (by_itself, (None, None))):
        with snowloader.SnowConnection(URL, *login, entity.client_id, entity.secret) as connection:
            assert connection.get_count(CASE) >= 25


def test_refusals_are_told_apart(connection: Any, limited: tuple[str, str]) -> None:
    """The status is in the client's own exception: 401, 404, and 400 for a table that is not there."""
    with snowloader.SnowConnection(URL, "nobody", "nothing", max_retries=0) as stranger:
        with pytest.raises(snowloader.SnowConnectionError) as caught:
            stranger.get_count(CASE)
        assert caught.value.status_code == 401
    for table, sys_id, status in ((CASE, "0" * 32, 404), ("no_such_table", "0" * 32, 400)):
        with pytest.raises(snowloader.SnowConnectionError) as caught:
            connection.get_record(table, sys_id)
        assert caught.value.status_code == status
