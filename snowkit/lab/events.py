"""Events: the queue that scripts put them on, and the script actions that answer them later.

source: server-api-reference GlideSystem eventQueue: an event names a record and two parameters; a script action of
its name finds them as `event.parm1` and `event.parm2`, and the record as `current`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snowkit.lab.js.engine import Job
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab
    from snowkit.lab.js.host import Host


def queue(lab: Lab, host: Host, name: str, table: str, sys_id: str, parameters: tuple[str, str]) -> None:
    """Put an event on the queue; where a script action waits for it, the scheduler runs it."""
    row = {"name": name, "table": table, "instance": sys_id, "parm1": parameters[0], "parm2": parameters[1]}
    event = lab.records.insert("sysevent", row, host.session, workflow=False)
    if lab.store.count("sysevent_script_action", f"event_name={name}^active=true"):
        lab.scheduler.add(f"event {name}", lambda: _process(lab, host, event))


def _process(lab: Lab, host: Host, event: Row) -> None:
    # Waits for the end of the transaction that queued the event.
    with lab.store.lock:
        known = lab.schema.get(event["table"]) is not None
        current = lab.store.get(event["table"], event["instance"]) if known else None
    failed = False
    for action in lab.store.find(
        "sysevent_script_action", f"event_name={event['name']}^active=true^ORDERBYorder"
    ):
        job = Job(action["script"], _context(host, event, current), action["condition_script"])
        outcome = lab.rules.engine.run(job, host)
        if outcome.failure:
            failed = True
            host.log(2, f"{outcome.failure.message}\nCaused by error in Script Action: {action['name']}")
    if lab.store.get("sysevent", event["sys_id"]) is not None:
        lab.store.patch("sysevent", event["sys_id"], {"state": "error" if failed else "processed"})


def _context(host: Host, event: Row, current: Row | None) -> dict[str, Any]:
    session = host.session
    return {
        "table": (current or {}).get("sys_class_name") or event["table"] if current else "",
        "rule_table": event["table"],
        "current": current,
        "previous": None,
        "operation": None,
        "when": "event",
        "scope": "global",
        "event": event,
        "user": {
            "id": session.user_id,
            "name": session.user_name,
            "display": session.user_name,
            "roles": sorted(session.roles),
            "interactive": False,
        },
    }
