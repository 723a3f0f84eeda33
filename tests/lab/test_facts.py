"""The table of what the lab imitates names tests that exist, and reasons for what it leaves out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import snowkit.lab
from snowkit.lab.switches import Switches

TESTS = Path(__file__).resolve().parent
FACTS = Path(snowkit.lab.__file__).with_name("FACTS.md")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in FACTS.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| row |")
]


def _tests_of(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_a_row_is_shown_or_has_its_reason(row: list[str]) -> None:
    """What is done or a switch names its tests, a switch is one of the lab's, and what is out says why."""
    name, state, shown = [*row, "", ""][:3]
    assert state.startswith(("done", "switch", "out, because ")), name
    tests = [test for test in shown.split(", ") if test]
    assert tests or state.startswith("out"), name
    for test in tests:
        file, _, function = test.partition("::")
        assert function in _tests_of(file), test
    if state.startswith("switch"):
        for switch in re.findall(r"`(\w+)`", state):
            assert switch in Switches.model_fields, switch


def test_every_section_has_rows() -> None:
    """All sections of the REST behaviour that a client can meet, and the model's list of answers, are there."""
    sections = set(re.findall(r"^## (.+)$", FACTS.read_text(encoding="utf-8"), re.MULTILINE))
    assert {f"rest_behaviour {number}" for number in range(11)} | {"auth_model 8"} <= sections
    assert len(ROWS) > 150
