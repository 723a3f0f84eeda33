"""A rule that cannot post is judged in the words in which checks judge it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from snowkit.checks import rules
from snowkit.checks.context import Context
from snowkit.instance.evidence import Evidence
from snowkit.instance.session import Session
from snowkit.pack.load import load
from snowkit.pack.model import Rule
from snowkit.sync import installed
from snowkit.sync.canary import Canary
from tests.sync.conftest import Run

PACK = load()


def generated(rule: Rule) -> dict[str, str]:
    """Return the rule's row as the update set brings it."""
    return {
        "name": rule.name,
        "collection": rule.table,
        "active": "true",
        "when": "after",
        "advanced": "true",
        "action_insert": str(rule.insert).lower(),
        "action_update": str(rule.update).lower(),
        "filter_condition": f"{rule.filter}^EQ" if rule.filter else "",
        "condition": "",
        "role_conditions": "",
        "script": "new sn_ws.RESTMessageV2();",
    }


@pytest.mark.parametrize("rule", PACK.rule, ids=lambda rule: rule.id)
def test_a_generated_rule_is_faultless(rule: Rule) -> None:
    """What snowkit generates is never accused."""
    assert installed._wrong(rule, generated(rule)) == []


@pytest.mark.parametrize("name", ["", "TheLoops by hand"])
@pytest.mark.parametrize(
    "change",
    [
        {"collection": "incident"},
        {"when": "before"},
        {"advanced": "false"},
        {"action_insert": "false", "action_update": "false"},
        {"action_update": "false"},
        {"filter_condition": "name=incident"},
        {"filter_condition": ""},
        {"condition": "current.active"},
        {"role_conditions": "admin"},
        {"script": " "},
        {"script": "gs.info('TheLoops')"},
    ],
)
@pytest.mark.parametrize("rule", PACK.rule, ids=lambda rule: rule.id)
def test_sync_and_check_say_the_same(rule: Rule, change: dict[str, str], name: str) -> None:
    """The same row has the same faults in the same words, be it generated or made by hand."""
    row = generated(rule) | change | ({"name": name} if name else {})
    assert installed._wrong(rule, row) == rules._wrong(rule, row)


def test_update_condition_and_roles_are_faults() -> None:
    """A rule of ours that does not run on updates, or only sometimes, is misconfigured."""
    rule = next(rule for rule in PACK.rule if rule.update)
    row = generated(rule) | {"action_update": "false", "condition": "false", "role_conditions": "admin"}
    assert len(installed._wrong(rule, row)) == 3


async def test_sync_and_check_look_at_the_same_rules(run: Run) -> None:
    """Ours by its name, and beside it one made by hand; never another rule of ours, nor a stranger's."""
    rule = PACK.rule[0]
    other = next(row for row in PACK.rule if row.name != rule.name)
    rows = [
        generated(rule),
        generated(rule) | {"name": "Posts to TheLoops"},
        generated(rule) | {"name": other.name, "script": "theloops"},
        generated(rule) | {"name": "A stranger's"},
    ]

    async def listed(*arguments: object) -> tuple[list[dict[str, str]], Evidence]:
        return rows, Evidence("GET", "/api/now/table/sys_script", 200)

    configuration: Any = SimpleNamespace(rows=listed)
    session = Session(run.login)
    checked, _ = await rules.candidates(rule, Context(session, PACK, run.profile, configuration))
    found = installed._candidates(Canary(session, PACK, run.profile, run.journal), rule, rows)
    assert [row["name"] for row in found] == [rule.name, "Posts to TheLoops"]
    assert found == checked
