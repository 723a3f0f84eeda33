"""Writes update-set XML by the anatomy of real exports, and reads it back before anybody gets it."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import jinja2
from markupsafe import Markup

from snowkit import resources
from snowkit.errors import UpdateSetError, UsageError
from snowkit.updateset.draft import Draft
from snowkit.updateset.ids import Build
from snowkit.updateset.model import UpdateSet
from snowkit.updateset.read import read_bytes

MADE_BY = "snowkit"

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONDITION = re.compile(r"^([a-z_.]+)(NOT IN|IN|!=|=)(.*)$")


@dataclass(frozen=True, slots=True)
class _Set:
    name: str
    description: str
    sys_id: str
    remote_sys_id: str
    made_on: str
    made_by: str = MADE_BY
    updates: tuple[_Update, ...] = ()


@dataclass(frozen=True, slots=True)
class _Update:
    draft: Draft
    sys_id: str
    guid: str
    recorded_at: str
    payload: str = field(repr=False)


def write(name: str, description: str, drafts: Sequence[Draft], *, build: Build, now: datetime) -> str:
    """Return an update set with one update a draft; `now` is UTC.

    Raises `UsageError` for text that XML cannot carry, `UpdateSetError` when what was written does not read
    back the same.
    """
    made = _Set(
        name,
        description,
        build.id(f"{name}:header"),
        build.id(f"{name}:source"),
        now.strftime("%Y-%m-%d %H:%M:%S"),
    )
    updates = [
        _Update(
            draft,
            build.id(f"{name}:{draft.table}_{draft.sys_id}"),
            build.id(f"{name}:guid:{draft.sys_id}"),
            f"{int(now.timestamp() * 1000):011x}{number:07x}",
            _payload(draft, made),
        )
        for number, draft in enumerate(drafts, 1)
    ]
    # Exports list their updates by the update's own sys_id, not by dependency.
    updates.sort(key=lambda update: update.sys_id)
    text = _templates().get_template("unload.xml.j2").render(set=replace(made, updates=tuple(updates))) + "\n"
    _same(read_bytes(text.encode(), name), drafts)
    return text


def _payload(draft: Draft, made: _Set) -> str:
    return (
        _templates().get_template(f"{draft.table}.xml.j2").render(draft=draft, values=draft.values, set=made)
    )


def _same(read: UpdateSet, drafts: Sequence[Draft]) -> None:
    wanted = sorted((draft.table, draft.sys_id, draft.action) for draft in drafts)
    if sorted((record.table, record.sys_id, record.action) for record in read.records) != wanted:
        raise UpdateSetError(
            "The update set that was written does not read back the same.", "Report this defect."
        )
    scripts = {draft.sys_id: draft.values.get("script") for draft in drafts if draft.table == "sys_script"}
    for record in read.records:
        if record.sys_id in scripts and record.fields.get("script") != scripts[record.sys_id]:
            raise UpdateSetError(
                f"The script of {record.sys_id} does not read back the same.", "Report this defect."
            )


@functools.cache
def _templates() -> jinja2.Environment:
    folder = resources.folder("templates") / "update_set"

    def load(name: str) -> str:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        # A payload stands on one line; the lines of its template are for people.
        whole = name in ("unload.xml.j2", "header.xml.j2", "update.xml.j2")
        return "\n".join(lines) if whole else "".join(line.strip() for line in lines)

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters.update(
        text=_text, element=_element, payload=_escape_payload, boolean=_boolean, conditions=_conditions
    )
    return environment


def _text(value: object) -> Markup:
    """Write a field as the exporter does: CDATA for markup and lines, entities where CDATA cannot be."""
    text = str(value)
    found = _FORBIDDEN.search(text)
    if found:
        raise UsageError(
            f"The character U+{ord(found.group()):04X} cannot stand in an update set: {text[:40]!r}.",
            "Remove it.",
        )
    if "\r" in text or "]]>" in text:
        return Markup(_entities(text).replace("\r", "&#13;"))  # noqa: S704
    if "\n" in text or any(sign in text for sign in "<>&"):
        return Markup(f"<![CDATA[{text}]]>")  # noqa: S704
    return Markup(_entities(text))  # noqa: S704


def _element(value: object, name: str) -> Markup:
    """Write a field that may be empty as the exporter does: `<name/>` then."""
    inner = _text(value)
    return Markup(f"<{name}>{inner}</{name}>") if inner else Markup(f"<{name}/>")  # noqa: S704


def _escape_payload(value: str) -> Markup:
    """Wrap a payload: CDATA unless it holds one, entities then, never both."""
    if "]]>" in value:
        return Markup(_entities(value))  # noqa: S704
    return Markup(f"<![CDATA[{value}]]>")  # noqa: S704


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _boolean(value: object) -> str:
    return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class _Condition:
    field: str
    operator: str
    value: str


def _conditions(query: str) -> list[_Condition]:
    items = []
    for part in query.split("^"):
        found = _CONDITION.match(part)
        if found is None:
            raise UsageError(f"{part!r} is not a condition that can be written.", "Use =, != or IN.")
        items.append(_Condition(*found.groups()))
    return items
