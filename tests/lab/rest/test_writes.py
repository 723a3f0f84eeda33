"""Writes are refused, dropped and stopped in the words of the layer that does it."""

from __future__ import annotations

import pytest

from tests.lab.rest.conftest import LIMITED, NO_RECORD, Caller, denied, refusal

INCIDENT = "/api/now/table/incident"


async def test_a_post_creates_and_says_where(call: Caller) -> None:
    """201, the whole record and its Location; unknown fields are ignored, mandatory ones not asked for."""
    reply = await call.post(INCIDENT, {"short_description": "new", "active": True, "nothing": "x"})
    assert reply.status_code == 201
    row = reply.json()["result"]
    assert (row["short_description"], row["active"], row["sys_created_by"]) == ("new", "true", "admin")
    assert reply.headers["location"] == f"http://instance.example{INCIDENT}/{row['sys_id']}"
    assert (await call.post(INCIDENT, {})).status_code == 201


async def test_put_and_patch_change_only_what_is_given(call: Caller) -> None:
    """Both are partial updates, and X-HTTP-Method-Override makes one of a POST."""
    path = f"{INCIDENT}/{call.lab.store.find('incident', 'short_descriptionLIKEprinter')[0]['sys_id']}"
    for method, text in (("PUT", "one"), ("PATCH", "two")):
        reply = await call(method, path, json={"description": text})
        assert reply.status_code == 200
        assert reply.json()["result"]["description"] == text
        assert "printer" in reply.json()["result"]["short_description"]
    reply = await call.post(path, {"description": "three"}, headers={"X-HTTP-Method-Override": "PATCH"})
    assert reply.json()["result"]["description"] == "three"


async def test_a_delete_is_204_and_empty(call: Caller) -> None:
    """Afterwards the record is not found."""
    path = f"{INCIDENT}/{call.add('incident')}"
    reply = await call("DELETE", path)
    assert (reply.status_code, reply.content) == (204, b"")
    assert (await call.get(path)).json() == NO_RECORD


async def test_writes_without_the_right_are_refused_in_their_own_words(call: Caller) -> None:
    """Insert, update and delete of what may be read."""
    call.acl("incident", "read", "snc_internal")
    path = f"{INCIDENT}/{call.lab.store.find('incident', 'short_descriptionLIKEprinter')[0]['sys_id']}"
    reply = await call.post(INCIDENT, {}, auth=LIMITED)
    assert (reply.status_code, reply.json()) == (403, denied("Insert"))
    reply = await call("PATCH", path, auth=LIMITED, json={"description": "x"})
    assert (reply.status_code, reply.json()) == (403, denied("Update"))
    reply = await call("DELETE", path, auth=LIMITED)
    assert (reply.status_code, reply.json()) == (403, denied("Delete"))


async def test_a_denied_field_is_dropped_from_a_write(call: Caller) -> None:
    """The rest is written and the answer is 200; with nothing left no update happens at all."""
    call.acl("incident", "read", "snc_internal")
    call.acl("incident", "write", "snc_internal")
    call.acl("incident.priority", "write", "admin")
    sys_id = call.add("incident", priority="4")
    path = f"{INCIDENT}/{sys_id}"
    reply = await call("PATCH", path, auth=LIMITED, json={"priority": "1", "description": "x"})
    assert reply.status_code == 200
    assert (reply.json()["result"]["priority"], reply.json()["result"]["description"]) == ("4", "x")
    reply = await call("PATCH", path, auth=LIMITED, json={"priority": "1"})
    assert reply.status_code == 200
    assert reply.json()["result"]["sys_mod_count"] == "1"
    # An abandoned update does not meet the data policies either.
    call.lab.switches.change({"mandatory_by_data_policy": {"incident": ["caller_id"]}})
    assert (await call("PATCH", path, auth=LIMITED, json={"priority": "1"})).status_code == 200


async def test_a_read_only_user_writes_nothing(call: Caller) -> None:
    """snc_read_only overrules every other role."""
    user = call.lab.people.named("admin")
    assert user
    role = call.lab.store.find("sys_user_role", "name=snc_read_only")[0]["sys_id"]
    call.add("sys_user_has_role", user=user["sys_id"], role=role)
    assert (await call.post(INCIDENT, {})).json() == denied("Insert")
    assert (await call.get(INCIDENT)).status_code == 200


async def test_nobody_writes_access_controls_over_rest(call: Caller) -> None:
    """Being admin does not help: the elevated role is not there."""
    for table in ("sys_security_acl", "sys_security_acl_role"):
        reply = await call.post(f"/api/now/table/{table}", {"name": "incident", "operation": "read"})
        assert (reply.status_code, reply.json()) == (403, denied("Insert"))
        sys_id = call.lab.store.find(table, limit=1)[0]["sys_id"]
        path = f"/api/now/table/{table}/{sys_id}"
        reply = await call("PATCH", path, json={"active": "false"})
        assert (reply.status_code, reply.json()) == (403, denied("Update"))
        reply = await call("DELETE", path)
        assert (reply.status_code, reply.json()) == (403, denied("Delete"))


async def test_the_api_of_a_policy_is_silently_ignored(call: Caller) -> None:
    """The path is taken, the choice is not."""
    reply = await call.post(
        "/api/now/table/sys_api_access_policy", {"name": "p", "api": "case", "api_path": "now/x"}
    )
    assert reply.status_code == 201
    assert (reply.json()["result"]["api"], reply.json()["result"]["api_path"]) == ("", "now/x")


async def test_a_scope_is_demoted_to_global(call: Caller) -> None:
    """An insert that names another scope is 201, and the record is global."""
    reply = await call.post("/api/now/table/sys_script", {"name": "r", "sys_scope": "a" * 32})
    assert reply.status_code == 201
    row = call.lab.store.get("sys_script", reply.json()["result"]["sys_id"])
    assert row
    assert row["sys_scope"] == "global"


async def test_a_before_rule_aborts_in_the_recorded_words(call: Caller) -> None:
    """The rule's name and id are there, what the script told the user is not."""
    rule = call.add(
        "sys_script", name="No", collection="incident", when="before", active="true", advanced="true",
        action_insert="true", script="gs.addErrorMessage('secret'); current.setAbortAction(true);",
    )  # fmt: skip
    reply = await call.post(INCIDENT, {})
    detail = (
        f"Operation against file 'incident' was aborted by Business Rule 'No^{rule}'. Business Rule Stack:No"
    )
    assert (reply.status_code, reply.json()) == (403, refusal("Operation Failed", detail))


async def test_a_data_policy_refuses(call: Caller) -> None:
    """A field that a data policy makes mandatory is asked for."""
    call.lab.switches.change({"mandatory_by_data_policy": {"incident": ["caller_id"]}})
    detail = "Data Policy Exception: caller_id is mandatory"
    assert (await call.post(INCIDENT, {})).json() == refusal("Operation Failed", detail)


@pytest.mark.parametrize("kept", [True, False])
async def test_a_cancelled_write_may_have_happened(call: Caller, kept: bool) -> None:
    """The quota answers 500 to a POST whose row is there, or is not."""
    call.lab.switches.change({"transaction_quota": "error", "quota_commits_writes": kept})
    reply = await call.post(INCIDENT, {"short_description": "quota"})
    assert reply.status_code == 500
    assert reply.json()["error"]["message"] == "Transaction cancelled: maximum execution time exceeded"
    assert call.lab.store.count("incident", "short_description=quota") == int(kept)


async def test_what_a_before_query_rule_hides_is_not_found_by_its_id(call: Caller) -> None:
    """404, and so it cannot be changed."""
    call.lab.switches.change({"before_query": {"incident": "number=none"}})
    path = f"{INCIDENT}/{call.add('incident')}"
    assert (await call.get(path)).json() == NO_RECORD
    assert (await call("PATCH", path, json={"description": "x"})).json() == NO_RECORD


async def test_the_stamps_can_be_suppressed(call: Caller) -> None:
    """With sysparm_suppress_auto_sys_field an update leaves sys_updated_on and sys_mod_count alone."""
    path = f"{INCIDENT}/{call.add('incident')}"
    call.lab.switches.change({"clock_skew": 3600.0})
    before = (await call.get(path)).json()["result"]
    reply = await call("PATCH", f"{path}?sysparm_suppress_auto_sys_field=true", json={"description": "x"})
    after = reply.json()["result"]
    assert after["description"] == "x"
    assert (after["sys_updated_on"], after["sys_mod_count"]) == (
        before["sys_updated_on"],
        before["sys_mod_count"],
    )
    after = (await call("PATCH", path, json={"description": "y"})).json()["result"]
    assert after["sys_updated_on"] > before["sys_updated_on"]


async def test_a_browsers_cookie_cannot_write_by_an_overridden_get(call: Caller) -> None:
    """What counts is the method that is meant."""
    cookie = (await call.get(INCIDENT)).cookies["JSESSIONID"]
    sys_id = call.add("incident")
    headers = {"Cookie": f"JSESSIONID={cookie}", "X-HTTP-Method-Override": "DELETE"}
    reply = await call.get(f"{INCIDENT}/{sys_id}", auth=None, headers=headers)
    assert reply.status_code == 401
    assert call.lab.store.get("incident", sys_id)
