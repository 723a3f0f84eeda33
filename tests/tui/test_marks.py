"""Every verdict and state has a sign of its own set, whatever the terminal can show."""

from __future__ import annotations

import pytest

from snowkit.engine.finding import Verdict
from snowkit.tui.marks import ASCII, STATE_COLOURS, UNICODE, VERDICT_COLOURS, Marks, State, marks_for


@pytest.mark.parametrize("marks", [UNICODE, ASCII])
def test_verdicts_have_different_signs(marks: Marks) -> None:
    """No two verdicts look alike, and each has a colour beside its sign."""
    assert len({marks.of(verdict) for verdict in Verdict}) == len(Verdict)
    assert set(VERDICT_COLOURS) == set(Verdict)
    assert set(STATE_COLOURS) == set(State)
    assert all(marks.of_state(state) for state in State)


@pytest.mark.parametrize(
    ("encoding", "marks"),
    [("utf-8", UNICODE), ("UTF8", UNICODE), ("ascii", ASCII), ("cp437", ASCII), (None, ASCII), ("x?", ASCII)],
)
def test_a_terminal_gets_the_signs_it_can_show(encoding: str | None, marks: Marks) -> None:
    """Only a UTF-8 terminal gets signs outside ASCII."""
    assert marks_for(encoding) is marks
    assert all(ord(sign) < 128 for sign in "".join(str(getattr(ASCII, name)) for name in ("met", "arrow")))
