"""Records: what the platform pulled, case by case, as it stands in its own copy."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from snowkit.lab.platform.guard import Guard, Session, refusal
from snowkit.lab.platform.html import drawn
from snowkit.lab.platform.integration import Integration
from snowkit.lab.platform.pull import ACCOUNTS, ARTICLES, CASES, COMMENTS, CONTACTS, FILES
from snowkit.lab.platform.shelf import Record, Shelf

RECORDS = "/records"
_SHOWN = 200


class Copies:
    """The pages of the pulled records."""

    def __init__(self, guard: Guard, shelf: Shelf) -> None:
        self._guard = guard
        self._shelf = shelf

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the records."""
        case = RECORDS + "/{id}/cases/{sys_id}"
        return [
            Route(RECORDS, self._guard.page(self._list), methods=["GET"]),
            Route(case, self._guard.page(self._case), methods=["GET"]),
            Route(RECORDS + "/{id}/files/{sys_id}", self._guard.page(self._file), methods=["GET"]),
        ]

    def _list(self, request: Request, session: Session) -> Response:
        held = [self._held(integration) for integration in self._shelf.integrations()]
        return drawn("records", session, held=held, most=_SHOWN)

    def _held(self, integration: Integration) -> dict[str, Any]:
        owner = integration.id
        cases = self._shelf.copies(owner, CASES.name)
        return {
            "integration": integration,
            "count": len(cases),
            "cases": list(reversed(cases))[:_SHOWN],
            "comments": Counter(row["element_id"] for row in self._shelf.copies(owner, COMMENTS.name)),
            "files": Counter(row["table_sys_id"] for row in self._shelf.copies(owner, FILES.name)),
            "accounts": self._shelf.copies(owner, ACCOUNTS.name)[:_SHOWN],
            "contacts": self._shelf.copies(owner, CONTACTS.name)[:_SHOWN],
            "articles": self._shelf.copies(owner, ARTICLES.name)[:_SHOWN],
        }

    def _case(self, request: Request, session: Session) -> Response:
        owner, sys_id = request.path_params["id"], request.path_params["sys_id"]
        case = _of(self._shelf.copies(owner, CASES.name), "sys_id", sys_id)
        if not case:
            return refusal("The platform has no copy of that case.", 404)
        comments = _of(self._shelf.copies(owner, COMMENTS.name), "element_id", sys_id)
        files = _of(self._shelf.copies(owner, FILES.name), "table_sys_id", sys_id)
        held = {file["sys_id"] for file in files} - set(self._shelf.lacking(owner, FILES.name))
        return drawn("case", session, owner=owner, case=case[0], comments=comments, files=files, held=held)

    def _file(self, request: Request, session: Session) -> Response:
        owner, sys_id = request.path_params["id"], request.path_params["sys_id"]
        content = self._shelf.content(owner, FILES.name, sys_id)
        if content is None:
            return refusal("The platform has no bytes of that file.", 404)
        # Somebody else's bytes are never shown as a page of this site.
        headers = {"Content-Disposition": "attachment"}
        return Response(content, media_type="application/octet-stream", headers=headers)


def _of(records: list[Record], name: str, value: str) -> list[Record]:
    return [record for record in records if record.get(name) == value]
