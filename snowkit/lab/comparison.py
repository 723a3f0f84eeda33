"""What one condition of a query asks, once its spelling, its scripts and its relative dates are worked out.

source: rest_behaviour 1.3 and the documentation's page of operators. Days of DATEPART and of SAMEAS…@day are days
in UTC, since no source says whose they are; a week begins on Sunday, as that page's examples have it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from snowkit.lab.encoded import Condition
from snowkit.lab.moments import Asker, stamp, whole
from snowkit.lab.schema import Column, Schema

Kind = Literal[
    "any", "none", "empty", "filled", "equal", "unequal", "order", "in", "not in",
    "like", "not like", "between", "not between", "field", "apart", "weekday",
]  # fmt: skip
NUMERIC = frozenset({"integer", "decimal", "float", "longint"})
_FIXED: dict[str, Kind] = {
    "ISEMPTY": "empty",
    "EMPTYSTRING": "empty",
    "ISNOTEMPTY": "filled",
    "ANYTHING": "any",
}
_FIELDS = {
    "SAMEAS": "=",
    "NSAMEAS": "<>",
    "GT_FIELD": ">",
    "LT_FIELD": "<",
    "GT_OR_EQUALS_FIELD": ">=",
    "LT_OR_EQUALS_FIELD": "<=",
}
_RELATIVE = {"RELATIVEGT": ">", "RELATIVEGE": ">=", "RELATIVELT": "<", "RELATIVELE": "<="}
_LENGTHS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
# How much of a stamp two dates share that are the same day, month and so on.
_SHARED = {"year": 4, "month": 7, "day": 10, "hour": 13, "minute": 16}
_WEEK = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_DATE_PART = re.compile(
    r"[^@]*@javascript:gs\.datePart\('dayofweek',\s*'(?P<day>\w+)',\s*'(?P<sign>EE|GE|GT|LE|LT)'\)"
)
_DATE_SIGNS = {"EE": "=", "GE": ">=", "GT": ">", "LE": "<=", "LT": "<"}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One question to a field: its `kind`, the `sign` (=, <>, <, …) and the values that it needs.

    `like` takes the text with `before` and `after` saying where anything may stand; `field` and `apart` hold the
    other field's name as first value (empty: the present). `field` may have a second one: how many characters of
    two stamps are compared. `apart` has the seconds between, `sign` and `factor` 1 (after) or -1 (before).
    `weekday` has the number of a day, Sunday being 0.
    """

    kind: Kind
    values: tuple[str, ...] = ()
    sign: str = "="
    before: bool = False
    after: bool = False
    factor: int = 1


NONE = Comparison("none")


def resolve(condition: Condition, column: Column, schema: Schema, asker: Asker) -> Comparison | None:
    """Return what a condition asks of a column; None where an instance would drop the condition."""
    operator = condition.operator
    if operator in _FIXED:
        return Comparison(_FIXED[operator])
    if operator == "==":
        return Comparison("equal", (condition.value,))
    if operator in _FIELDS:
        other, _, unit = condition.value.partition("@")
        if unit:
            shared = _SHARED.get(unit)
            return Comparison("field", (other, str(shared)), _FIELDS[operator]) if shared else None
        return Comparison("field", (other,), _FIELDS[operator])
    if operator == "INSTANCEOF":
        return Comparison("in", tuple(schema.descendants(condition.value)))
    if operator in _WORKED_OUT or operator.startswith("RELATIVE"):
        return _WORKED_OUT.get(operator, _relative)(condition, asker)
    value = asker.value(condition.value)
    return None if value is None else _plain(operator, value, column)


def _dynamic(condition: Condition, asker: Asker) -> Comparison:
    # A dynamic filter that the instance has not finds nothing.
    value = asker.dynamic(condition.value)
    return NONE if value is None else Comparison("equal", (value,))


def _plain(operator: str, value: str, column: Column) -> Comparison | None:
    if column.type == "boolean":
        value = {"1": "true", "0": "false"}.get(value, value)
    listed = tuple(item.strip() for item in value.split(","))
    made: dict[str, Callable[[], Comparison]] = {
        "=": lambda: Comparison("equal", (value,)),
        "!=": lambda: Comparison("unequal", (value,)),
        "IN": lambda: Comparison("in", listed),
        "NOT IN": lambda: Comparison("not in", listed),
        "LIKE": lambda: Comparison("like", (value,), before=True, after=True),
        "NOT LIKE": lambda: Comparison("not like", (value,), before=True, after=True),
        "STARTSWITH": lambda: Comparison("like", (value,), after=True),
        "ENDSWITH": lambda: Comparison("like", (value,), before=True),
    }
    if operator in made:
        return made[operator]()
    if operator not in (">", ">=", "<", "<="):
        return None
    return (
        NONE if column.type in NUMERIC and not is_number(value) else Comparison("order", (value,), operator)
    )


def _between(condition: Condition, asker: Asker) -> Comparison | None:
    ends = condition.value.split("@")
    if condition.operator != "BETWEEN":
        day = f"javascript:gs.dateGenerate('{ends[0][:10]}',"
        ends = ends[1:] if len(ends) == 3 else [day + "'start')", day + "'end')"]
    values = [value for end in ends if (value := asker.value(end)) is not None]
    if len(values) != 2:
        return None
    return Comparison("not between" if condition.operator == "NOTON" else "between", tuple(values))


def _relative(condition: Condition, asker: Asker) -> Comparison | None:
    unit, direction, count = [*condition.value.lstrip("@").split("@"), "", ""][:3]
    many = whole(count)
    moment = None if many is None else asker.shifted(unit, many if direction == "ahead" else -many)
    if moment is None:
        return None
    if condition.operator == "RELATIVEEE":
        return Comparison("between", asker.day(moment))
    return Comparison("order", (stamp(moment),), _RELATIVE[condition.operator])


def _apart(condition: Condition, asker: Asker) -> Comparison | None:
    other, unit, direction, count = [*condition.value.split("@"), "", "", ""][:4]
    many = whole(count)
    if unit not in _LENGTHS or many is None:
        return None
    sign = ">" if condition.operator == "MORETHAN" else "<"
    seconds = str(_LENGTHS[unit] * many)
    return Comparison(
        "apart", (other, seconds, stamp(asker.now)), sign, factor=1 if direction == "after" else -1
    )


def _date_part(condition: Condition, asker: Asker) -> Comparison | None:
    found = _DATE_PART.fullmatch(condition.value)
    if found is None or found["day"].lower() not in _WEEK:
        return None
    return Comparison("weekday", (str(_WEEK.index(found["day"].lower())),), _DATE_SIGNS[found["sign"]])


_WORKED_OUT: dict[str, Callable[[Condition, Asker], Comparison | None]] = {
    "DYNAMIC": _dynamic,
    "DATEPART": _date_part,
    "MORETHAN": _apart,
    "LESSTHAN": _apart,
    "ON": _between,
    "NOTON": _between,
    "BETWEEN": _between,
}


def is_number(text: str) -> bool:
    """Say whether a text is a number as a numeric field would hold it."""
    return _NUMBER.fullmatch(text) is not None


def number(text: str) -> float:
    """Return the number that a text begins with, as the database reads it; 0 for none."""
    found = _NUMBER.match(text)
    return float(found[0]) if found else 0.0
