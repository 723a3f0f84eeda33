"""ACLs read from the list views that an administrator exported."""

from __future__ import annotations

from pathlib import Path

import pytest

from snowkit.access.records import Acl
from snowkit.access.snapshot import acls
from snowkit.errors import UsageError

RULES = """<?xml version="1.0" encoding="UTF-8"?><unload unload_date="2026-01-01 00:00:00">
<sys_security_acl action="INSERT_OR_UPDATE"><active>true</active><admin_overrides>true</admin_overrides>
<advanced>{advanced}</advanced><condition table="sys_audit">tablename=x^EQ</condition><name>sys_audit</name>
<operation display_value="read">read</operation><script>answer = true;</script><sys_id>a1</sys_id>
<type display_value="record">record</type></sys_security_acl>
</unload>
"""
ROLES = """<?xml version="1.0" encoding="UTF-8"?><unload unload_date="2026-01-01 00:00:00">
<sys_security_acl_role action="INSERT_OR_UPDATE"><sys_security_acl display_value="sys_audit">a1</sys_security_acl>
<sys_user_role display_value="admin" name="admin">r1</sys_user_role></sys_security_acl_role>
</unload>
"""


def snapshot(folder: Path, rules: str = RULES.format(advanced="false"), roles: str = ROLES) -> Path:
    """Return a folder that holds the two exports."""
    (folder / "sys_security_acl.xml").write_text(rules, encoding="utf-8")
    (folder / "sys_security_acl_role.xml").write_text(roles, encoding="utf-8")
    return folder


def test_an_acl_has_its_roles_and_its_condition(tmp_path: Path) -> None:
    """A script that is switched off is no script."""
    assert acls(snapshot(tmp_path)) == (
        Acl("a1", "sys_audit", "read", "record", True, "tablename=x", "", True, frozenset({"admin"})),
    )


def test_the_script_of_an_advanced_acl_counts(tmp_path: Path) -> None:
    """It is kept for reasoning."""
    (acl,) = acls(snapshot(tmp_path, RULES.format(advanced="true")))
    assert acl.script == "answer = true;"


@pytest.mark.parametrize(
    ("rules", "roles", "reason"),
    [
        ("<unload/>", ROLES, "no exported record of sys_security_acl."),
        (RULES, "<unload/>", "no exported record of sys_security_acl_role"),
        ("<unload>", ROLES, "not well-formed"),
        ("<!-- <unload> --><!DOCTYPE a><unload/>", ROLES, "document type"),
        ("Please sign in", ROLES, "XML element"),
    ],
)
def test_a_snapshot_that_is_none_is_refused(tmp_path: Path, rules: str, roles: str, reason: str) -> None:
    """An ACL without its roles would look open to everybody; so nothing is concluded from half a snapshot."""
    with pytest.raises(UsageError) as caught:
        acls(snapshot(tmp_path, rules, roles))
    assert reason in caught.value.what
    assert caught.value.next_step


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """The system's reason is said."""
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        acls(tmp_path / "none")
