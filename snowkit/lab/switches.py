"""How the emulated instance behaves where instances differ, or where nobody has measured what they do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from snowkit.errors import LabError

Status = Annotated[int, Field(ge=200, le=599)]
Seconds = Annotated[float, Field(ge=0, le=600)]


class Switches(BaseModel):
    """Every switch with its default, which is what a quiet, current instance does.

    What an instance keeps in a record (plug-ins, `ws_access`, the shipped policies, properties such as
    `glide.oauth.state.parameter.required`) is changed in that record, not here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    release: Literal["yokohama", "zurich", "australia"] = "australia"
    away: Literal["no", "hibernating", "offline", "login", "login_redirect"] = "no"
    """What every path answers instead of its own answer: a page of that kind, or nothing unusual."""
    longest_url: Annotated[int, Field(gt=0)] = 16384
    """Bytes of path and query above which the edge answers 414; that 23,000 are too many is all that is known."""
    bad_gateway_percent: Annotated[int, Field(ge=0, le=100)] = 0
    rate_limit: Annotated[int, Field(ge=0)] = 0
    """Requests an hour for each user before 429; 0 is no limit."""
    retry_after: Literal["seconds", "date", "day", "junk", "none"] = "seconds"
    """What a 429 says in Retry-After: the seconds left, the date of the hour's end, 86400, no time, nothing."""
    wrong_shape: Literal["no", "list", "empty", "null", "text", "error"] = "no"
    """JSON that every REST API answers instead of its own: of another shape, or a result with an error beside it."""
    redirect_to: str = ""
    """Base URL to which every REST path is redirected with 302, query and all; empty is none."""
    byte_delay: Annotated[float, Field(ge=0, le=60)] = 0.0
    """Seconds before each byte of an answer's body."""
    answer_delay: Seconds = 0.0
    clock_skew: Annotated[float, Field(ge=-864000, le=864000)] = 0.0
    """Seconds that the instance's clock is ahead of the machine's."""

    basic_auth_restriction: bool = False
    policy_refusal: Status = 401
    """Status where a REST API access policy refuses; 403 is conceivable."""
    unpolicied_refusal: Status = 401
    """Status for a restricted token on an API that no policy covers; not documented."""
    oauth_errors: Literal["server_error", "rfc"] = "server_error"
    denied_consent: Literal["access_denied", "nothing"] = "access_denied"

    acl_shadowing: bool = True
    """Whether the most specific matching ACL name hides the wider ones, or is only tried first."""
    query_acl: Literal["forbid", "strip"] = "forbid"
    invalid_query: Literal["ignore", "no_rows", "forbid"] = "ignore"
    before_query: Mapping[str, str] = {}
    """Encoded queries by table whose rows alone are seen, as a before-query rule or domain leaves them."""
    domains: Mapping[str, str] = {}
    """Encoded queries by table for the rows of the callers' domain; `sysparm_query_no_domain` looks past it."""
    views: Mapping[str, tuple[str, ...]] = {}
    """Fields by `table.view` for `sysparm_view`; a view that is not here shows all fields."""
    mandatory_by_data_policy: Mapping[str, tuple[str, ...]] = {}
    aggregate_respects_acls: bool = False

    transaction_quota: Literal["off", "error", "partial", "truncated"] = "off"
    quota_commits_writes: bool = True
    malformed_json: Status = 400
    media_types_required: bool = False
    """Whether a write without Accept or Content-Type is 400, as documented; clients send DELETE with neither."""
    case_put_status: Literal[200, 201] = 200
    case_list_limit: Annotated[int, Field(gt=0)] = 10
    unreadable_attachments: Literal["hidden", "forbidden"] = "hidden"

    commit_delay: Seconds = 0.0
    """Seconds between a record's stamps and the moment when others see it."""
    attachment_bytes_delay: Seconds = 0.0
    audit_inserts: bool = False
    journal_rules: bool = True
    """Whether rules on sys_journal_field run when a comment is written."""
    journal_rules_without_workflow: bool = False
    """Whether they run even where setWorkflow(false) silenced the parent's rules."""
    async_delay: Seconds = 0.0
    inbox: Literal["ok", "down", "error", "lost", "slow"] = "ok"
    """How the emulated platform's webhook inbox answers."""


class SwitchBoard:
    """The switches as they stand now; `current` is replaced whole, so a reader never sees half a change."""

    def __init__(self) -> None:
        self.current = Switches()

    def change(self, changes: Mapping[str, Any]) -> Switches:
        """Set some switches and return all; raises `LabError` naming the wrong one, and then changes none."""
        wanted = self.current.model_dump(mode="json") | dict(changes)
        try:
            self.current = Switches.model_validate_json(json.dumps(wanted))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise LabError(
                f"The lab's switch {name} cannot be set: {first['msg']}.",
                "GET /switches on the control address lists all of them.",
            ) from error
        return self.current

    def reset(self) -> None:
        """Put every switch back to its default."""
        self.current = Switches()
