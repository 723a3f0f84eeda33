"""Reads an exported update set and the payloads in it, as the instance's own loader would.

source: update_sets 1. The lab refuses a DOCTYPE and expands no entity; what an instance does with one is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from snowkit.lab.store import Row

HEADER = "sys_remote_update_set"
UPDATE = "sys_update_xml"


class UnreadableXml(Exception):
    """Text that is no XML, or not the XML that was expected; says why and where."""


@dataclass(frozen=True, slots=True)
class Unload:
    """What a file holds: the headers of sets (one, or several in a batch), and updates, as rows."""

    headers: tuple[Row, ...]
    updates: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """The record that one update carries; `references` keeps the names beside the ids of references."""

    table: str
    action: str
    row: Row
    references: Row = field(default_factory=dict)

    @property
    def sys_id(self) -> str:
        """The record's own id, empty where the payload has none."""
        return self.row.get("sys_id", "")


def read(content: bytes) -> Unload:
    """Read an exported file; raises `UnreadableXml`."""
    root = _parse(content)
    if root.tag != "unload":
        raise UnreadableXml(f"The root element is {root.tag}, not unload.")
    headers = tuple(_row(element) for element in root.iterchildren(HEADER))
    updates = tuple(_row(element) for element in root.iterchildren(UPDATE))
    return Unload(headers, updates)


def read_payload(text: str) -> Payload:
    """Read the document inside an update; raises `UnreadableXml`.

    Companions of the record (translations, the script's language mode) are left aside.
    """
    root = _parse(text.strip().encode())
    if root.tag != "record_update":
        raise UnreadableXml(f"The payload's root element is {root.tag}, not record_update.")
    records = [
        element for element in root.iterchildren(etree.Element) if element.get("action") != "delete_multiple"
    ]
    wanted = root.get("table")
    found = next((element for element in records if element.tag == wanted), None)
    element = found if found is not None else next(iter(records), None)
    if element is None:
        raise UnreadableXml("The payload holds no record.")
    references = {
        str(child.tag): str(child.get("name") or child.get("display_value"))
        for child in element.iterchildren(etree.Element)
        if child.get("name") or child.get("display_value")
    }
    return Payload(str(element.tag), element.get("action") or "INSERT_OR_UPDATE", _row(element), references)


def _row(element: etree._Element) -> Row:
    # A condition field holds its text first and its parts, as elements, after it.
    return {str(child.tag): child.text or "" for child in element.iterchildren(etree.Element)}


def _parse(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableXml(f"Invalid XML: {error}") from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise UnreadableXml("A document type declaration is not accepted.")
    return root
