"""Whatever a caller sends, the instance answers in its own words: no request gives a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from starlette.requests import Request

from snowkit.lab.instance import Lab
from snowkit.lab.rest.dispatch import Dispatcher
from snowkit.lab.rest.envelope import respond
from tests.lab.rest.oddities import BASIC, CASE_ID, FIELDS, FILE_ID, ODD, PARAMETERS, TABLES, calls


class _Undone(Exception):
    """Takes back what a request wrote, so that every example meets the same records."""


@pytest.fixture(scope="module")
def dispatcher() -> Iterator[tuple[Lab, Dispatcher]]:
    """An onboarded instance with a case and a file whose ids are known."""
    lab = Lab("onboarded", cases=3)
    first = lab.store.find("sn_customerservice_case", "ORDERBYnumber", limit=1)[0]
    lab.store.put("sn_customerservice_case", first | {"sys_id": CASE_ID, "number": "CS9999999"})
    file = {
        "table_name": TABLES[0],
        "table_sys_id": CASE_ID,
        "file_name": "a\u20ac.txt",
        "content_type": "\u20ac\r\n",
    }
    lab.store.put("sys_attachment", file | {"sys_id": FILE_ID})
    lab.store.put_bytes(FILE_ID, b"content")
    yield lab, Dispatcher(lab)
    lab.stop()


def _send(lab: Lab, dispatcher: Dispatcher, call: dict[str, Any]) -> int:
    """Send one request and take its writes back; returns the status."""
    method, path, (content_type, content) = call["target"]
    headers = {"Accept": "application/json", "Content-Type": content_type, "Host": "instance.example"}
    headers |= call["headers"] | ({"Authorization": f"Basic {call['user']}"} if call["user"] else {})
    path = f"/api/{path}".encode("utf-8", "replace").decode()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": urlencode(call["parameters"], errors="replace").encode(),
        "headers": [(name.lower().encode(), text.encode("latin-1")) for name, text in headers.items()],
        "server": ("instance.example", 80),
        "client": ("127.0.0.1", 1),
    }
    status = 0
    try:
        with lab.store.transaction():
            response = respond(lab, dispatcher, Request(scope), content)
            status = response.status_code
            for name, value in response.raw_headers:
                assert not set(name + value) & set(b"\r\n\0"), (name, value)
            raise _Undone
    except _Undone:
        return status


@pytest.mark.parametrize("parameter", [name for name in PARAMETERS if name.startswith("sysparm_")])
def test_no_odd_value_of_a_parameter_gives_a_500(dispatcher: tuple[Lab, Dispatcher], parameter: str) -> None:
    """Every odd value in every documented parameter, of a list, of counts and of a record's change."""
    for value in ODD:
        for method, path in (
            ("GET", f"table/{TABLES[0]}"),
            ("GET", "stats/task"),
            ("PUT", f"table/task/{CASE_ID}"),
        ):
            call = {
                "target": (
                    method,
                    f"now/{path}",
                    ("application/json", b'{"due_date":"2026-11-24 10:00:00"}'),
                ),
                "parameters": {"sysparm_count": "true", "sysparm_limit": "1", parameter: value},
                "headers": {},
                "user": BASIC[0],
            }
            assert _send(*dispatcher, call) in (200, 400, 404)


@pytest.mark.parametrize("field", FIELDS[::2])
def test_no_odd_value_of_a_field_gives_a_500(dispatcher: tuple[Lab, Dispatcher], field: str) -> None:
    """Every odd value in a field, of an insert that is then read back, and of a condition."""
    for value in ODD:
        call = {
            "target": (
                "POST",
                "now/table/incident",
                ("application/json", json.dumps({field: value}).encode()),
            ),
            "parameters": {"sysparm_display_value": "all"},
            "headers": {},
            "user": BASIC[0],
        }
        assert _send(*dispatcher, call) == 201
        for operator in (">", "RELATIVEGE@day@ago@"):
            asked = {"sysparm_query": f"{field}{operator}{value}", "sysparm_limit": "1"}
            call |= {"target": ("GET", "now/table/incident", ("", b"")), "parameters": asked}
            assert _send(*dispatcher, call) == 200


@settings(max_examples=200, deadline=None)
@given(calls)
def test_no_request_gives_a_500(dispatcher: tuple[Lab, Dispatcher], call: dict[str, Any]) -> None:
    """Odd paths, parameters, headers and bodies are answered or refused, never failed on."""
    assert _send(*dispatcher, call) < 500


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, derandomize=True)
@given(calls)
def test_no_request_of_ten_thousand_gives_a_500(
    dispatcher: tuple[Lab, Dispatcher], call: dict[str, Any]
) -> None:
    """Odd paths, parameters, headers and bodies are answered or refused, never failed on."""
    assert _send(*dispatcher, call) < 500
