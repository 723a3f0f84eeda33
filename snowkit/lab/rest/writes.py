"""Writes as a caller may make them: record ACLs refuse, field ACLs drop, rules and data policies stop.

source: rest_behaviour 1.7: a field that may not be written is dropped and the answer is still 200; where all
are dropped the update is abandoned and no rule runs.
"""

from __future__ import annotations

from snowkit.errors import LabError
from snowkit.lab.abort import Aborted
from snowkit.lab.query import Query, matches
from snowkit.lab.rest import queries
from snowkit.lab.rest.call import Call, Refused, denied, no_record
from snowkit.lab.store import Row


def readable(call: Call, table: str, sys_id: str) -> Row:
    """Return a record that the caller may read; raises the refusal that does not tell hidden from missing."""
    row = call.lab.store.get(table, sys_id)
    if row is None or not call.acl.may("read", table, row):
        raise no_record()
    left = queries.narrowed(call, table, Query())
    if left.groups and not matches(left, row, table, call.lab, asker=call.asker):
        raise no_record()
    return row


def insert(call: Call, table: str, values: Row) -> Row:
    """Insert a record and return it as it is after its rules."""
    if not call.acl.may("create", table, values):
        raise denied("Insert")
    kept = {name: value for name, value in values.items() if call.acl.may("create", table, values, name)}
    # source: rest_behaviour 1.4: another scope than the global one is accepted, and silently becomes it.
    kept.pop("sys_scope", None)
    _mandatory(call, table, kept)
    try:
        return call.lab.records.insert(table, kept, call.session, stamps=_stamps(call))
    except Aborted as stopped:
        raise _aborted(stopped) from stopped
    except LabError as taken:
        # The one thing that a caller can do wrong here is to give the id of a record that exists.
        raise denied("Insert") from taken


def update(call: Call, table: str, sys_id: str, changes: Row) -> Row:
    """Change a record and return it as it is afterwards, changed or not."""
    row = readable(call, table, sys_id)
    if not call.acl.may("write", table, row):
        raise denied("Update")
    kept = {
        name: value
        for name, value in changes.items()
        if name != "sys_class_name" and call.acl.may("write", table, row, name)
    }
    if not kept:
        return row
    _mandatory(call, table, row | kept)
    try:
        return call.lab.records.update(table, sys_id, kept, call.session, stamps=_stamps(call))
    except Aborted as stopped:
        raise _aborted(stopped) from stopped


def delete(call: Call, table: str, sys_id: str) -> None:
    """Delete a record."""
    row = readable(call, table, sys_id)
    if not call.acl.may("delete", table, row):
        raise denied("Delete")
    try:
        call.lab.records.delete(table, sys_id, call.session)
    except Aborted as stopped:
        raise _aborted(stopped) from stopped


def _stamps(call: Call) -> bool:
    """Say whether the instance sets sys_updated_on and its like itself, which a caller may suppress."""
    return not call.flag("sysparm_suppress_auto_sys_field")


def _mandatory(call: Call, table: str, row: Row) -> None:
    for name in call.lab.switches.current.mandatory_by_data_policy.get(table, ()):
        if not row.get(name):
            raise Refused(403, "Operation Failed", f"Data Policy Exception: {name} is mandatory")


def _aborted(stopped: Aborted) -> Refused:
    detail = (
        f"Operation against file '{stopped.table}' was aborted by Business Rule "
        f"'{stopped.rule_name}^{stopped.rule_id}'. Business Rule Stack:{','.join(stopped.stack)}"
    )
    return Refused(403, "Operation Failed", detail)
