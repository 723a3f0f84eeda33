"""Makes the cases of a fresh instance, with comments, an escalation, an attachment and their traces in the audit."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from snowkit.lab.moments import stamp

if TYPE_CHECKING:
    from snowkit.lab.seed import Planter

FIRST_NUMBER = 1001
ATTACHMENT = b"time,flow\n08:00,1.25\n09:00,1.31\n"
_SUBJECTS = (
    "Flow meter shows an error after the update",
    "Invoice shows the wrong address",
    "Where can I download the manual?",
    "Pump stops after ten minutes",
    "Please add a second user to our account",
    "Sensor loses its calibration",
)
_STATES = ("1", "10", "18", "10", "6", "3")
_CUSTOMERS = (("boxeo", "george"), ("nordlys", "ingrid"), ("hanami", "kenji"))
_AGENTS = ("ada", "bram")
# Cases lie this far apart, closer where there are many, so that all fall into half a year.
_APART = timedelta(minutes=37)
_SPAN = timedelta(days=180)
# Nothing that happens to a case happens later than this after it was made.
_LAST = timedelta(minutes=10)
# Of so many cases three were made in one second, as an import does it.
_BURST = 40


def plant(planter: Planter, now: datetime, count: int) -> None:
    """Write so many cases; the same number and text for the same position, whatever the time is."""
    planter.plant("sn_customerservice_case", (_case(position, count, now) for position in range(count)))
    comments = (row for position in range(0, count, 3) for row in _comments(position, count, now))
    planter.plant("sys_journal_field", comments)
    planter.plant("sys_audit", (_change(position, count, now) for position in range(1, count, 6)))
    if count:
        _plant_attachment(planter, _created(0, count, now))
        _plant_escalation(planter)
    gone = {
        "key": "gone",
        "tablename": "sn_customerservice_case",
        "documentkey": "@sn_customerservice_case:gone",
    }
    planter.plant("sys_audit_delete", [gone | {"display_value": "CS0001000", "user": "admin"}])


def _created(position: int, count: int, now: datetime) -> datetime:
    in_burst = (position + _BURST // 2) % _BURST
    moment = position - in_burst if in_burst < 3 else position
    return now - _LAST - (count - moment) * min(_APART, _SPAN / count)


def _case(position: int, count: int, now: datetime) -> dict[str, str]:
    account, contact = _CUSTOMERS[position % len(_CUSTOMERS)]
    state = _STATES[position % len(_STATES)]
    agent = _AGENTS[position % len(_AGENTS)]
    created = _created(position, count, now)
    updated = created if state == "1" else created + timedelta(minutes=9)
    return {
        "key": str(position),
        "number": f"CS{FIRST_NUMBER + position:07}",
        "short_description": _SUBJECTS[position % len(_SUBJECTS)],
        "description": f"Reported by the customer as request {position + 1}.",
        "state": state,
        "active": "false" if state == "3" else "true",
        "priority": str(position % 4 + 1),
        "contact_type": ("web", "email", "phone")[position % 3],
        "account": f"@{account}",
        "contact": f"@{contact}",
        "opened_by": f"@customer_contact:{contact}",
        "opened_at": stamp(created),
        "assigned_to": "" if state == "1" else f"@{agent}",
        "assignment_group": "@support",
        "sys_created_on": stamp(created),
        "sys_created_by": "system",
        "sys_updated_on": stamp(updated),
        "sys_updated_by": "system" if state == "1" else f"{agent}.agent",
        "sys_mod_count": "0" if state == "1" else "1",
    }


def _comments(position: int, count: int, now: datetime) -> list[dict[str, str]]:
    created = _created(position, count, now)
    written = (
        ("comments", "Could you send us the serial number?", 5),
        ("work_notes", "Looks like the known calibration problem.", 7),
    )
    return [
        {
            "key": f"{position}.{element}",
            "name": "sn_customerservice_case",
            "element": element,
            "element_id": f"@sn_customerservice_case:{position}",
            "value": text,
            "sys_created_on": stamp(created + timedelta(minutes=minutes)),
            "sys_created_by": f"{_AGENTS[position % len(_AGENTS)]}.agent",
        }
        for element, text, minutes in written
    ]


def _change(position: int, count: int, now: datetime) -> dict[str, str]:
    agent = f"{_AGENTS[position % len(_AGENTS)]}.agent"
    return {
        "key": str(position),
        "tablename": "sn_customerservice_case",
        "documentkey": f"@sn_customerservice_case:{position}",
        "fieldname": "state",
        "oldvalue": "1",
        "newvalue": _STATES[position % len(_STATES)],
        "user": agent,
        "sys_created_on": stamp(_created(position, count, now) + timedelta(minutes=9)),
        "sys_created_by": agent,
    }


def _plant_attachment(planter: Planter, created: datetime) -> None:
    row = {
        "key": "flow",
        "table_name": "sn_customerservice_case",
        "table_sys_id": "@sn_customerservice_case:0",
        "file_name": "flow.csv",
        "content_type": "text/csv",
        "size_bytes": str(len(ATTACHMENT)),
        "size_compressed": str(len(ATTACHMENT)),
        "chunk_size_bytes": "700000",
        "hash": hashlib.sha256(ATTACHMENT).hexdigest(),
        "sys_created_on": stamp(created),
        "sys_updated_on": stamp(created),
    }
    planter.plant("sys_attachment", [row])
    planter.store.put_bytes(planter.complete("sys_attachment", row)["sys_id"], ATTACHMENT)


def _plant_escalation(planter: Planter) -> None:
    row = {
        "key": "first",
        "number": "ESC0001001",
        "short_description": "The customer asks for a manager",
        "source_table": "sn_customerservice_case",
        "source_record": "@sn_customerservice_case:0",
        "type": "case",
        "account": "@boxeo",
    }
    planter.plant("sn_customerservice_escalation", [row])
