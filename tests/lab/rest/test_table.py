"""The Table API answers in ServiceNow's shapes, words and headers."""

from __future__ import annotations

import json

import pytest

from tests.lab.rest.conftest import ADMIN, LIMITED, Caller, refusal

INCIDENT = "/api/now/table/incident"
CASES = "/api/now/table/sn_customerservice_case"
NO_RECORD = refusal("No Record found", "Record doesn't exist or ACL restricts the record retrieval")
NO_QUERY = refusal(
    "Insufficient rights to query records", "Field(s) present in the query do not have permission to be read"
)


def denied(operation: str) -> dict[str, object]:
    return refusal("Operation Failed", f"ACL Exception {operation} Failed due to security constraints")


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
    reply = await call.get(INCIDENT, params={"sysparm_fields": "number,nothing,caller_id.nothing"})
    assert reply.json() == {"result": [{"number": "INC0010001"}]}


async def test_pages_link_to_each_other_by_the_callers_name_of_the_host(call: Caller) -> None:
    """First and last are always there, next and prev where they lead somewhere."""
    params = {"sysparm_limit": "2", "sysparm_query": "ORDERBYnumber"}
    first = await call.get(CASES, params=params)
    assert first.headers["x-total-count"] == "3"
    base = f"<http://instance.example{CASES}?sysparm_query=ORDERBYnumber&sysparm_limit=2&sysparm_offset="
    assert first.headers["link"] == f'{base}0>;rel="first",{base}2>;rel="next",{base}2>;rel="last"'
    last = await call.get(CASES, params=params | {"sysparm_offset": "2"})
    assert len(last.json()["result"]) == 1
    assert last.headers["link"] == f'{base}0>;rel="first",{base}0>;rel="prev",{base}2>;rel="last"'


async def test_counting_and_linking_can_be_suppressed(call: Caller) -> None:
    """sysparm_no_count drops X-Total-Count, sysparm_suppress_pagination_header drops Link."""
    wanted = {"sysparm_no_count": "true", "sysparm_suppress_pagination_header": "true"}
    reply = await call.get(CASES, params=wanted)
    assert "x-total-count" not in reply.headers
    assert "link" not in reply.headers


async def test_the_recorded_headers_are_there(call: Caller) -> None:
    """Server, date, caching and the login marker are those of a recorded answer."""
    headers = (await call.get(INCIDENT)).headers
    assert headers["server"] == "ServiceNow"
    assert headers["x-is-logged-in"] == "true"
    assert headers["content-type"] == "application/json;charset=UTF-8"
    assert headers["cache-control"] == "no-cache,no-store,must-revalidate,max-age=-1"
    assert headers["date"].endswith("GMT")
    assert headers["x-content-type-options"] == "nosniff"
    assert (headers["pragma"], headers["expires"]) == ("no-store,no-cache", "0")
    assert headers["server-timing"] == "sem_wait;dur=0, sesh_wait;dur=0"
    assert len(headers["x-transaction-id"]) == 12
    assert "x-ratelimit-limit" not in headers
    cookies = {line.partition("=")[0]: line for line in headers.get_list("set-cookie")}
    assert list(cookies) == [
        "JSESSIONID", "glide_user", "glide_user_session", "glide_session_store", "glide_user_route",
        "BIGipServerpool_lab",
    ]  # fmt: skip
    assert "Max-Age=60" in cookies["glide_session_store"]
    assert cookies["glide_user_route"].startswith("glide_user_route=glide.")


async def test_names_and_values_in_the_url_filter_too(call: Caller) -> None:
    """?state=New finds by the choice's label, ?state=1 by its value, and sysparm_query wins over both."""
    assert len((await call.get(CASES, params={"state": "New"})).json()["result"]) == 1
    assert len((await call.get(CASES, params={"state": "1"})).json()["result"]) == 1
    both = await call.get(CASES, params={"state": "1", "sysparm_query": "ORDERBYnumber"})
    assert len(both.json()["result"]) == 3


async def test_only_version_one_answers_an_empty_list_with_404(call: Caller) -> None:
    """v1 says No Record found; v2 and the unversioned path give an empty list."""
    query = "?sysparm_query=number=none"
    assert (await call.get(f"/api/now/v1/table/incident{query}")).json() == NO_RECORD
    for path in (INCIDENT, "/api/now/v2/table/incident"):
        reply = await call.get(path + query)
        assert (reply.status_code, reply.json()) == (200, {"result": []})


async def test_a_table_without_read_access_answers_an_empty_page_and_the_count(call: Caller) -> None:
    """Row ACLs take the rows away after the limit; the count is of before."""
    reply = await call.get(CASES, auth=LIMITED, params={"sysparm_limit": "2"})
    assert (reply.status_code, reply.json()) == (200, {"result": []})
    assert reply.headers["x-total-count"] == "3"


async def test_a_hidden_and_a_missing_record_look_alike(call: Caller) -> None:
    """Single records are 404, for every verb, with the same words."""
    for sys_id in (call.case()["sys_id"], "0" * 32):
        for method in ("GET", "PATCH", "PUT", "DELETE"):
            body = {"json": {}} if method in ("PATCH", "PUT") else {}
            reply = await call(method, f"{CASES}/{sys_id}", auth=LIMITED, **body)
            assert (reply.status_code, reply.json()) == (404, NO_RECORD), method


async def test_row_conditions_hide_single_rows(call: Caller) -> None:
    """An ACL with a condition opens only the rows that meet it."""
    call.acl("incident", "read", "snc_internal", condition="priority=1")
    call.add("incident", priority="1", short_description="seen")
    rows = (await call.get(INCIDENT, auth=LIMITED)).json()["result"]
    assert [row["short_description"] for row in rows] == ["seen"]


async def test_a_denied_field_is_absent_and_a_row_may_be_empty(call: Caller) -> None:
    """The key is missing; asked for alone, the row is {}."""
    call.acl("sys_user.email", "read", "admin")
    row = (await call.get("/api/now/table/sys_user?sysparm_limit=1", auth=LIMITED)).json()["result"][0]
    assert "email" not in row
    assert "user_name" in row
    only = await call.get("/api/now/table/sys_user?sysparm_limit=1&sysparm_fields=email", auth=LIMITED)
    assert only.json() == {"result": [{}]}


@pytest.mark.parametrize(
    "query", ["email=x", "ORDERBYemail", "active=true^emailLIKEx", "manager=1^ORemail=2"]
)
async def test_a_query_by_an_unreadable_field_is_refused(call: Caller, query: str) -> None:
    """Filtering and sorting by a field that may not be read is 403."""
    call.acl("sys_user.email", "read", "admin")
    reply = await call.get("/api/now/table/sys_user", auth=LIMITED, params={"sysparm_query": query})
    assert (reply.status_code, reply.json()) == (403, NO_QUERY)


async def test_a_range_query_can_be_closed_where_reading_is_open(call: Caller) -> None:
    """A query_range ACL forbids the incremental query, or by the switch drops its clause in silence."""
    call.acl("sys_user.sys_updated_on", "query_range", "admin")
    params = {"sysparm_query": "sys_updated_on>=2099-01-01 00:00:00", "sysparm_fields": "sys_updated_on"}
    path = "/api/now/table/sys_user"
    assert (await call.get(path, auth=LIMITED, params=params)).json() == NO_QUERY
    call.lab.switches.change({"query_acl": "strip"})
    assert len((await call.get(path, auth=LIMITED, params=params)).json()["result"]) > 1
    assert (await call.get(path, params=params)).json() == {"result": []}


@pytest.mark.parametrize(
    ("mode", "status", "rows"), [("ignore", 200, 1), ("no_rows", 200, 0), ("forbid", 403, 0)]
)
async def test_an_unknown_field_in_a_query_is_what_the_switch_says(
    call: Caller, mode: str, status: int, rows: int
) -> None:
    """Dropped, answered with no rows, or refused like an unreadable field."""
    call.lab.switches.change({"invalid_query": mode})
    reply = await call.get(f"{INCIDENT}?sysparm_query=nothing=1")
    assert reply.status_code == status
    assert reply.json() == NO_QUERY if status == 403 else len(reply.json()["result"]) == rows


async def test_a_before_query_rule_takes_rows_away_uncounted(call: Caller) -> None:
    """Neither the rows nor their number show, whatever groups the query has."""
    call.lab.switches.change({"before_query": {"sn_customerservice_case": "state=1"}})
    reply = await call.get(f"{CASES}?sysparm_query=number=CS0001002^NQnumber=CS0001001")
    assert [row["number"] for row in reply.json()["result"]] == ["CS0001001"]
    assert reply.headers["x-total-count"] == "1"


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
    path = f"{INCIDENT}/{call.lab.store.find('incident')[0]['sys_id']}"
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


async def test_head_is_a_get_without_a_body(call: Caller) -> None:
    """The headers are there."""
    reply = await call("HEAD", CASES)
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["x-total-count"] == "3"


async def test_writes_without_the_right_are_refused_in_their_own_words(call: Caller) -> None:
    """Insert, update and delete of what may be read."""
    call.acl("incident", "read", "snc_internal")
    path = f"{INCIDENT}/{call.lab.store.find('incident')[0]['sys_id']}"
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


async def test_the_api_of_a_policy_is_silently_ignored(call: Caller) -> None:
    """The path is taken, the choice is not."""
    reply = await call.post(
        "/api/now/table/sys_api_access_policy", {"name": "p", "api": "case", "api_path": "now/x"}
    )
    assert reply.status_code == 201
    assert (reply.json()["result"]["api"], reply.json()["result"]["api_path"]) == ("", "now/x")


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


async def test_bodies_and_media_types_are_checked(call: Caller) -> None:
    """406 for an Accept, 415 and 400 for a Content-Type, 400 for what is no JSON or too large."""
    reply = await call.get(INCIDENT, headers={"Accept": "text/csv"})
    assert reply.status_code == 406
    reply = await call("POST", INCIDENT, content=b"{}", headers={"Content-Type": "text/plain"})
    assert reply.status_code == 415
    assert (await call("POST", INCIDENT, content=b"{}")).status_code == 400
    json_type = {"Content-Type": "application/json"}
    reply = await call("POST", INCIDENT, content=b"{", headers=json_type)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == "Exception while reading request"
    reply = await call("POST", INCIDENT, content=b"x" * 10485761, headers=json_type)
    assert reply.json() == refusal(
        "Exception while reading request",
        "Rejected large REST payload with content-length = 10485761 bytes. Max allowed: 10485760 bytes.",
    )


async def test_nothing_at_all_makes_an_empty_record(call: Caller) -> None:
    """A POST without a body needs no Content-Type: PySNC inserts a record so where no field was set."""
    reply = await call("POST", INCIDENT)
    assert reply.status_code == 201
    assert reply.json()["result"]["number"].startswith("INC")


async def test_xml_goes_in_and_out(call: Caller) -> None:
    """A record and an error have the same parts in XML."""
    xml = {"Accept": "application/xml", "Content-Type": "application/xml"}
    body = b"<request><entry><short_description>a &lt; b</short_description></entry></request>"
    reply = await call("POST", INCIDENT, content=body, headers=xml)
    assert reply.status_code == 201
    assert "<short_description>a &lt; b</short_description>" in reply.text
    reply = await call.get(f"{INCIDENT}/none", headers=xml)
    assert reply.text.startswith("<response><error><message>No Record found</message>")
    assert reply.text.endswith("<status>failure</status></response>")


async def test_what_a_user_would_type_can_be_written(call: Caller) -> None:
    """With sysparm_input_display_value labels and names are taken for values."""
    case = f"{CASES}/{call.case()['sys_id']}"
    reply = await call(
        "PATCH", f"{case}?sysparm_input_display_value=true", json={"state": "Resolved", "account": "Hanami"}
    )
    assert reply.json()["result"]["state"] == "6"


@pytest.mark.parametrize("kept", [True, False])
async def test_a_cancelled_write_may_have_happened(call: Caller, kept: bool) -> None:
    """The quota answers 500 to a POST whose row is there, or is not."""
    call.lab.switches.change({"transaction_quota": "error", "quota_commits_writes": kept})
    reply = await call.post(INCIDENT, {"short_description": "quota"})
    assert reply.status_code == 500
    assert reply.json()["error"]["message"] == "Transaction cancelled: maximum execution time exceeded"
    assert call.lab.store.count("incident", "short_description=quota") == int(kept)


async def test_a_cancelled_read_may_answer_200(call: Caller) -> None:
    """With a part of the rows and an error, or with JSON that is cut off."""
    call.lab.switches.change({"transaction_quota": "partial"})
    reply = await call.get(CASES)
    assert reply.status_code == 200
    assert reply.json()["status"] == "failure"
    assert len(reply.json()["result"]) == 1
    call.lab.switches.change({"transaction_quota": "truncated"})
    cut = await call.get(CASES)
    with pytest.raises(json.JSONDecodeError):
        cut.json()


async def test_an_unknown_table_is_invalid(call: Caller) -> None:
    """400, with the table's name twice."""
    reply = await call.get("/api/now/table/nothing")
    assert (reply.status_code, reply.json()) == (
        400,
        refusal("Invalid table nothing", "Table nothing does not exist"),
    )


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


async def test_lists_of_references_can_be_written_by_name(call: Caller) -> None:
    """A glide_list keeps the raw text, or the records' ids with sysparm_input_display_value."""
    path = f"{CASES}/{call.case()['sys_id']}"
    admin = call.lab.people.named("admin")
    assert admin
    reply = await call("PATCH", path, json={"watch_list": "System Administrator"})
    assert reply.json()["result"]["watch_list"] == "System Administrator"
    body = {"watch_list": "System Administrator, a@example.com"}
    reply = await call("PATCH", f"{path}?sysparm_input_display_value=true", json=body)
    assert reply.json()["result"]["watch_list"] == f"{admin['sys_id']},a@example.com"


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


@pytest.mark.parametrize(
    "accepted", ["sysparm_query_category=list", "sysparm_order_by=number", "sysparm_query_no_domain=true"]
)
async def test_parameters_that_change_nothing_are_accepted(call: Caller, accepted: str) -> None:
    """The Table API ignores sysparm_order_by, and a category chooses only a database."""
    plain = (await call.get(f"{CASES}?sysparm_fields=number")).json()
    assert (await call.get(f"{CASES}?sysparm_fields=number&{accepted}")).json() == plain


async def test_only_some_look_past_their_domain(call: Caller) -> None:
    """sysparm_query_no_domain counts for admin and query_no_domain_table_api, in lists and single records."""
    call.acl("sn_customerservice_case", "read", "snc_internal")
    call.lab.switches.change({"domains": {"sn_customerservice_case": "number=CS0001001"}})
    hidden = call.lab.store.find("sn_customerservice_case", "number=CS0001002")[0]["sys_id"]
    for auth, rows, status in ((ADMIN, 3, 200), (LIMITED, 1, 404)):
        params = {"sysparm_query_no_domain": "true"}
        assert len((await call.get(CASES, auth=auth)).json()["result"]) == 1
        assert (await call.get(f"{CASES}/{hidden}", auth=auth)).json() == NO_RECORD
        reply = await call.get(CASES, auth=auth, params=params)
        assert len(reply.json()["result"]) == rows
        assert (await call.get(f"{CASES}/{hidden}", auth=auth, params=params)).status_code == status
    role = call.add("sys_user_role", name="query_no_domain_table_api")
    user = call.lab.people.named("limited")
    assert user
    call.add("sys_user_has_role", user=user["sys_id"], role=role)
    assert len((await call.get(CASES, auth=LIMITED, params=params)).json()["result"]) == 3


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


async def test_of_several_records_only_the_first_is_made(call: Caller) -> None:
    """A list of two gives one record."""
    reply = await call.post(INCIDENT, [{"short_description": "one"}, {"short_description": "two"}])
    assert (reply.status_code, reply.json()["result"]["short_description"]) == (201, "one")
    assert call.lab.store.count("incident", "short_description=two") == 0


async def test_writes_may_have_to_name_their_media_types(call: Caller) -> None:
    """By default a DELETE needs no Content-Type; the switch asks for it as the documentation does."""
    call.lab.switches.change({"media_types_required": True})
    path = f"{INCIDENT}/{call.add('incident')}"
    assert (await call("DELETE", path)).status_code == 400
    assert (await call("DELETE", path, headers={"Content-Type": "application/json"})).status_code == 204


@pytest.mark.parametrize("kind", ["application/xml", "text/xml"])
async def test_xml_has_both_its_names(call: Caller, kind: str) -> None:
    """The answer has the type that was asked for."""
    reply = await call.get(f"{INCIDENT}?sysparm_fields=number", headers={"Accept": kind})
    assert reply.headers["content-type"] == f"{kind};charset=UTF-8"
    assert reply.text == "<response><result><number>INC0010001</number></result></response>"


async def test_a_browsers_cookie_cannot_write_by_an_overridden_get(call: Caller) -> None:
    """What counts is the method that is meant."""
    cookie = (await call.get(INCIDENT)).cookies["JSESSIONID"]
    sys_id = call.add("incident")
    headers = {"Cookie": f"JSESSIONID={cookie}", "X-HTTP-Method-Override": "DELETE"}
    reply = await call.get(f"{INCIDENT}/{sys_id}", auth=None, headers=headers)
    assert reply.status_code == 401
    assert call.lab.store.get("incident", sys_id)
