"""aiosnow, on asyncio and aiohttp, against the lab: typed models, streams, files."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from snowkit.lab.instance import Lab
from tests.clients.conftest import HOST

with warnings.catch_warnings():
    # Its models are declared in a way that marshmallow is about to give up.
    warnings.simplefilter("ignore")
    aiosnow: Any = pytest.importorskip("aiosnow", reason="the extra `clients` is not installed")
    aiohttp: Any = pytest.importorskip("aiohttp", reason="the extra `clients` is not installed")
    fields: Any = pytest.importorskip("aiosnow.models").fields

    class Cases(aiosnow.models.TableModel):  # type: ignore[misc, name-defined]
        """The fields that the tests speak of."""

        sys_id = fields.String(is_primary=True)
        number = fields.String()
        short_description = fields.String()
        priority = fields.IntegerMap()
        sys_created_on = fields.DateTime()
        comments = fields.String()

    class Journal(aiosnow.models.TableModel):  # type: ignore[misc, name-defined]
        """Comments as the instance keeps them."""

        sys_id = fields.String(is_primary=True)
        element_id = fields.String()
        value = fields.String()


# The same when models are made.
pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def _client(lab: Lab, login: tuple[str, str]) -> Any:
    class Trusting(aiohttp.ClientSession):  # type: ignore[misc, name-defined]
        """What the client's own option takes: a session that trusts the lab's authority."""

        def __init__(self, **options: Any) -> None:
            # aiohttp settles whom it trusts when it is imported, too early for the environment.
            trust = ssl.create_default_context(cafile=lab.ca_file)
            super().__init__(**options | {"connector": aiohttp.TCPConnector(ssl=trust)})

    return aiosnow.Client(HOST, basic_auth=login, session_cls=Trusting)


@pytest.fixture
async def cases(lab: Lab, admin: tuple[str, str]) -> AsyncIterator[Any]:
    """The administrator's model of the table of cases."""
    async with Cases(_client(lab, admin), table_name="sn_customerservice_case") as model:
        yield model


async def test_a_record_lives_and_dies(lab: Lab, cases: Any, admin: tuple[str, str]) -> None:
    """Created, changed, commented, read with its types, deleted, and gone."""
    made = await cases.create({"short_description": "aiosnow was here", "priority": 2})
    sys_id = made["sys_id"]
    await cases.update(sys_id, {"short_description": "and again", "comments": "By aiosnow"})
    read = await cases.get_one(Cases.sys_id == sys_id)
    assert read["short_description"] == "and again"
    assert (read["priority"].key, read["priority"].value) == (2, "2 - High")
    async with Journal(_client(lab, admin), table_name="sys_journal_field") as journal:
        assert (await journal.get_one(Journal.element_id == sys_id))["value"] == "By aiosnow"
    assert (await cases.delete(sys_id)).status == 204
    with pytest.raises(aiosnow.exceptions.NoItems):
        await cases.get_one(Cases.sys_id == sys_id)


async def test_pages_are_walked_to_the_end(cases: Any) -> None:
    """A stream of pages gives every case once, in order."""
    query = aiosnow.select(Cases.number.starts_with("CS")).order_asc(Cases.number)
    numbers = [record["number"] async for _, record in cases.stream(query, page_size=8, limit=100)]
    assert len(numbers) >= 25
    assert numbers == sorted(set(numbers))


async def test_an_attachment_goes_up_and_comes_down(cases: Any, tmp_path: Path) -> None:
    """Bytes come back as they went."""
    made = await cases.create({"short_description": "With an attachment"})
    content = bytes(range(256)) * 16
    (tmp_path / "up.png").write_bytes(content)
    (tmp_path / "down").mkdir()
    sent = await cases.upload_file(made["sys_id"], str(tmp_path / "up.png"))
    await cases.download_file(aiosnow.models.AttachmentModel.sys_id == sent["sys_id"], str(tmp_path / "down"))
    assert (tmp_path / "down" / "up.png").read_bytes() == content


async def test_refusals_are_told_apart(lab: Lab, limited: tuple[str, str]) -> None:
    """The client's own exception has the status and the instance's words."""
    for login, status, words in (
        (("nobody", "nothing"), 401, "User is not authenticated"),
        (limited, 403, "Operation Failed"),
    ):
        async with Cases(_client(lab, login), table_name="sn_customerservice_case") as stranger:
            with pytest.raises(aiosnow.exceptions.RequestError) as caught:
                await stranger.create({"short_description": "no"})
        assert caught.value.status == status
        assert words in caught.value.message
