"""Which REST API access policy decides about a request, and whether the caller's way to sign in passes it.

source: auth_model 2.1 and 2.2. Only the policy of the highest documented priority is enforced. Not documented,
and so the lab's choice: a policy that names its API and applies to all of everything stands just above the
global ones; of several with one priority any may let the caller in; an OAuth profile without an entity stands
for every OAuth client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_GLOBAL_WITH_METHOD, _GLOBAL = 9, 10
# Method, resource and version, as far as a policy names one; the priority is the position, from 1.
_PRIORITIES = (
    (True, True, True),
    (True, True, False),
    (False, True, True),
    (False, True, False),
    (True, False, True),
    (True, False, False),
    (False, False, True),
    (False, False, False),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """An inbound authentication profile: `basic_auth`, `oauth` or another type, and the OAuth entity it names."""

    type: str
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """An active policy. None for `method`, `resource` or `version` is "apply to all"; no tables are all tables.

    `profiles` are the active ones, the most recently mapped first.
    """

    name: str
    api_path: str = ""
    method: str | None = None
    resource: str | None = None
    version: str | None = None
    tables: frozenset[str] = frozenset()
    is_global: bool = False
    profiles: tuple[Profile, ...] = ()
    advertises_all: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: `resource` is the path without /api and version, `kind` how the caller proved himself.

    `entity` and `restricted` are the OAuth entity of the caller's token and its "Enforce token restriction".
    """

    api_path: str
    method: str
    resource: str
    version: str
    kind: Literal["basic", "oauth"]
    table: str = ""
    entity: str = ""
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`refused_by` is empty where the caller may pass; `policies` are those that decided."""

    refused_by: Literal["", "policy", "restriction"] = ""
    policies: tuple[Policy, ...] = ()

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes of the deciding profiles, the most recently mapped first: BASIC and BEARER."""
        types = (profile.type for policy in self.policies for profile in policy.profiles)
        return tuple(dict.fromkeys("BASIC" if type_ == "basic_auth" else "BEARER" for type_ in types))


def decide(policies: Iterable[Policy], request: Request) -> Decision:
    """Return what the policies say about a request."""
    found = [(priority(policy), policy) for policy in policies if covers(policy, request)]
    highest = min((rank for rank, _ in found), default=0)
    winners = tuple(policy for rank, policy in found if rank == highest)
    if any(_passes(profile, request) for policy in winners for profile in policy.profiles):
        return Decision(policies=winners)
    if request.restricted:
        mapped = any(policy.profiles for policy in winners)
        return Decision("policy" if mapped else "restriction", winners)
    if not winners or any(not policy.profiles for policy in winners):
        return Decision(policies=winners)
    return Decision("policy", winners)


def priority(policy: Policy) -> int:
    """Return the documented priority of a policy, 1 the most specific."""
    if policy.is_global:
        return _GLOBAL if policy.method is None else _GLOBAL_WITH_METHOD
    named = (policy.method is not None, policy.resource is not None, policy.version is not None)
    return _PRIORITIES.index(named) + 1


def covers(policy: Policy, request: Request) -> bool:
    """Say whether a policy is about a request; its list of tables takes part."""
    if not policy.is_global and policy.api_path.strip("/") != request.api_path:
        return False
    if policy.method is not None and policy.method.upper() != request.method:
        return False
    if policy.version is not None and policy.version != request.version:
        return False
    if policy.resource is not None and not fits(policy.resource, request.resource):
        return False
    return not (request.table and policy.tables) or request.table in policy.tables


def fits(template: str, resource: str) -> bool:
    """Say whether a path is one of a resource such as `/now/table/{tableName}`."""
    wanted, given = template.strip("/").split("/"), resource.strip("/").split("/")
    return len(wanted) == len(given) and all(
        bool(re.fullmatch(r"\{\w+\}", part)) or part == there
        for part, there in zip(wanted, given, strict=True)
    )


def _passes(profile: Profile, request: Request) -> bool:
    if request.kind == "basic":
        return profile.type == "basic_auth"
    return profile.type == "oauth" and profile.entity in ("", request.entity)
