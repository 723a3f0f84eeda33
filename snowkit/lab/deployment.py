"""The CI/CD API for update sets: preview, commit, back out, and the progress of each; it uploads nothing.

The work is done when the first answer goes out, which says Pending all the same, as an instance's does.
source: rest_behaviour 7, CICD Update Set API; words of errors are the lab's own
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.errors import LabError
from snowkit.lab.session import Session
from snowkit.lab.update_sets import UpdateSets

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

PREFIX = "/api/sn_cicd"
_ROLES = {"admin", "sn_cicd.sys_ci_automation"}
_LABELS = {"0": "Pending", "2": "Successful", "3": "Failed"}
_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How one piece of work went; `status` is 0 pending, 2 successful, 3 failed."""

    status: str
    message: str = ""


def routes(lab: Lab, identify: Callable[[Request], Session | Response]) -> list[BaseRoute]:
    """Return the routes of the API; `identify` says who asks, or answers who cannot be let in."""
    api = _Api(lab, identify)
    sets = f"{PREFIX}/update_set"
    return [
        Route(f"{sets}/preview/{{sys_id}}", api.preview, methods=["POST"]),
        Route(f"{sets}/commit/{{sys_id}}", api.commit, methods=["POST"]),
        Route(f"{sets}/back_out", api.back_out, methods=["POST"]),
        Route(f"{PREFIX}/progress/{{sys_id}}", api.progress, methods=["GET"]),
    ]


class _Api:
    def __init__(self, lab: Lab, identify: Callable[[Request], Session | Response]) -> None:
        self._lab = lab
        self._identify = identify
        self._sets = UpdateSets(lab)
        self._done: dict[str, Progress] = {}

    def preview(self, request: Request) -> Response:
        return self._begin(
            request, "sys_remote_update_set", request.path_params["sys_id"], self._sets.preview
        )

    def commit(self, request: Request) -> Response:
        return self._begin(request, "sys_remote_update_set", request.path_params["sys_id"], self._sets.commit)

    def back_out(self, request: Request) -> Response:
        sys_id = request.query_params.get("update_set_id", "")
        return self._begin(request, "sys_update_set", sys_id, self._sets.back_out)

    def progress(self, request: Request) -> Response:
        session = self._caller(request)
        if isinstance(session, Response):
            return session
        found = self._done.get(request.path_params["sys_id"])
        if found is None:
            return _refused(404, "There is no such progress.")
        return JSONResponse({"result": self._shown(request, request.path_params["sys_id"], found)})

    def _begin(
        self, request: Request, table: str, sys_id: str, work: Callable[[str, Session], object]
    ) -> Response:
        session = self._caller(request)
        if isinstance(session, Response):
            return session
        if self._lab.store.get(table, sys_id) is None:
            return _refused(404, f"There is no update set {sys_id}.")
        try:
            work(sys_id, session)
            outcome = Progress("2")
        except LabError as error:
            outcome = Progress("3", str(error))
        progress_id = uuid4().hex
        if len(self._done) >= _REMEMBERED:
            del self._done[next(iter(self._done))]
        self._done[progress_id] = outcome
        return JSONResponse({"result": self._shown(request, progress_id, Progress("0"))})

    def _caller(self, request: Request) -> Session | Response:
        session = self._identify(request)
        if isinstance(session, Session) and _ROLES.isdisjoint(session.roles):
            return _refused(403, "The role sn_cicd.sys_ci_automation is required.")
        return session

    def _shown(self, request: Request, progress_id: str, progress: Progress) -> dict[str, Any]:
        url = str(request.base_url).rstrip("/") + f"{PREFIX}/progress/{progress_id}"
        return {
            "links": {"progress": {"id": progress_id, "url": url}},
            "status": progress.status,
            "status_label": _LABELS[progress.status],
            "status_message": progress.message,
            "status_detail": "",
            "error": progress.message,
            "percent_complete": 0 if progress.status == "0" else 100,
        }


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "detail": None}, "status": "failure"}, status)
