"""The Aggregate API counts before row ACLs and answers numbers as text."""

from __future__ import annotations

import pytest

from tests.lab.rest.conftest import LIMITED, Caller, refusal

STATS = "/api/now/stats/sn_customerservice_case"


async def test_numbers_are_text(call: Caller) -> None:
    """Count and the greatest of a field."""
    reply = await call.get(STATS, params={"sysparm_count": "true", "sysparm_max_fields": "number,priority"})
    assert reply.json() == {
        "result": {"stats": {"count": "3", "max": {"number": "CS0001003", "priority": "3"}}}
    }


async def test_groups_are_listed(call: Caller) -> None:
    """Each with its fields and values."""
    reply = await call.get(STATS, params={"sysparm_count": "true", "sysparm_group_by": "state"})
    assert reply.json()["result"][0] == {
        "stats": {"count": "1"},
        "groupby_fields": [{"field": "state", "value": "1"}],
    }


async def test_an_unreadable_table_and_no_operation_are_refused(call: Caller) -> None:
    """In the recorded words."""
    reply = await call.get(f"{STATS}?sysparm_count=true", auth=LIMITED)
    detail = "No permission to read table 'sn_customerservice_case'"
    assert reply.status_code == 403
    assert reply.json() == refusal("Insufficient rights to query records", detail)
    reply = await call.get(STATS)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == "No request parameter for aggregate operation specified"


async def test_row_acls_count_by_a_switch(call: Caller) -> None:
    """By default a hidden row is counted."""
    call.acl("sn_customerservice_case", "read", "snc_internal", condition="state=1")
    path = f"{STATS}?sysparm_count=true"
    assert (await call.get(path, auth=LIMITED)).json()["result"]["stats"]["count"] == "3"
    call.lab.switches.change({"aggregate_respects_acls": True})
    assert (await call.get(path, auth=LIMITED)).json()["result"]["stats"]["count"] == "1"


GROUPED = {"sysparm_count": "true", "sysparm_group_by": "priority"}


def prioritised(call: Caller) -> None:
    """Have two problems of priority 1, and one each of 2 and 3, with impacts."""
    for row in call.lab.store.find("problem"):
        call.lab.store.remove("problem", row["sys_id"])
    for priority, impact in (("1", "3"), ("1", "1"), ("2", "1"), ("3", "2")):
        call.add("problem", priority=priority, impact=impact)


async def values(call: Caller, **asked: str) -> list[str]:
    """Give the groups' values in their order."""
    reply = await call.get("/api/now/stats/problem", params=GROUPED | asked)
    return [group["groupby_fields"][0]["value"] for group in reply.json()["result"]]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", ["1", "2", "3"]),
        ("priority^DESC", ["3", "2", "1"]),
        ("COUNT^DESC", ["1", "2", "3"]),
        ("COUNT", ["2", "3", "1"]),
        ("AVG^impact", ["2", "1", "3"]),
        ("SUM^impact^DESC", ["1", "3", "2"]),
        ("COUNT,priority^DESC", ["3", "2", "1"]),
    ],
)
async def test_groups_have_an_order(call: Caller, order: str, expected: list[str]) -> None:
    """By a field or an aggregate, downwards with ^DESC."""
    prioritised(call)
    assert await values(call, sysparm_order_by=order) == expected


@pytest.mark.parametrize(
    ("having", "expected"),
    [
        ("count^priority^>^1", ["1"]),
        ("avg^impact^=^2", ["1", "3"]),
        ("avg^impact^=^2,count^priority^=^1", ["3"]),
        ("count>5", ["1", "2", "3"]),
    ],
)
async def test_groups_can_be_asked_for_by_an_aggregate(
    call: Caller, having: str, expected: list[str]
) -> None:
    """aggregate^field^operator^value, several with commas; another form filters nothing."""
    prioritised(call)
    assert await values(call, sysparm_having=having) == expected


async def test_groups_show_labels_too(call: Caller) -> None:
    """display_value=true gives the label, all gives both."""
    asked = {"sysparm_count": "true", "sysparm_group_by": "state"}
    reply = await call.get(STATS, params=asked | {"sysparm_display_value": "true"})
    assert reply.json()["result"][0]["groupby_fields"] == [{"field": "state", "value": "New"}]
    reply = await call.get(STATS, params=asked | {"sysparm_display_value": "all"})
    both = {"field": "state", "value": "1", "display_value": "New"}
    assert reply.json()["result"][0]["groupby_fields"] == [both]


async def test_an_unknown_table_has_no_statistics(call: Caller) -> None:
    """400 as in the Table API."""
    reply = await call.get("/api/now/stats/nothing?sysparm_count=true")
    assert reply.status_code == 400
    assert reply.json() == refusal("Invalid table nothing", "Table nothing does not exist")
