"""The configuration records that reasoning about access starts from, as an inspector reads them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Acl:
    """One row of `sys_security_acl`, with the names of its roles from `sys_security_acl_role`.

    `name` is `table`, `table.field`, `table.*`, `*` or the name of a REST endpoint; `type` the plain word
    (`record`, `REST_Endpoint`).
    """

    sys_id: str
    name: str
    operation: str
    type: str = "record"
    active: bool = True
    condition: str = ""
    script: str = field(default="", repr=False)
    admin_overrides: bool = True
    roles: frozenset[str] = frozenset()
    decision: str = "allow"
    attribute: bool = False
    """Whether a security attribute must hold, too; what it asks for is not read."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One inbound authentication profile; `entity` is the sys_id of the OAuth entity that it asks for."""

    sys_id: str
    name: str
    type: str = ""
    entity: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """One row of `sys_api_access_policy`, with the profiles that `sys_auth_profile_mapping` maps to it."""

    sys_id: str
    name: str
    api_path: str
    active: bool = True
    method: str = ""
    resource: str = ""
    version: str = ""
    all_methods: bool = True
    all_resources: bool = True
    all_versions: bool = True
    all_tables: bool = False
    tables: frozenset[str] = frozenset()
    is_global: bool = False
    profiles: tuple[Profile, ...] = ()
