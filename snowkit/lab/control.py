"""The lab's control address: reads and changes anything, without the instance's security and rules.

It answers on loopback only, to programs only: a web page that the user has open cannot reach it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.errors import LabError
from snowkit.lab.session import SYSTEM
from snowkit.lab.store import Row
from snowkit.lab.values import shown

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

PREFIX = "/_lab/control"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# What the instance itself writes; the control address may set them afterwards.
_STAMPS = ("sys_created_on", "sys_created_by", "sys_updated_on", "sys_updated_by", "sys_mod_count")
Answer = Callable[[Request, Any], tuple[int, object]]


def routes(lab: Lab) -> list[BaseRoute]:
    """Return the routes of the control address of one lab."""
    control = _Control(lab)

    def route(path: str, **answers: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _answer(request, answers[request.method.lower()])

        return Route(PREFIX + path, endpoint, methods=[method.upper() for method in answers])

    return [
        route("/table/{table}", get=control.list, post=control.insert),
        route("/table/{table}/{sys_id}", get=control.get, patch=control.patch, delete=control.remove),
        route("/switches", get=control.switches, patch=control.change),
        route("/reset", post=control.reset),
    ]


class _Control:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def list(self, request: Request, body: Any) -> tuple[int, object]:
        parameters = request.query_params
        table = self._table(request)
        limit = parameters.get("sysparm_limit", "")
        rows = self._lab.store.find(
            table,
            parameters.get("sysparm_query", ""),
            limit=_number("sysparm_limit", limit) if limit else None,
            offset=_number("sysparm_offset", parameters.get("sysparm_offset", "") or "0"),
        )
        return 200, [self._shown(table, row) for row in rows]

    def get(self, request: Request, body: Any) -> tuple[int, object]:
        return 200, self._shown(self._table(request), self._row(request))

    def insert(self, request: Request, body: Any) -> tuple[int, object]:
        table = self._table(request)
        values = self._values(table, body)
        row = self._lab.records.insert(table, values, SYSTEM, workflow=False)
        return 201, self._shown(table, self._stamped(table, row, values))

    def patch(self, request: Request, body: Any) -> tuple[int, object]:
        table = self._table(request)
        values = self._values(table, body)
        self._row(request)
        row = self._lab.records.update(table, request.path_params["sys_id"], values, SYSTEM, workflow=False)
        return 200, self._shown(table, self._stamped(table, row, values))

    def remove(self, request: Request, body: Any) -> tuple[int, object]:
        self._row(request)
        self._lab.records.delete(self._table(request), request.path_params["sys_id"], SYSTEM, workflow=False)
        return 204, None

    def switches(self, request: Request, body: Any) -> tuple[int, object]:
        return 200, self._lab.switches.current.model_dump(mode="json")

    def change(self, request: Request, body: Any) -> tuple[int, object]:
        if not isinstance(body, dict):
            raise LabError("The lab's switches are changed with a JSON object of names and values.")
        return 200, self._lab.change_switches(body).model_dump(mode="json")

    def reset(self, request: Request, body: Any) -> tuple[int, object]:
        scenario = body.get("scenario") if isinstance(body, dict) else None
        self._lab.reset(scenario)
        return 200, {"scenario": self._lab.scenario}

    def _table(self, request: Request) -> str:
        name = str(request.path_params["table"])
        if self._lab.schema.get(name) is None:
            raise _Missing(f"The lab has no table {name}.")
        return name

    def _row(self, request: Request) -> Row:
        table = self._table(request)
        row = self._lab.store.get(table, request.path_params["sys_id"])
        if row is None:
            raise _Missing(f"The lab's table {table} has no record {request.path_params['sys_id']}.")
        return row

    def _values(self, table: str, body: Any) -> Row:
        if not isinstance(body, dict):
            raise LabError("A record is written as a JSON object of fields and values.")
        unknown = sorted(set(body) - set(self._lab.schema.columns(table)))
        if unknown:
            raise LabError(f"The lab's table {table} has no field {', '.join(unknown)}.")
        return {name: _text(name, value) for name, value in body.items()}

    def _stamped(self, table: str, row: Row, values: Row) -> Row:
        wanted = {name: values[name] for name in _STAMPS if name in values}
        return self._lab.store.patch(table, row["sys_id"], wanted) if wanted else row

    def _shown(self, table: str, row: Row) -> Row:
        columns = self._lab.schema.columns(row.get("sys_class_name") or table)
        return {name: shown(column, row) for name, column in columns.items()}


class _Missing(LabError):
    """What was asked for is not there."""


async def _answer(request: Request, answer: Answer) -> Response:
    if not is_local(request):
        return _failure(403, "The lab's control address answers programs on this machine only.")
    try:
        raw = await request.body()
        body = json.loads(raw, parse_constant=_no_number) if raw else None
        status, result = await run_in_threadpool(answer, request, body)
    except _Missing as error:
        return _failure(404, str(error))
    except LabError as error:
        return _failure(400, str(error))
    except (ValueError, RecursionError):
        return _failure(400, "The lab's control address could not read the request as JSON.")
    return Response(status_code=204) if status == 204 else JSONResponse({"result": result}, status)


def is_local(request: Request) -> bool:
    """Say whether a program of this machine asks, under a name of this machine and from no foreign web page."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    origin = request.headers.get("origin")
    # The Host header alone is what a caller on another machine may write as it likes.
    caller = request.client is not None and request.client.host in _LOOPBACK
    return caller and host in _LOOPBACK and (origin is None or urlsplit(origin).hostname in _LOOPBACK)


def _number(name: str, text: str) -> int:
    # More digits than that the database cannot count.
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise LabError(f"{name} is a whole number from 0, not {text[:40]}.")
    return int(text)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _failure(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "detail": None}, "status": "failure"}, status)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value)
    raise LabError(f"The field {name} takes a text, a number or true and false, not {type(value).__name__}.")
