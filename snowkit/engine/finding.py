"""What a check says: a verdict, how well it is known, the layer at fault, the evidence and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snowkit.instance.evidence import Evidence


class Verdict(StrEnum):
    """`unknown` is never shown as met nor as gap; `blocked` names the finding that stands in the way."""

    MET = "met"
    GAP = "gap"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


class Grade(StrEnum):
    """How well a verdict is known; `reachable` is never enough for `met`."""

    PROVEN = "proven"
    STATIC = "static"
    REACHABLE = "reachable"
    NONE = "none"


class Level(StrEnum):
    """Whether a gap stands in the way of the integration; declared, never decided at run time."""

    REQUIRED = "required"
    ADVISED = "advised"


class Owner(StrEnum):
    """Whose next action it is."""

    SERVICENOW_ADMIN = "servicenow_admin"
    SECURITY = "security"
    NETWORK = "network"
    THELOOPS = "theloops"
    ENGINEER = "engineer"


CAUSES = frozenset(
    (
        "none",
        "network",
        "dns",
        "tls",
        "edge",
        "clock",
        "rate_limit",
        "authentication",
        "token",
        "token_expiry",
        "oauth_entity",
        "identity",
        "policy",
        "token_restriction",
        "scope",
        "endpoint_acl",
        "web_service_access",
        "table_missing",
        "api_missing",
        "plugin_missing",
        "query_acl",
        "row_acl",
        "field_acl",
        "write_acl",
        "data_policy",
        "business_rule",
        "rule_missing",
        "rule_inactive",
        "rule_misconfigured",
        "rule_duplicate",
        "property",
        "clone",
        "domain",
        "not_permitted",
        "not_observable",
        "empty",
        "webhook_not_sent",
        "webhook_refused",
        "webhook_late",
        "webhook_missing",
        "signature",
        "echo_guard",
        "bytes_late",
        "field_mismatch",
        "pull_incomplete",
        "cleanup",
    )
)
"""The closed list of causes (the report's contract)."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Who does what next; `steps` is the click path, `carried_by` the generated part that does it."""

    owner: Owner
    summary: str
    steps: tuple[str, ...] = ()
    carried_by: str | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe returns; raises ValueError for an unlisted cause, or a `met` that is merely reachable."""

    verdict: Verdict
    summary: str
    cause: str = "none"
    grade: Grade = Grade.NONE
    evidence: tuple[Evidence, ...] = ()
    fix: Fix | None = None

    def __post_init__(self) -> None:
        if self.cause not in CAUSES:
            raise ValueError(f"{self.cause} is not a cause of the report's contract")
        if self.verdict is Verdict.MET and self.grade in (Grade.REACHABLE, Grade.NONE):
            raise ValueError("met must be proven or static")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome within a run."""

    id: str
    title: str
    level: Level
    source: str
    outcome: Outcome
    blocked_by: str | None = None
    duration_ms: int = 0
    why: str = ""

    @property
    def verdict(self) -> Verdict:
        """The outcome's verdict."""
        return self.outcome.verdict


def met(summary: str, *evidence: Evidence, grade: Grade = Grade.PROVEN) -> Outcome:
    """Return a `met` outcome."""
    return Outcome(Verdict.MET, summary, grade=grade, evidence=evidence)


def gap(
    cause: str, summary: str, fix: Fix | None, *evidence: Evidence, grade: Grade = Grade.PROVEN
) -> Outcome:
    """Return a `gap` outcome."""
    return Outcome(Verdict.GAP, summary, cause, grade, evidence, fix)


def unknown(
    cause: str, summary: str, *evidence: Evidence, fix: Fix | None = None, grade: Grade = Grade.NONE
) -> Outcome:
    """Return an `unknown` outcome."""
    return Outcome(Verdict.UNKNOWN, summary, cause, grade, evidence, fix)
