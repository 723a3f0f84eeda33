"""The whole list of checks, in the order in which a person reads them, and one run of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from snowkit.checks import apis, identity, oauth, policies, properties, reach, rules, tables
from snowkit.checks.configuration import Configuration
from snowkit.checks.context import Context
from snowkit.engine.check import Check
from snowkit.engine.events import Event
from snowkit.engine.result import Report, Subject
from snowkit.engine.run import run, select
from snowkit.errors import InstanceError
from snowkit.instance.address import core_domain
from snowkit.instance.session import Session
from snowkit.pack.model import Pack
from snowkit.profile import Profile

TOPICS: tuple[Callable[[Pack], tuple[Check[Context], ...]], ...] = (
    lambda pack: reach.checks(),
    lambda pack: oauth.checks(),
    lambda pack: identity.checks(),
    apis.checks,
    policies.checks,
    tables.checks,
    rules.checks,
    properties.checks,
)
"""One topic a file; to add a check, add it to its topic, to add a topic, add a line here."""


def plan(pack: Pack, capabilities: Iterable[str] = ()) -> tuple[Check[Context], ...]:
    """Return the checks that any of `capabilities` needs; every check without one."""
    wanted = set(capabilities)
    made = [check for topic in TOPICS for check in topic(pack)]
    return tuple(c for c in made if not c.capabilities or not wanted or wanted & set(c.capabilities))


async def check(
    session: Session,
    pack: Pack,
    profile: Profile,
    emit: Callable[[Event], None] = lambda event: None,
    *,
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    every: bool = False,
    allow_writes: bool = False,
    allow_unknown: bool = False,
) -> Report:
    """Probe one connection and return the report; `every` checks what other capabilities need, too."""
    started = datetime.now(UTC)
    before = session.requests
    inspector = session.inspector
    context = Context(session, pack, profile, Configuration(inspector) if inspector else None)
    planned = plan(pack, () if every else profile.capability)
    chosen = select(planned, only=only, skip=skip)
    findings = await run(chosen, context, emit, allow_writes=allow_writes)
    subject = await _subject(context)
    requests, left_out = session.requests - before, len(planned) - len(chosen)
    return Report(subject, started, datetime.now(UTC), requests, findings, allow_unknown, left_out)


async def _subject(context: Context) -> Subject:
    user, release = "", ""
    try:
        found = await context.user()
        user = found[1] if found else ""
    except InstanceError:
        user = ""
    if context.configuration is not None:
        release = await _release(context.configuration)
    profile = context.profile
    return Subject(
        url=context.session.login.url,
        name=profile.instance_name or core_domain(context.session.login.url),
        release=release,
        user=user,
        client_id=profile.client_id,
        pack=context.pack.name,
        capabilities=profile.capability,
        page=context.pack.page,
    )


async def _release(configuration: Configuration) -> str:
    """Return the release's family name, such as `australia`; empty when none is shown.

    Source: instances keep `glide-<family>-<date>__patch…` in one of these properties, which one depends on the
    release, and the family alone in `glide.buildname`.
    """
    names = "glide.buildname,glide.buildtag,glide.buildtag.last,glide.war"
    try:
        rows, _ = await configuration.rows("sys_properties", f"nameIN{names}", ("name", "value"))
    except InstanceError:
        return ""
    tags = [re.match(r"(?:glide-)?([a-z]+)(?:-|$)", str(row.get("value", "")).lower()) for row in rows]
    return next((tag.group(1) for tag in tags if tag), "")
