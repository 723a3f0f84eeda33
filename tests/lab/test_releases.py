"""What differs between releases."""

from __future__ import annotations

import pytest

from snowkit.lab.instance import Lab


@pytest.mark.parametrize(
    ("release", "audit_readers", "machine_identity"),
    [("yokohama", 0, False), ("zurich", 0, True), ("australia", 2, True)],
)
def test_roles_and_plug_ins_come_with_releases(
    lab: Lab, release: str, audit_readers: int, machine_identity: bool
) -> None:
    """Before Australia only administrators read the journal and the audit; there and back changes nothing else."""
    before = lab.store.find("sys_security_acl", "ORDERBYsys_id")
    lab.change_switches({"release": release})
    query = "active=true^operation=read^nameINsys_audit,sys_journal_field"
    assert lab.store.count("sys_security_acl", query) == audit_readers
    assert lab.has_plugin("com.glide.identity.machine_identity_management") == machine_identity
    assert lab.store.find("sys_properties", "name=glide.buildname")[0]["value"] == release.capitalize()
    lab.change_switches({"release": "australia"})
    assert lab.store.find("sys_security_acl", "ORDERBYsys_id") == before
