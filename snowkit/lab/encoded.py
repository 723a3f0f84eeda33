"""Reads encoded queries: conditions joined by ^, ^OR and ^NQ, and an order.

source: rest_behaviour 1.3. Nothing here raises for a strange query: an instance ignores what it cannot read,
or refuses it, by a property; what was strange is listed in `Query.unreadable` and found by `Query.fields`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# Longest first, since one operator begins another. CONTAINS, NOTLIKE and NOTIN are other spellings.
# IN_HIERARCHY is here so that it is not taken for IN; no hierarchy is declared, so its condition is left out.
_WORDS = (
    "IN_HIERARCHY_DYNAMIC", "IN_HIERARCHY", "GT_OR_EQUALS_FIELD", "LT_OR_EQUALS_FIELD", "GT_FIELD", "LT_FIELD",
    "DOES NOT CONTAIN", "NOT LIKE", "NOTLIKE", "NOT IN", "NOTIN", "NOTON", "STARTSWITH", "ENDSWITH", "CONTAINS",
    "ISNOTEMPTY", "ISEMPTY", "ISNOTNULL", "ISNULL", "EMPTYSTRING", "ANYTHING", "BETWEEN", "NSAMEAS", "SAMEAS",
    "DYNAMIC", "DATEPART", "INSTANCEOF", "RELATIVEGT", "RELATIVELT", "RELATIVEGE", "RELATIVELE", "RELATIVEEE",
    "MORETHAN", "LESSTHAN", "VALCHANGES", "CHANGESFROM", "CHANGESTO", "LIKE", "IN", "ON", "!*", "!=", ">=", "<=",
    "=", ">", "<", "*", "%",
)  # fmt: skip
_SPELLINGS = {
    "CONTAINS": "LIKE",
    "*": "LIKE",
    "!*": "NOT LIKE",
    "NOTLIKE": "NOT LIKE",
    "DOES NOT CONTAIN": "NOT LIKE",
    "NOTIN": "NOT IN",
    "%": "ENDSWITH",
    "ISNULL": "ISEMPTY",
    "ISNOTNULL": "ISNOTEMPTY",
}
_CONDITION = re.compile(
    r"(?P<field>[a-z][a-z0-9_.]*?)(?P<operator>" + "|".join(map(re.escape, _WORDS)) + r")(?P<value>.*)",
    re.DOTALL,
)
DEEPEST_PATH = 8
"""How many fields a dotted path may have; a longer one is treated as an unknown field."""
# A caret inside a value is written twice, so of three the first two belong together.
_TOKEN = re.compile(r"\^\^|\^|[^^]+")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `field` may walk through references with dots.

    The operator "==" cannot be written: it is `=` with a value that is never evaluated.
    """

    field: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Order:
    """One field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Groups are joined by OR; the alternatives of a group by AND; the conditions of an alternative by OR."""

    groups: tuple[tuple[tuple[Condition, ...], ...], ...] = ()
    orders: tuple[Order, ...] = ()
    unreadable: tuple[str, ...] = ()

    def conditions(self) -> list[Condition]:
        """Return every comparison of the query, in the order of writing."""
        return [condition for group in self.groups for either in group for condition in either]

    def fields(self) -> list[str]:
        """Return every field that the query filters or sorts by, once each, in the order of writing."""
        names = [condition.field for condition in self.conditions()]
        return list(dict.fromkeys(names + [order.field for order in self.orders]))


def equals(**fields: str) -> Query:
    """Return the query for records whose fields hold exactly these values, whatever characters are in them."""
    return Query((tuple((Condition(field, "==", value),) for field, value in fields.items()),))


@lru_cache(maxsize=1024)
def parse(text: str) -> Query:
    """Read an encoded query; what is not a condition lands in `unreadable`."""
    groups: list[list[list[Condition]]] = [[]]
    orders: list[Order] = []
    unreadable: list[str] = []
    for part in _parts(text):
        rest, alternative = part, False
        if part.startswith("NQ"):
            groups.append([])
            rest = part[2:]
        if rest in ("", "EQ"):
            continue
        if rest.startswith("ORDERBY"):
            descending = rest.startswith("ORDERBYDESC")
            orders.append(Order(rest.removeprefix("ORDERBY").removeprefix("DESC"), descending))
            continue
        if rest.startswith("OR"):
            alternative, rest = True, rest[2:]
        condition = _condition(rest)
        if not (alternative and groups[-1]):
            groups[-1].append([])
        if condition is not None:
            groups[-1][-1].append(condition)
        elif rest:
            # Its place stays taken, so that an ^OR after it does not bind to the condition before it.
            unreadable.append(rest)
    kept = tuple(tuple(tuple(either) for either in group if either) for group in groups)
    return Query(
        tuple(group for group in kept if group),
        tuple(order for order in orders if order.field),
        tuple(unreadable),
    )


def _parts(text: str) -> list[str]:
    """Return what stands between the separators."""
    parts = [""]
    for token in _TOKEN.findall(text):
        if token == "^":  # noqa: S105
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _condition(text: str) -> Condition | None:
    found = _CONDITION.fullmatch(text)
    if found is None:
        return None
    operator = _SPELLINGS.get(found["operator"], found["operator"])
    return Condition(found["field"], operator, found["value"].replace("^^", "^"))
