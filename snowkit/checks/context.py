"""What every probe is given: the open connection, the pack, the profile, and answers that several need."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from snowkit.checks.configuration import Configuration, NotObserved
from snowkit.engine.finding import Fix, Outcome, Owner, unknown
from snowkit.instance import table
from snowkit.instance.client import Client, Reply
from snowkit.instance.session import Session
from snowkit.pack.model import Pack
from snowkit.profile import Profile

STAMP = "%Y-%m-%d %H:%M:%S"
"""How an instance writes a date and time, in UTC."""

FIRST = 15.0
"""Seconds that the first questions may take: an instance that is away is named soon."""

WINDOW = timedelta(days=30)
"""How far back a probe looks in tables that hold millions of rows."""


@dataclass(slots=True)
class Context:
    """One run's view of one connection."""

    session: Session
    pack: Pack
    profile: Profile
    configuration: Configuration | None = None
    _answers: dict[str, asyncio.Task[Reply]] = field(default_factory=dict)

    @property
    def integration(self) -> Client:
        """The client that asks as the integration."""
        return self.session.integration

    async def greeting(self) -> Reply:
        """Return the answer to a request without credentials: it shows whether this is an instance's REST API."""
        return await self._once("greeting", "sys_user", self.session.anonymous, "")

    async def me(self) -> Reply:
        """Return the answer to the question who the token is."""
        return await self._once("me", "sys_user", self.integration, "sys_id=javascript:gs.getUserID()")

    async def _once(self, key: str, name: str, client: Client, query: str) -> Reply:
        if key not in self._answers:
            fields = ("sys_id", "user_name")
            self._answers[key] = asyncio.ensure_future(
                table.read(client, name, query, fields=fields, limit=2, count=True, deadline=FIRST)
            )
        return await asyncio.shield(self._answers[key])

    async def user(self) -> tuple[str, str] | None:
        """Return sys_id and user name of the token's user; None when the instance does not say.

        Exactly one row must match, before row ACLs: a refused function would drop the clause and return anybody.
        """
        reply = await self.me()
        rows = reply.rows
        if reply.total == 1 and len(rows) == 1 and rows[0].get("sys_id") and rows[0].get("user_name"):
            return str(rows[0]["sys_id"]), str(rows[0]["user_name"])
        return None

    async def now(self) -> datetime:
        """Return the instance's own clock, in UTC, from its `Date` header; ours where it sends none."""
        text = (await self.greeting()).headers.get("date", "")
        try:
            return parsedate_to_datetime(text).astimezone(UTC)
        except ValueError:
            return datetime.now(UTC)

    async def since(self) -> str:
        """Return the start of the time window, as an instance writes it."""
        return (await self.now() - WINDOW).strftime(STAMP)


def inspector_needed(what: str) -> Outcome:
    """Return the `unknown` of a check that reads configuration when nobody may."""
    return unknown(
        "not_permitted",
        f"Not checked, because no inspector is configured: {what} stands in configuration tables.",
        fix=Fix(
            Owner.ENGINEER,
            "Ask the customer's administrator for a login that may read configuration.",
            (
                "Set SNOWKIT_INSPECTOR_USER and SNOWKIT_INSPECTOR_PASSWORD (or SNOWKIT_INSPECTOR_TOKEN).",
                "Run again.",
            ),
        ),
    )


def not_observed(error: NotObserved) -> Outcome:
    """Return the `unknown` of a check whose configuration the inspector cannot read whole."""
    return unknown("not_permitted", str(error), error.evidence)
