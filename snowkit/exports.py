"""Whether a file may be handed to an XML parser: what ServiceNow exports has no document type and is UTF-8."""

from __future__ import annotations

import re

HEAD = 1 << 16
"""How many bytes at the start of a file decide."""

_PROLOG = re.compile(rb"(?>\xef\xbb\xbf)?(?:(?>\s+|<\?.*?\?>|<!--.*?-->))*+", re.DOTALL)
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"'>]*)[\"']")


def objection(head: bytes) -> str:
    """Return why the start of a file must not reach a parser, empty when it may.

    It walks over comments and instructions to the first element itself: a parser expands entities in
    attributes before anybody could veto, and a text search is fooled by comments.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:64]:
        return "it is UTF-16; exports are UTF-8"
    declared = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii"):
        return f"it declares the encoding {declared.group(1).decode('ascii', 'replace')}; exports are UTF-8"
    found = _PROLOG.match(head)
    rest = head[found.end() :] if found else head
    if rest[:9].upper() == b"<!DOCTYPE":
        return "it declares a document type, which no export does"
    if not re.match(rb"<[A-Za-z_]", rest):
        return "it does not begin with an XML element"
    return ""
