"""The lab's switches."""

from __future__ import annotations

import pytest

from snowkit.errors import LabError
from snowkit.lab.switches import SwitchBoard, Switches


def test_some_are_changed_and_the_rest_stays() -> None:
    """A later change keeps an earlier one."""
    board = SwitchBoard()
    board.change({"invalid_query": "forbid"})
    changed = board.change({"before_query": {"task": "active=true"}, "async_delay": 1.5})
    assert changed == board.current
    assert (changed.invalid_query, changed.async_delay) == ("forbid", 1.5)
    assert changed.before_query == {"task": "active=true"}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"nosuch": True}, "nosuch"),
        ({"away": "asleep"}, "away"),
        ({"bad_gateway_percent": 101}, "bad_gateway_percent"),
        ({"acl_shadowing": "yes"}, "acl_shadowing"),
        ({"policy_refusal": 99}, "policy_refusal"),
    ],
)
def test_a_wrong_one_is_named_and_nothing_changes(changes: dict[str, object], name: str) -> None:
    """Half a change is no change."""
    board = SwitchBoard()
    with pytest.raises(LabError, match=name):
        board.change({"inbox": "down"} | changes)
    assert board.current == Switches()


def test_reset_restores_every_default() -> None:
    """A reset lab behaves as a new one."""
    board = SwitchBoard()
    board.change({"release": "zurich", "inbox": "slow"})
    board.reset()
    assert board.current == Switches()
