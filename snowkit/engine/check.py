"""What a check is: an id, a title that can be true or false, what it needs, and a function that finds out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from snowkit.engine.finding import Level, Outcome

Context = TypeVar("Context")


@dataclass(frozen=True, slots=True)
class Check(Generic[Context]):
    """One row of a plan.

    `needs` are ids that must be met before the probe may run. `roots` are ids whose gap explains a failure
    of this one: the probe runs all the same, and its failure is `blocked` by the root, not accused twice.
    """

    id: str
    title: str
    level: Level
    probe: Callable[[Context], Awaitable[Outcome]]
    needs: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    mutates: bool = False
    source: str = "page"
    why: str = ""
    """The reason for a check that the vendor's page does not ask for."""
    capabilities: tuple[str, ...] = ()
    """The capabilities that need it; empty means every one."""
