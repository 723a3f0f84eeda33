"""What counts as the same text, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowkit.sync.comparison import compare, difference


@given(st.text())
def test_a_text_equals_itself_without_any_help(text: str) -> None:
    """No normalisation is named where none is needed."""
    assert difference(text, text) == ""


@pytest.mark.parametrize(
    ("written", "read", "how"),
    [
        ("a\nb", "a\r\nb", "line endings"),
        ("a", "a  ", "white space at the ends"),
        ("a\nb ", "a\r\nb", "line endings, white space at the ends"),
    ],
)
def test_harmless_changes_are_named(written: str, read: str, how: str) -> None:
    """Each known normalisation is allowed, and listed by name."""
    assert difference(written, read) == how


@pytest.mark.parametrize(
    ("written", "read"), [("a b", "ab"), ("ä", "?"), ("€", ""), ("a & b", "a b"), ("Ab", "ab"), ("1", "01")]
)
def test_a_lost_or_changed_character_is_a_difference(written: str, read: str) -> None:
    """Nothing else passes: letters lost, replaced, or in another case."""
    assert difference(written, read) is None


def test_a_field_that_did_not_come_is_absent_not_different() -> None:
    """A missing key means a field ACL, an empty one an empty value."""
    found = compare({"a": "1", "b": "2", "c": "3\n"}, {"b": "", "c": "3"})
    assert (found.absent, found.different) == (("a",), ("b",))
    assert found.normalised == (("c", "white space at the ends"),)
    assert found.words() == "c: white space at the ends"
