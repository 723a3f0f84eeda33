"""A lab for the tests that import what was generated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from snowkit.lab.instance import Lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A fresh instance in process; nothing listens."""
    made = Lab(cases=3)
    yield made
    made.stop()
