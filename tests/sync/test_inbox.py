"""What is read back from the platform's inbox, and what is made of it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from snowkit.sync.inbox import Inbox, InboxUnreadable, Received

URL = "http://127.0.0.1:9/inbox"
ID = "0" * 31 + "a"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with Inbox(URL) as made:
        yield made


async def test_events_are_read_whatever_form_their_body_has(httpx_mock: HTTPXMock, inbox: Inbox) -> None:
    """A body may come as text or as JSON; a record named anywhere in it is found."""
    bodies: list[Any] = [json.dumps({"a": {"b": ID}}), {"sys_id": ID}, [ID], f"<x>{ID}</x>"]
    events = [
        {"id": str(n), "received_at": "t", "headers": {}, "body": body} for n, body in enumerate(bodies)
    ]
    httpx_mock.add_response(json={"events": events})
    received = await inbox.read()
    assert [event.mentions(ID) for event in received] == [True] * 4
    assert not received[0].mentions("")


@pytest.mark.parametrize(
    ("status", "content"),
    [(200, b"<html>"), (200, b"[]"), (200, b'{"events": [{}]}'), (500, b"{}"), (302, b"")],
)
async def test_anything_else_is_no_inbox(
    httpx_mock: HTTPXMock, inbox: Inbox, status: int, content: bytes
) -> None:
    """An answer that is no list of events is an error of one sentence, never an empty inbox."""
    httpx_mock.add_response(status_code=status, content=content)
    with pytest.raises(InboxUnreadable, match=re.escape(URL)):
        await inbox.read()


async def test_an_inbox_that_is_down_says_so(httpx_mock: HTTPXMock, inbox: Inbox) -> None:
    """A refused connection is told, without the URL's user or query."""
    httpx_mock.add_exception(httpx.ConnectError("refused"))
    with pytest.raises(InboxUnreadable, match="ConnectError"):
        await inbox.read()


async def test_the_inbox_address_is_shown_without_secrets(httpx_mock: HTTPXMock) -> None:
    """A user, a password and a query of the address never reach a message."""
    httpx_mock.add_response(status_code=503)
    async with Inbox("https://me:hush@platform.example/inbox?token=hush") as inbox:
        with pytest.raises(InboxUnreadable) as caught:
            await inbox.read()
    assert "hush" not in str(caught.value)


def test_a_kind_is_read_from_values_not_from_keys() -> None:
    """A payload of a case that has a field called comments does not speak of a comment."""
    words = re.compile(r"comment\w*([._ ]\w+)*", re.IGNORECASE)
    assert Received("1", "", json.dumps({"event": "comment.created"})).speaks_of(words)
    assert not Received("1", "", json.dumps({"comments": "x", "text": "a comment on it"})).speaks_of(words)
    assert not Received("1", "", "comment").speaks_of(words)


def test_only_a_plain_event_name_is_repeated() -> None:
    """What goes into evidence as the event's name is a name, not a customer's text."""
    assert Received("1", "", '{"event": "case.created"}').event == "case.created"
    assert Received("1", "", '{"event": "Mrs Smith called"}').event == ""
    assert Received("1", "", "[]").event == ""
    assert "secret text" not in repr(Received("1", "", "secret text"))
