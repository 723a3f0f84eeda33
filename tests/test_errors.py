"""The tree of errors is the one that its docstring draws."""

from __future__ import annotations

import inspect
import re

from snowkit import errors
from snowkit.errors import SnowkitError


def test_the_drawn_tree_is_the_tree() -> None:
    """Each error class is drawn below its base, and nothing else is drawn."""
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^([│ ├└─]*)([A-Z]\w+)", line)
        if found and (found.group(1) or found.group(2) == "SnowkitError"):
            depth = len(found.group(1)) // 4
            path = [*path[:depth], found.group(2)]
            drawn[found.group(2)] = path[depth - 1] if depth else "Exception"
    real = {
        name: kind.__base__.__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, SnowkitError) and kind.__base__ is not None
    }
    assert drawn == real


def test_an_error_says_what_and_what_next() -> None:
    """The text of an error is what happened, then the next step."""
    assert str(SnowkitError("It broke.", "Mend it.")) == "It broke. Mend it."
    assert str(SnowkitError("It broke.")) == "It broke."
