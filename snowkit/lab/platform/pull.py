"""Pulls what an integration is for: cases with comments and files, accounts and contacts, or articles.

Each kind is read from where the last pull ended, that second and a minute before it included, since a stamp is one
second wide and a record may be seen later than it says; a record that is the same as its copy does not count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from snowkit.lab.platform.connection import Connection, Failed
from snowkit.lab.platform.shelf import Record, Shelf

_TABLE = "/api/now/table/"
_CASE_TABLE = "sn_customerservice_case"
_CASES = "/api/sn_customerservice/case"
_FILES = "/api/now/attachment"
_COMMENTS = "elementINcomments,work_notes"
_PAGE = 500
_OVERLAP = timedelta(minutes=1)
_STAMP = "%Y-%m-%d %H:%M:%S"
_SYS_ID = re.compile(r"[0-9a-f]{32}")
# More records than that no webhook is about; the pull by time finds the others.
_MOST_NAMED = 5
_MOST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """What is read from where: `base` narrows the query, `stamp` is its time where nobody has a choice."""

    name: str
    path: str
    base: str = ""
    stamp: str = ""


CASES = Kind("cases", _CASES)
COMMENTS = Kind("comments", f"{_TABLE}sys_journal_field", f"name={_CASE_TABLE}^{_COMMENTS}", "sys_created_on")
FILES = Kind("attachments", _FILES, f"table_name={_CASE_TABLE}")
ACCOUNTS = Kind("accounts", "/api/now/account")
CONTACTS = Kind("contacts", f"{_TABLE}customer_contact")
ARTICLES = Kind("articles", f"{_TABLE}kb_knowledge", stamp="sys_updated_on")


def kinds(is_content: bool) -> tuple[Kind, ...]:
    """Return what an integration pulls, in this order."""
    return (ARTICLES,) if is_content else (CASES, COMMENTS, FILES, ACCOUNTS, CONTACTS)


def pull(connection: Connection, shelf: Shelf) -> int:
    """Pull all that is new; returns how many records are new or changed.

    Raises `Failed` where a kind could not be read to its end, after the others were; its bookmark stays where it was.
    """
    owner, failed, changed = connection.integration.id, None, 0
    for kind in kinds(connection.integration.is_content):
        try:
            changed += _pull_kind(connection, shelf, kind)
        except Failed as error:
            failed = failed or error
    _fetch_files(connection, shelf, owner)
    if failed is not None:
        raise failed
    return changed


def pull_named(connection: Connection, shelf: Shelf, body: str) -> int:
    """Pull the cases that a webhook's body names by their ids, with comments and files; returns how many changed.

    What is no case of the instance, or hidden from the integration's user, is passed over. Raises `Failed`.
    """
    changed = 0
    for sys_id in named(body):
        try:
            case = connection.get(f"{_CASES}/{sys_id}")
        except Failed as error:
            if error.status == 404:
                continue
            raise
        about = f"element_id={sys_id}^{_COMMENTS}"
        changed += _copied(shelf, connection, CASES, [case])
        changed += _copied(
            shelf, connection, COMMENTS, _listed(connection, COMMENTS, about, "sys_created_on")
        )
        files = f"table_name={_CASE_TABLE}^table_sys_id={sys_id}"
        changed += _copied(shelf, connection, FILES, _listed(connection, FILES, files, "sys_created_on"))
    _fetch_files(connection, shelf, connection.integration.id)
    return changed


def named(body: str) -> list[str]:
    """Return the ids that stand as values in a JSON body, the first few."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found = dict.fromkeys(text for text in _texts(data) if _SYS_ID.fullmatch(text))
    return list(found)[:_MOST_NAMED]


def _texts(data: Any) -> Iterator[str]:
    waiting = [data]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _pull_kind(connection: Connection, shelf: Shelf, kind: Kind) -> int:
    integration = connection.integration
    by_creation = integration.pull_by == "Created Time"
    stamp = kind.stamp or ("sys_created_on" if by_creation else "sys_updated_on")
    since = shelf.bookmark(integration.id, kind.name)
    query = f"{stamp}>={_earlier(since)}" if since else ""
    changed, latest = 0, since
    for record in _listed(connection, kind, "^".join(filter(None, (kind.base, query))), stamp):
        changed += _copied(shelf, connection, kind, [record])
        latest = max(latest, record[stamp])
    if latest != since:
        shelf.set_bookmark(integration.id, kind.name, latest)
    return changed


def _listed(connection: Connection, kind: Kind, query: str, stamp: str) -> Iterator[Record]:
    """Yield the records of a query, page by page, each page beginning behind the last record of the one before."""
    order = f"ORDERBY{stamp}^ORDERBYsys_id"
    last: tuple[str, str] | None = None
    while True:
        behind = query
        if last is not None:
            base = f"{query}^" if query else ""
            behind = f"{base}{stamp}>{last[0]}^NQ{base}{stamp}={last[0]}^sys_id>{last[1]}"
        asked = {
            "sysparm_query": f"{behind}^{order}" if behind else order,
            "sysparm_limit": str(_PAGE),
            "sysparm_exclude_reference_link": "true",
        }
        page = connection.get(kind.path, asked)
        # Rows that the user may not see leave a page shorter than asked for: only an empty one is the last.
        if not isinstance(page, list) or not all(_is_record(row, stamp) for row in page):
            raise Failed(f"{kind.path} answered no list of records")
        if not page:
            return
        yield from page
        reached = (page[-1][stamp], page[-1]["sys_id"])
        if last is not None and reached <= last:
            raise Failed(f"{kind.path} gives the same page again")
        last = reached


def _is_record(row: Any, stamp: str) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(name), str) for name in ("sys_id", stamp))


def _copied(shelf: Shelf, connection: Connection, kind: Kind, records: Iterable[Record]) -> int:
    return sum(shelf.copy(connection.integration.id, kind.name, record) for record in records)


def _fetch_files(connection: Connection, shelf: Shelf, owner: str) -> None:
    """Fetch the bytes that are not here; those that cannot be read yet are asked for again by the next pull."""
    sizes = {file["sys_id"]: str(file.get("size_bytes", "")) for file in shelf.copies(owner, FILES.name)}
    for sys_id in shelf.lacking(owner, FILES.name):
        size = sizes.get(sys_id, "")
        if size.isdecimal() and int(size) > _MOST_BYTES:
            continue
        try:
            content = connection.content(f"{_FILES}/{sys_id}/file")
        except Failed as error:
            if error.status == 404:
                continue
            raise
        shelf.put_content(owner, FILES.name, sys_id, content)


def _earlier(stamp: str) -> str:
    try:
        return (datetime.strptime(stamp, _STAMP) - _OVERLAP).strftime(_STAMP)
    except ValueError:
        return stamp
