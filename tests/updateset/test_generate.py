"""What a build holds: the right records with stable ids, by the anatomy of real exports, and nothing secret."""

from __future__ import annotations

import hashlib
import re

import pytest
from lxml import etree
from syrupy.assertion import SnapshotAssertion

from snowkit.access.records import Acl
from snowkit.errors import UsageError
from snowkit.updateset.ids import record_id
from snowkit.updateset.model import UpdateSet
from snowkit.updateset.read import read_bytes
from tests.updateset.building import PACK, URL, built

FILES = ("rules.xml", "access.xml", "rollback.xml", "handover.md", "handover.html", "change.md")
HEX = re.compile(r"[0-9a-f]{32}")

HEADER_FIELDS = 28
UPDATE_FIELDS = 24
RULE_FIELDS = 45
"""The counts of real exports."""


def read(name: str, **options: object) -> UpdateSet:
    """Return one generated file, read back."""
    return read_bytes(built(**options).files[name].encode(), name)


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_as_it_was(name: str, snapshot: SnapshotAssertion) -> None:
    """A change of a generated file is seen in review; each holds the records' or the errands' names."""
    text = built(instance_url="https://dev1.service-now.com").files[name]
    assert text == snapshot
    assert "theloops.integration" in text or name == "rules.xml"
    assert text.endswith("\n")
    assert "\r" not in text


def test_the_rules_set_holds_three_rules_and_their_properties() -> None:
    """Names, tables, flags and filters are those of the vendor's page."""
    records = read("rules.xml").records
    rules = {record.fields["name"]: record.fields for record in records if record.table == "sys_script"}
    assert {
        name: (row["collection"], row["when"], row["action_insert"], row["action_update"])
        for name, row in rules.items()
    } == {
        "TheLoops - Case Created or Updated": ("sn_customerservice_case", "after", "true", "true"),
        "TheLoops Ticket Comment Webhook": ("sys_journal_field", "after", "true", "true"),
        "TheLoops Attachment Webhook": ("sys_attachment", "after", "true", "false"),
    }
    comment = rules["TheLoops Ticket Comment Webhook"]
    assert comment["filter_condition"] == "nameINsn_customerservice_case^elementINcomments,work_notes^EQ"
    assert all("not confirmed by TheLoops" in row["description"] for row in rules.values())
    assert all(row["advanced"] == "true" and row["active"] == "true" for row in rules.values())
    values = {
        record.fields["name"]: record.fields["value"]
        for record in records
        if record.table == "sys_properties"
    }
    assert values == {
        "theloops.webhook.enabled": "true",
        "theloops.webhook.url.dev1": URL,
        "theloops.webhook.skip_user": "",
        "theloops.webhook.work_notes": "false",
    }


@pytest.mark.parametrize("name", ["rules.xml", "access.xml", "rollback.xml"])
def test_the_anatomy_is_that_of_real_exports(name: str) -> None:
    """Fields are complete and alphabetical, updates sorted by id, references 32 hexadecimal digits."""
    root = etree.fromstring(built().files[name].encode())
    header, *updates = root
    assert len(header) == HEADER_FIELDS
    for element in root:
        tags = [child.tag for child in element]
        assert tags == sorted(tags)
    assert {len(update) for update in updates} == {UPDATE_FIELDS}
    ids = [update.findtext("sys_id") for update in updates]
    assert ids == sorted(ids)
    assert len({*ids, header.findtext("sys_id"), header.findtext("remote_sys_id")}) == len(ids) + 2
    for update in updates:
        assert update.findtext("remote_update_set") == header.findtext("sys_id")
        assert update.findtext("application") == "global"
        assert not update.findtext("payload_hash")
        assert re.fullmatch(r"[0-9a-f]{18}", update.findtext("sys_recorded_at"))
        assert HEX.fullmatch(update.findtext("sys_id"))
        payload = etree.fromstring(update.findtext("payload").encode())
        record = payload[0]
        tags = [child.tag for child in record]
        assert tags == sorted(tags)
        assert update.findtext("name") == record.findtext("sys_update_name")
        assert update.findtext("name") == f"{record.tag}_{record.findtext('sys_id')}"
        assert update.findtext("action") == record.get("action")
        companions = [child.get("query") for child in payload if child.tag == "sys_translated_text"]
        wanted = record.tag in ("sys_script", "sys_properties")
        assert companions == [f"documentkey={record.findtext('sys_id')}"] * wanted
        if record.tag == "sys_script":
            assert len(record) == RULE_FIELDS
            assert update.findtext("table") == record.findtext("collection")
            assert len(record.findtext("name")) <= 40
        elif record.tag == "sys_properties":
            assert not update.findtext("table")


def test_an_empty_filter_names_no_table_and_a_filter_lists_its_items() -> None:
    """As exporters write it: items carry the condition, the last one ends it."""
    payloads = {
        update.record.fields["name"]: etree.fromstring(update.payload.encode())[0]
        for update in read("rules.xml").updates
        if update.record.table == "sys_script"
    }
    empty = payloads["TheLoops - Case Created or Updated"].find("filter_condition")
    assert (dict(empty.attrib), empty.text) == ({}, None)
    full = payloads["TheLoops Ticket Comment Webhook"].find("filter_condition")
    assert full.get("table") == "sys_journal_field"
    assert [
        (item.get("field"), item.get("operator"), item.get("value"), item.get("endquery")) for item in full
    ] == [
        ("name", "IN", "sn_customerservice_case", "false"),
        ("element", "IN", "comments,work_notes", "false"),
        ("", "=", "", "true"),
    ]


def test_record_ids_are_the_same_for_everybody() -> None:
    """They depend on pack, prefix and kind, so that a set updates in place on every instance."""
    ids = {record.fields["name"]: record.sys_id for record in read("rules.xml", build="other").records}
    assert ids["TheLoops Ticket Comment Webhook"] == record_id("theloops", "theloops", "rule.comment")
    assert ids["theloops.webhook.url.dev1"] == record_id("theloops", "theloops", "property.url.dev1")
    assert (
        record_id("theloops", "theloops", "role") == ""
        or len(record_id("theloops", "theloops", "role")) == 32
    )
    other = {record.sys_id for record in read("rules.xml", prefix="acme").records}
    assert other.isdisjoint(ids.values())


def test_a_build_id_makes_the_files_identical_and_another_makes_other_updates() -> None:
    """Header and update ids follow the build; records do not."""
    assert built().files == built().files
    one, two = read("rules.xml"), read("rules.xml", build="two")
    assert one.headers[0].sys_id != two.headers[0].sys_id
    assert {update.sys_id for update in one.updates}.isdisjoint(update.sys_id for update in two.updates)
    assert {record.sys_id for record in one.records} == {record.sys_id for record in two.records}


def test_an_acl_is_written_only_beside_one_that_is_there() -> None:
    """With the row condition, tied to the role; all other rights name a role that ships."""
    made = built()
    records = read_bytes(made.files["access.xml"].encode(), "access.xml").records
    acls = {record.fields["name"]: record.fields for record in records if record.table == "sys_security_acl"}
    assert sorted(acls) == ["sys_audit", "sys_audit_delete"]
    assert acls["sys_audit"]["condition"] == "tablename=sn_customerservice_case^EQ"
    links = [record.fields for record in records if record.table == "sys_security_acl_role"]
    assert {link["sys_security_acl"] for link in links} == {acl["sys_id"] for acl in acls.values()}
    assert {link["sys_user_role"] for link in links} == {record_id("theloops", "theloops", "role")}
    assert ("sys_journal_field", "read") in {(row.table.name, row.operation) for row in made.withheld}
    assert all(row.reason for row in made.withheld)


@pytest.mark.parametrize(
    "acls",
    [
        None,
        (),
        (Acl("1", "sys_audit_delete", "read", active=False),),
        (Acl("1", "sys_audit_delete", "write"),),
        (Acl("1", "sys_audit_delete", "read", type="REST_Endpoint"),),
        (Acl("1", "sys_audit_delete.oldvalue", "read"),),
        (Acl("1", "sys_audit_delete", "read"), Acl("2", "sys_audit_delete", "read", decision="deny_unless")),
    ],
)
def test_without_a_proper_neighbour_no_acl_is_written(acls: tuple[Acl, ...] | None) -> None:
    """The first ACL of a name would shadow wider ones for everybody; then the hand-over says the clicks."""
    made = built(acls)
    records = read_bytes(made.files["access.xml"].encode(), "access.xml").records
    assert [record.table for record in records] == ["sys_user_role"]
    assert "sys_audit_delete (read)" in made.files["handover.md"]


def test_a_table_that_our_acl_opens_needs_no_shipped_role() -> None:
    """audit_viewer is asked for only where a right was withheld that it opens."""
    every = [
        Acl(str(number), row.name, operation)
        for number, row in enumerate(PACK.table)
        for operation in ("read", "create", "write")
    ]
    assert [grant.role for grant in built(every).grants] == ["theloops.integration", "csm_ws_integration"]
    assert [grant.role for grant in built(None).grants] == [
        "theloops.integration",
        "csm_ws_integration",
        "sn_customerservice_agent",
        "knowledge",
        "audit_viewer",
    ]


def test_the_roll_back_deletes_exactly_what_the_sets_insert() -> None:
    """Each with the whole record, as an export writes a DELETE."""
    made = built()
    inserted = [
        (record.table, record.sys_id)
        for name in ("rules.xml", "access.xml")
        for record in read_bytes(made.files[name].encode(), name).records
    ]
    back = read_bytes(made.files["rollback.xml"].encode(), "rollback.xml").updates
    assert sorted((update.record.table, update.record.sys_id) for update in back) == sorted(inserted)
    assert {update.action for update in back} == {update.record.action for update in back} == {"DELETE"}
    assert all(len(update.record.fields) > 10 for update in back)


def test_choices_reach_the_records() -> None:
    """Switch, work notes, when, one rule, signing: each is seen in the records it is about."""
    records = read(
        "rules.xml", enabled=False, work_notes=True, when="async", rules=("comment",), signing=True
    ).records
    fields = {record.fields["name"]: record.fields for record in records}
    assert [record.fields["when"] for record in records if record.table == "sys_script"] == ["async"]
    assert fields["theloops.webhook.enabled"]["value"] == "false"
    assert fields["theloops.webhook.work_notes"]["value"] == "true"
    secret = fields["theloops.webhook.secret"]
    assert (secret["type"], secret["value"]) == ("password2", "")


def test_the_change_request_names_every_record_and_every_file() -> None:
    """The hashes are those of the files beside it."""
    made = built()
    text = made.files["change.md"]
    for record in (*made.rules, *made.access):
        assert f"| {record.table} | {record.target_name} | {record.sys_id} |" in text
    for name in FILES[:-1]:
        assert f"| {name} | `{hashlib.sha256(made.files[name].encode()).hexdigest()}` |" in text


def test_without_an_instance_nothing_posts_and_it_is_said() -> None:
    """No property holds a URL; the summary's notes say so."""
    made = built(instances={})
    assert not [item for item in made.rules if ".url" in item.target_name]
    assert any("post nothing yet" in note for note in made.notes)
    assert any("dev1 is empty" in note for note in built(instances={"dev1": ""}).notes)


@pytest.mark.parametrize(("option", "value"), [("rules", ("casse",)), ("region", "mars")])
def test_what_the_pack_does_not_have_is_refused(option: str, value: object) -> None:
    """The message lists what there is."""
    with pytest.raises(UsageError) as caught:
        built(**{option: value})
    assert "Choose from" in caught.value.next_step
