"""What a record looks like in an answer: the fields that the caller may read, as values, display values or both.

source: rest_behaviour 1.2 and 1.4. A field that may not be read is silently absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from snowkit.lab.rest.call import Call
from snowkit.lab.schema import Column
from snowkit.lab.store import Row
from snowkit.lab.values import display, hides, shown

Display = Literal["false", "true", "all"]
_JOURNALS = ("journal_input", "journal_list")


@dataclass(frozen=True, slots=True)
class Look:
    """How a caller wants records: which fields, in dotted form where they walk, and how values are shown."""

    fields: tuple[str, ...] = ()
    display: Display = "false"
    links: bool = True


def look_of(call: Call, table: str, *, links: bool = True) -> Look:
    """Return how a request's `sysparm_` parameters want records of a table; unknown words count as the default.

    The fields win over the view.
    """
    parameters = call.incoming.parameters
    wanted = tuple(name.strip() for name in parameters.get("sysparm_fields", "").split(",") if name.strip())
    view = f"{table}.{parameters.get('sysparm_view', '')}"
    wanted = wanted or call.lab.switches.current.views.get(view, ())
    asked = parameters.get("sysparm_display_value", "false").lower()
    chosen: Display = "all" if asked == "all" else "true" if asked == "true" else "false"
    excluded = parameters.get("sysparm_exclude_reference_link", "false").lower() == "true"
    return Look(wanted, chosen, links and not excluded)


def record(call: Call, table: str, row: Row, look: Look) -> dict[str, Any]:
    """Return a record that may be read; names that the table has not are left out."""
    return Shape(call, table, look).record(row)


class Shape:
    """How the records of one answer are written: what holds for all of them is worked out once."""

    def __init__(self, call: Call, table: str, look: Look) -> None:
        self._call = call
        self._table = table
        self._look = look
        self._paths = look.fields or tuple(call.lab.schema.columns(table))
        self._plain = self._as_stored()

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The columns that records need to have; None where they need all."""
        return self._plain or None

    def record(self, row: Row) -> dict[str, Any]:
        """Return a record that may be read; names that the table has not are left out."""
        if self._plain is not None:
            if len(row) == len(self._plain):
                return dict(row)
            return {name: row.get(name, "") for name in self._plain}
        shaped: dict[str, Any] = {}
        for path in self._paths:
            found = _walked(self._call, self._table, row, path)
            if found is not None:
                shaped[path] = _value(self._call, *found, self._look)
        return shaped

    def _as_stored(self) -> tuple[str, ...] | None:
        """Return the fields to show where each is shown as it is stored, in every record; else None."""
        if self._look.display != "false":
            return None
        known = self._call.lab.schema.columns(self._table)
        kept = []
        for name in self._paths:
            column = known.get(name)
            may = self._call.acl.settled("read", self._table, name) if column else None
            if may is None and (column or "." in name):
                return None
            if may and column:
                linked = column.type == "reference" and self._look.links
                if linked or column.type in _JOURNALS or hides(column, known):
                    return None
                kept.append(name)
        return tuple(kept)


def _walked(call: Call, table: str, row: Row, path: str) -> tuple[str, Row, Column] | None:
    """Follow a dotted path; None where it leads nowhere or where an ACL stands in the way."""
    *walked, last = path.split(".")
    for element in walked:
        column = call.lab.schema.columns(table).get(element)
        if column is None or column.type != "reference" or not call.acl.may("read", table, row, element):
            return None
        table = column.reference
        target = call.lab.store.get(table, row.get(element, "")) if call.lab.schema.get(table) else None
        if target is not None and not call.acl.may("read", table, target):
            return None
        row = target or {}
    column = call.lab.schema.columns(table).get(last)
    if column is None or not call.acl.may("read", table, row, last):
        return None
    return table, row, column


def _value(call: Call, table: str, row: Row, column: Column, look: Look) -> Any:
    value = "" if column.type in _JOURNALS else shown(column, row)
    if look.display == "false":
        if column.type == "reference" and value and look.links:
            return {"link": _link(call, column, value), "value": value}
        return value
    text = display(call.lab, table, column.element, row, call.session.time_zone, call.session.form)
    is_link = column.type == "reference" and value and look.links
    if look.display == "true":
        return {"display_value": text, "link": _link(call, column, value)} if is_link else text
    both = {"display_value": text, "value": value}
    return both | {"link": _link(call, column, value)} if is_link else both


def _link(call: Call, column: Column, value: str) -> str:
    return f"{call.incoming.base_url}/api/now/table/{column.reference}/{value}"
