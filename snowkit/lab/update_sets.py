"""Retrieved update sets: loaded from a file, previewed, committed and backed out.

source: update_sets 3; rest_behaviour 7. Elevation to security_admin is not modelled. Committing runs no business
rules and keeps the stamps that an update carries; whether an instance does is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4
from xml.sax.saxutils import escape

from snowkit.errors import LabError
from snowkit.lab.moments import stamp
from snowkit.lab.store import Row
from snowkit.lab.update_set_file import Payload, UnreadableXml, read, read_payload
from snowkit.lab.update_set_preview import COALESCED, Finding, examine, target

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab
    from snowkit.lab.session import Session

_CARRIAGE_RETURN = "\r"
_COUNTERS = ("inserted", "updated", "deleted", "collisions")


class UpdateSets:
    """What an admin does with retrieved update sets; every method raises `LabError` for an unknown set."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def load(self, content: bytes, session: Session) -> list[str]:
        """Load an exported file and return the ids of its sets, state `loaded`.

        A set that is there already under the header's id is opened again: its fields change, its updates are
        added, those with known ids replaced. Raises `UnreadableXml`, and then loads nothing.
        """
        unload = read(content)
        headers = [self._stored("sys_remote_update_set", row, session) for row in unload.headers]
        updates = [self._stored("sys_update_xml", row, session) for row in unload.updates]
        with self._lab.store.transaction():
            for header in headers:
                unseen = dict.fromkeys((*_COUNTERS, "summary", "commit_date", "update_set"), "")
                self._lab.store.put("sys_remote_update_set", header | unseen | {"state": "loaded"})
                self._forget_preview(header["sys_id"])
            self._lab.store.put_all("sys_update_xml", updates)
        return [header["sys_id"] for header in headers]

    def preview(self, sys_id: str, session: Session) -> list[Row]:
        """Preview a set that is loaded or previewed, and return its problems.

        Raises `LabError` for a set that is committed.
        """
        header = self._header(sys_id)
        if header["state"] == "committed":
            raise LabError(f"The update set {header['name']} is committed already.", "Upload it again.")
        with self._lab.store.transaction():
            self._forget_preview(sys_id)
            findings = examine(self._lab, header, self._updates(sys_id))
            for finding in findings:
                self._note(header, finding, session)
            self._lab.store.patch(
                "sys_remote_update_set", sys_id, {"state": "previewed"} | _counted(findings)
            )
        return self.problems(sys_id)

    def problems(self, sys_id: str) -> list[Row]:
        """Return the problems that the last preview found, always in the same order."""
        query = f"remote_update_set={sys_id}^ORDERBYremote_update^ORDERBYsys_id"
        return self._lab.store.find("sys_update_preview_problem", query)

    def resolve(self, problem_id: str, status: str) -> None:
        """Accept the remote update in spite of a problem (`ignored`), or leave the update out (`skipped`)."""
        self._lab.store.patch("sys_update_preview_problem", problem_id, {"status": status})

    def commit(self, sys_id: str, session: Session) -> str:
        """Commit a previewed set and return the id of its local copy, a sys_update_set.

        Raises `LabError` where the set is not previewed, a problem is not resolved, or an update's application
        is not on the instance; then nothing is changed.
        """
        header = self._header(sys_id)
        skipped = self._may_commit(header)
        updates = [row for row in self._updates(sys_id) if row["sys_id"] not in skipped]
        with self._lab.store.transaction():
            local = self._local(header, session)
            payloads = [(update, payload) for update in updates if (payload := self._payload(update))]
            moved = self._moved([payload for _, payload in payloads])
            for update, payload in payloads:
                self._version(update, payload, local, session)
                self._apply(update, payload, moved, session)
                copy = update | {"sys_id": uuid4().hex, "remote_update_set": "", "update_set": local}
                self._lab.store.put("sys_update_xml", copy)
            done = {"state": "committed", "commit_date": stamp(self._lab.now()), "update_set": local}
            self._lab.store.patch("sys_remote_update_set", sys_id, done)
        return local

    def back_out(self, local_id: str, session: Session) -> None:
        """Undo a committed set: records get their former content or go, and the local set goes."""
        store = self._lab.store
        if store.get("sys_update_set", local_id) is None:
            raise LabError(f"The lab has no local update set {local_id}.")
        with store.transaction():
            for version in store.find("sys_update_version", f"source={local_id}"):
                payload = read_payload(version["payload"])
                if payload.action == "DELETE":
                    store.remove(payload.table, payload.sys_id)
                else:
                    store.put(payload.table, payload.row)
                store.remove("sys_update_version", version["sys_id"])
            for update in store.find("sys_update_xml", f"update_set={local_id}"):
                store.remove("sys_update_xml", update["sys_id"])
            store.remove("sys_update_set", local_id)
            for header in store.find("sys_remote_update_set", f"update_set={local_id}"):
                store.patch("sys_remote_update_set", header["sys_id"], {"state": "loaded", "update_set": ""})

    def _header(self, sys_id: str) -> Row:
        row = self._lab.store.get("sys_remote_update_set", sys_id)
        if row is None:
            raise LabError(f"The lab has no retrieved update set {sys_id}.", "Upload one first.")
        return row

    def _updates(self, sys_id: str) -> list[Row]:
        return self._lab.store.find("sys_update_xml", f"remote_update_set={sys_id}^ORDERBYname")

    def _stored(self, table: str, row: Row, session: Session) -> Row:
        """Complete a row of a file to what the instance stores; fields that it does not know are dropped."""
        known = self._lab.schema.columns(table)
        now = stamp(self._lab.now())
        made = {name: column.default for name, column in known.items()}
        made |= {"sys_created_on": now, "sys_created_by": session.user_name, "sys_mod_count": "0"}
        made |= {"sys_updated_on": now, "sys_updated_by": session.user_name}
        made |= {name: value for name, value in row.items() if name in known and value}
        return made | {"sys_id": row.get("sys_id") or uuid4().hex}

    def _note(self, header: Row, finding: Finding, session: Session) -> None:
        action = "skip" if finding.problems else "commit"
        row = {"remote_update": finding.update["sys_id"], "disposition": finding.disposition}
        row = self._stored("sys_update_preview_xml", row | {"proposed_action": action}, session)
        self._lab.store.put("sys_update_preview_xml", row)
        for problem in finding.problems:
            row = {
                "type": "error",
                "description": problem.description,
                "remote_update_set": header["sys_id"],
                "remote_update": finding.update["sys_id"],
                "missing_item_table": problem.missing_table,
                "missing_item": problem.missing_id,
                "missing_item_update": problem.missing_update,
            }
            row = self._stored("sys_update_preview_problem", row, session)
            self._lab.store.put("sys_update_preview_problem", row)

    def _forget_preview(self, sys_id: str) -> None:
        for problem in self.problems(sys_id):
            self._lab.store.remove("sys_update_preview_problem", problem["sys_id"])
        for update in self._updates(sys_id):
            for row in self._lab.store.find("sys_update_preview_xml", f"remote_update={update['sys_id']}"):
                self._lab.store.remove("sys_update_preview_xml", row["sys_id"])

    def _may_commit(self, header: Row) -> set[str]:
        """Return the updates to leave out; raises `LabError` where the set cannot be committed."""
        name = header["name"]
        if header["state"] != "previewed":
            raise LabError(f"The update set {name} is {header['state']}.", "Preview it before you commit it.")
        problems = self.problems(header["sys_id"])
        if any(problem["status"] == "" for problem in problems):
            raise LabError(
                f"The update set {name} has preview problems.", "Accept or skip each of them first."
            )
        skipped = {problem["remote_update"] for problem in problems if problem["status"] == "skipped"}
        for update in self._updates(header["sys_id"]):
            scope = update["application"] or "global"
            found = self._lab.store.get("sys_scope", scope) or {"sys_id": ""}
            # The store finds an id in whatever case it is written; an application is not found that way.
            if update["sys_id"] not in skipped and found["sys_id"] != scope:
                raise LabError(f"Scope '{scope}' is not '{scope}', not found in instance")
        return skipped

    def _local(self, header: Row, session: Session) -> str:
        now = stamp(self._lab.now())
        row = {
            "name": header["name"],
            "description": header["description"],
            "application": header["application"] or "global",
            "state": "complete",
            "remote_sys_id": header["remote_sys_id"],
            "origin_sys_id": header["sys_id"],
            "install_date": now,
            "completed_on": now,
        }
        row = self._stored("sys_update_set", row, session)
        self._lab.store.put("sys_update_set", row)
        return row["sys_id"]

    def _moved(self, payloads: list[Payload]) -> Row:
        """Return the ids that become others, since the target has its own record of the name."""
        moved = {}
        for payload in payloads:
            found = target(self._lab, payload) if payload.table in COALESCED else None
            if found and payload.sys_id and found["sys_id"] != payload.sys_id:
                moved[payload.sys_id] = found["sys_id"]
        return moved

    def _payload(self, update: Row) -> Payload | None:
        """Read an update; None for one that cannot be applied, though its problem was accepted."""
        try:
            payload = read_payload(update["payload"])
        except UnreadableXml:
            return None
        return payload if self._lab.schema.get(payload.table) else None

    def _apply(self, update: Row, payload: Payload, moved: Row, session: Session) -> None:
        existing = target(self._lab, payload)
        if "DELETE" in (update["action"], payload.action):
            if existing is not None:
                self._lab.records.delete(payload.table, existing["sys_id"], session, workflow=False)
            return
        # Update sets leave private properties of the target alone. source: business_rules 0.7
        if existing is not None and existing.get("is_private") == "true":
            return
        columns = self._lab.schema.columns(payload.table)
        row = {name: value for name, value in payload.row.items() if name in columns}
        for name, column in columns.items():
            if column.reference and row.get(name):
                row[name] = moved.get(
                    row[name], self._named(column.reference, row[name], payload.references.get(name, ""))
                )
        if existing is None:
            row["sys_created_on"] = row.get("sys_created_on") or row.get("sys_updated_on", "")
            self._lab.records.insert(payload.table, row, session, workflow=False, stamps=False)
        else:
            row["sys_id"] = existing["sys_id"]
            self._lab.store.put(payload.table, existing | row)

    def _named(self, table: str, sys_id: str, name: str) -> str:
        """Return the id of a referenced record, found by name where the table is coalesced and the id unknown."""
        if table not in COALESCED or not name or self._lab.store.get(table, sys_id) is not None:
            return sys_id
        found = self._lab.store.find(table, f"name={name.replace('^', '^^')}", limit=1)
        return found[0]["sys_id"] if found else sys_id

    def _version(self, update: Row, payload: Payload, local: str, session: Session) -> None:
        """Keep what the record was before, for backing out."""
        existing = target(self._lab, payload)
        before = existing or {"sys_id": payload.sys_id}
        action = "INSERT_OR_UPDATE" if existing else "DELETE"
        fields = "".join(
            f"<{name}>{escape(value, {_CARRIAGE_RETURN: '&#13;'})}</{name}>"
            for name, value in sorted(before.items())
        )
        record = f'<{payload.table} action="{action}">{fields}</{payload.table}>'
        row = {
            "name": update["name"],
            "payload": f'<record_update table="{payload.table}">{record}</record_update>',
            "state": "previous",
            "source_table": "sys_update_set",
            "source": local,
        }
        self._lab.store.put("sys_update_version", self._stored("sys_update_version", row, session))


def _counted(findings: list[Finding]) -> Row:
    kinds = [finding.disposition for finding in findings]
    counts = {
        "inserted": kinds.count("insert"),
        "updated": kinds.count("update"),
        "deleted": kinds.count("delete"),
        "collisions": sum(kind.startswith("collision_") for kind in kinds),
    }
    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    return {name: str(count) for name, count in counts.items()} | {"summary": words}
