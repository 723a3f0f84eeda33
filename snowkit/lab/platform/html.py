"""Draws the platform's pages from the files in `pages`; whatever is put into them is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from snowkit.lab.platform.guard import Session

if TYPE_CHECKING:
    from jinja2 import Environment

_PAGES = Path(__file__).parent / "pages"
_FILES = {"style.css": "text/css", "copy.js": "text/javascript"}


def routes() -> list[BaseRoute]:
    """Return the routes of the style sheet and of the one line of script."""

    def file(name: str) -> Route:
        def answer(request: Request) -> Response:
            return Response((_PAGES / name).read_bytes(), media_type=_FILES[name])

        return Route(f"/{name}", answer, methods=["GET"])

    return [file(name) for name in _FILES]


def drawn(name: str, session: Session, status: int = 200, **values: Any) -> Response:
    """Return a page for a session, with what the session has to say, which is said once."""
    notice, failed = session.notice, session.failed
    session.say("")
    shown = {"notice": notice, "failed": failed, "token": session.token, "user": session.user, **values}
    return HTMLResponse(_environment().get_template(f"{name}.html").render(shown), status)


@cache
def _environment() -> Environment:
    # Not before a person opens a page: most labs never show one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=FileSystemLoader(_PAGES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
