"""One instance, asked by one identity: every request that snowkit sends goes through here.

No cookies are kept, because a session cookie outlives an expired token and would fake a pass; redirects are
not followed, so no credential reaches another host; an answer has a size and a deadline.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import stamina

from snowkit import __version__
from snowkit.errors import ProfileError, Unreachable
from snowkit.instance.evidence import Evidence, clean, clean_path
from snowkit.instance.failure import Failure, classify
from snowkit.instance.identity import Identity

# A retry is counted and shown as a request; a log line in the middle of a report tells nobody anything.
stamina.instrumentation.set_on_retry_hooks([])

CONCURRENCY = 8
DEADLINE = 30.0
"""Seconds from the first byte sent to the last byte read."""
BODY_LIMIT = 64 * 1024 * 1024
RETRY_AFTER_CAP = 60.0
RETRIED = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: `failure` is None when it is what was asked for; `body` is the decoded JSON, or None."""

    method: str
    path: str = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    body: Any = field(repr=False)
    failure: Failure | None

    @property
    def result(self) -> Any:
        """The envelope's `result`, or None."""
        return self.body.get("result") if isinstance(self.body, dict) else None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The records of a list, without anything that is not a record."""
        result = self.result
        return [row for row in result if isinstance(row, dict)] if isinstance(result, list) else []

    @property
    def total(self) -> int | None:
        """`X-Total-Count`: the rows that match before row ACLs; None when it was not sent."""
        text = self.headers.get("x-total-count", "")
        return int(text) if text.isdecimal() else None

    def evidence(self, note: str = "") -> Evidence:
        """Return the exchange for a report: `note`, or the refusal's own words, never a record's text."""
        words = self.failure.words if self.failure else ""
        return Evidence(self.method, clean_path(self.path), self.status, clean(note or words))


class _Retry(Exception):
    def __init__(self, reply: Reply, wait: float) -> None:
        super().__init__()
        self.reply = reply
        self.wait = wait


class Client:
    """An asynchronous context manager; `requests` counts what was sent, refused ones included."""

    def __init__(
        self,
        url: str,
        identity: Identity | None = None,
        *,
        ca_bundle: Path | None = None,
        deadline: float = DEADLINE,
        attempts: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.identity = identity
        self.requests = 0
        self._deadline = deadline
        self._attempts = attempts
        self._gate = asyncio.Semaphore(CONCURRENCY)
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Accept": "application/json", "User-Agent": f"snowkit/{__version__}"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=False,
            timeout=httpx.Timeout(deadline, connect=10.0),
            limits=httpx.Limits(max_connections=CONCURRENCY),
            verify=trust(ca_bundle),
            transport=transport,
        )

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._http.aclose()

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, deadline: float = 0.0
    ) -> Reply:
        """Ask a REST API, and ask again when the instance says that it is busy; raises `Unreachable`.

        An answer without a `result` is a failure: it does not come from such an API.
        """
        reply = await self.send("GET", path, params=params, deadline=deadline)
        if reply.failure is None and not (isinstance(reply.body, dict) and "result" in reply.body):
            failure = Failure(
                reply.status, "edge", "The answer holds no result", "is this a ServiceNow instance?"
            )
            return replace(reply, failure=failure)
        return reply

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json_body: object = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: float = 0.0,
    ) -> Reply:
        """Send one request and return the answer, whatever its status; raises `Unreachable`.

        GET is repeated on 429, 502, 503, 504 and broken connections, obeying `Retry-After` up to a minute;
        nothing else is, since a POST that timed out may have been done.
        """
        target = f"{path}?{urlencode(params, quote_via=quote)}" if params else path
        request_headers = dict(headers or {})
        data: bytes | None = content
        if json_body is not None:
            data = json.dumps(json_body).encode()
            request_headers["Content-Type"] = "application/json"
        elif form is not None:
            data = urlencode(form).encode()
            request_headers["Content-Type"] = "application/x-www-form-urlencoded"
        attempts = self._attempts if method == "GET" else 1
        try:
            async for attempt in stamina.retry_context(
                on=_wait, attempts=attempts, timeout=None, wait_initial=0.2, wait_max=5.0, wait_jitter=0.2
            ):
                with attempt:
                    reply = await self._authorized(
                        method, target, data, request_headers, deadline or self._deadline
                    )
                    if reply.status in RETRIED and attempt.num < attempts:
                        raise _Retry(reply, _retry_after(reply))
        except _Retry as busy:
            return busy.reply
        return reply

    async def _authorized(
        self, method: str, target: str, data: bytes | None, headers: dict[str, str], deadline: float
    ) -> Reply:
        if self.identity is None:
            return await self._once(method, target, data, headers, deadline)
        authorization = await self.identity.header()
        reply = await self._once(method, target, data, {**headers, "Authorization": authorization}, deadline)
        if reply.status == 401 and await self.identity.renew(authorization):
            authorization = await self.identity.header()
            reply = await self._once(
                method, target, data, {**headers, "Authorization": authorization}, deadline
            )
        return reply

    async def _once(
        self, method: str, target: str, data: bytes | None, headers: dict[str, str], deadline: float
    ) -> Reply:
        async with self._gate:
            self.requests += 1
            try:
                async with (
                    asyncio.timeout(deadline),
                    self._http.stream(method, target, content=data, headers=headers) as response,
                ):
                    content = await self._read(response)
            except (TimeoutError, httpx.ReadTimeout) as error:
                # Not asked again: whoever waited once in vain would wait as long for each further try.
                raise _unreachable(
                    self.url, f"no whole answer came within {deadline:g} seconds", again=False
                ) from error
            except httpx.HTTPError as error:
                raise _explain(self.url, error) from error
        content_type = response.headers.get("content-type", "")
        text = content[:4096].decode("utf-8", "replace") if "html" in content_type else ""
        body: Any = None
        if "json" in content_type:
            try:
                body = json.loads(content)
            except ValueError:
                failure = Failure(response.status_code, "edge", "The answer is not whole JSON", "")
                return Reply(method, target, response.status_code, response.headers, b"", None, failure)
        failure_or_none = classify(response.status_code, content_type, text, body)
        return Reply(method, target, response.status_code, response.headers, content, body, failure_or_none)

    async def _read(self, response: httpx.Response) -> bytes:
        parts = bytearray()
        async for part in response.aiter_bytes():
            parts += part
            if len(parts) > BODY_LIMIT:
                raise _unreachable(self.url, f"the answer is larger than {BODY_LIMIT >> 20} MiB")
        return bytes(parts)


def trust(ca_bundle: Path | None) -> ssl.SSLContext | bool:
    """Return what httpx verifies certificates with; raises `ProfileError` for a bundle that cannot be read."""
    if ca_bundle is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_bundle))
    except (OSError, ssl.SSLError) as error:
        raise ProfileError(
            f"The CA bundle {ca_bundle} cannot be read: {error}.", "Give a file of PEM certificates."
        ) from error


def _wait(error: Exception) -> bool | float:
    if isinstance(error, _Retry):
        return error.wait if error.wait > 0 else True
    return isinstance(error, Unreachable) and error.again


def _retry_after(reply: Reply) -> float:
    text = reply.headers.get("retry-after", "").strip()
    if text.isdecimal():
        seconds = float(text)
    elif text:
        parsed = email.utils.parsedate_tz(text)
        seconds = email.utils.mktime_tz(parsed) - time.time() if parsed else -1.0
    else:
        return -1.0
    if seconds > RETRY_AFTER_CAP:
        raise Unreachable(
            f"The instance asks to wait {seconds:.0f} seconds (Retry-After).",
            "Run again later, or ask the customer for a higher rate limit.",
            cause="rate_limit",
        )
    return seconds


def _explain(url: str, error: httpx.HTTPError) -> Unreachable:
    text = str(error)
    reason = error.__cause__ or error.__context__ or error
    if "CERTIFICATE" in text.upper() or "SSL" in text.upper() or isinstance(reason, ssl.SSLError):
        return _unreachable(
            url,
            f"TLS failed: {clean(text)}",
            "Check the address; for a private authority set SNOWKIT_CA_BUNDLE.",
            "tls",
        )
    if (
        "Name or service" in text
        or "getaddrinfo" in text
        or "nodename" in text
        or "Temporary failure" in text
    ):
        return _unreachable(url, "the name is not known to DNS", "Check the instance's name.", "dns")
    if isinstance(error, httpx.ProxyError):
        return _unreachable(url, f"the proxy refused: {clean(text)}", "Check HTTPS_PROXY and NO_PROXY.")
    return _unreachable(url, clean(text) or type(error).__name__)


def _unreachable(
    url: str,
    reason: str,
    next_step: str = "Check the address and the network.",
    cause: str = "network",
    *,
    again: bool = True,
) -> Unreachable:
    what = f"{url} could not be asked: {reason}."
    return Unreachable(what, next_step, cause=cause, again=again and cause == "network")
