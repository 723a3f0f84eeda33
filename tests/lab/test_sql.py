"""The SQL of a query finds its first row by an index, however far a client has paged."""

from __future__ import annotations

import sqlite3

import pytest

from snowkit.lab.database import connect
from snowkit.lab.encoded import parse
from snowkit.lab.moments import Asker
from snowkit.lab.schema import shipped
from snowkit.lab.sql import compile_query
from tests.lab.conftest import NOW

BASE = "sys_updated_on>=2026-01-01 00:00:00"
STAMP = "2026-11-24 10:00:00"
UNTIL = "^sys_updated_on<=2026-11-24 10:29:00"
ORDER = "^ORDERBYsys_updated_on^ORDERBYsys_id"


@pytest.mark.parametrize("table", ["sn_customerservice_case", "task", "sys_user"])
@pytest.mark.parametrize(
    ("query", "column"),
    [
        (f"{BASE}{ORDER}", "sys_updated_on>"),
        (f"{BASE}^sys_updated_on>{STAMP}^NQ{BASE}^sys_updated_on={STAMP}^sys_id>5{ORDER}", "sys_updated_on>"),
        (
            f"{BASE}{UNTIL}^sys_updated_on>{STAMP}^NQ{BASE}{UNTIL}^sys_updated_on={STAMP}^sys_id>5{ORDER}",
            "sys_updated_on>? AND sys_updated_on<",
        ),
        (
            f"sys_created_on<{STAMP}^NQsys_created_on={STAMP}^sys_id<5^ORDERBYDESCsys_created_on^ORDERBYDESCsys_id",
            "sys_created_on<",
        ),
        ("sys_id>5^ORDERBYsys_id", "sys_id>"),
    ],
)
def test_a_keyset_page_walks_an_index_from_its_start(table: str, query: str, column: str) -> None:
    """Row 5: the recommended queries search the index of their order, and sort nothing."""
    plan = _plan(table, query)
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH t USING")
    assert column in plan[0]


def test_groups_that_share_no_range_are_asked_as_they_are() -> None:
    """One group without an end for the column leaves the column unbounded."""
    compiled = compile_query(
        parse(f"sys_updated_on>{STAMP}^NQactive=true^ORDERBYsys_updated_on"),
        "sys_user",
        shipped(),
        Asker(NOW),
    )
    assert compiled.parameters == [STAMP, "true"]


def _plan(table: str, query: str) -> list[str]:
    schema = shipped()
    compiled = compile_query(parse(query), table, schema, Asker(NOW))
    database: sqlite3.Connection = connect(schema, None)
    try:
        text = f'SELECT * FROM "{schema.base(table)}" t WHERE {compiled.where} ORDER BY {compiled.order} LIMIT 1000'  # noqa: S608
        return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {text}", compiled.parameters)]
    finally:
        database.close()
