"""Any query of the grammar gives the rows that a slow and obvious reader gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snowkit.lab.moments import Asker
from snowkit.lab.schema import shipped
from snowkit.lab.store import Store
from tests.lab import evaluator
from tests.lab.evaluator import Evaluator

TABLE = "sn_customerservice_case"
ACCOUNTS = [
    {"sys_id": "a1", "name": "Boxeo", "country": "usa"},
    {"sys_id": "a2", "name": "Hanami", "country": "japan", "account_parent": "a1"},
    {"sys_id": "a3", "name": "boxeo ltd", "country": "", "account_parent": "a2"},
]
TEXTS = [
    "",
    "pump",
    "Pump stops 10%",
    "pump_STARTS",
    "a^b",
    "café",
    'Café\'s \\ "end"',
    "CONTAINSa",
    "IN 1,2",
    "ÄÖ",
]
STATES = ["", "1", "10", "2", "-3", "9"]
MOMENTS = [
    "",
    "2026-11-24 10:30:00",
    "2026-11-24 10:00:00",
    "2026-11-24 00:00:00",
    "2026-11-23 23:59:59",
    "2026-11-23 10:30:00",
    "2026-11-22 12:00:00",
    "2026-10-24 10:30:00",
    "2025-12-31 23:59:59",
    "2030-01-01 00:00:00",
]
CASES = [
    {
        "sys_id": f"c{position:02}",
        "number": f"CS{position:02}",
        "short_description": TEXTS[position % 10],
        "description": TEXTS[position * 3 % 10 if position % 4 else position % 10],
        "state": STATES[position % 6],
        "escalation": STATES[position * 5 % 6 if position % 3 else position % 6],
        "active": ("true", "false", "true", "")[position % 4],
        "account": ("a1", "a2", "a3", "", "gone")[position % 5],
        "due_date": MOMENTS[position * 7 % 10],
        "sys_created_on": MOMENTS[1 + position % 9],
        "sys_updated_on": MOMENTS[1 + position * 5 % 9],
        "sys_class_name": TABLE,
    }
    for position in range(36)
]
SLOW = Evaluator(CASES, ACCOUNTS)
ASKER = Asker(evaluator.NOW.replace(tzinfo=UTC), evaluator.ME, "ada")


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """The cases in a database."""
    made = Store(shipped(), now=lambda: ASKER.now)
    made.put_all("customer_account", ACCOUNTS)
    made.put_all(TABLE, CASES)
    yield made
    made.close()


def _escaped(text: str) -> str:
    return text.replace("^", "^^")


_words = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(["p", "PUMP", "%", "_", "\\", "'", "éü", "s", "10"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
).filter(lambda text: not text.startswith("javascript:"))
_texts = st.sampled_from(
    ["number", "short_description", "description", "account.name", "account.account_parent.country", "sys_id"]
)
_numbers = st.sampled_from(["state", "escalation"])
_moments = st.sampled_from(["due_date", "sys_created_on", "sys_updated_on"])
_references = st.sampled_from(["account", "account.account_parent"])
_stamps = st.one_of(
    st.sampled_from(MOMENTS[1:]),
    st.sampled_from([f"javascript:{call}" for call in evaluator.FUNCTIONS]),
)
_signs = st.sampled_from(["=", "!=", ">", ">=", "<", "<="])
_parts = st.sampled_from(["LIKE", "NOT LIKE", "STARTSWITH", "ENDSWITH", "*", "!*", "%"])
_empties = st.sampled_from(["ISEMPTY", "ISNOTEMPTY", "EMPTYSTRING", "ANYTHING"])
_lists = st.sampled_from(["IN", "NOT IN"])
_same = st.sampled_from(["SAMEAS", "NSAMEAS"])
_between_fields = st.sampled_from(["GT_FIELD", "LT_FIELD", "GT_OR_EQUALS_FIELD", "LT_OR_EQUALS_FIELD"])


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def _list_of(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=4).map(",".join)


_plain_words = _words.map(_escaped)
# A value that would read as the rest of a longer operator is not a value of the shorter one.
_after_sign = _plain_words.filter(lambda text: not text.startswith(("=", "*")))
_after_word = _plain_words.filter(lambda text: not text.startswith(("STANCEOF", "_HIERARCHY")))
CONDITIONS = st.one_of(
    _joined(_texts, _signs, _after_sign),
    _joined(_texts, _parts, _plain_words),
    _joined(_texts, _lists, _list_of(_after_word)),
    _joined(_texts, st.just("BETWEEN"), st.sampled_from(["a@q", "CS03@cs11", "P@z"])),
    _joined(st.one_of(_texts, _numbers, _moments, _references, st.just("active")), _empties),
    _joined(_numbers, _signs, st.sampled_from([*STATES[1:], "3.5", "x"])),
    _joined(_numbers, _lists, _list_of(st.sampled_from(STATES[1:]))),
    _joined(_numbers, st.just("BETWEEN"), st.sampled_from(["1@9", "-5@2", "10@1", "a@b"])),
    _joined(_numbers, st.one_of(_same, _between_fields), _numbers),
    _joined(st.just("active"), st.sampled_from(["=", "!="]), st.sampled_from(["true", "false", "1", "0"])),
    _joined(_references, st.sampled_from(["=", "!=", "IN", "NOT IN"]), st.sampled_from(["a1", "A2", "gone"])),
    _joined(_references, _parts, st.sampled_from(["box", "BOXEO", "ltd", "mi", "zz"])),
    _joined(_references, st.just("DYNAMIC"), st.sampled_from(["90d1921e5f510100a9ad2572f2b477fe", "0" * 32])),
    _joined(_moments, _signs, _stamps),
    _joined(
        _moments, st.sampled_from(["ONToday@", "NOTONToday@", "BETWEEN"]), _stamps, st.just("@"), _stamps
    ),
    _joined(_moments, _same, _moments, st.sampled_from(["", "@day"])),
    _joined(_moments, _between_fields, _moments),
    _joined(
        _moments,
        st.sampled_from(["RELATIVEGT", "RELATIVEGE", "RELATIVELT", "RELATIVELE", "RELATIVEEE"]),
        st.sampled_from([f"@{unit}@ago@{count}" for unit, count in evaluator.AGO]),
    ),
    _joined(
        _moments,
        st.sampled_from(["MORETHAN", "LESSTHAN"]),
        _moments,
        st.sampled_from(["@hour@before@1", "@hour@after@1", "@hour@after@48"]),
    ),
    st.tuples(_moments, st.sampled_from(evaluator.WEEK), st.sampled_from(["EE", "GE", "GT", "LE", "LT"])).map(
        lambda made: f"{made[0]}DATEPARTx@javascript:gs.datePart('dayofweek','{made[1]}','{made[2]}')"
    ),
    st.sampled_from(["sys_class_nameINSTANCEOFtask", "sys_class_nameINSTANCEOFincident"]),
    # What no instance can read: an unknown field, a path through a text, no operator, an operator in small letters.
    st.sampled_from(
        ["nothing=1", "number.name=1", "account.nothing=1", "gibberish", "numberlikec", "numberSAMEASx"]
    ),
)
ORDERS = st.tuples(
    st.sampled_from(["ORDERBY", "ORDERBYDESC"]), st.one_of(_texts, _numbers, _moments, _references)
).map("".join)
JOINS = st.sampled_from(["^", "^", "^OR", "^NQ"])


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Draw a query: conditions joined in every way, orders anywhere, perhaps a list view's end."""
    query = draw(CONDITIONS | st.just(""))
    for join, part in draw(st.lists(st.tuples(JOINS, CONDITIONS), max_size=6)):
        query += join + part
        if draw(st.integers(0, 7)) == 0:
            query += f"^{draw(ORDERS)}"
    orders = "^".join(draw(st.lists(ORDERS, max_size=3)))
    return f"{query}{'^' if query and orders else ''}{orders}{draw(st.sampled_from(['', '', '^EQ']))}"


def _agree(store: Store, query: str) -> None:
    found = store.find(TABLE, query, asker=ASKER)
    assert {row["sys_id"] for row in found} == SLOW.rows(query)
    keys = [SLOW.keys(query, row) for row in found]
    for before, after in pairwise(keys):
        differing = next(
            ((down, x, y) for (down, x), (_, y) in zip(before, after, strict=True) if x != y), None
        )
        if differing is not None:
            down, left, right = differing
            assert (left > right) == down, (query, left, right)  # type: ignore[operator]


@settings(max_examples=200, deadline=None)
@given(queries())
def test_any_query_gives_the_rows_of_the_slow_reader(store: Store, query: str) -> None:
    """The same rows, and sorted as the query asks."""
    _agree(store, query)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, derandomize=True)
@given(queries())
def test_ten_thousand_queries_give_the_rows_of_the_slow_reader(store: Store, query: str) -> None:
    """The same rows, and sorted as the query asks."""
    _agree(store, query)
