"""The instance's REST APIs, served under /api."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from snowkit.lab.rest.dispatch import Dispatcher
from snowkit.lab.rest.envelope import respond

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def routes(lab: Lab) -> list[BaseRoute]:
    """Return the one route of all REST APIs; what is no API gets ServiceNow's own words, not a bare 404."""
    dispatcher = Dispatcher(lab)

    async def endpoint(request: Request) -> Response:
        content = await request.body()
        return await run_in_threadpool(respond, lab, dispatcher, request, content)

    return [Route("/api/{path:path}", endpoint, methods=_METHODS)]
