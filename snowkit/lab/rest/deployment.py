"""The CI/CD API for update sets: create, preview, commit, back out, and the progress of each; it uploads nothing.

The work is done when the first answer goes out, which says Pending all the same, as an instance's does. `retrieve`
is not there: it pulls from another registered instance. The words of its errors are the lab's own.
source: rest_behaviour 7, CICD Update Set API
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from snowkit.errors import LabError
from snowkit.lab.rest.apis import Api, Endpoint
from snowkit.lab.rest.call import Answer, Call, Refused
from snowkit.lab.session import Session
from snowkit.lab.update_sets import UpdateSets

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

PLUGIN = "com.glide.continuousdelivery"
SETS = Api("CICD Update Set API", "sn_cicd/update_set", plugin=PLUGIN)
PROGRESS = Api("CICD Progress API", "sn_cicd/progress", plugin=PLUGIN)
_ROLES = {"admin", "sn_cicd.sys_ci_automation"}
_LABELS = {"0": "Pending", "2": "Successful", "3": "Failed"}
_REMEMBERED = 500
_LOCAL, _REMOTE = "sys_update_set", "sys_remote_update_set"
Work = Callable[[str, Session], object]


@dataclass(frozen=True, slots=True)
class Progress:
    """How one piece of work went; `status` is 0 pending, 2 successful, 3 failed."""

    status: str
    message: str = ""


def endpoints(lab: Lab) -> tuple[Endpoint, ...]:
    """Return the API's endpoints for one lab, which remember what became of each piece of work."""
    cicd = _Cicd(lab)
    base = "/sn_cicd/update_set"
    return (
        Endpoint(SETS, f"{base}/create", {"POST": cicd.create}),
        Endpoint(SETS, f"{base}/preview/{{sys_id}}", {"POST": cicd.preview}),
        Endpoint(SETS, f"{base}/commit/{{sys_id}}", {"POST": cicd.commit}),
        Endpoint(SETS, f"{base}/commitMultiple", {"POST": cicd.commit_all}),
        Endpoint(SETS, f"{base}/back_out", {"POST": cicd.back_out}),
        Endpoint(PROGRESS, "/sn_cicd/progress/{sys_id}", {"GET": cicd.progress}),
    )


class _Cicd:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._sets = UpdateSets(lab)
        self._done: dict[str, Progress] = {}

    def create(self, call: Call) -> Answer:
        _admit(call)
        name = call.parameter("update_set_name").strip()
        if not name:
            raise Refused(400, "The parameter update_set_name is missing.")
        values = {"name": name, "state": "in progress", "description": call.parameter("description")}
        row = self._lab.records.insert(_LOCAL, values, call.session)
        return Answer(201, {"update_set_id": row["sys_id"]})

    def preview(self, call: Call) -> Answer:
        return self._begin(call, _REMOTE, [call.parts["sys_id"]], self._sets.preview)

    def commit(self, call: Call) -> Answer:
        return self._begin(call, _REMOTE, [call.parts["sys_id"]], self._sets.commit)

    def commit_all(self, call: Call) -> Answer:
        ids = [each.strip() for each in call.parameter("remote_update_set_ids").split(",") if each.strip()]
        return self._begin(call, _REMOTE, ids, self._sets.commit)

    def back_out(self, call: Call) -> Answer:
        return self._begin(call, _LOCAL, [call.parameter("update_set_id")], self._sets.back_out)

    def progress(self, call: Call) -> Answer:
        _admit(call)
        found = self._done.get(call.parts["sys_id"])
        if found is None:
            raise Refused(404, "There is no such progress.")
        return Answer(result=_shown(call, call.parts["sys_id"], found))

    def _begin(self, call: Call, table: str, ids: list[str], work: Work) -> Answer:
        _admit(call)
        if not ids or not all(ids):
            raise Refused(400, "No update set is named.")
        for sys_id in ids:
            if self._lab.store.get(table, sys_id) is None:
                raise Refused(404, f"There is no update set {sys_id}.")
        try:
            for sys_id in ids:
                work(sys_id, call.session)
            outcome = Progress("2")
        except LabError as error:
            outcome = Progress("3", str(error))
        progress_id = uuid4().hex
        if len(self._done) >= _REMEMBERED:
            del self._done[next(iter(self._done))]
        self._done[progress_id] = outcome
        return Answer(result=_shown(call, progress_id, Progress("0")))


def _admit(call: Call) -> None:
    if _ROLES.isdisjoint(call.session.roles):
        raise Refused(403, "The role sn_cicd.sys_ci_automation is required.")


def _shown(call: Call, progress_id: str, progress: Progress) -> dict[str, Any]:
    url = f"{call.incoming.base_url}/api/{PROGRESS.path}/{progress_id}"
    return {
        "links": {"progress": {"id": progress_id, "url": url}},
        "status": progress.status,
        "status_label": _LABELS[progress.status],
        "status_message": progress.message,
        "status_detail": "",
        "error": progress.message,
        "percent_complete": 0 if progress.status == "0" else 100,
    }
