"""Generated sets import, preview without a problem and commit on the lab, twice; the roll-back undoes them."""

from __future__ import annotations

import pytest

from snowkit.access.records import Acl
from snowkit.lab.instance import Lab
from snowkit.lab.update_sets import UpdateSets
from snowkit.updateset.generate import Generated
from tests.lab.small import ADMIN
from tests.updateset.building import built

TABLES = ("sys_script", "sys_properties", "sys_user_role", "sys_security_acl", "sys_security_acl_role")
"""The tables whose records a set of ours may touch."""

Rows = dict[str, list[dict[str, object]]]


def rows(lab: Lab) -> Rows:
    """Return every record of those tables, in one order."""
    return {table: sorted(lab.store.find(table), key=lambda row: str(row["sys_id"])) for table in TABLES}


def shown(lab: Lab) -> list[Acl]:
    """Return the instance's ACLs as a snapshot shows them."""
    return [
        Acl(row["sys_id"], row["name"], row["operation"], row["type"], row["active"] == "true")
        for row in lab.store.find("sys_security_acl")
    ]


def install(lab: Lab, made: Generated, *names: str) -> list[str]:
    """Import, preview and commit files; return the problems that the previews raised."""
    sets = UpdateSets(lab)
    problems: list[str] = []
    for name in names:
        (sys_id,) = sets.load(made.files[name].encode(), ADMIN)
        problems += [str(problem["description"]) for problem in sets.preview(sys_id, ADMIN)]
        sets.commit(sys_id, ADMIN)
    return problems


def test_the_sets_commit_without_a_problem_and_hold_what_was_generated(lab: Lab) -> None:
    """Each draft is a record of the instance afterwards, ACLs included."""
    made = built(shown(lab))
    assert [item for item in made.access if item.table == "sys_security_acl"]
    assert install(lab, made, "rules.xml", "access.xml") == []
    for item in (*made.rules, *made.access):
        assert lab.store.get(item.table, item.sys_id) is not None, item.target_name


@pytest.mark.parametrize("build", ["one", "two"])
def test_a_second_import_changes_nothing(lab: Lab, build: str) -> None:
    """As the same file where its set was not kept, and as a fresh build."""
    acls = shown(lab)
    install(lab, built(acls), "rules.xml", "access.xml")
    before = rows(lab)
    for row in lab.store.find("sys_remote_update_set"):
        lab.store.remove("sys_remote_update_set", row["sys_id"])
    assert install(lab, built(acls, build=build), "rules.xml", "access.xml") == []
    assert rows(lab) == before


def test_the_roll_back_leaves_the_instance_as_it_was(lab: Lab) -> None:
    """Record for record, in every table that a set may touch."""
    before = rows(lab)
    made = built(shown(lab))
    install(lab, made, "rules.xml", "access.xml")
    assert rows(lab) != before
    assert install(lab, made, "rollback.xml") == []
    assert rows(lab) == before
