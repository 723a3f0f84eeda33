"""What a stored value looks like to somebody: display values, times in the user's zone, and no passwords."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from snowkit.lab.encoded import equals
from snowkit.lab.formats import DATE, date_form
from snowkit.lab.moments import STAMP, zone
from snowkit.lab.schema import Column
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_JOURNALS = ("journal_input", "journal_list")
_SECRET_TYPES = ("password", "password2")
# source: PySNC's own tests, which read the display value of sys_user.user_password on an instance.
_MASK = "********"


def shown(column: Column, row: Row) -> str:
    """Return a field's value as an API gives it: as stored, but ciphertext for passwords.

    source: rest_behaviour 1.4: password2 fields return ciphertext over the Table API; a user's password is a hash.
    """
    value = row.get(column.element, "")
    secret = column.type in _SECRET_TYPES or (column.element == "value" and row.get("type") in _SECRET_TYPES)
    if not value or not secret:
        return value
    digest = hashlib.sha256(f"{row.get('sys_id', '')}:{value}".encode()).digest()
    return b64encode(digest).decode()


def hides(column: Column, columns: Mapping[str, Column]) -> bool:
    """Say whether `shown` may give something else than what a field of these columns' table holds."""
    return column.type in _SECRET_TYPES or (column.element == "value" and "type" in columns)


def display(lab: Lab, table: str, element: str, row: Row, time_zone: str = "GMT", form: str = STAMP) -> str:
    """Return what a user of that time zone, who writes dates in that form, sees in a field of the row."""
    column = lab.schema.columns(table).get(element)
    value = row.get(element, "")
    if column is None:
        return ""
    if column.type in _JOURNALS:
        return journal(lab, table, element, row, time_zone, form)
    if not value or column.type == "password":
        return _MASK if value else ""
    if column.type == "reference":
        return name_of(lab, column.reference, value)
    if column.type == "glide_list" and column.reference:
        return ", ".join(name_of(lab, column.reference, item.strip()) for item in value.split(","))
    if column.type in ("glide_date_time", "glide_date"):
        timed = column.type == "glide_date_time"
        return local_time(value, time_zone, form) if timed else _rewritten(value, DATE, date_form(form))
    if column.type == "sys_class_name":
        known = lab.schema.get(value)
        return known.label if known else value
    return label(lab, table, element, value) if column.choices else shown(column, row)


def name_of(lab: Lab, table: str, sys_id: str) -> str:
    """Return what stands for a record, the text in a reference field; the id itself where it is not there."""
    row = lab.store.get(table, sys_id) if sys_id and table in lab.schema.tables else None
    return sys_id if row is None else row.get(lab.schema.display(table), "")


def label(lab: Lab, table: str, element: str, value: str) -> str:
    """Return the label of a choice: of the table, else of what it extends; the value where none is left."""
    for ancestor in lab.schema.ancestors(table):
        found = lab.store.find("sys_choice", equals(name=ancestor, element=element, value=value), limit=1)
        if found:
            return found[0]["label"]
    return value


def choice(lab: Lab, table: str, element: str, shown_as: str) -> str:
    """Return the value of the choice with a label; the text itself where there is no such label."""
    for ancestor in lab.schema.ancestors(table):
        query = equals(name=ancestor, element=element, label=shown_as)
        found = lab.store.find("sys_choice", query, limit=1)
        if found:
            return found[0]["value"]
    return shown_as


def stored_date(value: str, form: str) -> str:
    """Return the stored form of a date without a time that a user wrote."""
    return _rewritten(value, date_form(form), DATE)


def local_time(value: str, time_zone: str, form: str = STAMP) -> str:
    """Return a stored UTC stamp in a time zone; an unknown zone is the system's, GMT."""
    try:
        moment = datetime.strptime(value, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return value
    return moment.astimezone(zone(time_zone)).strftime(form)


def utc_time(value: str, time_zone: str, form: str = STAMP) -> str:
    """Return the stored form of a stamp that a user wrote in a time zone."""
    try:
        moment = datetime.strptime(value, form).replace(tzinfo=zone(time_zone))
    except ValueError:
        return value
    return moment.astimezone(UTC).strftime(STAMP)


def journal(lab: Lab, table: str, element: str, row: Row, time_zone: str = "GMT", form: str = STAMP) -> str:
    """Return a journal field's whole text, newest entry first, as its display value shows it."""
    which = "elementINcomments,work_notes" if element == "comments_and_work_notes" else f"element={element}"
    entries = lab.store.find(
        "sys_journal_field", f"element_id={row.get('sys_id', '')}^{which}^ORDERBYDESCsys_created_on"
    )
    columns = lab.schema.columns(table)
    return "".join(
        f"{local_time(entry['sys_created_on'], time_zone, form)} - {_author(lab, entry['sys_created_by'])}"
        f" ({columns[entry['element']].label})\n{entry['value']}\n\n"
        for entry in entries
        if entry["element"] in columns
    )


def _rewritten(value: str, read_as: str, written_as: str) -> str:
    try:
        return datetime.strptime(value, read_as).strftime(written_as)
    except ValueError:
        return value


def _author(lab: Lab, user_name: str) -> str:
    found = lab.store.find("sys_user", equals(user_name=user_name), limit=1)
    return found[0]["name"] if found else user_name
