"""RESTMessageV2 in a rule really calls out, and leaves a row in the log and, queued, in the ECC queue."""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from snowkit.lab.platform import WEBHOOK_PATH, Platform
from snowkit.listener import Listener
from tests.lab.small import add_rule, insert, logged, small_lab


class Outside:
    """A platform whose mode the test sets, and its webhook address."""

    mode = "ok"

    def __init__(self) -> None:
        self.platform = Platform(lambda: self.mode, slow_seconds=1.0)
        self.listener = Listener(self.platform.app)

    @property
    def url(self) -> str:
        return self.listener.url + WEBHOOK_PATH


@pytest.fixture(scope="module")
def running() -> Iterator[Outside]:
    outside = Outside()
    with outside.listener:
        yield outside


@pytest.fixture
def outside(running: Outside) -> Outside:
    running.mode = "ok"
    running.platform.clear()
    return running


@pytest.fixture
def lab() -> Iterator[Any]:
    with small_lab() as lab:
        yield lab


def post(url: str, then: str, *, before: str = "", call: str = "execute") -> str:
    """Return a rule's script that posts {"hidden": "text"} and logs what it then has to say."""
    return f"""
        try {{
            var r = new sn_ws.RESTMessageV2();
            r.setEndpoint('{url}');
            r.setHttpMethod('post');
            r.setRequestHeader('Content-Type', 'application/json');
            r.setRequestBody(JSON.stringify({{hidden: 'text'}}));
            {before}
            var answer = r.{call}();
            {then}
        }} catch (ex) {{ gs.warn('caught ' + (ex.getMessage ? ex.getMessage() : 'no message: ' + ex)); }}
    """


def test_a_rule_posts_over_a_socket_and_reads_the_answer(lab: Any, outside: Outside) -> None:
    """The platform has the body, the headers and ServiceNow's user agent; the script has status and body."""
    add_rule(
        lab,
        post(outside.url, "gs.info(answer.getStatusCode() + ' ' + answer.haveError() + answer.getBody());"),
    )
    insert(lab)
    (event,) = outside.platform.events
    assert json.loads(event["body"]) == {"hidden": "text"}
    assert event["headers"]["user-agent"] == "ServiceNow/1.0"
    assert event["headers"]["content-type"] == "application/json"
    assert logged(lab) == ['200 false{"id":"' + event["id"] + '"}']


def test_the_log_says_where_whence_and_with_what_status_but_no_body(lab: Any, outside: Outside) -> None:
    """One row a call, by the columns that users agree on; nothing that was sent is in it, at any level."""
    before = "r.setQueryParameter('token', 'hidden-too'); r.setLogLevel('all');"
    add_rule(lab, post(outside.url, "", before=before))
    row = insert(lab)
    (entry,) = lab.store.find("sys_outbound_http_log")
    assert entry["url"] == outside.url
    assert (entry["hostname"], entry["path"], entry["method"]) == ("127.0.0.1", WEBHOOK_PATH, "POST")
    assert (entry["response_status"], entry["error_message"]) == ("200", "")
    assert (entry["source_table"], entry["source_record"]) == ("incident", row["sys_id"])
    assert entry["user"] == "admin"
    assert "hidden" not in json.dumps(entry)


def test_a_platform_that_is_down_is_an_exception_and_a_row_without_status(lab: Any, outside: Outside) -> None:
    """The script learns it by getMessage(), whoever reads the log by the empty status."""
    outside.mode = "down"
    add_rule(lab, post(outside.url, "gs.info('answered');"))
    insert(lab)
    (said,) = logged(lab)
    # Whether the broken connection is seen as a reset or as an end depends on the system's timing.
    assert re.match(r"caught (RemoteProtocolError|ReadError) for 127\.0\.0\.1", said)
    (entry,) = lab.store.find("sys_outbound_http_log")
    assert entry["response_status"] == ""
    assert "127.0.0.1" in entry["error_message"]
    assert outside.platform.events == []


def test_a_port_where_nobody_listens_is_an_exception(lab: Any) -> None:
    """The message says what failed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        add_rule(lab, post(f"http://127.0.0.1:{taken.getsockname()[1]}/x", ""))
        insert(lab)
    assert logged(lab)[0].startswith("caught ConnectError")


def test_a_failing_platform_is_an_answer_with_an_error(lab: Any, outside: Outside) -> None:
    """A status of 400 or more is no exception."""
    outside.mode = "error"
    add_rule(lab, post(outside.url, "gs.info(answer.getStatusCode() + ' ' + answer.haveError());"))
    insert(lab)
    assert logged(lab) == ["500 true"]
    assert lab.store.find("sys_outbound_http_log")[0]["response_status"] == "500"


def test_a_slow_platform_is_a_socket_timeout(lab: Any, outside: Outside) -> None:
    """Error code 1, and no status, although the event arrived."""
    outside.mode = "slow"
    then = "gs.info([answer.haveError(), answer.getErrorCode(), answer.getStatusCode(), answer.getErrorMessage()]);"
    add_rule(lab, post(outside.url, then, before="r.setHttpTimeout(100);"))
    insert(lab)
    assert logged(lab) == ["true,1,0,Read timed out"]
    assert len(outside.platform.events) == 1


def test_execute_async_waits_for_the_scheduler(lab: Any, outside: Outside) -> None:
    """The call lies in the ECC queue until then, and is marked processed after it."""
    add_rule(lab, post(outside.url, "", call="executeAsync"))
    insert(lab)
    assert outside.platform.events == []
    (queued,) = lab.store.find("ecc_queue")
    assert (queued["queue"], queued["state"], queued["source"]) == ("output", "ready", outside.url)
    assert "hidden" not in json.dumps(queued)
    lab.scheduler.drain()
    assert len(outside.platform.events) == 1
    output, reply = lab.store.find("ecc_queue", "ORDERBYDESCqueue")
    assert (output["state"], reply["queue"], reply["response_to"]) == ("processed", "input", output["sys_id"])
    assert lab.store.find("sys_outbound_http_log")[0]["response_status"] == "200"


def test_a_queued_call_that_fails_leaves_its_error_in_the_queue(lab: Any, outside: Outside) -> None:
    """Nobody is told, but the row says it."""
    outside.mode = "down"
    add_rule(lab, post(outside.url, "", call="executeAsync"))
    insert(lab)
    lab.scheduler.drain()
    assert logged(lab) == []
    (queued,) = lab.store.find("ecc_queue", "queue=output")
    assert queued["state"] == "error"
    assert "127.0.0.1" in queued["error_string"]


def test_reading_an_async_answer_waits_for_it(lab: Any, outside: Outside) -> None:
    """The call is made once, in the transaction, and the scheduler finds nothing left to do."""
    add_rule(lab, post(outside.url, "gs.info(answer.getStatusCode());", call="executeAsync"))
    insert(lab)
    lab.scheduler.drain()
    assert logged(lab) == ["200"]
    assert len(outside.platform.events) == 1


def test_waiting_for_an_async_answer_ends(lab: Any, outside: Outside) -> None:
    """After the seconds of waitForResponse the answer is an error, and the call goes on."""
    outside.mode = "slow"
    then = "answer.waitForResponse(0.1); gs.info([answer.haveError(), answer.getStatusCode()]);"
    add_rule(lab, post(outside.url, then, call="executeAsync"))
    insert(lab)
    assert logged(lab) == ["true,0"]
    lab.scheduler.drain()
    assert len(lab.store.find("sys_outbound_http_log")) == 1


def test_basic_auth_and_query_parameters_are_sent(lab: Any, outside: Outside) -> None:
    """The parameters are added to the address, the credentials as a header."""
    before = "r.setBasicAuth('me', 'pass'); r.setQueryParameter('a', 'b c');"
    add_rule(lab, post(outside.url, "gs.info(answer.getQueryString());", before=before))
    insert(lab)
    (event,) = outside.platform.events
    assert event["headers"]["authorization"] == "Basic " + base64.b64encode(b"me:pass").decode()
    assert logged(lab) == ["a=b%20c"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("r.setEndpoint('');", "No endpoint"),
        ("r.setEndpoint('ftp://example.com/');", "names no http or https host"),
        ("r.setEndpoint('http://host:port/');", "Invalid endpoint"),
        ("r.setHttpMethod('brew');", "Invalid HTTP method: BREW"),
    ],
)
def test_a_call_that_cannot_be_made_is_an_exception(
    lab: Any, outside: Outside, change: str, words: str
) -> None:
    """Nothing is sent, and the script is told why."""
    add_rule(lab, post(outside.url, "", before=change))
    insert(lab)
    assert words in logged(lab)[0]
    assert outside.platform.events == []


def test_a_rest_message_record_gives_method_endpoint_and_headers(lab: Any, outside: Outside) -> None:
    """The constructor with two names reads the records, and its variables are filled in."""
    root = outside.url.removesuffix("/lab")
    lab.store.put(
        "sys_rest_message", {"sys_id": "1" * 32, "name": "Hook", "rest_endpoint": root + "/${which}"}
    )
    method = {"sys_id": "2" * 32, "rest_message": "1" * 32, "function_name": "send", "http_method": "post"}
    lab.store.put("sys_rest_message_fn", method)
    header = {"sys_id": "3" * 32, "rest_message_function": "2" * 32, "name": "X-One", "value": "1"}
    lab.store.put("sys_rest_message_fn_headers", header)
    add_rule(
        lab,
        "var r = new sn_ws.RESTMessageV2('Hook', 'send'); r.setStringParameterNoEscape('which', 'lab');"
        "gs.info(r.execute().getStatusCode()); try { new sn_ws.RESTMessageV2('No', 'no') } catch (ex) { "
        "gs.warn(ex.getMessage()) }",
    )
    insert(lab)
    assert logged(lab, "0") == ["200"]
    assert "does not exist" in logged(lab, "1")[0]
    assert outside.platform.events[0]["headers"]["x-one"] == "1"
