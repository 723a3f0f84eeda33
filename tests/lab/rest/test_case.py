"""The Case, Account, Contact and Consumer APIs answer as documented."""

from __future__ import annotations

import httpx

from tests.lab.rest.conftest import NO_RECORD, Caller

CASE = "/api/sn_customerservice/case"


async def test_a_list_takes_parameters_with_and_without_prefix(ready: Caller) -> None:
    """limit= and sysparm_limit= are the same; the headers count."""
    token = ready.token()
    for name in ("limit", "sysparm_limit"):
        reply = await ready.get(CASE, auth=token, params={name: "2", "query": "ORDERBYnumber"})
        assert [row["number"] for row in reply.json()["result"]] == ["CS0001001", "CS0001002"]
        assert reply.headers["x-total-count"] == "3"
    ready.lab.switches.change({"case_list_limit": 1})
    assert len((await ready.get(CASE, auth=token)).json()["result"]) == 1


async def test_references_are_plain_or_expanded(ready: Caller) -> None:
    """Account and contact are records unless reference_fields=false; other references are ids."""
    token, row = ready.token(), ready.case()
    shown = (await ready.get(f"{CASE}/{row['number']}", auth=token)).json()["result"]
    assert shown["account"]["name"] == "Boxeo"
    assert shown["consumer"] == ""
    assert shown["assignment_group"] == row["assignment_group"]
    plain = await ready.get(f"{CASE}/{row['sys_id']}?sysparm_reference_fields=false", auth=token)
    assert plain.json()["result"]["account"] == row["account"]


async def test_a_missing_case_is_404(ready: Caller) -> None:
    """By sys_id and by number."""
    for name in ("0" * 32, "CS9999999"):
        reply = await ready.get(f"{CASE}/{name}", auth=ready.token())
        assert (reply.status_code, reply.json()) == (404, NO_RECORD)


async def test_a_post_answers_id_and_number(ready: Caller) -> None:
    """201 with those two alone; misspelled fields are ignored."""
    reply = await ready.post(CASE, {"short_description": "x", "shrt": "y"}, auth=ready.token())
    assert reply.status_code == 201
    result = reply.json()["result"]
    assert set(result) == {"sys_id", "number"}
    assert (
        ready.lab.store.find("sn_customerservice_case", f"number={result['number']}")[0]["sys_id"]
        == result["sys_id"]
    )


async def test_a_put_comments_and_answers_the_case(ready: Caller) -> None:
    """The status is 200, or the documented 201 by a switch."""
    token, row = ready.token(), ready.case()
    reply = await ready("PUT", f"{CASE}/{row['sys_id']}", auth=token, json={"comments": "hello"})
    assert (reply.status_code, reply.json()["result"]["number"]) == (200, row["number"])
    assert ready.lab.store.count("sys_journal_field", f"element_id={row['sys_id']}^value=hello") == 1
    ready.lab.switches.change({"case_put_status": 201})
    reply = await ready("PUT", f"{CASE}/{row['sys_id']}", auth=token, json={"description": "d"})
    assert reply.status_code == 201


async def test_there_is_no_delete_and_no_patch(ready: Caller) -> None:
    """The Case API has GET, POST and PUT."""
    path = f"{CASE}/{ready.case()['sys_id']}"
    assert (await ready("DELETE", path, auth=ready.token())).status_code == 405
    assert (await ready("PATCH", path, auth=ready.token(), json={})).status_code == 405


async def test_activities_tell_who_may_comment(ready: Caller) -> None:
    """Entries are newest first and journal_fields say what the caller may write."""
    token, row = ready.token(), ready.case()
    path = f"{CASE}/{row['sys_id']}"
    await ready("PUT", path, auth=token, json={"comments": "newest"})
    found = (await ready.get(f"{path}/activities", auth=token)).json()["result"]
    assert found["entries"][0]["value"] == "newest"
    assert found["entries"][0]["login_name"] == "integration"
    assert {entry["element"] for entry in found["entries"]} == {"comments", "work_notes", "attachment"}
    assert found["journal_fields"][0]["name"] == "comments"
    assert found["journal_fields"][0]["can_write"] is True
    ready.acl("sn_customerservice_case.comments", "write", "admin")
    found = (await ready.get(f"{path}/activities?activity_type=comments&limit=1", auth=token)).json()[
        "result"
    ]
    assert found["journal_fields"][0]["can_write"] is False
    assert [entry["element"] for entry in found["entries"]] == ["comments"]


async def test_field_values_are_the_choices(ready: Caller) -> None:
    """Label and value of each."""
    reply = await ready.get(f"{CASE}/field_values/state", auth=ready.token())
    assert {"label": "New", "value": "1"} in reply.json()["result"]


async def test_accounts_are_only_read(ready: Caller) -> None:
    """A list of ten at most, plain references, 404 for what is not there, no POST."""
    token = ready.token()
    for number in range(20):
        ready.add("customer_account", name=f"Account {number}")
    reply = await ready.get("/api/now/account", auth=token)
    assert len(reply.json()["result"]) == 10
    assert reply.headers["x-total-count"] == "23"
    row = reply.json()["result"][0]
    one = await ready.get(f"/api/now/v1/account/{row['sys_id']}", auth=token)
    assert one.json()["result"]["name"] == row["name"]
    missing = await ready.get("/api/now/account/none", auth=token)
    assert (missing.status_code, missing.json()) == (404, NO_RECORD)
    assert (await ready.post("/api/now/account", {})).status_code in (403, 405)


async def test_contacts_and_consumers_can_be_made(call: Caller) -> None:
    """The admin passes the endpoint's ACL."""
    for name in ("contact", "consumer"):
        reply: httpx.Response = await call.post(f"/api/now/{name}", {"first_name": "A", "last_name": "B"})
        assert reply.status_code == 201
        shown = await call.get(f"/api/now/{name}/{reply.json()['result']}")
        assert shown.json()["result"]["first_name"] == "A"


async def test_field_values_are_pages(ready: Caller) -> None:
    """With a Link and a count; a reference's records are narrowed by a query, an unknown field is 400."""
    token = ready.token()
    reply = await ready.get(f"{CASE}/field_values/state?limit=1", auth=token)
    assert len(reply.json()["result"]) == 1
    assert int(reply.headers["x-total-count"]) > 1
    assert 'rel="next"' in reply.headers["link"]
    path = f"{CASE}/{ready.case()['sys_id']}/field_values/account"
    account = ready.case()["account"]
    reply = await ready.get(path, auth=token, params={"query": "name=Boxeo"})
    assert reply.json()["result"] == [{"label": "Boxeo", "value": account}]
    assert (await ready.get(f"{CASE}/field_values/nothing", auth=token)).status_code == 400
    assert (await ready.get(f"{CASE}/none/field_values/state", auth=token)).json() == NO_RECORD


async def test_an_activity_has_the_documented_keys(ready: Caller) -> None:
    """Of the case, of each entry, of a file's entry and of the journal fields."""
    found = (await ready.get(f"{CASE}/{ready.case()['sys_id']}/activities", auth=ready.token())).json()[
        "result"
    ]
    stamps = {"sys_created_on", "sys_created_on_adjusted"}
    author = {"login_name", "user_sys_id", "initials", "name"}
    top = {
        "display_value",
        "sys_id",
        "number",
        "short_description",
        "table",
        "label",
        "entries",
        "journal_fields",
    }
    assert set(found) == top | stamps | author
    for entry in found["entries"]:
        kept = {"sys_id", "value", "element", "field_label", "contains_code"} | stamps | author
        assert set(entry) - {"attachment"} == kept
        assert ("attachment" in entry) == (entry["element"] == "attachment")
    assert [set(field) for field in found["journal_fields"]] == [
        {"name", "can_read", "can_write", "label", "color"}
    ] * 2
