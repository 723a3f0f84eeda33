"""The product's policy resolver and the lab's were written apart; where the product decides, they must agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snowkit.access import policies as ours
from snowkit.access.records import Policy, Profile
from snowkit.lab import policy as theirs

PATHS = ("now/table", "sn_customerservice/case")
TABLES = ("kb_knowledge", "sys_user", "incident")
RESOURCES = ("", "/now/table/{tableName}", "/now/table/{tableName}/{sys_id}", "/sn_customerservice/case")
PROFILES = (
    Profile("p1", "ours", "oauth", "e1"),
    Profile("p2", "another client's", "oauth", "e2"),
    Profile("p3", "Basic", "basic_auth"),
    Profile("p4", "any OAuth", "oauth"),
    Profile("p5", "ours, inactive", "oauth", "e1", active=False),
)

POLICIES = st.builds(
    Policy,
    sys_id=st.uuids().map(lambda value: value.hex),
    name=st.sampled_from(["A", "B", "C"]),
    api_path=st.sampled_from(PATHS),
    active=st.booleans(),
    method=st.sampled_from(["GET", "POST", "PUT"]),
    resource=st.sampled_from(RESOURCES),
    version=st.sampled_from(["v1", "v2"]),
    all_methods=st.booleans(),
    all_resources=st.booleans(),
    all_versions=st.booleans(),
    all_tables=st.booleans(),
    tables=st.frozensets(st.sampled_from(TABLES)),
    is_global=st.booleans(),
    profiles=st.lists(st.sampled_from(PROFILES), max_size=3, unique=True).map(tuple),
)

REQUESTS = st.one_of(
    st.builds(
        lambda method, table, below: ours.Request("now/table", method, f"now/table/{table}{below}", table),
        st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
        st.sampled_from(TABLES),
        st.sampled_from(["", "/" + "0" * 32]),
    ),
    st.builds(
        lambda method: ours.Request(PATHS[1], method, PATHS[1]), st.sampled_from(["GET", "POST", "PUT"])
    ),
)


def in_the_lab(policy: Policy) -> theirs.Policy:
    return theirs.Policy(
        name=policy.name,
        api_path=policy.api_path,
        method=None if policy.all_methods else policy.method,
        resource=None if policy.all_resources else policy.resource,
        version=None if policy.all_versions else policy.version,
        tables=frozenset() if policy.all_tables else policy.tables,
        is_global=policy.is_global,
        profiles=tuple(theirs.Profile(p.type, p.entity) for p in policy.profiles if p.active),
    )


def compare(policies: list[Policy], request: ours.Request, restricted: bool) -> None:
    decision = ours.decide(policies, request, entity="e1", restricted=restricted)
    if decision.allowed is None:
        return
    asked = theirs.Request(
        request.api_path,
        request.method,
        request.resource,
        request.version,
        "oauth",
        table=request.table,
        entity="e1",
        restricted=restricted,
    )
    seen = theirs.decide([in_the_lab(policy) for policy in policies if policy.active], asked)
    assert decision.allowed == (seen.refused_by == "")
    cause = {"": "none", "policy": "policy", "restriction": "token_restriction"}[seen.refused_by]
    assert decision.cause == cause


@settings(max_examples=300, deadline=None)
@given(st.lists(POLICIES, max_size=4), REQUESTS, st.booleans())
def test_where_the_product_decides_the_lab_agrees(
    policies: list[Policy], request: ours.Request, restricted: bool
) -> None:
    """On random policies, allowed, refused and the cause are the same in both resolvers."""
    compare(policies, request, restricted)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(st.lists(POLICIES, max_size=4), REQUESTS, st.booleans())
def test_they_agree_on_ten_thousand(policies: list[Policy], request: ours.Request, restricted: bool) -> None:
    """The same, on many more."""
    compare(policies, request, restricted)


def test_the_comparison_is_not_empty() -> None:
    """On plain policies the product does decide, so that agreeing means something."""
    mapped = Policy("1", "A", "now/table", profiles=(PROFILES[0],))
    others = Policy("2", "B", "now/table", method="GET", all_methods=False, profiles=(PROFILES[2],))
    request = ours.Request("now/table", "GET", "now/table/sys_user", "sys_user")
    assert ours.decide([mapped], request, entity="e1", restricted=True).allowed is True
    assert ours.decide([mapped, others], request, entity="e1", restricted=True).allowed is False
