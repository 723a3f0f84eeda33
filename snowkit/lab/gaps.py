"""The single things that can be wrong on an onboarded instance, as `fixtures/lab/scenarios.toml` lists them."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from snowkit.errors import LabError
from snowkit.lab.seed import Planter
from snowkit.resources import folder


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Found(_Strict):
    """Records of a table by an encoded query."""

    table: str
    query: str


class Changed(Found):
    """What some fields of the records become."""

    values: dict[str, str]


class Added(_Strict):
    """A record that is not there otherwise."""

    table: str
    values: dict[str, str]


class Gap(_Strict):
    """One thing that is wrong: its root finding and cause, and how an onboarded instance comes to it."""

    story: str
    finding: str
    cause: str
    patch: list[Changed] = []
    remove: list[Found] = []
    insert: list[Added] = []
    switches: dict[str, Any] = {}

    def make(self, planter: Planter) -> None:
        """Change an onboarded instance; raises `LabError` where there is nothing to change."""
        store = planter.store
        for change in self.patch:
            for sys_id in _ids(planter, change):
                store.patch(change.table, sys_id, change.values)
        for gone in self.remove:
            for sys_id in _ids(planter, gone):
                store.remove(gone.table, sys_id)
        for added in self.insert:
            planter.plant(added.table, [added.values])


@cache
def shipped_gaps() -> dict[str, Gap]:
    """Return the gaps that ship with snowkit, by the name of their scenario."""
    path = folder("fixtures") / "lab" / "scenarios.toml"
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: Gap.model_validate(section) for name, section in sections.items()}


def _ids(planter: Planter, found: Found) -> list[str]:
    ids = [row["sys_id"] for row in planter.store.find(found.table, found.query)]
    if not ids:
        raise LabError(f"The scenario finds no record in {found.table} by {found.query}.")
    return ids
