"""Keeps the transaction log: one row of syslog_transaction for each call to the REST APIs.

source: rest_behaviour 6: it lets a customer see that a call reached the instance. A row is written when its answer is
made, so no answer holds its own. The table is rotated; how many rows an instance keeps depends on its shards.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

from snowkit.lab.moments import stamp
from snowkit.lab.session import Session

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_TABLE = "syslog_transaction"
KEPT = 1000
# How many rows over that are borne before the oldest are taken away.
_SLACK = 200


class Transactions:
    """The log of one lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._written = 0

    def note(self, method: str, url: str, status: int, started: float, session: Session | None) -> None:
        """Write a row; `started` is what `time.monotonic()` said when the request came."""
        store = self._lab.store
        row = {
            "sys_id": uuid4().hex,
            "type": "rest",
            "url": url[:1024],
            "method": method,
            "response_status": str(status),
            "response_time": str(round((time.monotonic() - started) * 1000)),
            "sys_created_on": stamp(self._lab.now()),
            "sys_created_by": session.user_name if session else "guest",
        }
        store.put(_TABLE, row)
        self._written += 1
        if self._written % _SLACK == 0:
            for old in store.find(_TABLE, "ORDERBYDESCsys_created_on", offset=KEPT, columns=("sys_id",)):
                store.remove(_TABLE, old["sys_id"])
