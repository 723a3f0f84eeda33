"""The transaction log has a row for each call to the REST APIs, and stays small."""

from __future__ import annotations

import time

import httpx

from snowkit.lab.instance import Lab
from snowkit.lab.session import SYSTEM
from snowkit.lab.transactions import KEPT


async def test_a_call_leaves_a_row(lab: Lab, client: httpx.AsyncClient) -> None:
    """Who asked, what, and with what success; also who nobody knows."""
    await client.get("/api/now/table/incident", auth=("admin", "wrong"))
    await client.get("/api/now/table/incident?sysparm_limit=1", auth=("admin", "admin-of-the-lab"))
    rows = lab.store.find("syslog_transaction", "type=rest^ORDERBYDESCresponse_status")
    assert [(row["url"], row["method"], row["response_status"], row["sys_created_by"]) for row in rows] == [
        ("/api/now/table/incident", "GET", "401", "guest"),
        ("/api/now/table/incident?sysparm_limit=1", "GET", "200", "admin"),
    ]


async def test_an_answer_does_not_hold_its_own_row(lab: Lab, client: httpx.AsyncClient) -> None:
    """Reading the log shows the calls before."""
    path, login = "/api/now/table/syslog_transaction", ("admin", "admin-of-the-lab")
    assert len((await client.get(path, auth=login)).json()["result"]) == 0
    assert len((await client.get(path, auth=login)).json()["result"]) == 1


def test_the_log_is_rotated(lab: Lab) -> None:
    """Old rows go, so that a lab that runs for weeks does not grow."""
    for _ in range(KEPT + 400):
        lab.transactions.note("GET", "/api/now/table/incident", 200, time.monotonic(), SYSTEM)
    assert lab.store.count("syslog_transaction") == KEPT
