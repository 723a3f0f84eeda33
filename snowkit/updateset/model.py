"""An update set as data: the header, its updates, and the record in each payload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Record:
    """The record in a payload; `line` is where its update begins in the file."""

    table: str
    sys_id: str
    action: str
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Update:
    """One `sys_update_xml`, by the names of its own fields; `line` is where it begins in the file."""

    sys_id: str
    name: str
    action: str
    type: str
    table: str
    target_name: str
    remote_update_set: str
    application: str
    payload: str = field(repr=False)
    record: Record
    line: int


@dataclass(frozen=True, slots=True)
class Header:
    """One `sys_remote_update_set`."""

    sys_id: str
    remote_sys_id: str
    name: str
    description: str
    state: str
    application: str
    line: int


@dataclass(frozen=True, slots=True)
class UpdateSet:
    """One file: its headers (several in a batch) and its updates, in the file's order."""

    headers: tuple[Header, ...]
    updates: tuple[Update, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of all updates."""
        return tuple(update.record for update in self.updates)
