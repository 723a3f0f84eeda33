"""An update set is loaded, previewed with its problems, committed as an instance does, and backed out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from snowkit.errors import LabError
from snowkit.lab.update_set_file import UnreadableXml
from snowkit.lab.update_sets import UpdateSets
from tests.lab.small import ADMIN, insert, logged, small_lab
from tests.lab.update_set_files import HEADER_ID, PROPERTY, RULE, STAMP, Set, good


@pytest.fixture
def lab() -> Iterator[Any]:
    with small_lab() as lab:
        lab.store.put("sys_scope", {"sys_id": "global", "scope": "global", "name": "Global"})
        lab.sets = UpdateSets(lab)
        yield lab


def previewed(lab: Any, made: Set) -> list[str]:
    (sys_id,) = lab.sets.load(made.xml(), ADMIN)
    return [problem["description"] for problem in lab.sets.preview(sys_id, ADMIN)]


def header(lab: Any) -> dict[str, str]:
    row: dict[str, str] = lab.store.get("sys_remote_update_set", HEADER_ID)
    return row


def test_a_good_set_goes_from_loaded_to_committed_and_its_rule_runs(lab: Any) -> None:
    """States, counters, the local copy, and the imported JavaScript at work."""
    assert lab.sets.load(good().xml(), ADMIN) == [HEADER_ID]
    assert (header(lab)["state"], header(lab)["inserted"]) == ("loaded", "")
    assert lab.sets.preview(HEADER_ID, ADMIN) == []
    assert (header(lab)["state"], header(lab)["inserted"], header(lab)["collisions"]) == (
        "previewed",
        "2",
        "0",
    )
    local = lab.sets.commit(HEADER_ID, ADMIN)
    assert (header(lab)["state"], header(lab)["update_set"]) == ("committed", local)
    assert lab.store.get("sys_update_set", local)["state"] == "complete"
    assert len(lab.store.find("sys_update_xml", f"update_set={local}")) == 2
    assert lab.store.get("sys_properties", PROPERTY)["value"] == "true"
    row = insert(lab)
    assert logged(lab) == [f"imported <&> {row['number']}"]


def test_the_stamps_of_a_payload_are_kept(lab: Any) -> None:
    """What was generated at a time is of that time on the instance."""
    previewed(lab, good())
    lab.sets.commit(HEADER_ID, ADMIN)
    assert lab.store.get("sys_script", RULE)["sys_updated_on"] == STAMP


def test_a_second_import_updates_in_place(lab: Any) -> None:
    """The same header id opens the set again; the record's id is the same, so there is one record."""
    previewed(lab, good())
    lab.sets.commit(HEADER_ID, ADMIN)
    assert previewed(lab, good()) == []
    assert (header(lab)["state"], header(lab)["inserted"], header(lab)["updated"]) == ("previewed", "0", "2")
    lab.sets.commit(HEADER_ID, ADMIN)
    assert len(lab.store.find("sys_script")) == 1


def test_a_set_uploaded_again_keeps_its_old_updates(lab: Any) -> None:
    """Updates with other ids are added to the set that is there."""
    lab.sets.load(good().xml(), ADMIN)
    extra = Set(name="Renamed").add("sys_properties", "3" * 32, name="other", value="x")
    extra.updates[0] = extra.updates[0].replace("a" * 28 + "0000", "c" * 32)
    lab.sets.load(extra.xml(), ADMIN)
    assert header(lab)["name"] == "Renamed"
    assert len(lab.store.find("sys_update_xml", f"remote_update_set={HEADER_ID}")) == 3


def test_an_upload_forgets_the_preview_before_it(lab: Any) -> None:
    """Problems of the old file are not the new one's, and it must be previewed again."""
    assert previewed(lab, Set().add("u_nowhere", "6" * 32)) != []
    lab.sets.load(good().xml(), ADMIN)
    assert lab.sets.problems(HEADER_ID) == []
    assert header(lab)["state"] == "loaded"


def test_properties_and_roles_are_met_by_name(lab: Any) -> None:
    """The target's record keeps its id, and references of the set follow to it."""
    own = insert(lab, "sys_properties", name="theloops.webhook.enabled", value="false")["sys_id"]
    role = insert(lab, "sys_user_role", name="theloops.integration")["sys_id"]
    made = (
        good()
        .add("sys_user_role", "4" * 32, name="theloops.integration", description="new words")
        .add("sys_security_acl", "5" * 32, name="incident", operation="read", type="record")
        .add("sys_security_acl_role", "6" * 32, sys_security_acl="5" * 32, sys_user_role="4" * 32)
    )
    lab.store.patch("sys_properties", own, {"sys_updated_on": "2026-01-01 00:00:00"})
    lab.store.patch("sys_user_role", role, {"sys_updated_on": "2026-01-01 00:00:00"})
    assert previewed(lab, made) == []
    lab.sets.commit(HEADER_ID, ADMIN)
    assert lab.store.get("sys_properties", own)["value"] == "true"
    assert lab.store.get("sys_properties", PROPERTY) is None
    assert lab.store.get("sys_user_role", role)["description"] == "new words"
    assert lab.store.get("sys_security_acl_role", "6" * 32)["sys_user_role"] == role


def test_a_role_of_another_set_is_found_by_its_name(lab: Any) -> None:
    """A reference to a role that the target has under another id follows the name beside it."""
    role = insert(lab, "sys_user_role", name="theloops.integration")["sys_id"]
    made = (
        Set()
        .add("sys_security_acl", "5" * 32, name="incident", operation="read", type="record")
        .add(
            "sys_security_acl_role",
            "6" * 32,
            sys_security_acl="5" * 32,
            sys_user_role="4" * 32,
            names={"sys_user_role": "theloops.integration"},
        )
    )
    assert previewed(lab, made) == []
    lab.sets.commit(HEADER_ID, ADMIN)
    assert lab.store.get("sys_security_acl_role", "6" * 32)["sys_user_role"] == role


def test_a_private_property_keeps_its_value(lab: Any) -> None:
    """What the customer marked private is not overwritten."""
    own = insert(lab, "sys_properties", name="theloops.webhook.enabled", value="false", is_private="true")[
        "sys_id"
    ]
    lab.store.patch("sys_properties", own, {"sys_updated_on": "2026-01-01 00:00:00"})
    previewed(lab, good())
    lab.sets.commit(HEADER_ID, ADMIN)
    assert lab.store.get("sys_properties", own)["value"] == "false"


def test_a_deletion_removes_the_record(lab: Any) -> None:
    """The update carries the whole record with the action DELETE."""
    previewed(lab, good())
    lab.sets.commit(HEADER_ID, ADMIN)
    back = Set(sys_id="d" * 32).add("sys_script", RULE, action="DELETE", name="Imported rule")
    assert previewed(lab, back) == []
    assert lab.store.get("sys_remote_update_set", "d" * 32)["deleted"] == "1"
    lab.sets.commit("d" * 32, ADMIN)
    assert lab.store.get("sys_script", RULE) is None


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            Set().add("sys_security_acl_role", "6" * 32, sys_security_acl="7" * 32),
            "Could not find a record in sys_security_acl for column sys_security_acl referenced in this update",
        ),
        (Set().add("u_nowhere", "6" * 32), "Table u_nowhere"),
        (Set().add("sys_script", RULE, payload="<record_update><a></record_update>"), "invalid XML"),
        (
            Set().add("sys_script", RULE, application="e" * 32),
            "Update scope id '" + "e" * 32 + "' is different",
        ),
        (Set().add("sys_script", RULE, application="Global"), "Update scope id 'Global' is different"),
    ],
)
def test_a_broken_update_is_a_problem_that_blocks_the_commit(lab: Any, made: Set, words: str) -> None:
    """Each kind is found by the preview, is an error, and nothing is committed while it stands."""
    (description,) = previewed(lab, made)
    assert words in description
    assert [row["type"] for row in lab.sets.problems(HEADER_ID)] == ["error"]
    with pytest.raises(LabError, match="preview problems"):
        lab.sets.commit(HEADER_ID, ADMIN)
    assert lab.store.find("sys_update_set") == []


def test_a_record_of_the_same_set_is_not_missing(lab: Any) -> None:
    """A reference may point to what another update brings."""
    made = Set().add("sys_security_acl_role", "6" * 32, sys_security_acl="7" * 32)
    assert previewed(lab, made.add("sys_security_acl", "7" * 32, name="incident", operation="read")) == []


def test_a_record_of_another_loaded_set_is_named(lab: Any) -> None:
    """The problem says which update would bring it."""
    lab.sets.load(Set(sys_id="d" * 32).add("sys_security_acl", "7" * 32, name="incident").xml(), ADMIN)
    previewed(lab, Set().add("sys_security_acl_role", "6" * 32, sys_security_acl="7" * 32))
    (problem,) = lab.sets.problems(HEADER_ID)
    assert problem["missing_item_update"] == "d" * 28 + "0000"
    assert (problem["missing_item_table"], problem["missing_item"]) == ("sys_security_acl", "7" * 32)


def test_a_newer_local_change_collides_and_an_equal_one_does_not(lab: Any) -> None:
    """What the customer edited after the set was made is not overwritten silently."""
    previewed(lab, good())
    lab.sets.commit(HEADER_ID, ADMIN)
    lab.store.patch("sys_script", RULE, {"sys_updated_on": "2026-12-24 10:00:00"})
    assert previewed(lab, good()) == []
    lab.records.update("sys_script", RULE, {"order": "5"}, ADMIN)
    lab.store.patch("sys_script", RULE, {"sys_updated_on": "2026-12-24 10:00:00"})
    assert previewed(lab, good()) == ["Found a local update that is newer than this one"]
    assert header(lab)["collisions"] == "1"


@pytest.mark.parametrize(("status", "order"), [("ignored", "1000"), ("skipped", "5")])
def test_a_problem_is_resolved_by_accepting_or_skipping(lab: Any, status: str, order: str) -> None:
    """Accepted, the update is applied; skipped, the local record stays."""
    previewed(lab, good())
    lab.sets.commit(HEADER_ID, ADMIN)
    lab.store.patch("sys_script", RULE, {"order": "5", "sys_updated_on": "2026-12-24 10:00:00"})
    previewed(lab, good())
    (problem,) = lab.sets.problems(HEADER_ID)
    lab.sets.resolve(problem["sys_id"], status)
    lab.sets.commit(HEADER_ID, ADMIN)
    assert lab.store.get("sys_script", RULE)["order"] == order


def test_an_unknown_table_that_was_accepted_is_left_out(lab: Any) -> None:
    """The rest of the set is committed."""
    previewed(lab, good().add("u_nowhere", "6" * 32))
    lab.sets.resolve(lab.sets.problems(HEADER_ID)[0]["sys_id"], "ignored")
    lab.sets.commit(HEADER_ID, ADMIN)
    assert lab.store.get("sys_script", RULE) is not None


def test_an_application_that_is_not_there_stops_the_commit(lab: Any) -> None:
    """The display name in place of the scope's id passes the preview and fails then; nothing is changed."""
    assert previewed(lab, Set(application="Global").add("sys_script", RULE)) == []
    with pytest.raises(LabError, match="Scope 'Global' is not 'Global', not found in instance"):
        lab.sets.commit(HEADER_ID, ADMIN)
    assert lab.store.get("sys_script", RULE) is None


def test_updates_that_name_another_set_are_orphans(lab: Any) -> None:
    """The set looks empty, as on an instance."""
    assert previewed(lab, Set().add("sys_script", RULE, remote="b" * 32)) == []
    assert (header(lab)["inserted"], header(lab)["summary"]) == (
        "0",
        "0 inserted, 0 updated, 0 deleted, 0 collisions",
    )


def test_a_set_is_previewed_before_it_is_committed_and_committed_once(lab: Any) -> None:
    """The states follow each other."""
    lab.sets.load(good().xml(), ADMIN)
    with pytest.raises(LabError, match="is loaded"):
        lab.sets.commit(HEADER_ID, ADMIN)
    lab.sets.preview(HEADER_ID, ADMIN)
    lab.sets.commit(HEADER_ID, ADMIN)
    for again in (lab.sets.commit, lab.sets.preview):
        with pytest.raises(LabError, match="committed"):
            again(HEADER_ID, ADMIN)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<unload><a></unload>", "Invalid XML"),
        (b"", "Invalid XML"),
        (b"<xml/>", "not unload"),
        (b'<!DOCTYPE unload [<!ENTITY a "aaaa">]><unload>&a;</unload>', "document type"),
    ],
)
def test_a_file_that_is_no_update_set_is_refused(lab: Any, content: bytes, words: str) -> None:
    """Nothing is loaded then."""
    with pytest.raises(UnreadableXml, match=words):
        lab.sets.load(content, ADMIN)
    assert lab.store.find("sys_remote_update_set") == []


def test_backing_out_restores_what_was(lab: Any) -> None:
    """New records go, changed ones get their content back, and the local set is gone."""
    own = insert(lab, "sys_properties", name="theloops.webhook.enabled", value="a\r\nb <&>")["sys_id"]
    lab.store.patch("sys_properties", own, {"sys_updated_on": "2026-01-01 00:00:00"})
    before = lab.store.get("sys_properties", own)
    previewed(lab, good())
    local = lab.sets.commit(HEADER_ID, ADMIN)
    lab.sets.back_out(local, ADMIN)
    assert lab.store.get("sys_script", RULE) is None
    assert lab.store.get("sys_properties", own) == before
    assert lab.store.find("sys_update_set") == []
    assert lab.store.find("sys_update_version") == []


@pytest.mark.parametrize("action", ["preview", "commit", "back_out"])
def test_an_unknown_set_is_said_to_be_unknown(lab: Any, action: str) -> None:
    """A sentence, no traceback."""
    with pytest.raises(LabError, match="has no"):
        getattr(lab.sets, action)("0" * 32, ADMIN)
