"""The undocumented APIs of the user interface tell a table's columns, the tables, and who is asking."""

from __future__ import annotations

from tests.lab.rest.conftest import LIMITED, Caller, refusal

ADMIN_ID = "6816f79cc0a8016401c5a33be04be441"


async def test_the_columns_of_a_table_are_described(call: Caller) -> None:
    """Label, type, choices, reference and the rest, by the column's name."""
    columns = (await call.get("/api/now/ui/meta/incident")).json()["result"]["columns"]
    assert columns["caller_id"]["reference"] == "sys_user"
    assert columns["caller_id"]["label"] == "Caller"
    assert {"label": "New", "value": "1"} in columns["state"]["choices"]
    assert (columns["number"]["type"], columns["number"]["mandatory"]) == ("string", False)
    assert "choices" not in columns["short_description"]


async def test_only_what_the_caller_may_see_is_described(call: Caller) -> None:
    """A column that he may not read is left out, and so is a table."""
    call.acl("sys_user.email", "read", "admin")
    columns = (await call.get("/api/now/ui/meta/sys_user", auth=LIMITED)).json()["result"]["columns"]
    assert "email" not in columns
    assert "user_name" in columns
    tables = (await call.get("/api/now/doc/table/schema", auth=LIMITED)).json()["result"]
    assert {"label": "User", "value": "sys_user"} in tables
    assert "sn_customerservice_case" not in {table["value"] for table in tables}
    everything = (await call.get("/api/now/doc/table/schema")).json()["result"]
    assert {"label": "Incident", "value": "incident"} in everything


async def test_an_unknown_table_has_no_columns(call: Caller) -> None:
    """400 as in the Table API."""
    reply = await call.get("/api/now/ui/meta/nothing")
    assert reply.json() == refusal("Invalid table nothing", "Table nothing does not exist")


async def test_a_caller_learns_who_he_is(call: Caller) -> None:
    """The well-known administrator."""
    reply = await call.get("/api/now/ui/user/current_user")
    assert reply.json() == {
        "result": {
            "user_avatar": "",
            "user_sys_id": ADMIN_ID,
            "user_name": "admin",
            "user_display_name": "System Administrator",
            "user_initials": "SA",
        }
    }
