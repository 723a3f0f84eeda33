"""The Batch API: several requests in one, each with its own answer.

source: rest_behaviour 2.5. Every request passes all layers by itself, as the caller of the batch.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from snowkit.lab.rest import body
from snowkit.lab.rest.apis import BATCH, Endpoint
from snowkit.lab.rest.call import Answer, Call, Incoming, Refused, no_resource
from snowkit.lab.session import Session

_EMPTY = 204
_JSON = "application/json;charset=UTF-8"
_LARGEST = 5 * 1024 * 1024
Answering = Callable[[Incoming, Session], Answer]


def endpoint(answer: Answering) -> Endpoint:
    """Return the endpoint; `answer` takes one request through the layers."""

    def handle(call: Call) -> Answer:
        given = body.record(call.incoming, only_json=True, malformed=call.lab.switches.current.malformed_json)
        served: list[dict[str, Any]] = []
        left_out: list[str] = []
        asked = given.get("rest_requests")
        for item in asked if isinstance(asked, list) else []:
            incoming = _incoming(call, item) if isinstance(item, dict) else None
            if incoming is None:
                left_out.append(str(item.get("id", "")) if isinstance(item, dict) else "")
            else:
                served.append(_served(item, incoming, call.session, answer))
        return Answer(
            content=json.dumps(
                {
                    "batch_request_id": str(given.get("batch_request_id", "")),
                    "serviced_requests": served,
                    "unserviced_requests": left_out,
                }
            ).encode(),
            media_type=_JSON,
        )

    return Endpoint(BATCH, "/now/batch", {"POST": handle})


def _incoming(call: Call, item: dict[str, Any]) -> Incoming | None:
    """Return one of the batch's requests; None where it cannot be read."""
    try:
        content = base64.b64decode(str(item.get("body") or ""), validate=True)
        url = urlsplit(str(item["url"]))
        named = {str(header["name"]).lower(): str(header["value"]) for header in item.get("headers") or []}
    except (binascii.Error, KeyError, TypeError, ValueError):
        return None
    if len(content) > _LARGEST or url.netloc:
        return None
    method = named.get("x-http-method-override") or str(item.get("method", "GET"))
    return Incoming(
        method.strip().upper(),
        url.path,
        call.incoming.base_url,
        dict(parse_qsl(url.query, keep_blank_values=True)),
        named,
        content,
    )


def _served(item: dict[str, Any], incoming: Incoming, session: Session, answer: Answering) -> dict[str, Any]:
    started = time.monotonic()
    try:
        # A batch holds no batch.
        if BATCH.path in incoming.path:
            raise no_resource()
        given = answer(incoming, session)
        content = (
            given.content if given.content is not None else json.dumps({"result": given.result}).encode()
        )
        status = given.status
        headers = given.headers if status == _EMPTY else (("Content-Type", _type(given)), *given.headers)
    except Refused as refused:
        status, headers = refused.status, (("Content-Type", _JSON), *refused.headers)
        content = json.dumps(refused.envelope).encode()
    return {
        "id": str(item.get("id", "")),
        "status_code": status,
        "status_text": HTTPStatus(status).phrase,
        "headers": []
        if item.get("exclude_response_headers") in (True, "true")
        else [{"name": name, "value": value} for name, value in headers],
        "body": "" if status == _EMPTY else base64.b64encode(content).decode(),
        "execution_time": round((time.monotonic() - started) * 1000),
    }


def _type(answer: Answer) -> str:
    return answer.media_type if answer.content is not None else _JSON
