"""A slow and obvious reader of encoded queries over a few dictionaries, which shares nothing with the lab's own.

It follows the facts' grammar and the documentation's page of operators word by word, for a clock that stands at
2026-11-24 10:30:00 UTC and a user in GMT.
"""

from __future__ import annotations

from datetime import datetime, timedelta

NOW = datetime(2026, 11, 24, 10, 30)
ME = "a1"
Row = dict[str, str]

# What the fields of the test's two tables hold; what is not here is no field.
CASE = {
    "sys_id": "text",
    "number": "text",
    "short_description": "text",
    "description": "text",
    "state": "number",
    "escalation": "number",
    "active": "truth",
    "account": "account",
    "due_date": "moment",
    "sys_created_on": "moment",
    "sys_updated_on": "moment",
    "sys_class_name": "text",
}
ACCOUNT = {"sys_id": "text", "name": "text", "country": "text", "account_parent": "account"}

FUNCTIONS = {
    "gs.getUserID()": ME,
    "gs.getUserName()": "ada",
    "gs.nowDateTime()": "2026-11-24 10:30:00",
    "gs.beginningOfToday()": "2026-11-24 00:00:00",
    "gs.endOfToday()": "2026-11-24 23:59:59",
    "gs.beginningOfYesterday()": "2026-11-23 00:00:00",
    "gs.beginningOfThisWeek()": "2026-11-23 00:00:00",
    "gs.endOfLastWeek()": "2026-11-22 23:59:59",
    "gs.beginningOfThisMonth()": "2026-11-01 00:00:00",
    "gs.endOfLastMonth()": "2026-10-31 23:59:59",
    "gs.beginningOfThisYear()": "2026-01-01 00:00:00",
    "gs.endOfLastYear()": "2025-12-31 23:59:59",
    "gs.daysAgo(1)": "2026-11-23 10:30:00",
    "gs.daysAgoStart(7)": "2026-11-17 00:00:00",
    "gs.daysAgoEnd(0)": "2026-11-24 23:59:59",
    "gs.hoursAgo(2)": "2026-11-24 08:30:00",
    "gs.hoursAgoStart(1)": "2026-11-24 09:00:00",
    "gs.minutesAgoEnd(30)": "2026-11-24 10:00:59",
    "gs.dateGenerate('2026-11-23','start')": "2026-11-23 00:00:00",
    "gs.dateGenerate('2026-11-23','23:59:59')": "2026-11-23 23:59:59",
    "gs.deleteEverything()": None,
    "current.update()": None,
}
AGO = {
    ("minute", 30): datetime(2026, 11, 24, 10, 0),
    ("hour", 1): datetime(2026, 11, 24, 9, 30),
    ("dayofweek", 1): datetime(2026, 11, 23, 10, 30),
    ("month", 1): datetime(2026, 10, 24, 10, 30),
    ("year", 1): datetime(2025, 11, 24, 10, 30),
}
OPERATORS = [
    "GT_OR_EQUALS_FIELD", "LT_OR_EQUALS_FIELD", "GT_FIELD", "LT_FIELD", "NOT LIKE", "NOT IN", "NOTON",
    "STARTSWITH", "ENDSWITH", "ISNOTEMPTY", "ISEMPTY", "EMPTYSTRING", "ANYTHING", "BETWEEN", "NSAMEAS", "SAMEAS",
    "DYNAMIC", "DATEPART", "INSTANCEOF", "RELATIVEGT", "RELATIVELT", "RELATIVEGE", "RELATIVELE", "RELATIVEEE",
    "MORETHAN", "LESSTHAN", "LIKE", "IN", "ON", "!*", "!=", ">=", "<=", "=", ">", "<", "*", "%",
]  # fmt: skip
WEEK = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]


class Evaluator:
    """Answers encoded queries over some cases and their accounts."""

    def __init__(self, cases: list[Row], accounts: list[Row]) -> None:
        self.cases = cases
        self.accounts = {account["sys_id"]: account for account in accounts}

    def rows(self, query: str) -> set[str]:
        """Return the ids of the cases that a query finds."""
        groups, _ = _read(query)
        found = set()
        for case in self.cases:
            answers = []
            for group in groups:
                alternatives = [[self.holds(case, part) for part in either] for either in group]
                known = [[answer for answer in each if answer is not None] for each in alternatives]
                if any(known):
                    answers.append(all(any(each) for each in known if each))
            if not answers or any(answers):
                found.add(case["sys_id"])
        return found

    def keys(self, query: str, case: Row) -> list[tuple[bool, object]]:
        """Return what a case sorts by, each with whether it sorts downwards."""
        keys: list[tuple[bool, object]] = []
        for field, down in _read(query)[1]:
            kind = self.kind(field)
            if kind is not None:
                value = self.value(case, field)
                shown = self.value(case, f"{field}.name") if kind == "account" else value
                number = float(value) if value and kind == "number" else float("-inf")
                keys.append((down, number if kind == "number" else _fold(shown)))
        return keys

    def kind(self, field: str) -> str | None:
        """Return what a dotted field holds; None for no field."""
        columns = CASE
        *walked, last = field.split(".")
        for step in walked:
            if columns.get(step) != "account":
                return None
            columns = ACCOUNT
        return columns.get(last)

    def value(self, case: Row, field: str) -> str:
        """Return a dotted field's value; an empty reference leads to nothing."""
        row = case
        *walked, last = field.split(".")
        for step in walked:
            row = self.accounts.get(row.get(step, ""), {})
        return row.get(last, "")

    def holds(self, case: Row, part: str) -> bool | None:
        """Say whether one condition holds; None where it goes missing."""
        size = 0
        while size < len(part) and (part[size].islower() or part[size].isdigit() or part[size] in "_."):
            size += 1
        field, rest = part[:size], part[size:]
        operator = next((each for each in OPERATORS if rest.startswith(each)), None)
        kind = self.kind(field)
        if operator is None or kind is None:
            return None
        return self.compare(case, field, kind, operator, rest[len(operator) :].replace("^^", "^"))

    def compare(self, case: Row, field: str, kind: str, operator: str, wanted: str) -> bool | None:
        """Say whether a field answers an operator with its value."""
        value = self.value(case, field)
        if operator in ("ISEMPTY", "EMPTYSTRING", "ISNOTEMPTY", "ANYTHING"):
            return operator == "ANYTHING" or (value == "") != (operator == "ISNOTEMPTY")
        if operator == "DYNAMIC":
            return wanted == "90d1921e5f510100a9ad2572f2b477fe" and value == ME
        if operator == "INSTANCEOF":
            return value == wanted or (wanted == "task" and value == "sn_customerservice_case")
        if operator in ("MORETHAN", "LESSTHAN"):
            return self.apart(case, value, operator, wanted)
        if operator.endswith(("SAMEAS", "_FIELD")):
            return self.fields(case, value, kind, operator, wanted)
        if operator in ("DATEPART", "ON", "NOTON", "BETWEEN") or operator.startswith("RELATIVE"):
            return _moments(value, kind, operator, wanted)
        return self.plain(case, field, kind, operator, _evaluated(wanted))

    def plain(self, case: Row, field: str, kind: str, operator: str, wanted: str | None) -> bool | None:
        """Say whether a field answers an operator with a simple value."""
        value = self.value(case, field)
        if wanted is None:
            return None
        if kind == "truth":
            wanted = {"1": "true", "0": "false"}.get(wanted, wanted)
        if operator in ("=", "!="):
            return (_fold(value) == _fold(wanted)) == (operator == "=")
        if operator in ("IN", "NOT IN"):
            listed = [_fold(item.strip()) for item in wanted.split(",")]
            return (_fold(value) in listed) == (operator == "IN")
        if operator in (">", ">=", "<", "<="):
            return value != "" and _ordered(operator, kind, value, wanted)
        shown = _fold(self.value(case, f"{field}.name") if kind == "account" else value)
        wanted_bytes = _fold(wanted)
        if operator in ("LIKE", "*", "NOT LIKE", "!*"):
            return (wanted_bytes in shown) == (operator in ("LIKE", "*"))
        return shown.startswith(wanted_bytes) if operator == "STARTSWITH" else shown.endswith(wanted_bytes)

    def fields(self, case: Row, value: str, kind: str, operator: str, wanted: str) -> bool | None:
        """Say how two fields of a case compare."""
        other, _, unit = wanted.partition("@")
        if self.kind(other) is None:
            return None
        second = self.value(case, other)
        if unit == "day":
            value, second = value[:10], second[:10]
        numbers = kind == "number" and self.kind(other) == "number" and value != "" and second != ""
        if operator in ("SAMEAS", "NSAMEAS"):
            same = float(value) == float(second) if numbers else _fold(value) == _fold(second)
            return same == (operator == "SAMEAS")
        sign = {"GT_FIELD": ">", "LT_FIELD": "<", "GT_OR_EQUALS_FIELD": ">=", "LT_OR_EQUALS_FIELD": "<="}[
            operator
        ]
        return "" not in (value, second) and _ordered(sign, "number" if numbers else "text", value, second)

    def apart(self, case: Row, value: str, operator: str, wanted: str) -> bool | None:
        """Say whether a moment is more or less than some hours before or after another field."""
        other, _unit, direction, count = wanted.split("@")
        if self.kind(other) is None:
            return None
        second = self.value(case, other)
        if not value or not second:
            return False
        apart = datetime.fromisoformat(value) - datetime.fromisoformat(second)
        apart = apart if direction == "after" else -apart
        limit = timedelta(hours=int(count))
        return apart > limit if operator == "MORETHAN" else apart < limit


def _read(query: str) -> tuple[list[list[list[str]]], list[tuple[str, bool]]]:
    """Return the groups of alternatives as written, and the order."""
    groups: list[list[list[str]]] = [[]]
    orders: list[tuple[str, bool]] = []
    for written in query.replace("^^", "\0").split("^"):
        part = written.removeprefix("NQ").replace("\0", "^^")
        if written.startswith("NQ"):
            groups.append([])
        if part.startswith("ORDERBYDESC"):
            orders.append((part[11:], True))
        elif part.startswith("ORDERBY"):
            orders.append((part[7:], False))
        elif part.startswith("OR") and groups[-1]:
            groups[-1][-1].append(part[2:])
        elif part not in ("", "EQ"):
            groups[-1].append([part.removeprefix("OR")])
    return groups, orders


def _moments(value: str, kind: str, operator: str, wanted: str) -> bool | None:
    if operator.startswith("RELATIVE"):
        return _relative(value, operator, wanted)
    if operator == "DATEPART":
        day, sign = wanted.split("'")[3], wanted.split("'")[5]
        held = WEEK.index(datetime.fromisoformat(value).strftime("%A").lower()) if value else -1
        signs = {"EE": "=", "GE": ">=", "GT": ">", "LE": "<=", "LT": "<"}
        return value != "" and _sign(signs[sign], held, WEEK.index(day))
    low, high = (_evaluated(end) for end in wanted.split("@")[-2:])
    if low is None or high is None:
        return None
    inside = _ordered(">=", kind, value, low) and _ordered("<=", kind, value, high)
    return value != "" and inside == (operator != "NOTON")


def _relative(value: str, operator: str, wanted: str) -> bool | None:
    _, unit, direction, count = wanted.split("@")
    if direction != "ago" or (unit, int(count)) not in AGO:
        return None
    moment = AGO[unit, int(count)]
    if not value:
        return False
    held = datetime.fromisoformat(value)
    if operator == "RELATIVEEE":
        return held.date() == moment.date()
    return _sign({"GT": ">", "GE": ">=", "LT": "<", "LE": "<="}[operator[-2:]], held, moment)


def _evaluated(text: str) -> str | None:
    return FUNCTIONS.get(text.removeprefix("javascript:")) if text.startswith("javascript:") else text


def _ordered(sign: str, kind: str, left: str, right: str) -> bool:
    if kind != "number":
        return _sign(sign, _fold(left), _fold(right))
    try:
        return _sign(sign, float(left), float(right))
    except ValueError:
        return False


def _sign(sign: str, left: object, right: object) -> bool:
    if sign == "=":
        return left == right
    if left == right:
        return "=" in sign
    return (left > right) == (sign[0] == ">")  # type: ignore[operator]


def _fold(text: str) -> bytes:
    return text.encode().lower()
