"""The body of a write is read as JSON or XML, and its values as stored or as a person would type them."""

from __future__ import annotations

import pytest

from tests.lab.rest.conftest import Caller, refusal

INCIDENT = "/api/now/table/incident"
CASES = "/api/now/table/sn_customerservice_case"


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
    params = {"sysparm_fields": "number", "sysparm_query": "number=INC0010001"}
    reply = await call.get(INCIDENT, params=params, headers={"Accept": kind})
    assert reply.headers["content-type"] == f"{kind};charset=UTF-8"
    assert reply.text == "<response><result><number>INC0010001</number></result></response>"
