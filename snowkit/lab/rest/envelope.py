"""What every REST answer looks like from outside: envelope, media type, headers and cookies.

source: rest_behaviour 1.5 and 1.7.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response

from snowkit.lab.cookies import hand_over, turn_away
from snowkit.lab.rest import body
from snowkit.lab.rest.call import Answer, Incoming, Refused
from snowkit.lab.rest.dispatch import Dispatcher
from snowkit.lab.session import Session

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Pragma": "no-store,no-cache",
    "Cache-Control": "no-cache,no-store,must-revalidate,max-age=-1",
    "Expires": "0",
}
_NOT_IN_HEADERS = re.compile("[^\t\u0020-\u007e\u00a0-\u00ff]")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def respond(lab: Lab, dispatcher: Dispatcher, request: Request, content: bytes) -> Response:
    """Answer one request to /api."""
    incoming = Incoming(
        request.headers.get("x-http-method-override", request.method).strip().upper(),
        str(request.scope["path"]),
        f"{request.url.scheme}://{request.headers.get('host', '')}",
        dict(request.query_params),
        dict(request.headers),
        content,
    )
    started = time.monotonic()
    visit = lab.cookies.visit(request)
    session: Session | None = None
    media_type = body.JSON
    try:
        session = dispatcher.authenticate(incoming, visit)
        if not request.url.path.endswith("/file") or incoming.method != "GET":
            media_type = body.accepted(incoming)
        answer = dispatcher.answer(incoming, session)
        response = _response(answer, media_type)
    except Refused as refused:
        envelope = refused.envelope
        response = _written(refused.status, envelope, media_type)
        for name, value in refused.headers:
            response.headers.append(name, value)
    response.headers.update(_ALWAYS)
    url = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    lab.transactions.note(incoming.method, url, response.status_code, started, session)
    if request.method == "HEAD":
        response.body = b""
    secure = request.url.scheme == "https"
    # A policy's refusal looks like that of an unknown caller, in its headers too.
    if session is None or response.status_code == 401:
        if visit is None:
            turn_away(response, secure=secure)
        return response
    response.headers["X-Is-Logged-In"] = "true"
    response.headers["X-Transaction-ID"] = secrets.token_hex(6)
    response.headers["Server-Timing"] = "sem_wait;dur=0, sesh_wait;dur=0"
    if visit is None or visit.user_id != session.user_id:
        # source: auth_model 4: the cookie of an OAuth answer outlives the token.
        hand_over(response, lab.cookies.open(session.user_id), secure=secure)
    return response


def _response(answer: Answer, media_type: str) -> Response:
    if answer.content is not None:
        response = Response(answer.content, answer.status)
        response.headers["Content-Type"] = _header(answer.media_type)
    elif answer.status == 204:
        response = Response(status_code=204)
    else:
        response = _written(answer.status, {"result": answer.result}, media_type)
    for name, value in answer.headers:
        response.headers[name] = _header(value)
    return response


def _header(text: str) -> str:
    """Return a text as a header can carry it; what would end the header, or is no Latin-1, becomes a "?"."""
    return _NOT_IN_HEADERS.sub("?", text)


def _written(status: int, data: dict[str, Any], media_type: str) -> Response:
    if media_type == body.JSON:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    else:
        root = etree.Element("response")
        _add(root, data)
        text = etree.tostring(root, encoding="unicode")
    response = Response(text.encode("utf-8", "replace"), status)
    response.headers["Content-Type"] = f"{media_type};charset=UTF-8"
    # Without a length the server sends it in chunks, as the instance does.
    del response.headers["Content-Length"]
    return response


def _add(parent: etree._Element, data: Any) -> None:
    if isinstance(data, dict):
        for name, value in data.items():
            for each in value if isinstance(value, list) else [value]:
                _add(etree.SubElement(parent, name), each)
    elif data is not None:
        parent.text = _NOT_IN_XML.sub("", data if isinstance(data, str) else json.dumps(data))
