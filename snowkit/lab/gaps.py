"""The single things that can be wrong on an onboarded instance, as `fixtures/lab/scenarios.toml` lists them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from snowkit.errors import LabError
from snowkit.lab.moments import stamp
from snowkit.lab.seed import Planter
from snowkit.lab.switches import SwitchBoard
from snowkit.resources import folder

Text = Annotated[str, Field(min_length=1)]
_DAYS = re.compile(r"\{now([+-]\d{1,4})d\}")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Found(_Strict):
    """Records of a table by an encoded query."""

    table: Text
    query: Text


class Changed(Found):
    """What some fields of the records become; `{now+7d}` is the moment in seven days (UTC)."""

    values: dict[str, str]


class Added(_Strict):
    """A record that is not there otherwise."""

    table: Text
    values: dict[str, str]


class Gap(_Strict):
    """One thing that is wrong: its root finding and cause, and how an onboarded instance comes to it."""

    story: Text
    finding: Text
    cause: Text
    patch: list[Changed] = []
    remove: list[Found] = []
    insert: list[Added] = []
    switches: dict[str, Any] = {}

    @model_validator(mode="after")
    def _changes_something(self) -> Gap:
        if not (self.patch or self.remove or self.insert or self.switches):
            raise ValueError("one of patch, remove, insert and switches is needed")
        try:
            SwitchBoard().change(self.switches)
        except LabError as error:
            raise ValueError(error.what) from error
        return self

    def make(self, planter: Planter, now: datetime) -> None:
        """Change an onboarded instance; raises `LabError` where there is nothing to change."""
        store = planter.store
        for change in self.patch:
            values = {name: _dated(value, now) for name, value in change.values.items()}
            for sys_id in _ids(planter, change):
                store.patch(change.table, sys_id, values)
        for gone in self.remove:
            for sys_id in _ids(planter, gone):
                store.remove(gone.table, sys_id)
        for added in self.insert:
            planter.plant(added.table, [added.values])


def read(path: Path) -> Mapping[str, Gap]:
    """Return the gaps of a file by the name of their scenario.

    Raises `LabError` naming file, scenario and field of what is not understood.
    """
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LabError(f"{path.name} is no TOML: {error}.") from error
    gaps = {}
    for name, section in sections.items():
        try:
            gaps[name] = Gap.model_validate(section)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            where = f"the scenario {name}" + (f", {place}" if place else "")
            raise LabError(
                f"{path.name}, {where}: {first['msg']}.",
                "The file's head says what a scenario holds.",
            ) from error
    return gaps


@cache
def shipped_gaps() -> Mapping[str, Gap]:
    """Return the gaps that ship with snowkit, by the name of their scenario."""
    return read(folder("fixtures") / "lab" / "scenarios.toml")


def _dated(value: str, now: datetime) -> str:
    return _DAYS.sub(lambda found: stamp(now + timedelta(days=int(found[1]))), value)


def _ids(planter: Planter, found: Found) -> list[str]:
    ids = [row["sys_id"] for row in planter.store.find(found.table, found.query)]
    if not ids:
        raise LabError(f"The scenario finds no record in {found.table} by {found.query}.")
    return ids
