"""The instance's lists of records, /<table>_list.do: what a query finds, page by page, and where New leads."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlencode

from starlette.responses import Response

from snowkit.lab import values
from snowkit.lab.form_fields import elements
from snowkit.lab.pages import page
from snowkit.lab.rest import queries
from snowkit.lab.rest.call import Call
from snowkit.lab.schema import Column, Table
from snowkit.lab.store import Row

NOT_ALLOWED = "Security constraints prevent access to requested page"
_ROWS = 50
_COLUMNS = 6
_UNLISTED = ("password2", "journal_input", "script", "script_plain")
# What New asks first, where a table is the head of several kinds of records.
_KINDS: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "oauth_entity": (
        "New Integration",
        (
            ("OAuth - Authorization code grant", "oauth_entity", "inbound_grant_type=authz_code"),
            ("OAuth - Client credentials grant", "oauth_entity", "inbound_grant_type=client_credential"),
        ),
    ),
    "inbound_auth_profile": (
        "New",
        (("Create standard http authentication profiles", "std_http_auth", "active=true"),),
    ),
}


def drawn(call: Call, table: Table) -> Response:
    """Return the page of a table's records, as `sysparm_query` asks, from `sysparm_first_row` on."""
    if call.acl.settled("read", table.name) is False:
        return page(table.label, f"<p>{NOT_ALLOWED}</p>", 403)
    query = queries.asked(call, table.name)
    first = max(call.count("sysparm_first_row", 1), 1)
    rows = queries.page(call, table.name, query, _ROWS, first - 1)
    total = call.lab.store.count(table.name, query, asker=call.asker)
    columns = _columns(call, table)
    head = "".join(f"<th>{escape(column.label)}</th>" for column in columns)
    body = "".join(_line(call, table, [column.element for column in columns], row) for row in rows)
    asked = call.parameter("sysparm_query")
    following = ""
    if first - 1 + _ROWS < total:
        more = urlencode({"sysparm_query": asked, "sysparm_first_row": first + _ROWS})
        following = f"<p>{link(f'/{table.name}_list.do?{more}', 'Next page')}</p>"
    return page(
        table.label,
        f"<h1>{escape(table.label)}</h1>{_new(call, table, asked)}"
        f'<form action="/{table.name}_list.do" method="get"><label for="query">Query</label>'
        f'<input id="query" name="sysparm_query" value="{escape(asked)}"><button type="submit">Run</button></form>'
        f"<table><tr>{head}</tr>{body}</table><p>{total} in all</p>{following}",
    )


def link(address: str, words: str) -> str:
    """Return a link as HTML."""
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def _new(call: Call, table: Table, asked: str) -> str:
    if not call.acl.may("create", table.name):
        return ""
    if table.name in _KINDS:
        words, kinds = _KINDS[table.name]
        links = "".join(
            f"<li>{link(f'/{kind}.do?sys_id=-1&sysparm_query={quote(preset)}', said)}</li>"
            for said, kind, preset in kinds
        )
        return f"<details><summary>{escape(words)}</summary><ul>{links}</ul></details>"
    return f"<p>{link(f'/{table.name}.do?sys_id=-1&sysparm_query={quote(asked)}', 'New')}</p>"


def _columns(call: Call, table: Table) -> list[Column]:
    shown_by = call.lab.schema.display(table.name)
    found = [
        column
        for column in elements(call, table.name)
        if column.type not in _UNLISTED
        and column.element != "user_password"
        and call.acl.may("read", table.name, None, column.element)
    ]
    return sorted(found, key=lambda column: column.element != shown_by)[:_COLUMNS]


def _line(call: Call, table: Table, elements_: list[str], row: Row) -> str:
    session = call.session
    cells = [
        values.display(call.lab, table.name, element, row, session.time_zone, session.form)
        if call.acl.may("read", table.name, row, element)
        else ""
        for element in elements_
    ]
    kind = row.get("sys_class_name", "")
    name = kind if call.lab.schema.get(kind) else table.name
    first = link(
        f"/{name}.do?sys_id={quote(row['sys_id'])}", cells[0] if cells and cells[0] else row["sys_id"]
    )
    return f"<tr><td>{first}</td>{''.join(f'<td>{escape(cell[:200])}</td>' for cell in cells[1:])}</tr>"
