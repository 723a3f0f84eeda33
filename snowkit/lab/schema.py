"""Which tables and columns the emulated instance has: the dictionary, read once from `fixtures/lab/schema`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from snowkit.resources import folder

# source: rest_behaviour 4: a journal row's complete key set has no sys_updated_on, _by and no sys_mod_count.
_CREATED = {
    "sys_id": "GUID",
    "sys_created_on": "glide_date_time",
    "sys_created_by": "string",
    "sys_tags": "related_tags",
}
_UPDATED = {"sys_updated_on": "glide_date_time", "sys_updated_by": "string", "sys_mod_count": "integer"}
# source: update_sets 1.4, the fields that every configuration record carries.
_METADATA = ("sys_name", "sys_package", "sys_scope", "sys_policy", "sys_update_name")
_LABELS = {
    "sys_id": "Sys ID",
    "sys_created_on": "Created",
    "sys_created_by": "Created by",
    "sys_updated_on": "Updated",
    "sys_updated_by": "Updated by",
    "sys_mod_count": "Updates",
    "sys_tags": "Tags",
    "sys_class_name": "Class",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One field: `type` is ServiceNow's internal type, `reference` the table that a reference points to."""

    element: str
    label: str
    type: str = "string"
    reference: str = ""
    max_length: int = 40
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    mandatory: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `columns` are its own, `audit` says whether changes leave rows in sys_audit."""

    name: str
    label: str
    extends: str
    columns: tuple[Column, ...]
    display: str = ""
    number_prefix: str = ""
    plugin: str = ""
    ws_access: bool = True
    system_fields: bool = True
    audit: bool = False


class Schema:
    """The tables of an instance and how they extend each other."""

    def __init__(self, tables: tuple[Table, ...]) -> None:
        self.tables = {table.name: table for table in tables}
        self._ancestors = {table.name: self._line(table.name) for table in tables}
        self._columns = {table.name: self._inherited(table.name) for table in tables}
        self._descendants = {
            name: [name, *(t for t, line in self._ancestors.items() if name in line[1:])]
            for name in self.tables
        }

    def get(self, name: str) -> Table | None:
        """Return the table, or None where the instance has none of that name."""
        return self.tables.get(name)

    def columns(self, name: str) -> dict[str, Column]:
        """Return every column of a table by element, inherited ones included; empty for an unknown table."""
        return self._columns.get(name, {})

    def ancestors(self, name: str) -> list[str]:
        """Return the table and what it extends, nearest first."""
        return self._ancestors.get(name, [name])

    def descendants(self, name: str) -> list[str]:
        """Return the table and all that extend it."""
        return self._descendants.get(name, [name])

    def base(self, name: str) -> str:
        """Return the root of the table's hierarchy, whose storage all of it shares."""
        return self.ancestors(name)[-1]

    def storage(self) -> dict[str, list[str]]:
        """Return the columns that each root table has to store for its whole hierarchy."""
        stored: dict[str, dict[str, None]] = {}
        for name in sorted(self.tables):
            stored.setdefault(self.base(name), {}).update(dict.fromkeys(self.columns(name)))
        return {base: list(columns) for base, columns in stored.items()}

    def display(self, name: str) -> str:
        """Return the column that stands for a record of the table, `sys_id` where none is declared."""
        for ancestor in self.ancestors(name):
            table = self.tables.get(ancestor)
            if table is not None and table.display:
                return table.display
        return "sys_id"

    def audited(self, name: str) -> bool:
        """Say whether the table's updates and deletions are audited; a child inherits it."""
        return any(self.tables[table].audit for table in self.ancestors(name) if table in self.tables)

    def _line(self, name: str) -> list[str]:
        line = [name]
        while parent := self.tables[line[-1]].extends:
            line.append(parent)
        return line

    def _inherited(self, name: str) -> dict[str, Column]:
        found: dict[str, Column] = {}
        for table in reversed(self._ancestors[name]):
            found |= {column.element: column for column in self.tables[table].columns}
        return found


@cache
def shipped() -> Schema:
    """Return the schema that ships with snowkit."""
    sections: dict[str, dict[str, Any]] = {}
    for path in sorted((folder("fixtures") / "lab" / "schema").glob("*.toml")):
        sections |= tomllib.loads(path.read_text(encoding="utf-8"))
    extended = {section["extends"] for section in sections.values() if "extends" in section}
    return Schema(tuple(_table(name, section, extended) for name, section in sections.items()))


def _table(name: str, section: dict[str, Any], extended: set[str]) -> Table:
    own = {} if "extends" in section else _system_columns(name, section, extended)
    own |= {element: _column(element, written) for element, written in section["columns"].items()}
    return Table(
        name=name,
        label=section["label"],
        extends=section.get("extends", ""),
        columns=tuple(own.values()),
        display=section.get("display", ""),
        number_prefix=section.get("prefix", ""),
        plugin=section.get("plugin", ""),
        ws_access=section.get("ws_access", True),
        system_fields=section.get("system", "") != "created",
        audit=section.get("audit", False),
    )


def _system_columns(name: str, section: dict[str, Any], extended: set[str]) -> dict[str, Column]:
    types = dict(_CREATED)
    if section.get("system", "") != "created":
        types |= _UPDATED
    if section.get("metadata"):
        types |= dict.fromkeys(_METADATA, "string")
    found = {element: Column(element, _label(element), type_) for element, type_ in types.items()}
    found["sys_id"] = Column("sys_id", "Sys ID", "GUID", max_length=32)
    if name in extended or section.get("metadata"):
        found["sys_class_name"] = Column("sys_class_name", "Class", "sys_class_name", max_length=80)
    return found


def _column(element: str, written: str | dict[str, Any]) -> Column:
    if isinstance(written, str):
        type_, _, reference = written.partition(" ")
        written = {"type": type_, "reference": reference}
    return Column(
        element=element,
        label=written.get("label", _label(element)),
        type=written.get("type", "string"),
        reference=written.get("reference", ""),
        max_length=written.get("max_length", 32 if written.get("type") == "reference" else 40),
        choices=tuple((value, label) for value, label in written.get("choices", ())),
        default=written.get("default", "false" if written.get("type") == "boolean" else ""),
        mandatory=written.get("mandatory", False),
    )


def _label(element: str) -> str:
    return _LABELS.get(element) or element.replace("_", " ").strip().capitalize()
