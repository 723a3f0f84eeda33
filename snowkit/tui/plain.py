"""Turns text from outside into text that no terminal obeys and no layout breaks on."""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_COMBINING = frozenset(("Mn", "Me"))
_STACKED = 2


def plain(text: object, limit: int = 2000) -> str:
    """Return one line: control, format and unassigned characters as spaces, cut at `limit` characters.

    More than two combining marks on one character are dropped: a flood of them climbs over other lines.
    """
    kept: list[str] = []
    stacked = 0
    for character in str(text)[: limit * 2]:
        category = unicodedata.category(character)
        stacked = stacked + 1 if category in _COMBINING else 0
        if stacked <= _STACKED:
            kept.append(" " if category in _UNSEEN else character)
    line = "".join(kept).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"
