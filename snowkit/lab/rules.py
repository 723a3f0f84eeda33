"""Business rules: which run for a change, in what order, and what becomes of what they do.

Choices where no document says how an instance behaves: an async rule finds the record as it is stored when the
rule runs, or as it was where it is gone; a rule that is at work on a record is not run again for it by what it
causes; chains of rules end after sixteen links.
source: business_rules 1.1
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from snowkit.lab import properties
from snowkit.lab.abort import Aborted
from snowkit.lab.js.engine import Engine, Failure, Job, Outcome
from snowkit.lab.js.host import Host
from snowkit.lab.moments import Asker, stamp
from snowkit.lab.outbound import Source
from snowkit.lab.query import matches
from snowkit.lab.script_mode import refused
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab
    from snowkit.lab.session import Session

__all__ = ["Aborted", "Change", "Rules"]

_DEEPEST = 16
_WORD = re.compile(r"[A-Za-z_$][\w$]*")


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a record, and who did it; `previous` is None on an insert."""

    operation: str
    table: str
    current: Row
    previous: Row | None
    session: Session


class Rules:
    """Runs the active sys_script rows; their scripts run in `engine`'s workers."""

    def __init__(self, lab: Lab, engine: Engine | None = None) -> None:
        self._lab = lab
        self.engine = engine or Engine()
        self._at_work = threading.local()
        self._query_rules: tuple[tuple[int, ...], dict[str, list[Row]]] = ((), {})

    def close(self) -> None:
        """End the script workers."""
        self.engine.close()

    def run(
        self, when: str, operation: str, table: str, current: Row, previous: Row | None, session: Session
    ) -> Row:
        """Run the rules of a moment (`before` or `after`) for a change, lowest order first.

        Returns `current` with what the rules set, which later rules see and only before rules save. A rule's
        error lands in the system log and stops neither the write nor the next rule. Raises `Aborted` where a before
        rule stops the write.
        """
        current = dict(current)
        for rule in self._selected(when, operation, table):
            change = Change(operation, table, current, previous, session)
            if self._wanted(rule, change):
                current |= self._work(rule, when, change)
        return current

    def later(
        self, operation: str, table: str, current: Row, previous: Row | None, session: Session
    ) -> list[Callable[[], None]]:
        """Return what queues the async rules of a change; their conditions have been asked by then.

        Conditions are asked when the change happens, may look at it, and must not be asked with the store's lock
        held: one that never ends would hold up everybody.
        """
        change = Change(operation, table, current, previous, session)
        return [
            partial(self._queue, rule, change)
            for rule in self._selected("async", operation, table)
            if self._wanted(rule, change) and self._holds(rule, change)
        ]

    def narrowed(self, table: str, session: Session) -> str:
        """Return the conditions that the before-query rules of a table add for a caller, as one encoded query.

        Only rules of the very table run, not those of the tables that it extends (source: business_rules 1.1).
        """
        version = self._lab.store.version("sys_script")
        if self._query_rules[0] != version:
            found: dict[str, list[Row]] = {}
            for rule in self._lab.store.find("sys_script", "active=true^when=before^action_query=true"):
                found.setdefault(rule["collection"], []).append(rule)
            self._query_rules = version, found
        added = []
        for rule in sorted(self._query_rules[1].get(table, ()), key=_order):
            change = Change("query", table, {"sys_id": ""}, None, session)
            busy = (rule["sys_id"], "") in [entry[:2] for entry in self._stack()]
            if rule["advanced"] != "true" or busy or not self._has_role(rule["role_conditions"], session):
                continue
            self._stack().append((rule["sys_id"], "", rule["name"]))
            try:
                added.append(self._script(rule, "before", change, script=rule["script"]).query)
            finally:
                self._stack().pop()
        return "^".join(filter(None, added))

    def _selected(self, when: str, operation: str, table: str) -> list[Row]:
        tables = [*self._lab.schema.ancestors(table), "global"]
        query = f"active=true^when={when}^action_{operation}=true^collectionIN{','.join(tables)}"
        return sorted(self._lab.store.find("sys_script", query), key=_order)

    def _wanted(self, rule: Row, change: Change) -> bool:
        """Say whether roles and filter let the rule run; its condition script is asked later."""
        if not self._has_role(rule["role_conditions"], change.session):
            return False
        session = change.session
        asker = Asker(self._lab.now(), session.user_id, session.user_name, session.time_zone)
        return matches(
            rule["filter_condition"],
            change.current,
            change.table,
            self._lab,
            previous=change.previous,
            asker=asker,
        )

    def _has_role(self, conditions: str, session: Session) -> bool:
        wanted = [role.strip() for role in conditions.split(",") if role.strip()]
        names = {(self._lab.store.get("sys_user_role", role) or {"name": role})["name"] for role in wanted}
        return not names or bool(names & session.roles)

    def _holds(self, rule: Row, change: Change) -> bool:
        if rule["advanced"] != "true" or not rule["condition"].strip():
            return True
        asked = self._script(rule, "condition", change, script="")
        return asked.ran and not asked.failure

    def _queue(self, rule: Row, change: Change) -> None:
        depth = self._depth() + 1
        if depth > _DEEPEST:
            self._host(rule, change).log(1, f"Too many rules in a row; {rule['name']} was not queued.")
            return
        trigger = {
            "sys_id": uuid4().hex,
            # source: rest_behaviour 6, unverified there.
            "name": f"ASYNC: {rule['name']}",
            "state": "0",
            "document": change.table,
            "document_key": change.current["sys_id"],
            "next_action": stamp(self._lab.now()),
        }
        self._lab.store.put("sys_trigger", trigger)

        def work() -> None:
            # Waits for the end of the transaction that queued the rule.
            with self._lab.store.lock:
                self._lab.store.remove("sys_trigger", trigger["sys_id"])
                stored = self._lab.store.get(change.table, change.current["sys_id"])
            now = Change(change.operation, change.table, stored or change.current, None, change.session)
            with self._chain(depth):
                self._work(rule, "async", now)

        self._lab.scheduler.add(trigger["name"], work)

    def _work(self, rule: Row, when: str, change: Change) -> Row:
        """Run one rule; returns the fields that it set."""
        key = (rule["sys_id"], change.current["sys_id"])
        stack = self._stack()
        if key in [entry[:2] for entry in stack] or self._depth() + len(stack) >= _DEEPEST:
            self._host(rule, change).log(1, f"Recursion: {rule['name']} was not run again.")
            return {}
        stack.append((*key, rule["name"]))
        try:
            outcome = self._act(rule, when, change)
            if outcome.aborted and when == "before":
                names = tuple(name for _, _, name in stack)
                raise Aborted(rule["collection"], rule["name"], rule["sys_id"], names)
            return outcome.changes
        finally:
            stack.pop()

    def _act(self, rule: Row, when: str, change: Change) -> Outcome:
        set_by_template = _template(rule["template"]) if when == "before" else {}
        aborting = rule["abort_action"] == "true"
        if rule["advanced"] != "true":
            return Outcome(changes=set_by_template, aborted=aborting)
        again = when != "async" or properties.on(self._lab.store, "glide.businessrule.async_condition_check")
        condition = rule["condition"] if again else ""
        outcome = self._script(rule, when, change, script=rule["script"], condition=condition)
        if not outcome.ran:
            return outcome
        return Outcome(changes=set_by_template | outcome.changes, aborted=aborting or outcome.aborted)

    def _script(
        self, rule: Row, when: str, change: Change, *, script: str, condition: str | None = None
    ) -> Outcome:
        host = self._host(rule, change)
        condition = rule["condition"] if condition is None else condition
        job = Job(script, self._context(rule, when, change), condition, self._includes(script + condition))
        outcome = refused(self._lab.store, rule, job) or self.engine.run(job, host)
        if outcome.failure:
            failed = condition if outcome.failure.part == "condition" else script
            host.log(2, _complaint(rule, outcome.failure, failed))
        return outcome

    def _context(self, rule: Row, when: str, change: Change) -> dict[str, Any]:
        session = change.session
        user = self._lab.store.get("sys_user", session.user_id) or {}
        return {
            "table": change.current.get("sys_class_name") or change.table,
            "rule_table": rule["collection"],
            "current": change.current,
            "previous": change.previous,
            "operation": change.operation,
            "when": when,
            "scope": rule["sys_scope"] or "global",
            "user": {
                "id": session.user_id,
                "name": session.user_name,
                "display": user.get("name", session.user_name),
                "roles": sorted(session.roles),
                "interactive": session.kind == "cookie",
            },
        }

    def _includes(self, text: str) -> dict[str, str]:
        """Return the script includes that a script names, and those that they name, the needed ones first."""
        rows = self._lab.store.find("sys_script_include", "active=true")
        known = {row["name"]: row["script"] for row in rows}
        found: dict[str, str] = {}

        def add(script: str) -> None:
            for name in dict.fromkeys(_WORD.findall(script)):
                if name in known and name not in found:
                    found[name] = known[name]
                    add(known[name])

        add(text) if known else None
        return dict(reversed(found.items()))

    def _host(self, rule: Row, change: Change) -> Host:
        scope = rule["sys_scope"] or "global"
        source = Source(change.table, change.current["sys_id"], scope, change.session)
        return Host(self._lab, change.session, source, rule["name"])

    def _stack(self) -> list[tuple[str, str, str]]:
        if not hasattr(self._at_work, "stack"):
            self._at_work.stack = []
        stack: list[tuple[str, str, str]] = self._at_work.stack
        return stack

    def _depth(self) -> int:
        return int(getattr(self._at_work, "depth", 0))

    @contextmanager
    def _chain(self, depth: int) -> Iterator[None]:
        before = self._depth()
        self._at_work.depth = depth
        try:
            yield
        finally:
            self._at_work.depth = before


def _order(rule: Row) -> tuple[int, str]:
    order = rule["order"]
    return (int(order) if order.lstrip("-").isdigit() else 100, rule["name"])


def _template(text: str) -> Row:
    """Read "field=value^other=value^EQ", what a rule without a script sets."""
    pairs = [part.partition("=") for part in text.split("^") if "=" in part]
    return {field: value for field, _, value in pairs}


def _complaint(rule: Row, failure: Failure, text: str) -> str:
    """Say what the system log says of a failed rule, in the words of an instance."""
    place = f"sys_script.{rule['sys_id']}.{failure.part}"
    if not failure.line:
        return f"{failure.message}\nCaused by error in Business Rule: {rule['name']} ({place})"
    lines = text.splitlines()
    shown = lines[failure.line - 1].strip() if failure.line <= len(lines) else ""
    return (
        f"{failure.message}\nCaused by error in Business Rule: {rule['name']} at line {failure.line}, "
        f"column {failure.column} ({place})\n==> {failure.line}: {shown}"
    )
