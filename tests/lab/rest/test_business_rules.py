"""What business rules do to REST callers: query rules filter, endless ones cost their deadline only."""

from __future__ import annotations

import asyncio

import pytest

from snowkit.lab.instance import Lab
from snowkit.lab.js.engine import Engine
from snowkit.lab.rules import Rules
from tests.lab.rest.conftest import INTEGRATION, Caller

TABLE = "/api/now/table/"
CASES = TABLE + "sn_customerservice_case"


def add_rule(call: Caller, script: str, **fields: str) -> None:
    """Add an active, advanced before-query rule on cases unless told otherwise."""
    flags = {"active": "true", "advanced": "true", "when": "before", "action_query": "true"}
    named = {"name": "Rule", "collection": "sn_customerservice_case", "script": script}
    call.add("sys_script", **flags | named | fields)


async def test_a_before_query_rule_filters_lists_and_single_records(call: Caller) -> None:
    """Rows that it takes away are not counted, and one of them is not found."""
    kept, hidden = (
        row["number"] for row in call.lab.store.find("sn_customerservice_case", "ORDERBYnumber", limit=2)
    )
    add_rule(call, f"(function () {{ current.addQuery('number', '!=', '{hidden}'); }})();")
    listed = await call.get(CASES, params={"sysparm_query": "ORDERBYnumber", "sysparm_fields": "number"})
    numbers = [row["number"] for row in listed.json()["result"]]
    assert kept in numbers
    assert hidden not in numbers
    assert listed.headers["X-Total-Count"] == str(len(numbers))
    identity = call.lab.store.find("sn_customerservice_case", f"number={hidden}")[0]["sys_id"]
    assert (await call.get(f"{CASES}/{identity}")).status_code == 404


async def test_before_query_rules_add_up_and_may_ask_who_queries(call: Caller) -> None:
    """Each adds its conditions; one is for those without a role."""
    add_rule(call, "if (!gs.hasRole('admin')) current.addEncodedQuery('number=none^ORnumber=other');")
    add_rule(call, "current.addNotNullQuery('number');", name="Second")
    asked = await call.get(CASES, params={"sysparm_limit": "1"})
    assert int(asked.headers["X-Total-Count"]) == call.lab.store.count("sn_customerservice_case")
    asked = await call.get(CASES, auth=INTEGRATION)
    assert asked.headers["X-Total-Count"] == "0"


async def test_query_rules_are_for_the_queried_table_alone(call: Caller) -> None:
    """A rule of task does not filter a query of cases."""
    add_rule(call, "current.addQuery('number', 'none');", collection="task")
    assert (await call.get(TABLE + "task")).headers["X-Total-Count"] == "0"
    assert int((await call.get(CASES)).headers["X-Total-Count"]) > 0


async def test_a_query_rule_that_fails_filters_nothing(call: Caller) -> None:
    """Its error stands in the system log."""
    add_rule(call, "current.addQuery('number', 'none'); nosuch();")
    assert int((await call.get(CASES)).headers["X-Total-Count"]) > 0
    assert call.lab.store.count("syslog", "level=2^messageLIKEnosuch") == 1


ENDLESS = {
    "loop": "while (true) {}",
    "regular expression": "/^(a+)+$/.test(new Array(64).join('a') + 'b');",
    "array": "var a = []; while (true) a.push(new Array(1000).join('x'));",
    "text": "var s = 'x'; while (true) s += s;",
    "recursion": "(function f() { return f() + 1; })();",
}


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
@pytest.mark.parametrize("moment", ["before", "async condition"])
async def test_an_endless_rule_costs_its_deadline_and_nothing_else(
    lab: Lab, script: str, moment: str
) -> None:
    """While it runs, others read and write; the write that it belongs to succeeds and the log says why it ended."""
    lab.rules.close()
    lab.rules = Rules(lab, Engine(0.3))
    call = Caller(lab)
    fields = {"action_query": "false", "action_insert": "true", "collection": "incident", "name": "Endless"}
    if moment == "before":
        add_rule(call, script, **fields)
    else:
        condition = f"(function () {{ {script} }})()"
        add_rule(call, "gs.info('ran');", **fields | {"when": "async", "condition": condition})
    slow = asyncio.create_task(call.post(TABLE + "incident", {"short_description": "slow"}))
    others = [await call.get(CASES, params={"sysparm_limit": "1"}) for _ in range(3)]
    others.append(await call.post(TABLE + "problem", {"short_description": "quick"}))
    assert [answer.status_code for answer in others] == [200, 200, 200, 201]
    assert (await slow).status_code == 201
    assert lab.store.count("syslog", "level=2^messageLIKEEndless") == 1
