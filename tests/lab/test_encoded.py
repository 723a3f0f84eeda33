"""The grammar of encoded queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowkit.lab.encoded import Condition, Order, equals, parse

FIELDS = st.from_regex(r"[a-z][a-z0-9_]{0,8}(\.[a-z][a-z0-9_]{0,8}){0,2}", fullmatch=True)
OPERATORS = st.sampled_from(
    ["=", "!=", ">", ">=", "<", "<=", "LIKE", "NOT LIKE", "STARTSWITH", "ENDSWITH", "IN", "NOT IN", "SAMEAS"]
)
# A value may begin with anything that does not make another operator of the one before it.
VALUES = st.text(st.characters(codec="utf-8"), min_size=1).map(lambda text: f"v{text}v")
CONDITIONS = st.builds(Condition, FIELDS, OPERATORS, VALUES)
GROUPS = st.lists(st.lists(CONDITIONS, min_size=1, max_size=3), min_size=1, max_size=3)


def _written(condition: Condition) -> str:
    return condition.field + condition.operator + condition.value.replace("^", "^^")


@given(
    st.lists(GROUPS, min_size=1, max_size=3), st.lists(st.builds(Order, FIELDS, st.booleans()), max_size=2)
)
def test_what_is_written_is_read(groups: list[list[list[Condition]]], orders: list[Order]) -> None:
    """Any conditions, joined by ^, ^OR and ^NQ, with any order, are read as they were meant."""
    text = "^NQ".join("^".join("^OR".join(map(_written, either)) for either in group) for group in groups)
    text += "".join(f"^ORDERBY{'DESC' if order.descending else ''}{order.field}" for order in orders)
    query = parse(text)
    assert query.groups == tuple(tuple(tuple(either) for either in group) for group in groups)
    assert query.orders == tuple(orders)
    assert not query.unreadable


@given(st.text(max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    """An instance ignores or refuses, but never fails on, a query that makes no sense."""
    parse(text)


def test_or_binds_to_the_condition_before_it() -> None:
    """a=1^ORa=2^b=3 means (a=1 or a=2) and b=3."""
    first = (Condition("a", "=", "1"), Condition("a", "=", "2"))
    assert parse("a=1^ORa=2^b=3").groups == ((first, (Condition("b", "=", "3"),)),)


@pytest.mark.parametrize(
    ("text", "operator", "value"),
    [
        ("a*b", "LIKE", "b"),
        ("a!*b", "NOT LIKE", "b"),
        ("a%b", "ENDSWITH", "b"),
        ("aNOTLIKEb", "NOT LIKE", "b"),
        ("aCONTAINSb", "LIKE", "b"),
        ("aONToday@x@y", "ON", "Today@x@y"),
        ("aISEMPTY", "ISEMPTY", ""),
        ("aBETWEEN1@2", "BETWEEN", "1@2"),
        ("aNSAMEASb", "NSAMEAS", "b"),
        ("aINb,c", "IN", "b,c"),
        ("aIN_HIERARCHYb@c", "IN_HIERARCHY", "b@c"),
        ("a>=1", ">=", "1"),
        ("aLIKE=STARTSWITHx", "LIKE", "=STARTSWITHx"),
        ("a=javascript:gs.getUserID()", "=", "javascript:gs.getUserID()"),
    ],
)
def test_shorthands_and_longer_operators_are_told_apart(text: str, operator: str, value: str) -> None:
    """One operator begins another; the longest that fits is meant."""
    assert parse(text).conditions() == [Condition("a", operator, value)]


def test_an_order_may_stand_anywhere() -> None:
    """Before, between and after conditions, and at the head of a group."""
    query = parse("ORDERBYa^b=1^ORDERBYDESCc^NQORDERBYd^e=2")
    assert query.orders == (Order("a"), Order("c", descending=True), Order("d"))
    assert query.groups == (((Condition("b", "=", "1"),),), ((Condition("e", "=", "2"),),))


def test_an_alternative_of_nothing_does_not_bind_to_what_stands_before() -> None:
    """a=1^nonsense^ORb=2 leaves a=1 and b=2, as it would with an unknown field in the middle."""
    assert parse("a=1^nonsense^ORb=2").groups == parse("a=1^b=2").groups


def test_operators_mind_capitals() -> None:
    """Row 1.3: operators are case-sensitive."""
    assert parse("numberlikea^numberStartsWithb").unreadable == ("numberlikea", "numberStartsWithb")


def test_the_terminator_of_a_list_view_is_tolerated() -> None:
    """A list view's filter ends with ^EQ."""
    assert parse("a=1^EQ") == parse("a=1")


def test_what_is_no_condition_is_reported() -> None:
    """The caller decides by the instance's property what becomes of it."""
    query = parse("active=true^nonsense^ORDERBYnumber")
    assert query.unreadable == ("nonsense",)
    assert query.fields() == ["active", "number"]


def test_exact_values_are_never_evaluated() -> None:
    """A value from a request cannot smuggle in a condition or a script."""
    assert equals(name="a^ORb=c").conditions() == [Condition("name", "==", "a^ORb=c")]


def test_of_three_carets_the_last_one_separates() -> None:
    """A value that ends in a caret has it twice, and the separator comes after."""
    found = parse("number!=^^^state=1")
    assert [(each.field, each.operator, each.value) for each in found.conditions()] == [
        ("number", "!=", "^"),
        ("state", "=", "1"),
    ]
