"""What somebody may do with a table, a record or a field: the instance's access control lists.

source: auth_model 5.1 and 5.5. The lab's choices: rules are matched by the table that was asked for; where no
record is at hand, conditions and scripts count as passed, because some record may meet them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowkit.lab.controls import Control, Key
from snowkit.lab.js.engine import Job
from snowkit.lab.js.host import Host
from snowkit.lab.moments import Asker
from snowkit.lab.outbound import Source
from snowkit.lab.query import matches
from snowkit.lab.session import Session
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

HIDDEN = "ZZ_YY"
"""What stands before the table's name where a file is an image in a field, not in the list of attachments."""
_WRITES = ("create", "write", "delete")
# A rule's script sets `answer`, or its last value counts.
_ANSWER = "(function () {{ var answer; var last = eval({script}); return answer === undefined ? last : answer; }})()"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One active rule, and how it stands to the session as far as no record is needed."""

    name: str
    denies: bool
    open: bool
    refused: bool
    condition: str
    script: str

    @property
    def settled(self) -> bool | None:
        """Whether it passes, whatever the record; None where that depends on the record."""
        if self.open or self.refused:
            return self.open
        return None if self.condition or self.script else True


class Acl:
    """The rules as they stand when this is made, for one session; make a new one for each request."""

    def __init__(self, lab: Lab, session: Session) -> None:
        self._lab = lab
        self._session = session
        self._asker = Asker(lab.now(), session.user_id, session.user_name, session.time_zone)
        self._shadowing = lab.switches.current.acl_shadowing
        self._controls = lab.controls.current()
        self._rules: dict[Key, list[_Rule]] = {}
        self._settled: dict[tuple[str, str, str], bool | None] = {}

    def may(self, operation: str, table: str, row: Row | None = None, field: str = "") -> bool:
        """Say whether the session may read, create, write or delete a record, or a field of a record.

        A field asks the field's rules only: who reads it must also pass the table's.
        """
        settled = self.settled(operation, table, field)
        if settled is not None:
            return settled
        names = self._fields(table, field) if field else self._tables(table)
        if not self._decided(operation, names, lambda rule: self._passes(rule, table, row)):
            return False
        return bool(field) or table != "sys_attachment" or self._parent(operation, row)

    def settled(self, operation: str, table: str, field: str = "") -> bool | None:
        """Return the answer that `may` gives whatever the record; None where it depends on the record."""
        key = (operation, table, field)
        if key not in self._settled:
            self._settled[key] = self._whatever_record(operation, table, field)
        return self._settled[key]

    def may_call(self, api: str) -> bool:
        """Say whether the session may call a REST API: one of the active rules of its name must pass, if any."""
        rules = self._named("REST_Endpoint", api, "execute")
        return not rules or any(self._passes(rule, "", None) for rule in rules)

    def may_query(self, operation: str, table: str, field: str) -> bool:
        """Say whether the session may filter by a field: `query_match` or `query_range`, else by its read rules.

        source: rest_behaviour 1.9.
        """
        names = [*self._fields(table, field), *self._tables(table)]
        if any(self._named("record", name, operation) for name in names):
            return bool(self._decided(operation, names, lambda rule: self._passes(rule, table, None)))
        return self.may("read", table, None, field)

    def _named(self, type_: str, name: str, operation: str) -> list[_Rule]:
        key = (type_, name, operation)
        if key not in self._rules:
            self._rules[key] = [self._rule(control) for control in self._controls.get(key, ())]
        return self._rules[key]

    def _rule(self, control: Control) -> _Rule:
        lacking = bool(control.roles) and not self._session.roles & control.roles
        overrides = self._session.is_admin and control.admin_overrides
        refused = lacking or not control.valid
        return _Rule(control.name, control.denies, overrides, refused, control.condition, control.script)

    def _tables(self, table: str) -> list[str]:
        return [*self._lab.schema.ancestors(table), "*"]

    def _fields(self, table: str, field: str) -> list[str]:
        tables = self._tables(table)
        return [f"{name}.{field}" for name in tables] + [f"{name}.*" for name in tables]

    def _whatever_record(self, operation: str, table: str, field: str) -> bool | None:
        if self._session.kind == "system":
            return True
        if operation in _WRITES and "snc_read_only" in self._session.roles:
            return False
        names = self._fields(table, field) if field else self._tables(table)
        answer = self._decided(operation, names, lambda rule: rule.settled)
        # A file's rights follow those of the record that it hangs on.
        return None if answer and table == "sys_attachment" and not field else answer

    def _decided(
        self, operation: str, names: Iterable[str], passes: Callable[[_Rule], bool | None]
    ) -> bool | None:
        """Return what the rules of the first name that has any decide; None where `passes` cannot say."""
        asked = False
        for name in names:
            rules = self._named("record", name, operation)
            denied = _any(_not(passes(rule)) for rule in rules if rule.denies)
            if denied is not False:
                return _not(denied)
            allowing = [rule for rule in rules if not rule.denies]
            allowed = _any(map(passes, allowing))
            if allowed is not False:
                return allowed
            if allowing and self._shadowing:
                return False
            asked = asked or bool(allowing)
        return not asked

    def _passes(self, rule: _Rule, table: str, row: Row | None) -> bool:
        if rule.open:
            return True
        if rule.refused:
            return False
        if row is None:
            return True
        if rule.condition and not matches(rule.condition, row, table, self._lab, asker=self._asker):
            return False
        return not rule.script or self._answered(rule, table, row)

    def _answered(self, rule: _Rule, table: str, row: Row) -> bool:
        """Say what a rule's script answers about a record; an error in it denies and is logged."""
        source = Source(table, row.get("sys_id", ""), "global", self._session)
        context = {
            "table": row.get("sys_class_name") or table,
            "rule_table": table,
            "current": row,
            "previous": None,
            "operation": "",
            "when": "condition",
            "scope": "global",
            "user": {
                "id": self._session.user_id,
                "name": self._session.user_name,
                "display": self._session.user_name,
                "roles": sorted(self._session.roles),
                "interactive": self._session.kind == "cookie",
            },
        }
        host = Host(self._lab, self._session, source, rule.name)
        job = Job("", context, _ANSWER.format(script=json.dumps(rule.script)))
        outcome = self._lab.rules.engine.run(job, host)
        if outcome.failure:
            host.log(2, f"{outcome.failure.message} in the script of the access control {rule.name}")
        return outcome.ran and outcome.failure is None

    def _parent(self, operation: str, row: Row | None) -> bool:
        """Say whether the record that a file hangs on may be read, and written where the file is to be.

        source: rest_behaviour 3.
        """
        if row is None or not row.get("table_name"):
            return True
        table = row["table_name"].removeprefix(HIDDEN)
        parent = self._lab.store.get(table, row["table_sys_id"]) if self._lab.schema.get(table) else None
        if parent is None:
            return self._session.is_admin
        needed = ("read",) if operation in ("read", "delete") else ("read", "write")
        return all(self.may(each, table, parent) for each in needed)


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _any(answers: Iterable[bool | None]) -> bool | None:
    """Say whether one is true, as soon as it is known; None where none is and one is not known."""
    unknown = False
    for answer in answers:
        if answer:
            return True
        unknown = unknown or answer is None
    return None if unknown else False
