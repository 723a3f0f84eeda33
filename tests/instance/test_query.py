"""No value can widen an encoded query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowkit.errors import UsageError
from snowkit.instance import query


@given(st.text())
def test_a_value_that_passes_holds_no_operator(text: str) -> None:
    """What is accepted as a value holds no separator and runs no script."""
    try:
        accepted = query.value(text)
    except UsageError:
        assert "^" in text or "\n" in text or "\r" in text or text.lower().startswith("javascript:")
    else:
        assert accepted == text
        assert "^" not in accepted


@pytest.mark.parametrize("text", ["", "a" * 31, "a" * 33, "../sys_user/" + "a" * 20, "a" * 31 + "/"])
def test_what_is_no_sys_id_is_refused(text: str) -> None:
    """Only 32 letters and digits are a sys_id."""
    with pytest.raises(UsageError, match="not a sys_id"):
        query.sys_id(text)
