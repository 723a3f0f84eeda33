"""A lab of the parts that rules need, without any server: store, records, rules, scheduler, outbound calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from snowkit.lab.js.engine import Engine
from snowkit.lab.outbound import Outbound
from snowkit.lab.records import Records
from snowkit.lab.rules import Rules
from snowkit.lab.scheduler import Scheduler
from snowkit.lab.schema import shipped
from snowkit.lab.store import Store
from snowkit.lab.switches import SwitchBoard


@dataclass(frozen=True)
class Somebody:
    """A session of the test's own making."""

    user_id: str = "6816f79cc0a8016401c5a33be04be441"
    user_name: str = "admin"
    roles: frozenset[str] = frozenset({"admin"})
    kind: str = "system"
    entity: str = ""
    time_zone: str = "GMT"


ADMIN = Somebody()


@contextmanager
def small_lab(deadline: float = 2.0) -> Iterator[Any]:
    """Give a lab whose scheduler only works when it is drained."""
    lab: Any = SimpleNamespace(schema=shipped(), switches=SwitchBoard(), now=lambda: datetime.now(UTC))
    lab.store = Store(lab.schema)
    lab.records = Records(lab)
    lab.scheduler = Scheduler()
    lab.rules = Rules(lab, Engine(deadline))
    lab.outbound = Outbound(lab)
    try:
        yield lab
    finally:
        lab.outbound.close()
        lab.rules.close()
        lab.store.close()


def add_rule(lab: Any, script: str, **fields: str) -> str:
    """Add an active, advanced rule on incident, after insert and update unless told otherwise; returns its id."""
    row = {
        "name": "Rule",
        "collection": "incident",
        "when": "after",
        "active": "true",
        "advanced": "true",
        "action_insert": "true",
        "action_update": "true",
        "script": script,
    }
    sys_id: str = lab.records.insert("sys_script", row | fields, ADMIN, workflow=False)["sys_id"]
    return sys_id


def insert(lab: Any, table: str = "incident", **fields: str) -> dict[str, str]:
    """Insert a record as the admin."""
    row: dict[str, str] = lab.records.insert(table, fields, ADMIN)
    return row


def update(lab: Any, row: dict[str, str], **fields: str) -> dict[str, str]:
    """Update an incident as the admin."""
    stored: dict[str, str] = lab.records.update("incident", row["sys_id"], fields, ADMIN)
    return stored


def logged(lab: Any, level: str = "") -> list[str]:
    """Return the system log's messages, those of one level if given."""
    rows = lab.store.find("syslog", f"level={level}" if level else "")
    return [row["message"] for row in rows]
