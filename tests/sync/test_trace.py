"""What the instance's logs say of a webhook, whatever their columns are called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from snowkit.instance.client import Client
from snowkit.sync import trace

URL = "https://dev1.service-now.com"
SINCE = "2026-11-24 10:00:00"
ME = "a" * 32
SOURCE = ("sn_customerservice_case", ME)
HOST = "app.example.com"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(URL) as made:
        yield made


def call(status: str, **more: str) -> dict[str, str]:
    return {"sys_created_on": SINCE, "url": f"https://{HOST}/hook", "response_status": status, **more}


async def calls(httpx_mock: HTTPXMock, client: Client, *rows: dict[str, str]) -> trace.Calls:
    httpx_mock.add_response(json={"result": list(rows)})
    return await trace.calls(client, HOST, SINCE, SOURCE)


async def test_a_row_of_the_record_is_certain(httpx_mock: HTTPXMock, client: Client) -> None:
    """Where rows name their record, other records' calls do not count."""
    found = await calls(
        httpx_mock, client, call("500", source_record=ME), call("200", source_record="b" * 32)
    )
    assert found.sent == (trace.Sent(500, True),)
    assert not found.sent[0].delivered


async def test_without_a_record_the_table_tells(httpx_mock: HTTPXMock, client: Client) -> None:
    """Where rows name only their table, those of other tables do not count."""
    found = await calls(
        httpx_mock, client, call("200", source_table=SOURCE[0]), call("500", source_table="incident")
    )
    assert found.sent == (trace.Sent(200, None),)


async def test_other_hosts_and_older_rows_do_not_count(httpx_mock: HTTPXMock, client: Client) -> None:
    """Only calls to the webhook's host since the change are looked at, even if the instance sends more."""
    older = {**call("500"), "sys_created_on": "2026-11-24 09:59:59"}
    found = await calls(httpx_mock, client, older, {**call("500"), "url": "https://other.example/x"})
    assert found.sent == ()
    assert found.readable


@pytest.mark.parametrize(
    "row",
    [
        {"hostname": HOST, "http_status": "503"},
        {"endpoint": f"https://{HOST}:8443/x", "response_code": "503"},
        {"host": f"{HOST}:443", "status": "503"},
    ],
)
async def test_columns_are_recognised_by_any_of_their_names(
    httpx_mock: HTTPXMock, client: Client, row: dict[str, str]
) -> None:
    """No source fixes the columns' names, so the ones that users report are all understood."""
    assert (await calls(httpx_mock, client, row)).sent == (trace.Sent(503, None),)


async def test_no_answer_is_status_nought(httpx_mock: HTTPXMock, client: Client) -> None:
    """An empty status means that nobody answered, which is not a delivery."""
    found = await calls(httpx_mock, client, call(""))
    assert found.sent == (trace.Sent(0, None),)
    assert not found.sent[0].delivered


@pytest.mark.parametrize(
    "answer",
    [
        {"json": {"result": [{"sys_created_on": SINCE, "surprise": "x"}]}},
        {"status_code": 403, "json": {"error": {"message": "User Not Authorized", "detail": None}}},
    ],
)
async def test_a_log_that_cannot_be_read_proves_nothing(
    httpx_mock: HTTPXMock, client: Client, answer: dict[str, Any]
) -> None:
    """Refused, or with no column that names an address: not readable, which is not the same as no calls."""
    httpx_mock.add_response(**answer)
    found = await trace.calls(client, HOST, SINCE, SOURCE)
    assert (found.sent, found.readable) == ((), False)


async def test_no_guessed_column_stands_in_a_query(httpx_mock: HTTPXMock, client: Client) -> None:
    """An unknown column in a query may widen it or refuse it, so only sys_created_on is used."""
    await calls(httpx_mock, client)
    httpx_mock.add_response(json={"result": []})
    await trace.complaints(client, ("Rule",), SINCE)
    for request in httpx_mock.get_requests():
        assert request.url.params["sysparm_query"] == (f"sys_created_on>={SINCE}^ORDERBYDESCsys_created_on")
        assert "sysparm_fields" not in request.url.params


async def test_errors_of_the_rule_are_found_with_their_line(httpx_mock: HTTPXMock, client: Client) -> None:
    """An error counts if it names the rule or its sys_id; warnings and other rules' errors do not."""
    rows = [
        {"sys_created_on": SINCE, "level": "1", "source": "My Rule", "message": "a warning"},
        {"sys_created_on": SINCE, "level": "2", "source": "Other", "message": "oops at line 3"},
        {
            "sys_created_on": SINCE,
            "level": "2",
            "source": "",
            "message": f"TypeError: x is undefined\nCaused by error in sys_script.{ME}.script at line 17\n==> 17: y",
        },
    ]
    httpx_mock.add_response(json={"result": rows})
    found, _ = await trace.complaints(client, ("My Rule", ME), SINCE)
    assert [(item.words, item.line) for item in found] == [("TypeError: x is undefined", 17)]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("My Rule did not post: java.net.ConnectException: Connection refused", True),
        ("My Rule did not post: Read timed out", True),
        ("My Rule did not post: UnknownHostException: app.example.com", True),
        ("My Rule did not post: TypeError: Cannot read property, line 4", False),
    ],
)
async def test_a_failed_connection_is_not_a_broken_script(
    httpx_mock: HTTPXMock, client: Client, message: str, expected: bool
) -> None:
    """An error that tells of the network is told apart from an error in the script."""
    row = {"sys_created_on": SINCE, "level": "2", "source": "My Rule", "message": message}
    httpx_mock.add_response(json={"result": [row]})
    found, _ = await trace.complaints(client, ("My Rule",), SINCE)
    assert found[0].no_connection is expected


async def test_what_a_script_logs_in_its_own_words_is_not_shown(
    httpx_mock: HTTPXMock, client: Client
) -> None:
    """A vendor's script may log a customer's text: the line is told, the words are not."""
    message = "My Rule failed for 'Anna Bell lost her card' at line 9"
    rows = [{"sys_created_on": SINCE, "level": "2", "source": "x", "message": message}]
    httpx_mock.add_response(json={"result": rows})
    found, evidence = await trace.complaints(client, ("My Rule",), SINCE)
    assert found[0].line == 9
    assert "Anna" not in found[0].words + evidence.excerpt
