"""The Aggregate API counts before row ACLs and answers numbers as text."""

from __future__ import annotations

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
