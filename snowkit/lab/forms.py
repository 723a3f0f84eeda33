"""The instance's lists and forms, /<table>_list.do and /<table>.do, where somebody reads and writes records by hand.

Whoever is signed in sees and writes what the instance's access rules and business rules let him, as through the REST
API. The words of the pages are the lab's own, and so is that a saved record's form is shown again.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.lab import form_fields, lists, values
from snowkit.lab.acl import Acl
from snowkit.lab.cookies import belongs
from snowkit.lab.encoded import parse
from snowkit.lab.pages import page, text, to_login
from snowkit.lab.rest import attachment, writes
from snowkit.lab.rest.call import Call, Incoming, Refused
from snowkit.lab.schema import Table
from snowkit.lab.session import Session
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_NEW = "-1"
_FORM = """<form action="/{table}.do" method="post" autocomplete="off">
<input type="hidden" name="sysparm_ck" value="{ck}"><input type="hidden" name="sys_id" value="{sys_id}">
{fields}<p>{buttons}</p></form>"""
_BUTTON = '<button type="submit" name="sys_action" value="{action}">{words}</button> '
_ATTACH = """<form action="/{table}.do" method="post" enctype="multipart/form-data">
<input type="hidden" name="sysparm_ck" value="{ck}"><input type="hidden" name="sys_id" value="{sys_id}">
<label for="attachFile">Attachment</label><input id="attachFile" type="file" name="attachFile">
<button type="submit">Attach</button></form>"""


def routes(lab: Lab) -> list[BaseRoute]:
    """Return the routes of lists and forms; they come after those of any page that is no table's."""
    forms = _Forms(lab)

    def listed(request: Request) -> Response:
        return forms.answered(request, lists.drawn)

    def shown(request: Request) -> Response:
        return forms.answered(request, lambda call, table: forms.show(request, call, table))

    async def save(request: Request) -> Response:
        async with request.form() as form:
            file = form.get("attachFile")
            content = await file.read() if isinstance(file, UploadFile) and file.filename else None
            return await run_in_threadpool(
                forms.answered, request, lambda call, table: forms.save(request, call, table, form, content)
            )

    return [
        Route("/nav_to.do", _framed, methods=["GET"]),
        Route("/{table}_list.do", listed, methods=["GET"]),
        Route("/{table}.do", shown, methods=["GET"]),
        Route("/{table}.do", save, methods=["POST"]),
    ]


def _framed(request: Request) -> Response:
    """Lead to the page that the frame of the navigator would hold, if it is one of this instance."""
    uri = request.query_params.get("uri", "").lstrip("/")
    parts = urlsplit(f"/{uri}")
    here = uri and not parts.scheme and not parts.netloc and "\\" not in uri
    return RedirectResponse(f"/{uri}" if here else "/navpage.do", 302)


class _Forms:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def answered(self, request: Request, answer: Callable[[Call, Table], Response]) -> Response:
        """Answer for a table and whoever is signed in; a refusal becomes a page."""
        session = self._lab.cookies.session(request)
        table = self._lab.schema.get(request.path_params["table"])
        if session is None:
            return (
                to_login(request)
                if table is not None
                else page("Page not found", "<p>Page not found</p>", 404)
            )
        if table is None or (table.plugin and not self._lab.has_plugin(table.plugin)):
            return page("Page not found", "<p>Page not found</p>", 404)
        try:
            return answer(self._call(request, session), table)
        except Refused as refused:
            words = f"{refused.message}: {refused.detail}" if refused.detail else refused.message
            return page(table.label, f'<p role="alert">{escape(words)}</p>', refused.status)

    def show(self, request: Request, call: Call, table: Table) -> Response:
        """Show one record's form; the id -1 is a new record, with what `sysparm_query` presets."""
        return self._form(request, call, table, request.query_params.get("sys_id", _NEW))

    def save(
        self, request: Request, call: Call, table: Table, form: FormData, content: bytes | None
    ) -> Response:
        """Write what a form sends: a new record, a changed or deleted one, or a file on it."""
        given = {name: text(form, name) for name in form}
        visit = self._lab.cookies.visit(request)
        if visit is None or not belongs(visit, given.get("sysparm_ck", "")):
            return page(table.label, "<p>The form is no longer valid. Open the page again.</p>", 403)
        sys_id, name = given.get("sys_id", _NEW), table.name
        if content is not None:
            self._attach(call, table, sys_id, form, content)
        elif given.get("sys_action") == "sysverb_delete":
            writes.delete(call, name, sys_id)
            return RedirectResponse(f"/{name}_list.do", 302)
        elif given.get("sys_action") in ("sysverb_insert", "sysverb_update"):
            is_new = given["sys_action"] == "sysverb_insert"
            row = self._blank(call, table) if is_new else writes.readable(call, name, sys_id)
            changes = form_fields.changed(call, name, row, given)
            if wrong := form_fields.invalid(call, name, changes):
                notice = f"Invalid reference: {', '.join(wrong)}"
                return self._form(request, call, table, _NEW if is_new else sys_id, notice, changes)
            if is_new:
                sys_id = writes.insert(call, name, changes)["sys_id"]
            else:
                writes.update(call, name, sys_id, changes)
        return RedirectResponse(f"/{name}.do?sys_id={quote(sys_id)}", 302)

    def _form(
        self,
        request: Request,
        call: Call,
        table: Table,
        sys_id: str,
        notice: str = "",
        typed: Row | None = None,
    ) -> Response:
        name, is_new = table.name, sys_id == _NEW
        row = self._blank(call, table) if is_new else writes.readable(call, name, sys_id)
        operation = "create" if is_new else "write"
        may = call.acl.may(operation, name, row)
        if is_new and not may:
            return page(table.label, f"<p>{lists.NOT_ALLOWED}</p>", 403)
        buttons = [("sysverb_insert", "Submit")] if is_new else [("sysverb_update", "Update")] if may else []
        if not is_new and call.acl.may("delete", name, row):
            buttons.append(("sysverb_delete", "Delete"))
        visit = self._lab.cookies.visit(request)
        ck = escape(visit.ck if visit else "")
        form = _FORM.format(
            table=name,
            ck=ck,
            sys_id=escape(sys_id),
            fields=form_fields.drawn(call, name, row | (typed or {}), operation),
            buttons="".join(_BUTTON.format(action=action, words=words) for action, words in buttons),
        )
        beside = "" if is_new else self._beside(call, table, row, ck if may else "")
        alert = f'<p role="alert">{escape(notice)}</p>' if notice else ""
        title = "New record" if is_new else row.get(call.lab.schema.display(name)) or sys_id
        heading = f'<h1>{escape(table.label)}: {escape(title)}</h1><p><a href="/{name}_list.do">List</a></p>'
        return page(table.label, heading + alert + form + beside, 400 if notice else 200)

    def _beside(self, call: Call, table: Table, row: Row, ck: str) -> str:
        """Return what hangs on a record: its id, its comments, its files, and the lists of what refers to it."""
        name, sys_id = table.name, row["sys_id"]
        parts = [f"<p>Sys ID <code>{escape(sys_id)}</code></p>"]
        columns = call.lab.schema.columns(name)
        for element in ("comments", "work_notes"):
            if element in columns and call.acl.may("read", name, row, element):
                said = values.journal(call.lab, name, element, row, call.session.time_zone, call.session.form)
                parts.append(
                    f"<h2>{escape(columns[element].label)}</h2><pre>{escape(said)}</pre>" if said else ""
                )
        files = call.lab.store.find("sys_attachment", f"table_sys_id={sys_id}^table_name={name}")
        names = [file["file_name"] for file in files if call.acl.may("read", "sys_attachment", file)]
        parts.append("".join(f"<p>{escape(each)}</p>" for each in names))
        if ck and any(column.type == "journal_input" for column in columns.values()):
            parts.append(_ATTACH.format(table=name, ck=ck, sys_id=escape(sys_id)))
        lines = call.lab.schema.ancestors(name)
        related = [
            f'<li><a href="/{other}_list.do?sysparm_query={element}={quote(sys_id)}">{escape(found.label)}</a></li>'
            for other, found in call.lab.schema.tables.items()
            for element, column in ((each.element, each) for each in found.columns)
            if column.type == "reference" and column.reference in lines
        ]
        if related:
            parts.append(f"<details><summary>Related Lists</summary><ul>{''.join(related)}</ul></details>")
        return "".join(parts)

    def _blank(self, call: Call, table: Table) -> Row:
        """Return a new record's defaults, and what a query of single equalities presets."""
        columns = call.lab.schema.columns(table.name)
        row = {name: column.default for name, column in columns.items()}
        preset = parse(call.parameter("sysparm_query"))
        for alternatives in preset.groups[0] if len(preset.groups) == 1 else ():
            condition = alternatives[0]
            if len(alternatives) == 1 and condition.operator == "=" and condition.field in columns:
                row[condition.field] = condition.value
        return row

    def _attach(self, call: Call, table: Table, sys_id: str, form: FormData, content: bytes) -> None:
        file = form["attachFile"]
        assert isinstance(file, UploadFile)
        kind = file.content_type or "application/octet-stream"
        attachment.attach(call, [table.name, sys_id, file.filename or ""], kind, content)

    def _call(self, request: Request, session: Session) -> Call:
        base = f"{request.url.scheme}://{request.headers.get('host', '')}"
        incoming = Incoming(request.method, request.url.path, base, dict(request.query_params), {})
        return Call(self._lab, incoming, session, Acl(self._lab, session), "v2", {})
