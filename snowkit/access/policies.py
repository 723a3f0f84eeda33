"""Which REST API access policy decides about a request, and whether our OAuth entity passes it.

Source: REST API access policy prioritization; facts on the access model, 2.1 and 2.2. Where the documentation
is silent the answer is None: two policies of one priority that disagree, a policy whose resource or version
cannot be compared, an OAuth profile without an entity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from snowkit.access.records import Policy, Profile

_EVERYTHING = 8
_LAST = 10
_SYS_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `resource` is its path without `/api`, `table` the table that the Table API is asked for."""

    api_path: str
    method: str
    resource: str = ""
    table: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """`allowed` is None where it cannot be told; `policy` is the one that decides, None when none covers it."""

    allowed: bool | None
    cause: str
    reason: str
    policy: Policy | None = None


def decide(policies: Iterable[Policy], request: Request, *, entity: str, restricted: bool | None) -> Decision:
    """Return what the policies say about a token of the OAuth entity with sys_id `entity`.

    `restricted` is the entity's "Enforce token restriction", None when it is not known.
    """
    sure, perhaps = winning(policies, request)
    told = [_by(policy, entity, restricted) for policy in (*sure, *perhaps)]
    if not sure:
        told.append(_uncovered(restricted))
    if len({(decision.allowed, decision.cause) for decision in told}) > 1:
        names = ", ".join(sorted(policy.name for policy in (*sure, *perhaps)))
        return Decision(
            None, "policy", f"Which of these policies decides cannot be told from records: {names}."
        )
    return told[0]


def winning(policies: Iterable[Policy], request: Request) -> tuple[list[Policy], list[Policy]]:
    """Return the policies of the highest priority that match, and those that may match and would come before.

    Several tie when their priority is the same; the documentation does not rank a policy that applies to all of
    everything against a global one, so these tie, too.
    """
    covers = [(policy, matches(policy, request)) for policy in policies if policy.active]
    best = min((priority(policy) for policy, fits in covers if fits), default=_LAST)
    if best == _EVERYTHING:
        best = _LAST
    sure = [policy for policy, fits in covers if fits and priority(policy) == best]
    if best == _LAST:
        sure = [policy for policy, fits in covers if fits and priority(policy) >= _EVERYTHING]
    perhaps = [policy for policy, fits in covers if fits is None and priority(policy) <= best]
    return sure, perhaps


def priority(policy: Policy) -> int:
    """Return the documented priority, 1 the most specific.

    "Apply to all" of everything stands between the documented rows 7 and 8: a policy that names its API is
    more specific than a global one.
    """
    method, resource, version = not policy.all_methods, not policy.all_resources, not policy.all_versions
    if policy.is_global:
        return 9 if method else 10
    order = {
        (True, True, True): 1,
        (True, True, False): 2,
        (False, True, True): 3,
        (False, True, False): 4,
        (True, False, True): 5,
        (True, False, False): 6,
        (False, False, True): 7,
        (False, False, False): 8,
    }
    return order[method, resource, version]


def matches(policy: Policy, request: Request) -> bool | None:
    """Whether a policy covers a request; None where the records do not tell.

    Which version an unversioned request has, and in which form the table list is stored, is not documented.
    """
    answers = (
        policy.is_global or policy.api_path.strip("/") == request.api_path,
        policy.all_methods or policy.method.upper() == request.method,
        _lists(policy, request.table),
        policy.all_resources or _fits(policy.resource, request.resource),
        True if policy.all_versions else None if not request.version else policy.version == request.version,
    )
    if False in answers:
        return False
    return None if None in answers else True


def _lists(policy: Policy, table: str) -> bool | None:
    if not table or not policy.tables or policy.all_tables or table in policy.tables:
        return True
    return None if any(_SYS_ID.fullmatch(entry) for entry in policy.tables) else False


def _fits(template: str, resource: str) -> bool | None:
    if not template:
        return None
    pattern = "/".join(
        "[^/]+" if part.startswith("{") else re.escape(part) for part in template.strip("/").split("/")
    )
    return re.fullmatch(pattern, resource.strip("/")) is not None


def _uncovered(restricted: bool | None) -> Decision:
    if restricted is None:
        return Decision(
            None, "token_restriction", "No policy covers it, and the token restriction is not known."
        )
    if restricted:
        return Decision(
            False,
            "token_restriction",
            "Token restriction is enforced, and no active policy covers the request.",
        )
    return Decision(True, "none", "No active policy covers it, and token restriction is off.")


def _by(policy: Policy, entity: str, restricted: bool | None) -> Decision:
    profiles = [profile for profile in policy.profiles if profile.active]
    if not profiles:
        return _uncovered_by(policy, restricted)
    if any(profile.entity == entity for profile in profiles if entity):
        return Decision(True, "none", f"{policy.name} maps our inbound authentication profile.", policy)
    if any(_any_oauth(profile) for profile in profiles):
        return Decision(
            None,
            "policy",
            f"{policy.name} maps an OAuth profile without an OAuth entity; its effect is not known.",
            policy,
        )
    names = ", ".join(sorted(profile.name.strip() for profile in profiles))
    return Decision(False, "policy", f"{policy.name} maps only other profiles: {names}.", policy)


def _uncovered_by(policy: Policy, restricted: bool | None) -> Decision:
    if restricted:
        return Decision(
            False,
            "token_restriction",
            f"Token restriction is enforced, and {policy.name} maps no profile.",
            policy,
        )
    return Decision(
        None,
        "policy",
        f"{policy.name} maps no active profile; what it refuses then is not documented.",
        policy,
    )


def _any_oauth(profile: Profile) -> bool:
    return not profile.entity and "oauth" in profile.type.lower()
