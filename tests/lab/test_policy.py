"""One policy decides: the most specific that covers a request, by the documented priorities."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowkit.lab.policy import Policy, Profile, Request, covers, decide, fits, priority

REQUEST = Request("now/table", "GET", "/now/table/incident", "v2", "oauth", "incident", "ours")
OURS, BASIC, ANY = Profile("oauth", "ours"), Profile("basic_auth"), Profile("oauth")
WHOLE = Policy("whole", "now/table", profiles=(OURS,))

policies = st.builds(
    Policy,
    name=st.sampled_from("abc"),
    api_path=st.sampled_from(["now/table", "now/account"]),
    method=st.sampled_from([None, "GET", "POST"]),
    resource=st.sampled_from([None, "/now/table/{tableName}", "/now/table/{tableName}/{sys_id}"]),
    version=st.sampled_from([None, "v1", "v2"]),
    tables=st.sampled_from([frozenset(), frozenset({"incident"}), frozenset({"task"})]),
    is_global=st.booleans(),
    profiles=st.sampled_from([(), (OURS,), (BASIC,), (ANY,), (BASIC, OURS), (Profile("oauth", "theirs"),)]),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"method": "GET", "resource": "r", "version": "v1"}, 1),
        ({"method": "GET", "resource": "r"}, 2),
        ({"resource": "r", "version": "v1"}, 3),
        ({"resource": "r"}, 4),
        ({"method": "GET", "version": "v1"}, 5),
        ({"method": "GET"}, 6),
        ({"version": "v1"}, 7),
        ({}, 8),
        ({"is_global": True, "method": "GET"}, 9),
        ({"is_global": True}, 10),
    ],
)
def test_priorities_are_the_documented_ones(changes: dict[str, object], expected: int) -> None:
    """One that names its API and applies to all of everything stands just above the global ones."""
    assert priority(replace(WHOLE, **changes)) == expected  # type: ignore[arg-type]


def test_a_more_specific_policy_decides_alone() -> None:
    """Ours does not help where a policy of the resource maps only Basic."""
    shipped = Policy("shipped", "now/table", "GET", "/now/table/{tableName}", profiles=(BASIC,))
    decision = decide([WHOLE, shipped], REQUEST)
    assert (decision.refused_by, decision.policies) == ("policy", (shipped,))
    assert decision.schemes == ("BASIC",)


def test_a_table_that_is_not_listed_falls_through() -> None:
    """The list of tables takes part in finding the policy."""
    shipped = Policy("shipped", "now/table", "GET", tables=frozenset({"sys_user"}), profiles=(BASIC,))
    assert decide([WHOLE, shipped], REQUEST).refused_by == ""
    assert decide([WHOLE, shipped], replace(REQUEST, table="sys_user")).refused_by == "policy"


@pytest.mark.parametrize(
    ("profiles", "restricted", "expected"),
    [
        (None, False, ""),
        (None, True, "restriction"),
        ((), False, ""),
        ((), True, "restriction"),
        ((OURS,), True, ""),
        ((ANY,), True, ""),
        ((BASIC,), False, "policy"),
        ((BASIC,), True, "policy"),
        ((Profile("oauth", "theirs"),), False, "policy"),
    ],
)
def test_restriction_and_mapping_together(
    profiles: tuple[Profile, ...] | None, restricted: bool, expected: str
) -> None:
    """The table of enforced restriction against mapped profiles."""
    found = [] if profiles is None else [replace(WHOLE, profiles=profiles)]
    assert decide(found, replace(REQUEST, restricted=restricted)).refused_by == expected


def test_basic_needs_a_basic_profile() -> None:
    """An OAuth profile alone locks Basic out."""
    basic = replace(REQUEST, kind="basic", entity="")
    assert decide([WHOLE], basic).refused_by == "policy"
    assert decide([replace(WHOLE, profiles=(OURS, BASIC))], basic).refused_by == ""


def test_resources_are_templates() -> None:
    """A part in braces stands for one part of a path."""
    assert fits("/now/table/{tableName}", "now/table/incident")
    assert not fits("/now/table/{tableName}", "/now/table/incident/1")
    assert not fits("/now/tab.e/{tableName}", "/now/table/incident")


@given(st.lists(policies, max_size=6), st.booleans())
def test_nothing_less_specific_changes_a_decision(found: list[Policy], restricted: bool) -> None:
    """Policies below the deciding one, and their order, do not matter."""
    request = replace(REQUEST, restricted=restricted)
    decision = decide(found, request)
    assert decide(found[::-1], request).refused_by == decision.refused_by
    assert decide(decision.policies, request).refused_by == decision.refused_by
    assert all(covers(policy, request) for policy in decision.policies)


@given(st.lists(policies, max_size=6))
def test_restriction_never_opens_anything(found: list[Policy]) -> None:
    """Whoever passes with the restriction passes without it."""
    if not decide(found, replace(REQUEST, restricted=True)).refused_by:
        assert not decide(found, REQUEST).refused_by
