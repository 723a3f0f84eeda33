"""What a run tells its observers, as it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from snowkit.engine.check import Check
from snowkit.engine.finding import Finding


@dataclass(frozen=True, slots=True)
class Planned:
    """The run will make these checks."""

    checks: tuple[Check[Any], ...]


@dataclass(frozen=True, slots=True)
class Started:
    """A probe began."""

    id: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A finding is final."""

    finding: Finding


Event = Planned | Started | Finished
