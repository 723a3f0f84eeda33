"""Which rule on an instance is the one that a pack asks for, and why one cannot post."""

from __future__ import annotations

import pytest

from snowkit.pack.load import load
from snowkit.pack.model import Rule
from snowkit.rules.installed import candidates, faults

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
    assert faults(rule, generated(rule)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"collection": "incident"}, "its table is incident"),
        ({"when": "before"}, "it runs before"),
        ({"advanced": "false"}, "Advanced is off"),
        ({"action_insert": "false"}, "Insert is off"),
        ({"action_update": "false"}, "Update is off"),
        ({"filter_condition": ""}, "nothing keeps it to"),
        ({"filter_condition": "name=incident"}, "nothing keeps it to"),
        ({"condition": "current.active"}, "a Condition"),
        ({"role_conditions": "admin"}, "some roles only"),
        ({"script": " "}, "its script is empty"),
        ({"script": "gs.info('TheLoops')"}, "sends nothing"),
    ],
)
def test_each_fault_is_named_alone(change: dict[str, str], words: str) -> None:
    """One thing wrong with a rule of ours is one sentence."""
    rule = next(rule for rule in PACK.rule if rule.id == "comment")
    told = faults(rule, generated(rule) | change)
    assert len(told) == 1
    assert words in told[0]


def test_a_rule_made_by_hand_may_test_the_table_in_its_script() -> None:
    """Without a filter, a script that tests the table is enough, and a Condition is the customer's choice."""
    rule = next(rule for rule in PACK.rule if rule.id == "comment")
    script = "if (current.name == 'sn_customerservice_case') { new sn_ws.RESTMessageV2(); }"
    row = generated(rule) | {"name": "By hand", "filter_condition": "", "condition": "true", "script": script}
    assert faults(rule, row) == []
    assert faults(rule, row | {"script": "new sn_ws.RESTMessageV2();"}) != []


def test_ours_by_name_and_beside_it_one_by_hand() -> None:
    """Another rule of ours, and a stranger's, are never taken for this one."""
    rule, other = PACK.rule[0], PACK.rule[1]
    rows = [
        generated(rule),
        generated(rule) | {"name": "Posts to TheLoops"},
        generated(rule) | {"name": other.name, "script": "theloops"},
        generated(rule) | {"name": "A stranger's"},
    ]
    assert [row["name"] for row in candidates(rows, rule, PACK)] == [rule.name, "Posts to TheLoops"]
