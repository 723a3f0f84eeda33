"""No text from outside reaches a terminal as anything but one line of text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowkit.tui.plain import plain


@given(st.text(), st.integers(min_value=2, max_value=300))
def test_nothing_unseen_is_left(text: str, limit: int) -> None:
    """Whatever comes in, no control, format or line-breaking character goes out, and the length is held."""
    line = plain(text, limit)
    assert len(line) <= limit
    assert not {unicodedata.category(character) for character in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x1b[2Jgone", "[2Jgone"),
        ("a\r\nb\tc", "a  b c"),
        ("\x9b31m", "31m"),
        ("x\u202ey", "x y"),
        ("[bold]x[/]", "[bold]x[/]"),
        ("e" + "\u0301" * 50, "e\u0301\u0301"),
        ("x" * 3000, "x" * 1999 + "…"),
    ],
)
def test_examples(text: str, line: str) -> None:
    """Escape sequences lose their escape; words, markup and ordinary accents stay as they are."""
    assert plain(text) == line
