"""Which JavaScript a business rule may be written in, and what becomes of one that is written in a later one."""

from __future__ import annotations

from snowkit.lab.js import es5
from snowkit.lab.js.engine import Failure, Job, Outcome
from snowkit.lab.store import Row, Store


def refused(store: Store, rule: Row, job: Job) -> Outcome | None:
    """Return the failure of a script that ES5 Standards mode does not take, where that is the rule's mode.

    No document gives the words: "syntax error" are Rhino's, the rest the lab's own.
    """
    if is_latest(store, rule):
        return None
    for part, text in (("condition", job.condition), ("script", job.script)):
        if later := es5.first(text):
            message = f"syntax error: {later.construct} is not supported in ES5 Standards mode"
            return Outcome(failure=Failure(part, message, later.line, later.column))
    return None


def is_latest(store: Store, rule: Row) -> bool:
    """Say whether a rule runs in ES12 mode: by its application, or by its own record that turns it on.

    source: scripts/set-es12-mode-scripts; a global application is never in that mode as a whole.
    """
    scope = rule["sys_scope"]
    if scope and scope != "global" and (store.get("sys_scope", scope) or {}).get("js_level") == "es_latest":
        return True
    query = f"table=sys_script^id={rule['sys_id']}^use_es_latest=true"
    return bool(store.count("sys_es_latest_script", query))
