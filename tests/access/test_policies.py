"""Which REST API access policy wins, and whether our entity passes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snowkit.access.policies import Request, decide, priority
from snowkit.access.records import Policy, Profile

OURS = Profile("p1", "TheLoops OAuth", "oauth", "e1")
OTHERS = Profile("p2", "Basic", "basic_auth")
TABLE = Policy("1", "Table all", "now/table", profiles=(OURS,))
GET_USER = Request("now/table", "GET", "now/table/sys_user", "sys_user")


def allowed(*policies: Policy, request: Request = GET_USER, restricted: bool | None = False) -> bool | None:
    return decide(policies, request, entity="e1", restricted=restricted).allowed


@pytest.mark.parametrize(
    ("flags", "rank"),
    [
        ({"all_methods": False, "all_resources": False, "all_versions": False}, 1),
        ({"all_methods": False, "all_resources": False}, 2),
        ({"all_resources": False, "all_versions": False}, 3),
        ({"all_resources": False}, 4),
        ({"all_methods": False, "all_versions": False}, 5),
        ({"all_methods": False}, 6),
        ({"all_versions": False}, 7),
        ({}, 8),
        ({"is_global": True, "all_methods": False}, 9),
        ({"is_global": True}, 10),
    ],
)
def test_the_documented_priorities(flags: dict[str, bool], rank: int) -> None:
    """Method, resource and version rank as documented, and a global policy comes last."""
    assert priority(replace(TABLE, **flags)) == rank


def test_the_more_specific_policy_decides_alone() -> None:
    """A policy for GET that maps others only beats one for every method that maps ours."""
    narrow = Policy("2", "Table GET", "now/table", method="GET", all_methods=False, profiles=(OTHERS,))
    assert allowed(TABLE, narrow) is False
    assert allowed(TABLE, narrow, request=replace(GET_USER, method="POST")) is True
    assert allowed(TABLE, replace(narrow, active=False)) is True


def test_a_policy_for_other_tables_lets_the_next_decide() -> None:
    """A policy whose table list lacks the table does not cover the request."""
    other = Policy(
        "2", "Incident", "now/table", method="GET", all_methods=False, tables=frozenset({"incident"})
    )
    assert decide([TABLE, other], GET_USER, entity="e1", restricted=True).policy == TABLE


@pytest.mark.parametrize(
    ("policies", "restricted", "expected", "cause"),
    [
        ([], False, True, "none"),
        ([], True, False, "token_restriction"),
        ([], None, None, "token_restriction"),
        ([replace(TABLE, profiles=())], True, False, "token_restriction"),
        ([replace(TABLE, profiles=())], False, None, "policy"),
        ([replace(TABLE, profiles=(OTHERS,))], False, False, "policy"),
        ([replace(TABLE, profiles=(OTHERS, OURS))], True, True, "none"),
        ([replace(TABLE, profiles=(replace(OURS, active=False), OTHERS))], True, False, "policy"),
        ([replace(TABLE, profiles=(replace(OURS, entity=""),))], True, None, "policy"),
    ],
)
def test_restriction_and_profiles(
    policies: list[Policy], restricted: bool | None, expected: bool | None, cause: str
) -> None:
    """The table of the documented interplay holds, and what is not documented is not decided."""
    decision = decide(policies, GET_USER, entity="e1", restricted=restricted)
    assert (decision.allowed, decision.cause) == (expected, cause)


def test_policies_that_tie_and_disagree_decide_nothing() -> None:
    """Two policies of one priority with different profiles leave the question open."""
    assert allowed(TABLE, replace(TABLE, sys_id="2", name="Other", profiles=(OTHERS,))) is None


def test_a_resource_template_covers_its_paths() -> None:
    """A policy for a resource covers the paths that fit its template."""
    named = replace(TABLE, all_resources=False, resource="/now/table/{tableName}", profiles=(OTHERS,))
    assert allowed(TABLE, named) is False
    assert allowed(TABLE, named, request=replace(GET_USER, resource="now/table/sys_user/abc")) is True


def test_what_cannot_be_compared_is_not_decided() -> None:
    """A versioned policy, a table list of sys_ids and an empty resource leave the question open."""
    for unclear in (
        {"all_versions": False, "version": "v1"},
        {"tables": frozenset({"0123456789abcdef0123456789abcdef"})},
        {"all_resources": False, "resource": ""},
    ):
        other = replace(TABLE, sys_id="2", name="Other", profiles=(OTHERS,), **unclear)
        assert allowed(TABLE, other) is None
        assert allowed(other, restricted=True) is None


def test_what_cannot_be_compared_does_not_matter_where_all_agree() -> None:
    """Where every policy that may decide says the same, that is the answer."""
    assert allowed(TABLE, replace(TABLE, sys_id="2", all_versions=False, version="v1")) is True


def test_all_of_everything_is_not_ranked_against_a_global_policy() -> None:
    """A policy for all of one API and a global one that disagree leave the question open."""
    anywhere = replace(TABLE, sys_id="2", name="Global", is_global=True, api_path="", profiles=(OTHERS,))
    assert allowed(TABLE, anywhere) is None
    assert allowed(replace(TABLE, all_methods=False, method="GET"), anywhere) is True
