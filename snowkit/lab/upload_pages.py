"""The pages where an admin imports, previews and commits update sets: /upload.do, /sys_upload.do and their like.

The parts of the upload must come in the order that a browser sends them, the file last; otherwise the answer is
200 and nothing is imported, so the form's button has no name, which would be sent after the file. Only a browser
session gets here, never Basic or Bearer. The words of the pages, and the page of one retrieved set, are the lab's
own. source: rest_behaviour 7; update_sets 3
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.errors import LabError
from snowkit.lab import properties
from snowkit.lab.cookies import belongs
from snowkit.lab.pages import page, text, to_login
from snowkit.lab.session import Session
from snowkit.lab.store import Row
from snowkit.lab.update_set_file import UnreadableXml
from snowkit.lab.update_sets import UpdateSets

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

UPLOAD, UPLOADED, PROCESSORS = "/upload.do", "/sys_upload.do", "/xmlhttp.do"
SET, SETS = "/sys_remote_update_set.do", "/sys_remote_update_set_list.do"
TARGET = "sys_remote_update_set"
# Megabytes. source: platform-administration r_AvailableSystemProperties
_LARGEST = ("glide.db.impex.XMLLoader.max.file.size.mb", 100)
_BEFORE_FILE = ("sysparm_ck", "sysparm_referring_url", "sysparm_target")
_UPLOAD_FORM = """<h1>Import XML</h1>
<form action="/sys_upload.do" method="post" enctype="multipart/form-data">
<input type="hidden" name="sysparm_ck" value="{ck}">
<input type="hidden" name="sysparm_upload_prefix" value="">
<input type="hidden" name="sysparm_referring_url" value="{referring}">
<input type="hidden" name="sysparm_target" value="{target}">
<label>File <input type="file" name="attachFile"></label>
<button type="submit" value="upload">Upload</button>
</form>"""
_SET_FORM = """<h1>Retrieved Update Set {name}</h1>
<dl><dt>State</dt><dd id="state">{state}</dd><dt>Inserted, updated, deleted, collisions</dt><dd>{counts}</dd></dl>
<p role="alert">{notice}</p><ul>{problems}</ul>
<form action="/sys_remote_update_set.do" method="post">
<input type="hidden" name="sysparm_ck" value="{ck}">
<input type="hidden" name="sys_id" value="{sys_id}">
<button type="submit" name="sys_action" value="preview">Preview Update Set</button>
<button type="submit" name="sys_action" value="commit">Commit Update Set</button>
</form>"""

_PROBLEM = """<li class="{status}"><span>{description}</span>
<form action="/sys_remote_update_set.do" method="post">
<input type="hidden" name="sysparm_ck" value="{ck}">
<input type="hidden" name="sys_id" value="{sys_id}">
<input type="hidden" name="problem" value="{problem}">
<button type="submit" name="sys_action" value="ignored">Accept remote update</button>
<button type="submit" name="sys_action" value="skipped">Skip remote update</button>
</form></li>"""
_IMPORT = f"{UPLOAD}?sysparm_referring_url={SETS.removeprefix('/')}&amp;sysparm_target={TARGET}"

Answer = Callable[[Request, Session, Mapping[str, str], bytes | None], Response]


def routes(lab: Lab) -> list[BaseRoute]:
    """Return the routes of the pages for update sets."""
    pages = _Pages(lab)

    def posted(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            session = pages.admin(request)
            if isinstance(session, Response):
                return session
            async with request.form() as form:
                names = [name for name, _ in form.multi_items()]
                file = form.get("attachFile")
                ordered = bool(names) and names[-1] == "attachFile" and set(_BEFORE_FILE) <= set(names)
                content = await file.read() if ordered and isinstance(file, UploadFile) else None
                given = {name: text(form, name) for name in names}
            if not pages.is_own_form(request, given):
                return page("Update Sets", "<p>The form is no longer valid. Open the page again.</p>", 403)
            return await run_in_threadpool(answer, request, session, given, content)

        return endpoint

    return [
        Route(UPLOAD, pages.ask, methods=["GET"]),
        Route(UPLOADED, posted(pages.upload), methods=["POST"]),
        Route(SETS, pages.list, methods=["GET"]),
        Route(SET, pages.show, methods=["GET"]),
        Route(SET, posted(pages.act), methods=["POST"]),
        Route(PROCESSORS, posted(pages.process), methods=["POST"]),
    ]


class _Pages:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._sets = UpdateSets(lab)

    def admin(self, request: Request) -> Session | Response:
        """Return the admin who is signed in, or what anybody else gets to see."""
        session = self._lab.cookies.session(request)
        if session is None:
            return to_login(request)
        if "admin" not in session.roles:
            return page("Update Sets", "<p>Security constraints prevent access to requested page</p>", 403)
        return session

    def is_own_form(self, request: Request, given: Mapping[str, str]) -> bool:
        """Say whether a form carries the token of the session that sends it."""
        visit = self._lab.cookies.visit(request)
        return visit is not None and belongs(visit, given.get("sysparm_ck", ""))

    def ask(self, request: Request) -> Response:
        """Show the upload form."""
        session = self.admin(request)
        if isinstance(session, Response):
            return session
        asked = request.query_params
        form = _UPLOAD_FORM.format(
            ck=self._ck(request),
            referring=escape(asked.get("sysparm_referring_url", "")),
            target=escape(asked.get("sysparm_target", "")),
        )
        return page("Import XML", form)

    def upload(
        self, request: Request, session: Session, given: Mapping[str, str], content: bytes | None
    ) -> Response:
        """Load an uploaded file; what is not in order is answered with an empty page."""
        if content is None or given["sysparm_target"] != TARGET:
            return page("Import XML", "")
        largest = properties.number(self._lab.store, *_LARGEST)
        if len(content) > largest * 1024 * 1024:
            return page("Import XML", f"<p>The file is larger than {largest} MB.</p>")
        try:
            loaded = self._sets.load(content, session)
        except UnreadableXml as error:
            return page("Import XML", f"<p>The file is not valid XML: {escape(str(error))}</p>")
        return page("Import XML", f"<p>Import complete: {len(loaded)} update set(s).</p>")

    def list(self, request: Request) -> Response:
        """Show all retrieved sets, and where to import one."""
        session = self.admin(request)
        if isinstance(session, Response):
            return session
        rows = self._lab.store.find(TARGET, "ORDERBYname")
        items = "".join(
            f'<li><a href="{SET}?sys_id={quote(row["sys_id"])}">{escape(row["name"])}</a> {escape(row["state"])}</li>'
            for row in rows
        )
        link = f'<a href="{_IMPORT}">Import Update Set from XML</a>'
        return page("Retrieved Update Sets", f"<h1>Retrieved Update Sets</h1><ul>{items}</ul><p>{link}</p>")

    def show(self, request: Request) -> Response:
        """Show one retrieved set with its problems and buttons."""
        session = self.admin(request)
        if isinstance(session, Response):
            return session
        return self._set(request, request.query_params.get("sys_id", ""))

    def act(
        self, request: Request, session: Session, given: Mapping[str, str], content: bytes | None
    ) -> Response:
        """Press one of the buttons of the set or of its problems."""
        sys_id = given.get("sys_id", "")
        try:
            if given.get("sys_action") == "preview":
                self._sets.preview(sys_id, session)
            elif given.get("sys_action") == "commit":
                self._sets.commit(sys_id, session)
            elif given.get("sys_action") in ("ignored", "skipped"):
                self._sets.resolve(given.get("problem", ""), given["sys_action"])
        except LabError as error:
            return self._set(request, sys_id, str(error))
        return RedirectResponse(f"{SET}?sys_id={quote(sys_id)}", 302)

    def process(
        self, request: Request, session: Session, given: Mapping[str, str], content: bytes | None
    ) -> Response:
        """Answer the previewer's Ajax call with the id of a tracker; the preview is done by then."""
        answer = ""
        if (given.get("sysparm_processor"), given.get("sysparm_ajax_processor_function")) == (
            "UpdateSetPreviewAjax",
            "preview",
        ):
            try:
                self._sets.preview(given.get("sysparm_ajax_processor_sys_id", ""), session)
                answer = uuid4().hex
            except LabError:
                answer = ""
        body = f'<?xml version="1.0" encoding="UTF-8"?><xml answer="{answer}"/>'
        return Response(body, media_type="text/xml")

    def _set(self, request: Request, sys_id: str, notice: str = "") -> Response:
        row = self._lab.store.get(TARGET, sys_id)
        if row is None:
            return page("Retrieved Update Set", "<p>Record not found</p>", 404)
        problems, ck = self._sets.problems(sys_id), self._ck(request)
        body = _SET_FORM.format(
            name=escape(row["name"]),
            state=escape(row["state"]),
            counts=", ".join(row[name] or "0" for name in ("inserted", "updated", "deleted", "collisions")),
            notice=escape(notice),
            problems="".join(_item(problem, sys_id, ck) for problem in problems),
            ck=ck,
            sys_id=escape(sys_id),
        )
        return page("Retrieved Update Set", body, 409 if notice else 200)

    def _ck(self, request: Request) -> str:
        visit = self._lab.cookies.visit(request)
        return escape(visit.ck) if visit else ""


def _item(problem: Row, sys_id: str, ck: str) -> str:
    return _PROBLEM.format(
        status=escape(problem["status"]),
        description=escape(problem["description"]),
        ck=ck,
        sys_id=escape(sys_id),
        problem=escape(problem["sys_id"]),
    )
