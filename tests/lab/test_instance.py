"""The lab as a whole, on real sockets."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from snowkit.errors import LabError, PortTaken
from snowkit.lab.instance import Lab
from snowkit.lab.session import SYSTEM

CONTRACT = {
    "url", "admin", "integration", "limited", "client_id", "client_secret", "redirect_urls", "refresh_token",
    "webhook_url", "inbox_url", "platform_url", "control_url", "ca_file", "platform_admin",
}  # fmt: skip
CASE = "sn_customerservice_case"


def test_it_describes_itself_as_the_contract_says() -> None:
    """A stranger's client finds every address, and each answers."""
    with Lab("onboarded", cases=2) as lab:
        facts = lab.description()
        inbox = httpx.get(facts["inbox_url"], trust_env=False)
        switches = httpx.get(f"{facts['control_url']}/switches", trust_env=False)
    assert facts.keys() == CONTRACT
    assert facts["admin"] == {"user": "admin", "password": "admin-of-the-lab"}
    assert facts["redirect_urls"][-1] == "http://127.0.0.1:8765/callback"
    assert facts["webhook_url"] == f"{facts['platform_url']}/v1/webhooks/servicenow/lab"
    assert inbox.json() == {"events": []}
    assert switches.status_code == 200


def test_a_fresh_instance_gave_no_token(lab: Lab) -> None:
    """Nobody has logged in yet."""
    assert lab.description()["refresh_token"] is None
    assert lab.instance_name == "lab"


def test_a_comment_reaches_the_platform() -> None:
    """Over a real socket, through the onboarded instance's own rules."""
    with Lab("onboarded", cases=1) as lab:
        case = lab.store.find(CASE)[0]
        lab.records.update(CASE, case["sys_id"], {"comments": "Hello"}, SYSTEM)
        lab.scheduler.drain()
        events = httpx.get(lab.inbox_url, trust_env=False).json()["events"]
    assert len(events) == 2
    assert all(case["sys_id"] in event["body"] for event in events)


def test_a_taken_port_is_said_and_nothing_stays_open() -> None:
    """The platform that had started is stopped again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        lab = Lab(cases=1, port=taken.getsockname()[1])
        with pytest.raises(PortTaken):
            lab.start()
        with pytest.raises(httpx.TransportError):
            httpx.get(lab.inbox_url, trust_env=False)
        lab.stop()


def test_a_database_outlives_the_lab(tmp_path: Path) -> None:
    """Records stay, and the rules find the platform on its new port; with reset all begins anew."""
    path = tmp_path / "lab.db"
    for _ in range(2):
        with Lab("onboarded", cases=2, database=path) as lab:
            lab.records.insert(CASE, {}, SYSTEM, workflow=False)
            url = lab.store.find("sys_properties", "name=theloops.webhook.url.lab")[0]["value"]
            assert url == lab.webhook_url
            count = lab.store.count(CASE)
    assert count == 4
    again = Lab("onboarded", cases=2, database=path, reset=True)
    assert again.store.count(CASE) == 2
    again.stop()


def test_reset_forgets_what_happened(lab: Lab) -> None:
    """Records, numbers, switches and the inbox."""
    first = lab.records.insert(CASE, {}, SYSTEM)["number"]
    lab.change_switches({"clock_skew": 3600.0})
    lab.reset()
    assert lab.store.count(CASE) == 3
    assert lab.records.insert(CASE, {}, SYSTEM)["number"] == first
    assert lab.switches.current.clock_skew == 0


def test_the_clock_can_be_wrong(lab: Lab) -> None:
    """Stamps follow the instance's clock."""
    before = lab.now()
    lab.change_switches({"clock_skew": -3600.0})
    assert 3590 < (before - lab.now()).total_seconds() <= 3600
    assert lab.records.insert(CASE, {}, SYSTEM)["sys_created_on"] < before.strftime("%Y-%m-%d %H:%M:%S")


def test_a_plug_in_is_missing_in_either_list(lab: Lab) -> None:
    """Both tables have to list it as active."""
    assert lab.has_plugin("com.sn_customerservice")
    row = lab.store.find("v_plugin", "id=com.sn_customerservice")[0]
    lab.store.patch("v_plugin", row["sys_id"], {"active": "inactive"})
    assert not lab.has_plugin("com.sn_customerservice")
    assert not lab.has_plugin("com.nosuch")


def test_an_unknown_scenario_is_refused() -> None:
    """Before anything is opened."""
    with pytest.raises(LabError, match="nosuch"):
        Lab("nosuch")
