"""The emulated platform keeps what it is sent, and can be down, broken or slow."""

from __future__ import annotations

import httpx
import pytest

from snowkit.lab.platform import BODY_LIMIT, INBOX_PATH, WEBHOOK_PATH, Platform
from snowkit.listener import Listener


def test_a_webhook_lies_in_the_inbox_until_it_is_cleared() -> None:
    """GET shows id, time, headers and the body as it was sent; DELETE empties the inbox."""
    with Listener(Platform().app) as listener, httpx.Client(base_url=listener.url, trust_env=False) as client:
        sent = client.post(WEBHOOK_PATH, content='{"é": 1}'.encode(), headers={"X-Signed": "yes"})
        assert sent.status_code == 200
        (event,) = client.get(INBOX_PATH).json()["events"]
        assert event["body"] == '{"é": 1}'
        assert event["headers"]["x-signed"] == "yes"
        assert event["id"] == sent.json()["id"]
        assert event["received_at"].endswith("+00:00")
        client.delete(INBOX_PATH)
        assert client.get(INBOX_PATH).json() == {"events": []}


def test_a_platform_that_is_down_breaks_the_connection_and_keeps_nothing() -> None:
    """No complete answer comes, while the inbox can still be read."""
    with Listener(Platform(lambda: "down").app) as listener:
        with pytest.raises(httpx.TransportError):
            httpx.post(listener.url + WEBHOOK_PATH, content=b"{}", trust_env=False)
        assert httpx.get(listener.url + INBOX_PATH, trust_env=False).json() == {"events": []}


def test_a_platform_that_fails_answers_500_and_keeps_nothing() -> None:
    """The sender learns of the failure by the status."""
    platform = Platform(lambda: "error")
    with Listener(platform.app) as listener:
        assert httpx.post(listener.url + WEBHOOK_PATH, content=b"{}", trust_env=False).status_code == 500
    assert platform.events == []


def test_a_platform_that_loses_answers_200_and_keeps_nothing() -> None:
    """The sender believes in a delivery of which the platform knows nothing."""
    platform = Platform(lambda: "lost")
    with Listener(platform.app) as listener:
        assert httpx.post(listener.url + WEBHOOK_PATH, content=b"{}", trust_env=False).status_code == 200
    assert platform.events == []


def test_a_slow_platform_has_the_event_although_the_sender_gave_up() -> None:
    """A sender that stops waiting cannot conclude that nothing arrived."""
    platform = Platform(lambda: "slow", slow_seconds=0.5)
    with Listener(platform.app) as listener:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(listener.url + WEBHOOK_PATH, content=b"{}", timeout=0.2, trust_env=False)
        assert [event["body"] for event in platform.events] == ["{}"]


def test_a_body_beyond_the_limit_is_refused() -> None:
    """The platform's memory is not the sender's."""
    platform = Platform()
    with Listener(platform.app) as listener:
        sent = httpx.post(listener.url + WEBHOOK_PATH, content=b"x" * (BODY_LIMIT + 1), trust_env=False)
    assert sent.status_code == 413
    assert platform.events == []
