"""Calls that the instance makes to the outside: RESTMessageV2 over a socket, the log of them, and the ECC queue.

Choices where no document says how an instance behaves:
- the log's columns carry the names that independent users agree on (`url`, `hostname`, `response_status`,
  `source_table`, `sys_created_on`) and the documented labels in column spelling for the rest;
- a row is written for a call that got no answer too, with an empty `response_status` and an `error_message`;
- a socket timeout is an answer with error code 1; a connection that fails is an exception, as documented, and
  its text is the lab's own;
- redirects are not followed; bodies and headers are never logged, whatever level a script asks for, since the
  log of a lab is shown to people.
source: rest_behaviour 6; business_rules 1.2
"""

from __future__ import annotations

import base64
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from snowkit.lab import properties
from snowkit.lab.scheduler import Work
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab
    from snowkit.lab.session import Session

USER_AGENT = "ServiceNow/1.0"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
# Milliseconds, where the instance has no such property. source: platform-administration r_AvailableSystemProperties
_CONNECTION_TIMEOUT = ("glide.http.connection_timeout", 10_000)
_SOCKET_TIMEOUT = ("glide.http.timeout", 175_000)
_BODY_LIMIT = 1_000_000
# Queued calls whose answer a script can still wait for.
_REMEMBERED = 500
# Seconds. source: business_rules 1.2, glide.http.outbound.max_timeout
_LONGEST_WAIT = 30.0

Answer = dict[str, Any]


class OutboundFailure(Exception):
    """A call that got no answer; its text is what a script's `getMessage()` returns."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who calls: the record whose rule it is, its scope, and the session that caused it."""

    table: str
    record: str
    scope: str
    session: Session


@dataclass(frozen=True, slots=True)
class _Sent:
    method: str
    url: httpx.URL
    length: int
    level: str
    started: float


class Outbound:
    """The instance's HTTP client; `ca_file` is one more authority that it trusts, a PEM file."""

    def __init__(self, lab: Lab, ca_file: str | None = None) -> None:
        self._lab = lab
        self._queued: dict[str, tuple[Work, dict[str, Any]]] = {}
        self._ca_file = ca_file
        self._opening = threading.Lock()
        self._opened: httpx.Client | None = None

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()

    def execute(self, request: dict[str, Any], source: Source) -> Answer:
        """Make a call and return {"status", "body", "headers", "error", "error_code"}.

        Raises `OutboundFailure` where there was nothing to call or no connection.
        """
        method = request["method"].upper() or "GET"
        length = len(request["body"].encode())
        sent = _Sent(method, _address(request, method), length, request["level"] or "basic", time.monotonic())
        try:
            answer = self._call(sent, request)
        except httpx.ReadTimeout:
            answer = _answer(error="Read timed out", error_code=1)
        except httpx.HTTPError as error:
            reason = f"{type(error).__name__} for {sent.url.host}: {error}"
            self._log(sent, _answer(error=reason), source)
            raise OutboundFailure(reason) from error
        self._log(sent, answer, source)
        return answer

    def queue(self, request: dict[str, Any], source: Source) -> str:
        """Queue a call on the ECC queue and the scheduler; returns the queue's row."""
        row: Row = self._lab.records.insert(
            "ecc_queue",
            {
                "agent": request["ecc"].get("agent", "RESTMessageV2"),
                "topic": "RESTProbe",
                "name": request["method"].lower(),
                "source": request["endpoint"],
                "queue": "output",
                "state": "ready",
                "agent_correlator": request["ecc"].get("correlator", ""),
            },
            source.session,
            workflow=False,
        )
        sys_id = row["sys_id"]
        outcome: dict[str, Any] = {}

        def send() -> None:
            # The transaction that queued the call ends first.
            with self._lab.store.lock:
                pass
            try:
                outcome["answer"] = self.execute(request, source)
            except OutboundFailure as error:
                outcome["failure"] = str(error)
            self._processed(sys_id, outcome, source)

        if len(self._queued) >= _REMEMBERED:
            del self._queued[next(iter(self._queued))]
        self._queued[sys_id] = (self._lab.scheduler.add(f"ECC {sys_id}", send), outcome)
        return sys_id

    def wait(self, sys_id: str, seconds: float) -> Answer:
        """Return the answer of a queued call, which is made now if no thread has made it yet.

        After `seconds`, at most the documented 30, the answer is an error, and the call goes on without anybody.
        """
        work, outcome = self._queued[sys_id]
        making = threading.Thread(target=work.run, name="outbound", daemon=True)
        making.start()
        making.join(min(seconds, _LONGEST_WAIT))
        if "answer" not in outcome:
            return _answer(error=outcome.get("failure", f"No response within {seconds:g} s"))
        answer: Answer = outcome["answer"]
        return answer

    def _call(self, sent: _Sent, request: dict[str, Any]) -> Answer:
        store = self._lab.store
        socket_timeout = float(request["timeout"] or properties.number(store, *_SOCKET_TIMEOUT)) / 1000
        connect_timeout = properties.number(store, *_CONNECTION_TIMEOUT) / 1000
        headers = dict(request["headers"])
        if request.get("user"):
            pair = f"{request['user']}:{request.get('password') or ''}".encode()
            headers.setdefault("Authorization", "Basic " + base64.b64encode(pair).decode())
        response = self._client().request(
            sent.method,
            sent.url,
            headers=headers,
            content=request["body"].encode() if request["body"] else None,
            timeout=httpx.Timeout(socket_timeout, connect=connect_timeout),
        )
        return _answer(response.status_code, response.text[:_BODY_LIMIT], dict(response.headers))

    def _client(self) -> httpx.Client:
        # Reading the machine's authorities takes a while, and most labs never call anybody.
        with self._opening:
            if self._opened is None:
                self._opened = httpx.Client(
                    verify=_trust(self._ca_file),
                    # A proxy of the machine is none of the emulated instance's.
                    trust_env=False,
                    headers={"User-Agent": USER_AGENT, "Accept": "*/*"},
                    limits=httpx.Limits(max_connections=20),
                )
            return self._opened

    def _log(self, sent: _Sent, answer: Answer, source: Source) -> None:
        self._lab.records.insert(
            "sys_outbound_http_log",
            {
                "method": sent.method,
                "protocol": "HTTP/1.1",
                "scheme": sent.url.scheme,
                # The query belongs to the elevated level.
                "url": str(sent.url.copy_with(query=None)),
                "hostname": sent.url.host,
                "path": sent.url.path,
                "response_status": str(answer["status"] or ""),
                "request_length": str(sent.length),
                "response_length": str(len(answer["body"].encode())),
                "response_time": str(round((time.monotonic() - sent.started) * 1000)),
                "error_message": answer["error"],
                "log_level": sent.level,
                "source_table": source.table,
                "source_record": source.record,
                "scope": source.scope,
                "user": source.session.user_name,
            },
            source.session,
            workflow=False,
        )

    def _processed(self, sys_id: str, outcome: dict[str, Any], source: Source) -> None:
        # A reset may have taken the row away meanwhile.
        if (queued := self._lab.store.get("ecc_queue", sys_id)) is None:
            return
        failure = outcome.get("failure", "")
        state = {"state": "error" if failure else "processed", "error_string": failure}
        self._lab.store.patch("ecc_queue", sys_id, state)
        reply = {name: queued[name] for name in ("agent", "topic", "name", "source", "agent_correlator")}
        reply |= state | {"queue": "input", "response_to": sys_id}
        self._lab.records.insert("ecc_queue", reply, source.session, workflow=False)


def _address(request: dict[str, Any], method: str) -> httpx.URL:
    if method not in _METHODS:
        raise OutboundFailure(f"Invalid HTTP method: {method}")
    if not request["endpoint"]:
        raise OutboundFailure("No endpoint was set")
    try:
        url = httpx.URL(request["endpoint"]).copy_merge_params(request["parameters"])
    except (httpx.InvalidURL, ValueError) as error:
        raise OutboundFailure(f"Invalid endpoint: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise OutboundFailure("Invalid endpoint: it names no http or https host")
    return url


def _answer(
    status: int = 0,
    body: str = "",
    headers: dict[str, str] | None = None,
    error: str = "",
    error_code: int = 0,
) -> Answer:
    if status >= 400 and not error:
        error = f"Method failed with code: {status}"
    return {
        "status": status,
        "body": body,
        "headers": headers or {},
        "error": error,
        "error_code": error_code,
    }


def _trust(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
