"""What a preview finds: what committing each update would do, and what stands in the way.

The words of problems are the platform's where a source quotes them, and the lab's own elsewhere. A local change is
recognised by the record itself: newer than the update, and different in content.
source: update_sets 3, preview problem kinds
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowkit.lab.store import Row
from snowkit.lab.update_set_file import Payload, UnreadableXml, read_payload

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

# The target's record of the same name is meant, whatever its id. source: update_sets 3, coalescing
COALESCED = {"sys_properties": "name", "sys_user_role": "name", "sys_user_group": "name"}
# Said not to be looked for by the preview. source: update_sets 3, measured once
_UNCHECKED = {"sys_user", "sys_user_group", "sys_user_role"}
# Differences in these are no change of content. source: update_sets 1.2, payload_hash
_STAMPS = {
    "sys_id",
    "sys_update_name",
    "sys_created_on",
    "sys_created_by",
    "sys_updated_on",
    "sys_updated_by",
    "sys_mod_count",
}
_ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an update cannot be committed as it is; `missing` names table and id of what it refers to."""

    description: str
    missing_table: str = ""
    missing_id: str = ""
    missing_update: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What committing one update would do: `insert`, `update`, `delete`, `collision_…`, or `table_not_found`."""

    update: Row
    disposition: str
    problems: tuple[Problem, ...] = ()


def target(lab: Lab, payload: Payload) -> Row | None:
    """Return the record of this instance that an update is about, None where there is none yet."""
    field = COALESCED.get(payload.table)
    name = payload.row.get(field, "") if field else ""
    if name:
        found = lab.store.find(payload.table, f"{field}={name.replace('^', '^^')}", limit=1)
        if found:
            return found[0]
    return lab.store.get(payload.table, payload.sys_id) if payload.sys_id else None


def examine(lab: Lab, header: Row, updates: list[Row]) -> list[Finding]:
    """Look at every update of a set."""
    names = {update["name"] for update in updates}
    return [_examine(lab, header, update, names) for update in updates]


def _examine(lab: Lab, header: Row, update: Row, names: set[str]) -> Finding:
    try:
        payload = read_payload(update["payload"])
    except UnreadableXml as error:
        text = f"The update {update['name']} has invalid XML and will be skipped: {error}"
        return Finding(update, "invalid", (Problem(text),))
    problems = list(_scope_problems(header, update))
    if lab.schema.get(payload.table) is None:
        text = f"Table {payload.table} of the update {update['name']} does not exist on this instance"
        return Finding(update, "table_not_found", (*problems, Problem(text, payload.table)))
    existing = target(lab, payload)
    deleting = "DELETE" in (update["action"], payload.action)
    if not deleting:
        problems += _missing(lab, header, payload, names)
    disposition = "delete" if deleting else "insert" if existing is None else "update"
    if existing is not None and _collides(lab, payload, existing, deleting):
        problems.append(Problem("Found a local update that is newer than this one"))
        disposition = f"collision_{disposition}"
    return Finding(update, disposition, tuple(problems))


def _scope_problems(header: Row, update: Row) -> list[Problem]:
    of_set = header["application"] or "global"
    of_update = update["application"] or "global"
    if of_set == of_update:
        return []
    why = f"Update scope id '{of_update}' is different than update set scope id '{of_set}'."  # noqa: S608  no SQL
    text = (
        f"Cannot commit Update Set '{header['name']}' because: {why} Resolve the problem before committing."
    )
    return [Problem(text)]


def _missing(lab: Lab, header: Row, payload: Payload, names: set[str]) -> list[Problem]:
    found = []
    for element, column in lab.schema.columns(payload.table).items():
        value, table = payload.row.get(element, ""), column.reference
        if not table or table in _UNCHECKED or len(value) != _ID_LENGTH or lab.schema.get(table) is None:
            continue
        if lab.store.get(table, value) is not None:
            continue
        wanted = [f"{descendant}_{value}" for descendant in lab.schema.descendants(table)]
        if names.isdisjoint(wanted):
            text = f"Could not find a record in {table} for column {element} referenced in this update"
            found.append(Problem(text, table, value, _uncommitted(lab, header, wanted)))
    return found


def _uncommitted(lab: Lab, header: Row, wanted: list[str]) -> str:
    """Return the update of another set, not yet committed, that would bring the missing record."""
    for update in lab.store.find("sys_update_xml", f"nameIN{','.join(wanted)}^remote_update_setISNOTEMPTY"):
        other = lab.store.get("sys_remote_update_set", update["remote_update_set"])
        if other and other["sys_id"] != header["sys_id"] and other["state"] != "committed":
            return update["sys_id"]
    return ""


def _collides(lab: Lab, payload: Payload, existing: Row, deleting: bool) -> bool:
    if existing.get("sys_updated_on", "") <= payload.row.get("sys_updated_on", ""):
        return False
    known = lab.schema.columns(payload.table)
    compared = [name for name in payload.row if name in known and name not in _STAMPS]
    return deleting or any(payload.row[name] != existing.get(name, "") for name in compared)
