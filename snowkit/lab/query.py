"""Asks whether one record answers an encoded query: the conditions of rules and ACLs.

`parse` and `equals` are here too, so that callers need one module for queries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from snowkit.lab.comparison import NUMERIC, Comparison, is_number, number, resolve
from snowkit.lab.encoded import DEEPEST_PATH, Condition, Order, Query, equals, parse
from snowkit.lab.moments import STAMP, Asker
from snowkit.lab.schema import Column, Schema
from snowkit.lab.store import Row, Store

__all__ = ["Condition", "Order", "Query", "equals", "field_at", "matches", "parse", "unknown_fields"]


class Instance(Protocol):
    """What a condition needs of the lab: its records and its schema."""

    store: Store
    schema: Schema


def unknown_fields(query: Query, table: str, schema: Schema) -> list[str]:
    """Return what an instance cannot make sense of: fields that the table has not, parts that are no condition."""
    return [name for name in query.fields() if field_at(name, table, schema) is None] + list(query.unreadable)


def field_at(path: str, table: str, schema: Schema) -> Column | None:
    """Return the column that a dotted path of a table leads to; None where it leads nowhere."""
    *walked, last = path.split(".")
    for element in walked:
        column = schema.columns(table).get(element)
        if column is None or column.type != "reference" or len(walked) >= DEEPEST_PATH:
            return None
        table = column.reference
    return schema.columns(table).get(last)


def matches(
    query: Query | str,
    row: Row,
    table: str,
    lab: Instance,
    *,
    previous: Row | None = None,
    asker: Asker | None = None,
) -> bool:
    """Say whether a record answers a condition; conditions on unknown fields are left out.

    `previous` is the record before the change, for VALCHANGES, CHANGESFROM and CHANGESTO; None on an insert.
    Text is compared with regard to case, unlike in the database (source: business_rules 1.1).
    """
    parsed = parse(query) if isinstance(query, str) else query
    reader = _Reader(row, previous or {}, table, lab, asker or Asker(lab.store.now()))
    answers = []
    for group in parsed.groups:
        known = [
            [answer for condition in either if (answer := reader.answer(condition)) is not None]
            for either in group
        ]
        alternatives = [any(either) for either in known if either]
        if alternatives:
            answers.append(all(alternatives))
    return any(answers) if answers else True


class _Reader:
    def __init__(self, row: Row, previous: Row, table: str, lab: Instance, asker: Asker) -> None:
        self._row = row
        self._previous = previous
        self._table = row.get("sys_class_name") or table
        self._lab = lab
        self._asker = asker

    def answer(self, condition: Condition) -> bool | None:
        """Say whether one condition holds; None where it is left out."""
        found = self._value(condition.field)
        if found is None:
            return None
        value, column = found
        if condition.operator in ("VALCHANGES", "CHANGESFROM", "CHANGESTO"):
            return self._changed(condition, value)
        comparison = resolve(condition, column, self._lab.schema, self._asker)
        if comparison is None:
            return None
        if comparison.kind in ("like", "not like") and column.type == "reference":
            shown = self._value(f"{condition.field}.{self._lab.schema.display(column.reference)}")
            value = shown[0] if shown else value
        if comparison.kind in ("field", "apart"):
            other = self._value(comparison.values[0]) if comparison.values[0] else None
            if other is None and comparison.values[0]:
                return None
            numeric = other is not None and {column.type, other[1].type} <= NUMERIC
            return _compare_fields(value, other[0] if other else comparison.values[-1], comparison, numeric)
        return _compare(value, column, comparison)

    def _value(self, path: str) -> tuple[str, Column] | None:
        row, table = self._row, self._table
        *walked, last = path.split(".")
        if len(walked) >= DEEPEST_PATH:
            return None
        for element in walked:
            column = self._lab.schema.columns(table).get(element)
            if column is None or column.type != "reference":
                return None
            table = column.reference
            row = self._lab.store.get(table, row.get(element, "")) or {}
        found = self._lab.schema.columns(table).get(last)
        return None if found is None else (row.get(last, ""), found)

    def _changed(self, condition: Condition, value: str) -> bool:
        before = self._previous.get(condition.field, "")
        wanted = {"CHANGESFROM": before, "CHANGESTO": value}.get(condition.operator, condition.value)
        return before != value and wanted == condition.value


def _compare(value: str, column: Column, comparison: Comparison) -> bool:
    numeric = column.type in NUMERIC and comparison.kind in ("order", "between", "not between")
    if numeric and value and not all(map(is_number, comparison.values)):
        return False
    answers: dict[str, Callable[[], bool]] = {
        "any": lambda: True,
        "none": lambda: False,
        "empty": lambda: not value,
        "filled": lambda: bool(value),
        "equal": lambda: value == comparison.values[0],
        "unequal": lambda: value != comparison.values[0],
        "in": lambda: value in comparison.values,
        "not in": lambda: value not in comparison.values,
        "like": lambda: _like(value, comparison),
        "not like": lambda: not _like(value, comparison),
        "order": lambda: bool(value) and _ordered(value, comparison.sign, comparison.values[0], numeric),
        "between": lambda: bool(value) and _between(value, comparison, numeric),
        "not between": lambda: bool(value) and not _between(value, comparison, numeric),
        "weekday": lambda: _on_weekday(value, comparison),
    }
    return answers[comparison.kind]()


def _compare_fields(value: str, other: str, comparison: Comparison, numeric: bool) -> bool:
    if comparison.kind == "field":
        shared = int(comparison.values[1]) if len(comparison.values) > 1 else None
        filled = bool(value) and bool(other)
        if not filled and comparison.sign not in ("=", "<>"):
            return False
        return _ordered(value[:shared], comparison.sign, other[:shared], numeric=numeric and filled)
    moment, anchor = _moment(value), _moment(other)
    if moment is None or anchor is None:
        return False
    apart = (moment - anchor).total_seconds() * comparison.factor
    return _ordered(str(apart), comparison.sign, comparison.values[1], numeric=True)


def _on_weekday(value: str, comparison: Comparison) -> bool:
    moment = _moment(value)
    return moment is not None and _ordered(
        str(moment.isoweekday() % 7), comparison.sign, comparison.values[0], numeric=True
    )


def _moment(value: str) -> datetime | None:
    try:
        return datetime.strptime(value, STAMP)
    except ValueError:
        return None


def _like(value: str, comparison: Comparison) -> bool:
    wanted = comparison.values[0]
    if comparison.before and comparison.after:
        return wanted in value
    return value.endswith(wanted) if comparison.before else value.startswith(wanted)


def _between(value: str, comparison: Comparison, numeric: bool) -> bool:
    low, high = comparison.values
    return _ordered(value, ">=", low, numeric) and _ordered(value, "<=", high, numeric)


def _ordered(value: str, sign: str, other: str, numeric: bool) -> bool:
    left, right = (number(value), number(other)) if numeric else (value, other)
    return {
        "=": left == right,
        "<>": left != right,
        ">": left > right,  # type: ignore[operator]
        ">=": left >= right,  # type: ignore[operator]
        "<": left < right,  # type: ignore[operator]
        "<=": left <= right,  # type: ignore[operator]
    }[sign]
