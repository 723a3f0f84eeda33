"""The emulated instance as one ASGI app: its APIs, its pages, and the lab's control address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from snowkit.lab import control

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab


def build(lab: Lab) -> Starlette:
    """Return the app that answers for a lab."""
    return Starlette(routes=[*control.routes(lab)])
