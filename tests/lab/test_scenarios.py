"""The states that the lab can start in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from snowkit.engine.finding import CAUSES
from snowkit.errors import LabError
from snowkit.lab.gaps import read
from snowkit.lab.instance import Lab
from snowkit.lab.scenarios import SCENARIOS, Scenario, named, recorded
from snowkit.lab.store import Row

POLICIES = {
    "TheLoops Case API Access": ("sn_customerservice/case", ""),
    "TheLoops Account API Access": ("now/account", "GET"),
    "TheLoops Attachment API Access": ("now/attachment", "GET"),
    "TheLoops Table API Access": ("now/table", "GET"),
    "TheLoops Table API Write": ("now/table", ""),
}
RULES = {
    "TheLoops - Case Created or Updated": ("sn_customerservice_case", "true"),
    "TheLoops Ticket Comment Webhook": ("sys_journal_field", "true"),
    "TheLoops Attachment Webhook": ("sys_attachment", "false"),
}


def _ours(kind: str) -> str:
    return uuid5(NAMESPACE_URL, f"snowkit:theloops:theloops:{kind}").hex


def test_the_difference_between_the_two_is_the_onboarding(lab: Lab, onboarded: Lab) -> None:
    """Fresh and onboarded differ in these tables and in no other."""
    changed = {
        table
        for table in lab.schema.tables
        if {row["sys_id"] for row in lab.store.find(table)}
        != {row["sys_id"] for row in onboarded.store.find(table)}
    }
    assert changed == {
        "sys_script", "sys_properties", "sys_user_role", "sys_security_acl", "sys_security_acl_role", "std_http_auth",
        "inbound_auth_profile", "sys_api_access_policy", "sys_auth_profile_mapping", "sys_user_has_role",
        "oauth_credential",
    }  # fmt: skip
    fresh, ready = (each.store.find("oauth_entity")[0] for each in (lab, onboarded))
    differing = {name for name in fresh if fresh[name] != ready[name] and not name.endswith("_on")}
    assert differing == {"restricted_binding"}


def test_the_policies_admit_us_and_who_was_there(onboarded: Lab) -> None:
    """Each maps our profile and the shipped Basic one, so that nobody is locked out."""
    store = onboarded.store
    rows = {row["name"]: row for row in store.find("sys_api_access_policy", "active=true")}
    assert {name: (row["api_path"], row["http_method"]) for name, row in rows.items()} == POLICIES
    for row in rows.values():
        assert row["apply_all_resources"] == row["apply_all_versions"] == "true"
        assert row["apply_all_methods"] == ("false" if row["http_method"] else "true")
        mapped = store.find("sys_auth_profile_mapping", f"api_access_policy={row['sys_id']}")
        profiles = [store.get("std_http_auth", each["inbound_auth_profile"]) or {} for each in mapped]
        assert {profile["type"] for profile in profiles} == {"oauth", "basic_auth"}
    assert rows["TheLoops Table API Write"]["api_tablename"] == "kb_knowledge"
    ours = store.find("std_http_auth", "name=TheLoops OAuth")[0]
    assert ours["oauth_entity"] == store.find("oauth_entity")[0]["sys_id"]


def test_the_integration_user_holds_what_the_list_asks(onboarded: Lab) -> None:
    """Our role and the shipped ones that open the tables, and no more."""
    user = onboarded.store.find("sys_user", "user_name=integration")[0]
    held = onboarded.store.find("sys_user_has_role", f"user={user['sys_id']}")
    names = {(onboarded.store.get("sys_user_role", row["role"]) or {})["name"] for row in held}
    assert names == {
        "theloops.integration", "csm_ws_integration", "sn_customerservice_agent", "knowledge", "audit_viewer",
    }  # fmt: skip


def test_the_rules_are_there_under_their_names_and_ids(onboarded: Lab) -> None:
    """As the default generate writes them."""
    rows = {row["name"]: row for row in onboarded.store.find("sys_script")}
    assert {name: (row["collection"], row["action_update"]) for name, row in rows.items()} == RULES
    assert {row["sys_id"] for row in rows.values()} == {
        _ours(f"rule.{kind}") for kind in ("case", "comment", "attachment")
    }
    assert {(row["when"], row["active"], row["action_insert"]) for row in rows.values()} == {
        ("after", "true", "true")
    }


def test_the_rules_know_the_lab_s_own_platform(onboarded: Lab) -> None:
    """The recorded set holds a place for the address, which is filled in."""
    row = onboarded.store.find("sys_properties", "name=theloops.webhook.url.lab")[0]
    assert row["value"] == onboarded.webhook_url
    assert row["sys_id"] == _ours("property.url.lab")


def test_deletions_are_opened_beside_the_shipped_rule(onboarded: Lab) -> None:
    """Both ACLs stand at the same name, so either opens the table, and ours only for cases."""
    acls = onboarded.store.find("sys_security_acl", "name=sys_audit_delete^operation=read")
    assert len(acls) == 2
    assert _ours("acl.sys_audit_delete.read") in {acl["sys_id"] for acl in acls}


def test_recorded_records_are_complete() -> None:
    """Every record names its table and its id."""
    assert all(record["table"] and len(record["values"]["sys_id"]) == 32 for record in recorded())


def test_scenarios_are_listed_and_found() -> None:
    """An unknown one is named, with the known ones."""
    assert [scenario.name for scenario in SCENARIOS][:2] == ["fresh", "onboarded"]
    with pytest.raises(LabError, match=r"nosuch.*fresh, onboarded"):
        named("nosuch")
    with pytest.raises(LabError, match=r"comment-rule-inactiv\..*comment-rule-inactive"):
        named("comment-rule-inactiv")


@pytest.mark.parametrize("scenario", SCENARIOS[2:], ids=lambda scenario: scenario.name)
def test_a_gap_differs_from_onboarded(scenario: Scenario) -> None:
    """Each has a sentence, a finding and a cause, and changes records or switches."""
    labs = Lab("onboarded", cases=3), Lab(scenario.name, cases=3)
    try:
        same, other = ({table: lab.store.count(table) for table in lab.schema.tables} for lab in labs)
        rows, changed = ({row["sys_id"]: row for row in _changeable(lab)} for lab in labs)
        switched = labs[0].switches.current != labs[1].switches.current
        assert switched or same != other or rows != changed
        assert switched == bool(scenario.switches)
        labs[1].reset("onboarded")
        assert labs[0].switches.current == labs[1].switches.current
    finally:
        for lab in labs:
            lab.stop()
    assert scenario.story.endswith(".")
    assert (scenario.finding.count("."), bool(scenario.cause)) in {(1, True), (2, True)}


OUT = {
    "none": "nothing is wrong",
    "network": "the lab is reached, or it is no lab",
    "dns": "loopback has no names",
    "tls": "--tls and ca_file show it",
    "api_missing": "an API of the pack goes with its plug-in alone",
    "authentication": "a lab hands out the secrets that it holds",
    "signature": "webhooks are not signed by default",
    "not_permitted": "snowkit's own state",
    "not_observable": "snowkit's own state",
    "empty": "no fault",
    "cleanup": "snowkit's own state",
}
"""Causes that no scenario can bring about truthfully, and why."""


def test_every_cause_that_a_lab_can_have_is_a_scenario() -> None:
    """The closed list of causes, without those that are no state of an instance."""
    assert {scenario.cause for scenario in SCENARIOS[2:]} == set(CAUSES) - set(OUT)
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[broken]\nstory = 'S.'\nfinding = 'a.b'\ncause = 'policy'\n", "one of patch, remove, insert"),
        ("[broken]\nstory = 'S.'\nfinding = 'a.b'\ncause = 'policy'\nfoo = 1\n", "foo: Extra inputs"),
        (
            "[broken]\nstory = 'S.'\nfinding = 'a.b'\ncause = 'c'\nremove = [{ table = 't' }]\n",
            r"remove\.0\.query: Field required",
        ),
        (
            "[broken]\nstory = 'S.'\nfinding = 'a.b'\ncause = 'c'\nswitches = { foo = 1 }\n",
            "switch foo cannot be set",
        ),
    ],
)
def test_what_is_not_understood_names_file_scenario_and_field(tmp_path: Path, text: str, told: str) -> None:
    """A wrong key, a missing one, a switch that the lab has not, and a scenario that changes nothing."""
    path = tmp_path / "scenarios.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=rf"scenarios\.toml, the scenario broken.*{told}"):
        read(path)


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    """The line is the reader's own."""
    path = tmp_path / "scenarios.toml"
    path.write_text("[broken\n", encoding="utf-8")
    with pytest.raises(LabError, match=r"scenarios\.toml is no TOML.*line 1"):
        read(path)


def test_a_moment_is_counted_from_the_start() -> None:
    """The refresh token of this scenario always has seven days left."""
    lab = Lab("refresh-token-nearly-over", cases=1)
    expires = lab.store.find("oauth_credential", "type=refresh_token")[0]["expires"]
    lab.stop()
    left = datetime.strptime(expires, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


def test_a_scenario_s_switches_are_set_at_each_start(tmp_path: Path) -> None:
    """A database keeps records, not switches: a start sets those of its scenario, and a reset does too."""
    for _ in range(2):
        lab = Lab("platform-refuses", database=tmp_path / "lab.db", cases=1)
        assert lab.switches.current.inbox == "error"
        lab.change_switches({"inbox": "ok"})
        lab.reset()
        assert lab.switches.current.inbox == "error"
        lab.stop()


def _changeable(lab: Lab) -> list[Row]:
    """Return what scenarios change, without the stamps that differ from start to start."""
    tables = ("oauth_entity", "oauth_credential", "sys_api_access_policy", "sys_script", "sys_properties")
    tables += ("sys_security_acl", "sys_db_object", "v_plugin")
    stamps = {"sys_updated_on", "sys_created_on", "token_received"}
    return [
        {
            name: value[:10] if name == "expires" else value
            for name, value in row.items()
            if name not in stamps
        }
        for table in tables
        for row in lab.store.find(table)
    ]
