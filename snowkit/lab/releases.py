"""What differs between ServiceNow's releases in the records of an instance."""

from __future__ import annotations

from snowkit.lab.encoded import equals
from snowkit.lab.store import Store

# source: auth_model 1.3 and 5.2: the granular audit roles come with Australia, Machine Identity with Zurich.
_AUDIT_ROLES = ("audit_viewer", "audit_admin")
_MACHINE_IDENTITY = "com.glide.identity.machine_identity_management"


def apply(store: Store, release: str) -> None:
    """Make the shipped records those of a release: its name, its plug-ins, and who may read the audit."""
    with store.transaction():
        _set(store, "sys_properties", "name", "glide.buildname", {"value": release.capitalize()})
        plugin = {"active": "inactive" if release == "yokohama" else "active"}
        _set(store, "v_plugin", "id", _MACHINE_IDENTITY, plugin)
        _set(store, "sys_plugins", "source", _MACHINE_IDENTITY, plugin)
        for role in _AUDIT_ROLES:
            for link in store.find("sys_security_acl_role", f"sys_user_role.name={role}"):
                active = "true" if release == "australia" else "false"
                store.patch("sys_security_acl", link["sys_security_acl"], {"active": active})


def _set(store: Store, table: str, field: str, name: str, changes: dict[str, str]) -> None:
    for row in store.find(table, equals(**{field: name})):
        store.patch(table, row["sys_id"], changes)
