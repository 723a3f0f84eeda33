"""An incremental pull loses nothing, brings nothing twice, and says so when it cannot know."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpx import HTTPXMock

from snowkit.instance.client import Client
from snowkit.sync import pull

URL = "https://dev1.service-now.com"
TABLE = "sn_customerservice_case"
STAMP = "sys_updated_on"
BEGIN = "2026-11-24 10:00:00"

Row = dict[str, str]


class Answering(httpx.AsyncBaseTransport):
    """A Table API that knows the pull's own queries; `hidden` rows are cut after the limit, as row ACLs are."""

    def __init__(self, rows: list[Row], hidden: frozenset[str] = frozenset(), strip: bool = False) -> None:
        self.rows = sorted(rows, key=lambda row: (row[STAMP], row["sys_id"]))
        self.hidden = hidden
        self.strip = strip
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        asked = parse_qs(urlsplit(str(request.url)).query)
        groups = asked["sysparm_query"][0].split("^ORDERBY")[0].split("^NQ")
        found = [row for row in self.rows if self.strip or any(self._meets(row, group) for group in groups)]
        page = found[: int(asked["sysparm_limit"][0])]
        return httpx.Response(200, json={"result": [row for row in page if row["sys_id"] not in self.hidden]})

    @staticmethod
    def _meets(row: Row, group: str) -> bool:
        for condition in group.split("^"):
            match = re.fullmatch(r"(\w+?)(>=|>|=)(.*)", condition)
            assert match is not None
            name, operator, value = match.groups()
            held = row[name]
            if not {">=": held >= value, ">": held > value, "=": held == value}[operator]:
                return False
        return True


def row(number: int, second: int) -> Row:
    return {"sys_id": f"{number:032x}", STAMP: f"2026-11-24 10:00:{second:02d}"}


async def pulled(transport: Answering, page: int = 3) -> pull.Pulled:
    async with Client(URL, transport=transport) as client:
        return await pull.since(client, TABLE, STAMP, BEGIN, ("number",), page=page)


@given(
    seconds=st.lists(st.integers(0, 5), max_size=25),
    page=st.integers(1, 6),
)
@settings(max_examples=60, deadline=None)
async def test_every_row_comes_exactly_once(seconds: list[int], page: int) -> None:
    """Whatever shares a second and however small the page: each row since the bookmark comes once."""
    rows = [row(number, second) for number, second in enumerate(seconds)]
    got = await pulled(Answering(rows), page)
    assert sorted(item["sys_id"] for item in got.rows) == sorted(item["sys_id"] for item in rows)
    assert got.cause == ""


async def test_a_short_page_is_not_the_end() -> None:
    """Rows that ACLs take out of a page do not end the pull: only an empty page does."""
    rows = [row(number, number) for number in range(9)]
    got = await pulled(Answering(rows, hidden=frozenset((rows[1]["sys_id"], rows[4]["sys_id"]))))
    assert len(got.rows) == 7


async def test_the_bookmark_is_inclusive_and_nothing_older_comes() -> None:
    """A row stamped in the very second of the bookmark is part of the pull, an older one is not."""
    older = {"sys_id": "f" * 32, STAMP: "2026-11-24 09:59:59"}
    got = await pulled(Answering([older, row(1, 0)]))
    assert [item["sys_id"] for item in got.rows] == [row(1, 0)["sys_id"]]


async def test_an_ignored_condition_is_noticed() -> None:
    """Where the instance drops the condition on the stamp, the pull stops after one page and says query_acl."""
    transport = Answering([{"sys_id": "f" * 32, STAMP: "2020-01-01 00:00:00"}, row(1, 5)], strip=True)
    got = await pulled(transport)
    assert (got.cause, transport.asked) == ("query_acl", 1)
    assert "ignored" in got.reason


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(URL) as made:
        yield made


async def test_a_cursor_that_does_not_move_is_incomplete(httpx_mock: HTTPXMock, client: Client) -> None:
    """The same page again and again ends as incomplete, never as an endless loop or as success."""
    httpx_mock.add_response(json={"result": [row(1, 1)]}, is_reusable=True)
    got = await pull.since(client, TABLE, STAMP, BEGIN, ("number",))
    assert got.cause == "pull_incomplete"
    assert len(httpx_mock.get_requests()) == 2


async def test_a_row_without_its_stamp_is_a_field_acl(httpx_mock: HTTPXMock, client: Client) -> None:
    """A stamp that a field ACL takes away leaves no cursor, so the pull does not go on."""
    httpx_mock.add_response(json={"result": [{"sys_id": "1" * 32}]})
    assert (await pull.since(client, TABLE, STAMP, BEGIN, ("number",))).cause == "field_acl"


async def test_a_refusal_keeps_its_cause(httpx_mock: HTTPXMock, client: Client) -> None:
    """A refused pull carries the layer that ServiceNow's words name."""
    words = {"message": "Insufficient rights to query records", "detail": None}
    httpx_mock.add_response(status_code=403, json={"error": words, "status": "failure"})
    got = await pull.since(client, TABLE, STAMP, BEGIN, ("number",))
    assert got.cause == "query_acl"
    assert got.rows == ()
