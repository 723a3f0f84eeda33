"""A record looks as ServiceNow writes it: values, display values, links, dates, journals."""

from __future__ import annotations

from tests.lab.rest.conftest import LIMITED, Caller

INCIDENT = "/api/now/table/incident"
CASES = "/api/now/table/sn_customerservice_case"


async def test_scalars_are_strings_and_references_are_links(call: Caller) -> None:
    """Booleans and numbers are text, an empty field is "", a reference an object with its link."""
    row = (await call.get(CASES, params={"sysparm_query": "number=CS0001001"})).json()["result"][0]
    account = call.case()["account"]
    assert row["active"] == "true"
    assert row["state"] == "1"
    assert row["close_notes"] == ""
    assert row["consumer"] == ""
    link = f"http://instance.example/api/now/table/customer_account/{account}"
    assert row["account"] == {"link": link, "value": account}


async def test_display_values_come_alone_or_beside_the_values(call: Caller) -> None:
    """`true` shows labels, `all` both, and the links go where they are excluded."""
    fields = {"sysparm_fields": "state,account,account.name", "sysparm_query": "number=CS0001001"}
    shown = (await call.get(CASES, params=fields | {"sysparm_display_value": "true"})).json()["result"][0]
    assert shown["state"] == "New"
    assert shown["account"]["display_value"] == "Boxeo"
    assert shown["account.name"] == "Boxeo"
    both = (
        await call.get(
            CASES,
            params=fields | {"sysparm_display_value": "all", "sysparm_exclude_reference_link": "true"},
        )
    ).json()["result"][0]
    assert both["state"] == {"display_value": "New", "value": "1"}
    assert both["account"] == {"display_value": "Boxeo", "value": call.case()["account"]}


async def test_a_journal_has_no_value_but_a_display_value(call: Caller) -> None:
    """Comments are "" among values, and the whole text, newest first, among display values."""
    path = f"{CASES}/{call.case()['sys_id']}"
    await call("PATCH", path, json={"comments": "first"})
    reply = await call.get(path, params={"sysparm_fields": "comments", "sysparm_display_value": "all"})
    comments = reply.json()["result"]["comments"]
    assert comments["value"] == ""
    assert comments["display_value"].split("\n")[0].endswith("- System Administrator (Additional comments)")
    assert "first" in comments["display_value"]


async def test_passwords_are_ciphertext(call: Caller) -> None:
    """A client secret is not readable, not even for the admin."""
    row = (await call.get("/api/now/table/oauth_entity")).json()["result"][0]
    assert row["client_secret"]
    assert row["client_secret"] != "secret-of-the-lab"


async def test_unknown_fields_are_left_out(call: Caller) -> None:
    """Names in sysparm_fields that the table has not are ignored."""
    reply = await call.get(INCIDENT, params={"sysparm_fields": "active,nothing,caller_id.nothing"})
    assert {tuple(row) for row in reply.json()["result"]} == {("active",)}


async def test_a_denied_field_is_absent_and_a_row_may_be_empty(call: Caller) -> None:
    """The key is missing; asked for alone, the row is {}."""
    call.acl("sys_user.email", "read", "admin")
    row = (await call.get("/api/now/table/sys_user?sysparm_limit=1", auth=LIMITED)).json()["result"][0]
    assert "email" not in row
    assert "user_name" in row
    only = await call.get("/api/now/table/sys_user?sysparm_limit=1&sysparm_fields=email", auth=LIMITED)
    assert only.json() == {"result": [{}]}


async def test_dates_are_written_as_the_user_does(call: Caller) -> None:
    """Display values are in the user's time zone and formats, values in UTC; written back they mean the same."""
    call.change(
        "sys_user",
        "user_name=admin",
        time_zone="Europe/Amsterdam",
        date_format="dd/MM/yyyy",
        time_format="hh:mm:ss a",
    )
    path = f"{CASES}/{call.case()['sys_id']}"
    shown = {"sysparm_display_value": "all", "sysparm_fields": "opened_at"}
    typed = {"sysparm_input_display_value": "true"} | shown
    reply = await call("PATCH", path, params=typed, json={"opened_at": "02/07/2026 12:30:00 AM"})
    expected = {"display_value": "02/07/2026 12:30:00 AM", "value": "2026-07-01 22:30:00"}
    assert reply.json()["result"]["opened_at"] == expected
    reply = await call("PATCH", path, params=shown, json={"opened_at": "2026-01-01 12:00:00"})
    expected = {"display_value": "01/01/2026 01:00:00 PM", "value": "2026-01-01 12:00:00"}
    assert reply.json()["result"]["opened_at"] == expected


async def test_a_date_without_a_time_has_no_zone(call: Caller) -> None:
    """Only its form is the user's."""
    call.change("sys_user", "user_name=admin", time_zone="Asia/Tokyo", date_format="MM-dd-yyyy")
    sys_id = call.add("customer_account", name="A")
    reply = await call(
        "PATCH",
        f"/api/now/table/customer_account/{sys_id}",
        params={"sysparm_input_display_value": "true", "sysparm_display_value": "all"},
        json={"customer_since": "12-31-2025"},
    )
    assert reply.json()["result"]["customer_since"] == {"display_value": "12-31-2025", "value": "2025-12-31"}


async def test_both_journals_show_as_one(call: Caller) -> None:
    """comments_and_work_notes holds both kinds, with their labels."""
    path = f"{CASES}/{call.case()['sys_id']}"
    await call("PATCH", path, json={"comments": "said", "work_notes": "noted"})
    params = {"sysparm_fields": "comments_and_work_notes", "sysparm_display_value": "all"}
    shown = (await call.get(path, params=params)).json()["result"]["comments_and_work_notes"]
    assert shown["value"] == ""
    assert "System Administrator (Additional comments)\nsaid\n\n" in shown["display_value"]
    assert "System Administrator (Work notes)\nnoted\n\n" in shown["display_value"]


async def test_a_view_names_the_fields_unless_they_are_asked_for(call: Caller) -> None:
    """sysparm_fields wins over sysparm_view; a view that the instance does not have shows all."""
    call.lab.switches.change({"views": {"incident.mobile": ["number", "state"]}})
    for query, keys in (
        ("sysparm_view=mobile", {"number", "state"}),
        ("sysparm_view=mobile&sysparm_fields=sys_id, number", {"sys_id", "number"}),
    ):
        row = (await call.get(f"{INCIDENT}?{query}")).json()["result"][0]
        assert set(row) == keys
    assert len((await call.get(f"{INCIDENT}?sysparm_view=desktop")).json()["result"][0]) > 20
