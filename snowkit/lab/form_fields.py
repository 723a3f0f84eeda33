"""The fields of an instance's form: what stands in them, how they are drawn, and what somebody changed in them.

Each field is named `<table>.<element>`, as on the real forms. A reference shows the name of its record, or the
record's id where several have that name; either may be typed. What is left as it was drawn is not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape

from snowkit.lab import values
from snowkit.lab.encoded import equals
from snowkit.lab.rest import body
from snowkit.lab.rest.apis import ACCOUNT, ATTACHMENT, CASE, CONSUMER, CONTACT, TABLE
from snowkit.lab.rest.call import Call
from snowkit.lab.schema import Column
from snowkit.lab.store import Row

# What is asked for first; the others of the table stand behind "More fields".
MAIN = {
    "oauth_entity": (
        "name", "active", "redirect_url", "inbound_grant_type", "client_id", "client_secret", "restricted_binding",
        "scope_restriction_status", "refresh_token_lifespan",
    ),
    "sys_script": (
        "name", "collection", "active", "advanced", "when", "order", "action_insert", "action_update",
        "filter_condition", "script",
    ),
    "sn_customerservice_case": (
        "number", "short_description", "account", "contact", "state", "priority", "description", "comments",
        "work_notes",
    ),
}  # fmt: skip
_LONG = 255
_SCRIPTS = ("script", "script_plain", "xml", "html", "journal_input")
_APIS = (CASE, ACCOUNT, TABLE, ATTACHMENT, CONTACT, CONSUMER)
# Their `api` is a choice whose stored value no source gives: choosing one fills in the path.
_BY_API = ("sys_api_access_policy", "sys_api_access_scope")


def elements(call: Call, table: str) -> Iterator[Column]:
    """Yield the fields of a form, those of `MAIN` first; what the instance keeps by itself is none."""
    columns = call.lab.schema.columns(table)
    main = [name for name in MAIN.get(table, ()) if name in columns]
    for name in (*main, *(name for name in columns if name not in main)):
        column = columns[name]
        if not name.startswith("sys_") or column.type == "reference":
            yield column


def drawn(call: Call, table: str, row: Row, operation: str) -> str:
    """Return the fields of a record as HTML, for `create` or `write`; what may not be read is not there."""
    first: list[str] = []
    more: list[str] = []
    main = MAIN.get(table)
    for column in elements(call, table):
        if call.acl.may("read", table, row, column.element):
            may = call.acl.may(operation, table, row, column.element)
            group = first if main is None or column.element in main else more
            group.append(_field(call, table, column, row, may))
    rest = f"<details><summary>More fields</summary>{''.join(more)}</details>" if more else ""
    return "".join(first) + rest


def changed(call: Call, table: str, row: Row, given: Mapping[str, str]) -> Row:
    """Return what somebody changed in a form that was drawn for `row`, as the instance stores it."""
    typed: dict[str, str] = {}
    for column in elements(call, table):
        name = f"{table}.{column.element}"
        if column.element == "api" and table in _BY_API:
            if given.get(name):
                typed["api_path"] = given[name]
        elif column.type == "boolean":
            if f"{name}.shown" in given:
                typed[column.element] = "true" if name in given else "false"
        elif name in given and _plain(given[name]) != _plain(_text(call, table, column, row)):
            typed.setdefault(column.element, _plain(given[name]))
    as_shown = replace(
        call, incoming=replace(call.incoming, parameters={"sysparm_input_display_value": "true"})
    )
    return body.stored(as_shown, table, typed)


def invalid(call: Call, table: str, values_: Row) -> list[str]:
    """Return the labels of the references that lead to no record."""
    columns = call.lab.schema.columns(table)
    return [
        columns[name].label
        for name, value in values_.items()
        if value
        and columns[name].type == "reference"
        and columns[name].reference in call.lab.schema.tables
        and call.lab.store.get(columns[name].reference, value) is None
    ]


def _field(call: Call, table: str, column: Column, row: Row, may: bool) -> str:
    name, label = f"{table}.{column.element}", escape(column.label)
    locked = "" if may else " disabled"
    if column.element == "api" and table in _BY_API:
        offered = [("", "")] + [(api.path, api.name) for api in _APIS]
        return _wrapped(name, label, _select(name, offered, row.get("api_path", "").strip("/"), locked))
    value = _text(call, table, column, row)
    if column.type == "boolean":
        # An empty box is not sent; this says that it was there to be ticked.
        shown = f'<input type="hidden" name="{name}.shown" value="true">' if may else ""
        ticked = " checked" if value == "true" else ""
        box = f'<input id="{name}" name="{name}" type="checkbox" value="true"{ticked}{locked}>'
        return _wrapped(name, label, shown + box)
    if column.choices:
        offered = [("", "-- None --"), *_choices(call, table, column)]
        if value not in dict(offered):
            offered.append((value, value))
        return _wrapped(name, label, _select(name, offered, value, locked))
    if column.type in _SCRIPTS or (column.max_length > _LONG and column.type != "password2"):
        rows = 14 if column.type.startswith("script") else 3
        area = f'<textarea id="{name}" name="{name}" rows="{rows}"{locked}>\n{escape(value)}</textarea>'
        return _wrapped(name, label, area)
    kind = "password" if _is_secret(column) else "text"
    field = f'<input id="{name}" name="{name}" type="{kind}" value="{escape(value)}"{locked}>'
    if column.element == "client_secret" and row.get("client_secret") and may:
        # The lock beside the field of the real form, which shows the secret to who may change it.
        field += f"<details><summary>Show</summary><code>{escape(row['client_secret'])}</code></details>"
    return _wrapped(name, label, field)


def _text(call: Call, table: str, column: Column, row: Row) -> str:
    """Return what stands in a field before anybody types: names for references, local times, no secret."""
    value = row.get(column.element, "")
    if _is_secret(column) or column.type == "journal_input":
        return ""
    if column.type == "reference" and value:
        return _name(call, column.reference, value)
    if column.type == "glide_list" and column.reference and value:
        return ",".join(_name(call, column.reference, item.strip()) for item in value.split(","))
    if column.type in ("glide_date_time", "glide_date"):
        session = call.session
        return values.display(call.lab, table, column.element, row, session.time_zone, session.form)
    return value


def _name(call: Call, table: str, sys_id: str) -> str:
    if call.lab.schema.get(table) is None:
        return sys_id
    shown = values.name_of(call.lab, table, sys_id)
    named = call.lab.store.count(table, equals(**{call.lab.schema.display(table): shown})) if shown else 0
    return shown if named == 1 and "," not in shown else sys_id


def _choices(call: Call, table: str, column: Column) -> list[tuple[str, str]]:
    for ancestor in call.lab.schema.ancestors(table):
        found = call.lab.store.find("sys_choice", equals(name=ancestor, element=column.element))
        if found:
            return [(row["value"], row["label"]) for row in found]
    return list(column.choices)


def _select(name: str, offered: list[tuple[str, str]], value: str, locked: str) -> str:
    options = "".join(
        f'<option value="{escape(each)}"{" selected" if each == value else ""}>{escape(words)}</option>'
        for each, words in offered
    )
    return f'<select id="{name}" name="{name}"{locked}>{options}</select>'


def _wrapped(name: str, label: str, field: str) -> str:
    return f'<div class="field"><label for="{name}">{label}</label>{field}</div>'


def _is_secret(column: Column) -> bool:
    return column.type == "password2" or column.element == "user_password"


def _plain(text: str) -> str:
    # A browser sends the lines of a text as CR LF, whatever they were.
    return text.replace("\r\n", "\n")
