"""The lab's control address, asked over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from snowkit.lab.control import PREFIX
from snowkit.lab.instance import Lab

CASE = f"{PREFIX}/table/sn_customerservice_case"


async def _first(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get(CASE, params={"sysparm_query": "ORDERBYnumber", "sysparm_limit": 1})
    row: dict[str, Any] = answer.json()["result"][0]
    return row


async def test_records_are_found_by_query(client: httpx.AsyncClient) -> None:
    """With the encoded queries of the Table API, a limit and an offset."""
    everything = (await client.get(CASE)).json()["result"]
    one = (await client.get(CASE, params={"sysparm_query": "number=CS0001002"})).json()["result"]
    paged = await client.get(CASE, params={"sysparm_query": "ORDERBYnumber", "sysparm_offset": 2})
    assert [row["number"] for row in one] == ["CS0001002"]
    assert [row["number"] for row in paged.json()["result"]] == ["CS0001003"]
    assert len(everything) == 3


async def test_a_record_lives_and_dies(client: httpx.AsyncClient) -> None:
    """Made, read, changed and deleted, each with its status."""
    made = await client.post(
        CASE, json={"short_description": "x", "active": True, "priority": 2, "account": None}
    )
    row = made.json()["result"]
    assert made.status_code == 201
    assert (row["active"], row["priority"], row["account"], row["number"]) == ("true", "2", "", "CS0001004")
    address = f"{CASE}/{row['sys_id']}"
    assert (await client.get(address)).json()["result"] == row
    changed = await client.patch(address, json={"state": "10"})
    assert (changed.status_code, changed.json()["result"]["state"]) == (200, "10")
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).status_code == 404


async def test_no_rules_run(client: httpx.AsyncClient, onboarded: Lab) -> None:
    """What is changed here is not told to the platform."""
    transport = httpx.ASGITransport(app=onboarded.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as there:
        row = await _first(there)
        await there.patch(f"{CASE}/{row['sys_id']}", json={"comments": "Hello"})
    assert onboarded.store.count("sys_journal_field", "value=Hello") == 1
    assert onboarded.store.count("ecc_queue") == 0
    assert onboarded.platform.events == []


async def test_stamps_can_be_set(client: httpx.AsyncClient) -> None:
    """A test can make a record look old, and an administrator cannot do that over REST."""
    old = {
        "sys_created_on": "2001-01-01 00:00:00",
        "sys_updated_on": "2001-01-02 00:00:00",
        "sys_created_by": "me",
    }
    row = (await client.post(CASE, json=old)).json()["result"]
    assert {name: row[name] for name in old} == old
    await client.patch(f"{CASE}/{row['sys_id']}", json={"sys_updated_on": "2002-01-01 00:00:00"})
    again = (await client.get(f"{CASE}/{row['sys_id']}")).json()["result"]
    assert again["sys_updated_on"] == "2002-01-01 00:00:00"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/table/nonesuch", None, 404, "no table nonesuch"),
        ("GET", "/table/task/gone", None, 404, "no record gone"),
        ("PATCH", "/table/task/gone", {"state": "1"}, 404, "no record gone"),
        ("DELETE", "/table/task/gone", None, 404, "no record gone"),
        ("POST", "/table/task", {"nosuch": "1"}, 400, "no field nosuch"),
        ("POST", "/table/task", ["a"], 400, "JSON object"),
        ("POST", "/table/task", {"state": {}}, 400, "state takes"),
        ("PATCH", "/switches", {"nosuch": 1}, 400, "nosuch"),
        ("PATCH", "/switches", [1], 400, "JSON object"),
        ("POST", "/reset", {"scenario": "nosuch"}, 400, "no scenario nosuch"),
    ],
)
async def test_what_cannot_be_done_is_said(
    client: httpx.AsyncClient, method: str, path: str, body: object, status: int, says: str
) -> None:
    """In one sentence, with the status that fits."""
    answer = await client.request(method, PREFIX + path, json=body)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]


async def test_broken_json_is_said(client: httpx.AsyncClient) -> None:
    """Not answered with a traceback."""
    answer = await client.post(CASE, content=b"{")
    assert answer.status_code == 400


async def test_an_id_in_use_is_refused(client: httpx.AsyncClient) -> None:
    """Nothing is overwritten."""
    row = await _first(client)
    answer = await client.post(CASE, json={"sys_id": row["sys_id"]})
    assert answer.status_code == 400
    assert "already has" in answer.json()["error"]["message"]


async def test_switches_are_read_and_set(client: httpx.AsyncClient, lab: Lab) -> None:
    """The answer holds all of them; a release shows in the instance's properties."""
    answer = await client.patch(f"{PREFIX}/switches", json={"release": "zurich", "inbox": "down"})
    assert answer.json()["result"]["inbox"] == "down"
    assert (await client.get(f"{PREFIX}/switches")).json() == answer.json()
    assert lab.switches.current.release == "zurich"
    assert lab.store.find("sys_properties", "name=glide.buildname")[0]["value"] == "Zurich"


async def test_reset_goes_back_or_elsewhere(client: httpx.AsyncClient, lab: Lab) -> None:
    """Records and switches are as they were; another scenario can be asked for."""
    row = await _first(client)
    await client.delete(f"{CASE}/{row['sys_id']}")
    await client.patch(f"{PREFIX}/switches", json={"inbox": "down"})
    assert (await client.post(f"{PREFIX}/reset")).json()["result"] == {"scenario": "fresh"}
    assert await _first(client) | {"sys_created_on": ""} != {}
    assert lab.store.count("sn_customerservice_case") == 3
    assert lab.switches.current.inbox == "ok"
    await client.post(f"{PREFIX}/reset", json={"scenario": "onboarded"})
    assert lab.store.count("sys_script", "nameSTARTSWITHTheLoops") == 3


async def test_secrets_are_not_shown(client: httpx.AsyncClient, lab: Lab) -> None:
    """Neither passwords nor tokens nor client secrets."""
    lab.reset("onboarded")
    for table in ("sys_user", "oauth_entity", "oauth_credential"):
        text = (await client.get(f"{PREFIX}/table/{table}")).text
        assert "of-the-lab" not in text.replace("token-of-the-lab@", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"host": "127.0.0.1.evil.example"},
    ],
)
async def test_web_pages_cannot_reach_it(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """A page of another site, or a name that was pointed at this machine, is refused."""
    answer = await client.post(f"{PREFIX}/reset", headers=headers)
    assert answer.status_code == 403


async def test_another_machine_cannot_reach_it(lab: Lab) -> None:
    """A caller from elsewhere is refused, also where its Host header says that it is here."""
    transport = httpx.ASGITransport(app=lab.app, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as elsewhere:
        assert (await elsewhere.get(f"{PREFIX}/switches")).status_code == 403


@pytest.mark.parametrize("query", ["sysparm_limit=x", "sysparm_offset=-1", f"sysparm_limit={'9' * 30}"])
async def test_a_page_that_is_no_number_is_said(client: httpx.AsyncClient, query: str) -> None:
    """400 with the parameter's name."""
    answer = await client.get(f"{CASE}?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"rate_limit": NaN}', b"\xff\xfe"])
async def test_only_strict_json_is_read(client: httpx.AsyncClient, content: bytes) -> None:
    """What is nested without end, or no JSON, is 400."""
    assert (await client.patch(f"{PREFIX}/switches", content=content)).status_code == 400
