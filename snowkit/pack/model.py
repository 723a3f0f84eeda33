"""The shape of a pack: what an integration needs from an instance, row by row."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
"""A table, field or row id, as ServiceNow writes them."""

EncodedQuery = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\r\n]*$")]

Source = Literal["page", "snowkit", "optional"]
"""Who asks for a row: the vendor's page, snowkit (then `why` says the reason), or nobody insists."""

Level = Literal["required", "advised"]


class Row(BaseModel):
    """What every row of a pack has in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source: Source = "page"
    why: str = ""
    capabilities: tuple[Name, ...] = Field(default=(), strict=False)
    """The capabilities that need the row; empty means every one."""

    @model_validator(mode="after")
    def _reason_given(self) -> Self:
        if self.source == "snowkit" and not self.why:
            raise ValueError("a row with source = 'snowkit' must say why")
        return self


class Capability(BaseModel):
    """One use of the integration, as the vendor's page offers it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Name
    title: str
    pull_by: bool
    """Whether the platform's form asks for "Pull Record By"."""


class Redirect(BaseModel):
    """The platform's OAuth callback in one region."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    region: Name
    title: str
    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")]


class Api(Row):
    """One REST API: `api_path` is how a REST API access policy names it, `path` how a client calls it."""

    id: Name
    title: str
    api_path: str
    path: Annotated[str, StringConstraints(pattern=r"^/api/[a-z_/]+$")]
    write: bool = False
    plugin: str = ""
    role: str = ""
    """The role that the API's own REST endpoint ACL asks for; empty when it asks for none."""
    table: Name | None = None
    """The table whose records the API serves."""


class Access(BaseModel):
    """One right on one table, the roles that ship with ServiceNow and open it, smallest first."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    operations: tuple[Literal["read", "create", "write"], ...] = Field(strict=False, min_length=1)
    roles: tuple[str, ...] = Field(default=(), strict=False)
    through: Name = "table"
    """The API by which the right is used."""
    why: str = ""


class Table(Row):
    """One table: what is read, by which stamp it is pulled, and which rows an ACL of ours may open."""

    name: Name
    title: str
    stamp: Literal["sys_updated_on", "sys_created_on"] = "sys_updated_on"
    """The column by which the table is pulled; journal and audit rows have no `sys_updated_on`."""
    window: bool = False
    """Whether a probe must keep to a time window, because the table holds millions of rows."""
    fields: tuple[Name, ...] = Field(default=("sys_id",), strict=False)
    condition: EncodedQuery = ""
    """The row condition of an ACL of ours: it keeps to case records."""
    read: Access
    write: Access | None = None
    follows: tuple[Name, ...] = Field(default=(), strict=False)
    """Tables whose own rights decide about these rows; no ACL of ours is made then."""
    plugin: str = ""


class Policy(Row):
    """One REST API access policy of the hand-over."""

    id: Name
    name: str
    api: Name
    method: Literal["", "GET", "POST", "PUT", "PATCH"] = ""
    """Empty means "Apply to all methods"."""
    tables: tuple[Name, ...] = Field(default=(), strict=False)
    warning: str = ""


class Rule(Row):
    """One business rule that posts a webhook."""

    id: Name
    name: Annotated[str, StringConstraints(max_length=40)]
    level: Level = "required"
    table: Name
    when: Literal["after", "async"] = "after"
    insert: bool = True
    update: bool = True
    filter: EncodedQuery
    order: int = Field(default=1000, ge=1)
    template: Annotated[str, StringConstraints(pattern=r"^rules/[a-z_]+\.js\.j2$")]
    description: str


class Property(Row):
    """One system property that the rules read; `id` is the last part of its kind and name."""

    id: Name
    suffix: str
    """The name after the prefix, for example `webhook.enabled`."""
    type: Literal["string", "boolean", "password2"]
    value: str = ""
    description: str
    per_instance: bool = False
    """Whether the instance's name is the last part of the property's name, so that a clone reads none."""
    only_with: Literal["", "signing"] = ""


class Entity(BaseModel):
    """The OAuth entity, its inbound authentication profile, and the role, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    entity: str
    profile: str
    role: str
    role_description: str


class Pack(BaseModel):
    """Everything that one vendor's integration needs."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Name
    title: str
    prefix: Name
    page: str
    case_tables: tuple[Name, ...] = Field(strict=False, min_length=1)
    names: Entity
    capability: tuple[Capability, ...] = Field(strict=False, min_length=1)
    redirect: tuple[Redirect, ...] = Field(strict=False, min_length=1)
    api: tuple[Api, ...] = Field(strict=False, min_length=1)
    table: tuple[Table, ...] = Field(strict=False, min_length=1)
    policy: tuple[Policy, ...] = Field(strict=False, min_length=1)
    rule: tuple[Rule, ...] = Field(strict=False, min_length=1)
    property: tuple[Property, ...] = Field(strict=False, min_length=1)

    @model_validator(mode="after")
    def _rows_agree(self) -> Self:
        apis = _unique("api", [row.id for row in self.api])
        tables = _unique("table", [row.name for row in self.table])
        capabilities = _unique("capability", [row.id for row in self.capability])
        _unique("policy", [row.id for row in self.policy])
        _unique("rule", [row.id for row in self.rule])
        _unique("property", [row.id for row in self.property])
        _unique("redirect", [row.region for row in self.redirect])
        for policy in self.policy:
            _known("api", policy.api, apis, f"policy {policy.id}")
            for table in policy.tables:
                _known("table", table, tables, f"policy {policy.id}")
        for row in self.table:
            for table in row.follows:
                _known("table", table, tables, f"table {row.name}")
        for api in self.api:
            if api.table is not None:
                _known("table", api.table, tables, f"api {api.id}")
        for scoped in (*self.api, *self.table, *self.policy, *self.rule, *self.property):
            for capability in scoped.capabilities:
                _known("capability", capability, capabilities, type(scoped).__name__.lower())
        return self

    def redirect_url(self, region: str) -> str | None:
        """Return the platform's callback in `region`, or None when the page names none."""
        return next((row.url for row in self.redirect if row.region == region), None)

    def find_table(self, name: str) -> Table:
        """Return the row of a table; KeyError when the pack has none."""
        return next(row for row in self.table if row.name == name)

    def find_api(self, id_: str) -> Api:
        """Return the row of an API; StopIteration when the pack has none."""
        return next(row for row in self.api if row.id == id_)


def _unique(kind: str, names: list[str]) -> set[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{kind} {twice[0]} is listed twice")
    return set(names)


def _known(kind: str, name: str, names: set[str], where: str) -> None:
    if name not in names:
        raise ValueError(f"{where} names the {kind} {name}, which the pack does not list")
