"""Reads update-set XML record by record, with line numbers, and refuses what no export holds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lxml import etree

from snowkit import exports
from snowkit.errors import UpdateSetError
from snowkit.updateset.model import Header, Record, Update, UpdateSet

FILE_LIMIT = 100 * 1024 * 1024
"""The largest file that ServiceNow imports, in bytes (source: glide.db.impex.XMLLoader.max.file.size.mb)."""

PAYLOAD_LIMIT = 20 * 1024 * 1024
DEPTH_LIMIT = 64

_ADVICE = "Export the update set again as XML; do not format or edit the file."


def read_file(path: Path) -> UpdateSet:
    """Return the update set in a file; raises `UpdateSetError` with line and column when it is none."""
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise UpdateSetError(
                f"{path} is larger than {FILE_LIMIT >> 20} MB.", "ServiceNow would not import it."
            )
        with path.open("rb") as file:
            return _read(file, str(path))
    except OSError as error:
        raise UpdateSetError(
            f"{path} cannot be read: {error.strerror}.", "Give the path of an XML file."
        ) from error


def read_bytes(data: bytes, name: str) -> UpdateSet:
    """Return the update set in `data`; `name` says in messages where it came from."""
    return _read(io.BytesIO(data), name)


def _read(file: IO[bytes], name: str) -> UpdateSet:
    _refuse(file, name)
    headers: list[Header] = []
    updates: list[Update] = []
    root = ""
    try:
        for root_tag, element in _children(file, name):
            root = root_tag
            if element.tag == "sys_remote_update_set":
                headers.append(_header(element))
            elif element.tag == "sys_update_xml":
                updates.append(_update(element, name))
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise UpdateSetError(
            f"{name}, line {line}, column {column}: not well-formed: {_defect(error)}.", _ADVICE
        ) from error
    if root != "unload" or not headers:
        raise UpdateSetError(
            f"{name} holds no retrieved update set.", "Use Export to XML on the update set's form."
        )
    return UpdateSet(tuple(headers), tuple(updates))


def _refuse(file: IO[bytes], name: str) -> None:
    reason = exports.objection(file.read(exports.HEAD))
    file.seek(0)
    if reason:
        raise UpdateSetError(f"{name}, line 1, column 1: {reason}.", _ADVICE)


def _children(file: IO[bytes], name: str) -> Iterator[tuple[str, etree._Element]]:
    depth = 0
    root: etree._Element | None = None
    events = etree.iterparse(
        file, events=("start", "end"), resolve_entities=False, no_network=True, huge_tree=True
    )
    for event, element in events:
        if event == "start":
            depth += 1
            if root is None:
                root = element
            if depth > DEPTH_LIMIT:
                raise UpdateSetError(
                    f"{name}, line {_line(element)}: elements are nested deeper than {DEPTH_LIMIT}.", _ADVICE
                )
            continue
        depth -= 1
        if depth == 1 and root is not None:
            yield str(root.tag), element
            root.clear()


def _field(element: etree._Element, name: str) -> str:
    return element.findtext(name) or ""


def _line(element: etree._Element) -> int:
    line: Any = element.sourceline
    return line if isinstance(line, int) else 0


def _header(element: etree._Element) -> Header:
    return Header(
        sys_id=_field(element, "sys_id"),
        remote_sys_id=_field(element, "remote_sys_id"),
        name=_field(element, "name"),
        description=_field(element, "description"),
        state=_field(element, "state"),
        application=_field(element, "application"),
        line=_line(element),
    )


def _update(element: etree._Element, name: str) -> Update:
    line = _line(element)
    payload = _field(element, "payload")
    if len(payload) > PAYLOAD_LIMIT:
        raise UpdateSetError(
            f"{name}, line {line}: a payload is larger than {PAYLOAD_LIMIT >> 20} MB.", _ADVICE
        )
    return Update(
        sys_id=_field(element, "sys_id"),
        name=_field(element, "name"),
        action=_field(element, "action"),
        type=_field(element, "type"),
        table=_field(element, "table"),
        target_name=_field(element, "target_name"),
        remote_update_set=_field(element, "remote_update_set"),
        application=_field(element, "application"),
        payload=payload,
        record=_record(payload, name, line),
        line=line,
    )


def _record(payload: str, name: str, line: int) -> Record:
    data = payload.encode()
    reason = exports.objection(data[: exports.HEAD])
    if reason:
        raise UpdateSetError(f"{name}, line {line}: the update's payload is refused: {reason}.", _ADVICE)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        inner, column = error.position
        raise UpdateSetError(
            f"{name}, line {line}: the payload's line {inner}, column {column} is not well-formed: {_defect(error)}.",
            _ADVICE,
        ) from error
    record = next(root.iterchildren("{*}*"), root) if root.tag == "record_update" else root
    fields = {str(child.tag): _value(child) for child in record.iterchildren("{*}*")}
    return Record(str(record.tag), fields.get("sys_id", ""), record.get("action", ""), fields)


def _defect(error: etree.XMLSyntaxError) -> str:
    # The parser ends its sentence with the place, which ours begins with.
    return str(error.msg).partition(", line ")[0]


def _value(element: etree._Element) -> str:
    # A condition's text stands before its items.
    return element.text or ""
