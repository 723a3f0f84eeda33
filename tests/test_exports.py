"""Which files may reach an XML parser."""

from __future__ import annotations

import pytest

from snowkit.exports import objection


@pytest.mark.parametrize(
    "head",
    [
        b"<unload/>",
        b'<?xml version="1.0" encoding="UTF-8"?><unload unload_date="x">',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\r\n<!-- a --><!-- b -->\n<unload/>',
    ],
)
def test_exports_pass(head: bytes) -> None:
    """A declaration, a byte-order mark of UTF-8 and comments are no objection."""
    assert objection(head) == ""


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE unload><unload/>",
        b"<!doctype unload><unload/>",
        b'<?xml version="1.0"?><!-- <unload> --><!DOCTYPE unload [<!ENTITY a "b">]><unload/>',
        b"<?p <unload ?>\n<!DOCTYPE unload><unload/>",
        b"<!---->" * 9000 + b"<!DOCTYPE unload><unload/>",
    ],
)
def test_a_document_type_is_refused_behind_any_disguise(head: bytes) -> None:
    """A comment that looks like the root does not hide a document type."""
    assert "document type" in objection(head)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", "XML element"),
        (b"hello", "XML element"),
        (b"<!--" + b"-" * 70000, "XML element"),
        (" <unload/>".encode("utf-16"), "UTF-16"),
        ("<unload/>".encode("utf-16-le"), "UTF-16"),
        (b'<?xml version="1.0" encoding="UTF-7"?><unload/>', "UTF-7"),
    ],
)
def test_what_is_no_export_is_named(head: bytes, reason: str) -> None:
    """Other encodings, and files without an element, are refused with the reason."""
    assert reason in objection(head)
