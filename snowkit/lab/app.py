"""The emulated instance as one ASGI app: its APIs, its pages, and the lab's control address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.types import ASGIApp

from snowkit.lab import control, forms, home, oauth, pages, rest, upload_pages
from snowkit.lab.edge import Edge

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab


def build(lab: Lab) -> ASGIApp:
    """Return the app that answers for a lab."""
    routes = [
        *control.routes(lab),
        *home.routes(lab),
        *rest.routes(lab),
        *oauth.routes(lab),
        *pages.routes(lab),
        *upload_pages.routes(lab),
        *forms.routes(lab),
    ]
    return Edge(Starlette(routes=routes), lab)
