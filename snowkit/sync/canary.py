"""What the steps of one canary run share: the connection, the tag, and the records that were made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from snowkit.engine.finding import Fix, Outcome, Owner, gap, unknown
from snowkit.instance import table
from snowkit.instance.client import Client, Reply
from snowkit.instance.evidence import Evidence
from snowkit.instance.session import Session
from snowkit.journal import Entry, Journal, new_tag
from snowkit.pack.model import Pack, Rule
from snowkit.profile import Profile
from snowkit.sync.inbox import Inbox

UNDECIDED = frozenset({"edge", "rate_limit", "network", "not_observable"})
"""Causes of a refused request that say nothing about the customer's configuration."""

ATTACHMENTS = "sys_attachment"
JOURNAL = "sys_journal_field"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a step waits before it judges, in seconds."""

    webhook: float = 60.0
    pull: float = 10.0
    content: float = 30.0
    pause: float = 0.3
    """Between two looks."""
    first_diagnosis: float = 1.0
    """Until the first look for a reason why a webhook does not come."""


@dataclass(slots=True)
class Canary:
    """One run; `sys_id` is empty until the case is there, `bookmark` is where a pull would begin."""

    session: Session
    pack: Pack
    profile: Profile
    journal: Journal
    inbox: Inbox | None = None
    patience: Patience = Patience()
    tag: str = field(default_factory=new_tag)
    user: str = ""
    """The token's user name; empty where the instance does not say."""
    accepted: bool = False
    """Whether the instance accepted the token for some request of this run."""
    tried: bool = False
    """Whether something may have been written, be it without an answer."""
    bookmark: str = ""
    sent: Mapping[str, str] = field(default_factory=dict, repr=False)
    sys_id: str = ""
    number: str = ""
    row: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The case as the integration pulled it."""
    pull: Evidence | None = None
    """The exchange that brought the row."""
    refused: bool = False
    """Whether the instance said no to the case, so that there is none."""
    entry: str = ""
    """The comment's row in sys_journal_field."""
    entry_since: str = ""
    """The instance's stamp of that row (UTC)."""
    attachment: str = ""
    attachment_since: str = ""
    silenced: Outcome | None = None
    """Why no webhook of this instance arrives, once that is known not to depend on the rule."""

    _writes: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def integration(self) -> Client:
        """The client that asks as the integration."""
        return self.session.integration

    @property
    def token_is_good(self) -> bool:
        """Whether the token is proven: accepted elsewhere in this run, or living and renewable, as checks say."""
        tokens = self.session.bearer.tokens
        return self.accepted or (tokens.usable(time.time()) and bool(tokens.refresh_token))

    @property
    def inspector(self) -> Client | None:
        """The client that may look into configuration, upload and delete; None without one."""
        return self.session.inspector

    @property
    def url(self) -> str:
        """The instance's address."""
        return self.session.login.url

    @property
    def case_table(self) -> str:
        """The table in which the canary is made."""
        return self.pack.case_tables[0]

    def rule(self, id_: str) -> Rule:
        """Return the pack's rule of that id."""
        return next(rule for rule in self.pack.rule if rule.id == id_)

    @property
    def since(self) -> str:
        """The instance's stamp (UTC) since which its logs may speak of the canary."""
        return str(self.row.get("sys_created_on") or self.bookmark)

    def note(self, name: str, sys_id: str = "", *, gone: bool = False) -> None:
        """Write into the journal what is about to be made, was made, or is gone; raises `OutputError`."""
        self.tried = True
        self.journal.write(Entry(self.url, name, self.tag, sys_id, gone))

    async def write(self, act: Coroutine[Any, Any, Value]) -> Value:
        """Do something on the instance that an interruption must not cut in two."""
        task = asyncio.ensure_future(act)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    async def calm(self) -> None:
        """Wait until no write is under way, whatever came of it."""
        await asyncio.gather(*self._writes, return_exceptions=True)

    async def find(self, client: Client) -> list[dict[str, str]]:
        """Return the canary's cases as `client` sees them, found by the tag; never a foreign one."""
        reply = await table.read(
            client,
            self.case_table,
            f"short_descriptionSTARTSWITH{self.tag}",
            fields=("sys_id", "number", "short_description"),
            limit=10,
        )
        return [row for row in reply.rows if str(row.get("short_description", "")).startswith(self.tag)]


def decided(reply: Reply) -> bool:
    """Whether the instance's configuration said no, so that nothing was written."""
    return reply.failure is not None and 400 <= reply.status < 500 and reply.failure.cause not in UNDECIDED


def accepts(reply: Reply) -> bool:
    """Whether an answer shows that the token is accepted: it was judged by something behind authentication."""
    failure = reply.failure
    return failure is None or (decided(reply) and failure.cause != "authentication")


def refusal(canary: Canary, reply: Reply, what: str) -> Outcome:
    """Return the outcome of a refused request: a gap where ServiceNow's words name a layer, else unknown."""
    assert reply.failure is not None
    failure = reply.failure
    summary = f"{what}: HTTP {reply.status}, {failure.words}."
    if failure.cause == "authentication":
        return _unauthenticated(canary, reply, summary)
    fix = _look("Open what refused the request; snowkit check names the layer and the clicks.")
    if failure.cause in UNDECIDED:
        return unknown(failure.cause, summary, reply.evidence(), fix=fix)
    return gap(failure.cause, summary, fix, reply.evidence())


def _unauthenticated(canary: Canary, reply: Reply, summary: str) -> Outcome:
    """Judge a 401; its words are the same for every layer that says them (source: REST behaviour, 0.9)."""
    if not canary.token_is_good:
        fix = Fix(Owner.ENGINEER, "Sign in again.", ("Run snowkit login.", "Run snowkit sync again."))
        told = (
            f"{summary} The instance accepts the token nowhere, and there is no refresh token to replace it."
        )
        return gap("token", told, fix, reply.evidence())
    told = (
        f"{summary} The token is good. A REST API Access Policy, token restriction, an adaptive policy and a missing "
        "snc_platform_rest_api_access say it alike."
    )
    fix = _look("Find the layer that refuses the good token; snowkit check reads the policies and names it.")
    return unknown("authentication", told, reply.evidence(), fix=fix)


def _look(summary: str) -> Fix:
    steps = ("Run snowkit check.", "Do what it says.", "Run snowkit sync again.")
    return Fix(Owner.SERVICENOW_ADMIN, summary, steps)
