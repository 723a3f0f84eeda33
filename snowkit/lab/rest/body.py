"""Reads the body of a write: one record of names and values, as JSON or XML.

source: rest_behaviour 1.1, 1.2 and 1.7. Of several records only the first is read; unknown fields are ignored
later. The words for a wrong Content-Type or Accept are the lab's own, since no source records them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from lxml import etree

from snowkit.lab import values
from snowkit.lab.encoded import equals
from snowkit.lab.rest.call import Call, Incoming, Refused
from snowkit.lab.schema import Column
from snowkit.lab.store import Row

JSON, XML = "application/json", "application/xml"
_XMLS = (XML, "text/xml")
# Far below what Python can walk; no record nests more than two deep.
_DEEPEST = 100
# What is answered with 200 and not written (source: auth_model 2 and rest_behaviour 7).
_IGNORED = {"sys_api_access_policy": "api", "sys_remote_update_set": "state"}
_ANYTHING = ("*/*", "application/*", "")


def accepted(incoming: Incoming, offered: Iterable[str] = (JSON, *_XMLS)) -> str:
    """Return the first media type that the caller accepts and the API offers; raises `Refused` with 406."""
    offers = tuple(offered)
    for part in incoming.headers.get("accept", "*/*").split(","):
        wanted = part.partition(";")[0].strip().lower()
        if wanted in _ANYTHING:
            return offers[0]
        if wanted in offers:
            return wanted
    raise Refused(406, "Requested media type is not supported", None)


def record(incoming: Incoming, *, only_json: bool = False, malformed: int = 400) -> dict[str, Any]:
    """Return the record in a body; empty for none, which needs no Content-Type. Raises `Refused`."""
    if not incoming.body.strip() and "content-type" not in incoming.headers:
        return {}
    given = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not given:
        raise Refused(400, "Content-Type header is missing", None)
    if given != JSON and (only_json or given not in _XMLS):
        raise Refused(415, "Unsupported Media Type", None)
    if not incoming.body.strip():
        return {}
    if given in _XMLS:
        return _from_xml(incoming.body, malformed)
    try:
        found = _storable(json.loads(incoming.body))
    except (ValueError, RecursionError):
        raise _unreadable(malformed) from None
    if isinstance(found, dict) and isinstance(found.get("records"), list):
        found = found["records"]
    if isinstance(found, list):
        found = found[0] if found else {}
    if not isinstance(found, dict):
        raise _unreadable(malformed)
    return found


def _storable(value: Any, depth: int = 0) -> Any:
    """Return JSON data without half characters, which no database can hold; raises `ValueError` for deep nesting."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if depth == _DEEPEST and isinstance(value, (dict, list)):
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [_storable(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(each, depth + 1) for name, each in value.items()}
    return value


def stored(call: Call, table: str, given: dict[str, Any]) -> Row:
    """Return the values of a body as the instance stores them; fields that the table has not are left out."""
    columns = call.lab.schema.columns(table)
    by_display = call.flag("sysparm_input_display_value")
    row = {
        name: _displayed(call, table, columns[name], text) if by_display else text
        for name, value in given.items()
        if name in columns and (text := _text(value)) is not None
    }
    row.pop(_IGNORED.get(table, ""), None)
    return row


def _text(value: Any) -> str | None:
    if isinstance(value, dict):
        inner = value.get("value", value.get("display_value", ""))
        return None if isinstance(inner, (dict, list)) else _text(inner)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(part for each in value if (part := _text(each)) is not None)
    return "" if value is None else str(value)


def _displayed(call: Call, table: str, column: Column, text: str) -> str:
    """Return the stored form of what a user would type."""
    session = call.session
    if column.type == "glide_date_time":
        return values.utc_time(text, session.time_zone, session.form)
    if column.type == "glide_date":
        return values.stored_date(text, session.form)
    if column.type == "reference":
        return _named(call, column.reference, text)
    if column.type == "glide_list" and column.reference:
        return ",".join(_named(call, column.reference, name.strip()) for name in text.split(","))
    return values.choice(call.lab, table, column.element, text) if column.choices else text


def _named(call: Call, table: str, text: str) -> str:
    """Return the id of the record that stands under a name; the text itself where there is none."""
    store = call.lab.store
    if not text or call.lab.schema.get(table) is None or store.get(table, text) is not None:
        return text
    found = store.find(table, equals(**{call.lab.schema.display(table): text}), limit=1)
    return found[0]["sys_id"] if found else text


def _from_xml(body: bytes, malformed: int) -> dict[str, Any]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise _unreadable(malformed) from None
    # source: rest_behaviour 7: an update set's file is no record.
    if root.tag == "unload":
        raise _unreadable(malformed)
    holder = next((child for child in root if len(child)), root)
    return {str(child.tag): child.text or "" for child in holder if isinstance(child.tag, str)}


def _unreadable(status: int) -> Refused:
    return Refused(status, "Exception while reading request", "Cannot decode: java.io.StringReader@1f2e3d4c")
