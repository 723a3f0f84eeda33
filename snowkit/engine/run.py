"""Runs a plan of checks: what may run at once does, and each failure is laid at its root."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter

from snowkit.engine.check import Check, Context
from snowkit.engine.events import Event, Finished, Planned, Started
from snowkit.engine.finding import Finding, Outcome, Verdict, unknown
from snowkit.errors import OAuthError, SnowkitError, Unreachable, UsageError


def select(
    checks: Iterable[Check[Context]], *, only: Iterable[str] = (), skip: Iterable[str] = ()
) -> tuple[Check[Context], ...]:
    """Return the checks whose id equals or begins with one of `only`, with what they need, without `skip`.

    Raises `UsageError` for a name that matches no check.
    """
    every = tuple(checks)
    by_id = {check.id: check for check in every}
    wanted = {check.id for check in every if not only or _matches(check.id, only)}
    for name in (*only, *skip):
        if not any(_matches(check.id, [name]) for check in every):
            raise UsageError(f"No check is called {name}.", "snowkit check --list names them all.")
    queue = list(wanted)
    while queue:
        check = by_id[queue.pop()]
        for other in (*check.needs, *check.roots):
            if other in by_id and other not in wanted:
                wanted.add(other)
                queue.append(other)
    return tuple(check for check in every if check.id in wanted and not _matches(check.id, skip))


def _matches(id_: str, names: Iterable[str]) -> bool:
    return any(id_ == name or id_.startswith(f"{name}.") for name in names)


async def run(
    checks: tuple[Check[Context], ...],
    context: Context,
    emit: Callable[[Event], None] = lambda event: None,
    *,
    allow_writes: bool = False,
) -> tuple[Finding, ...]:
    """Make every check and return the findings in the plan's order.

    A probe's known failures become `unknown`; an error that is not one of ours is a defect and is raised.
    """
    by_id = {check.id: check for check in checks}
    _refuse_cycles(by_id)
    emit(Planned(checks))
    loop = asyncio.get_running_loop()
    settled: dict[str, asyncio.Future[Finding]] = {check.id: loop.create_future() for check in checks}

    async def make(check: Check[Context]) -> None:
        started = time.monotonic()
        blocker = await _first(check.needs, settled, lambda finding: finding.verdict is not Verdict.MET)
        if blocker is not None:
            outcome, by = _blocked(blocker), blocker.blocked_by or blocker.id
        elif check.mutates and not allow_writes:
            outcome, by = _not_allowed(), None
        else:
            emit(Started(check.id))
            started = time.monotonic()
            outcome, by = await _probe(check, context), None
            if outcome.verdict in (Verdict.GAP, Verdict.UNKNOWN):
                root = await _first(check.roots, settled, _explains)
                if root is not None:
                    outcome, by = _blocked(root, outcome), root.blocked_by or root.id
        duration = round((time.monotonic() - started) * 1000)
        finding = Finding(check.id, check.title, check.level, check.source, outcome, by, duration, check.why)
        settled[check.id].set_result(finding)
        emit(Finished(finding))

    async with asyncio.TaskGroup() as group:
        for check in checks:
            group.create_task(make(check))
    return tuple(settled[check.id].result() for check in checks)


async def _probe(check: Check[Context], context: Context) -> Outcome:
    try:
        return await check.probe(context)
    except Unreachable as error:
        return unknown(error.cause, str(error))
    except OAuthError as error:
        return unknown("token", str(error))
    except SnowkitError as error:
        return unknown("not_observable", str(error))


async def _first(
    ids: tuple[str, ...], settled: dict[str, asyncio.Future[Finding]], test: Callable[[Finding], bool]
) -> Finding | None:
    for id_ in ids:
        if id_ in settled:
            finding = await asyncio.shield(settled[id_])
            if test(finding):
                return finding
    return None


def _explains(finding: Finding) -> bool:
    return finding.verdict in (Verdict.GAP, Verdict.BLOCKED)


def _blocked(blocker: Finding, seen: Outcome | None = None) -> Outcome:
    told = blocker.outcome.summary
    summary = told if blocker.blocked_by else f"Not judged, because {blocker.id} is {blocker.verdict}: {told}"
    return Outcome(Verdict.BLOCKED, summary, blocker.outcome.cause, evidence=seen.evidence if seen else ())


def _not_allowed() -> Outcome:
    return unknown(
        "not_permitted", "Not checked, because it writes on the instance; --allow-writes permits it."
    )


def _refuse_cycles(by_id: dict[str, Check[Context]]) -> None:
    graph = {check.id: {*check.needs, *check.roots} & by_id.keys() for check in by_id.values()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise UsageError(f"These checks wait for each other: {', '.join(error.args[1])}.") from error
