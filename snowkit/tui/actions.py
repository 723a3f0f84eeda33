"""Everything the terminal UI may do, as callables that its starter hands in; it reaches nothing by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from snowkit.engine.events import Event
from snowkit.engine.result import Report
from snowkit.errors import SnowkitError

Emit = Callable[[Event], None]
"""An observer of a run; called on the application's event loop."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One line of the start screen; `checked_at` is UTC, `verdict` is of the last run, both None before it."""

    name: str
    url: str
    environment: str = "production"
    capabilities: tuple[str, ...] = ()
    client_id: str = ""
    redirect_uri: str = ""
    logged_in: bool = False
    verdict: str | None = None
    checked_at: datetime | None = None
    emulated: bool = False
    """The lab that this process runs: the person at its pages can be played, and so can its administrator."""


@dataclass(frozen=True, slots=True)
class Known:
    """The connections that can be read, and what is wrong with the others."""

    connections: tuple[Connection, ...]
    errors: tuple[SnowkitError, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What generating wrote: the folder, each file with what it is, and what was withheld and why."""

    folder: Path
    files: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """What a sync would do to the instance, one sentence each, said before it is done."""

    writes: tuple[str, ...]
    removes: tuple[str, ...] = ()
    """Empty where nobody may remove anything."""
    stays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Actions:
    """The callables; each takes a connection's name, and may raise `SnowkitError`, which is shown in place."""

    connections: Callable[[], Known]
    open_lab: Callable[[], Awaitable[str]]
    """Start the emulated instance in this process and return its connection's name."""
    login: Callable[[str], AsyncIterator[str]]
    """Log in, yielding one line for each step; it has succeeded when the lines end."""
    check: Callable[[str, Emit], Awaitable[Report]]
    folder: Callable[[str], Path]
    """Where generated files would go if nobody says otherwise."""
    generate: Callable[[str, Path], Awaitable[Written]]
    install: Callable[[str, Path], AsyncIterator[str]]
    """Play the administrator of an emulated instance with the generated files, one line for each click."""
    consent: Callable[[str], Consent]
    sync: Callable[[str, Emit], Awaitable[Report]]
    form: Callable[[str], tuple[tuple[str, str], ...]]
    """The fields of the platform's own form, each with its value."""
    profiles: str = "snowkit.toml"
    """Where connections are kept, to be said when there is none."""
