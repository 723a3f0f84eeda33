"""Reads the ACLs out of files that an administrator exported: list views, as XML, in one folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from snowkit import exports
from snowkit.access.records import Acl
from snowkit.errors import UsageError

LIMIT = 100 * 1024 * 1024

Row = dict[str, str]


def acls(folder: Path) -> tuple[Acl, ...]:
    """Return the ACLs with their roles, from `sys_security_acl*.xml` and `sys_security_acl_role*.xml`.

    Raises `UsageError` when the folder lacks one of them or a file is no such export.
    """
    rules = list(_rows(folder, "sys_security_acl"))
    roles: dict[str, set[str]] = {}
    for row in _rows(folder, "sys_security_acl_role"):
        roles.setdefault(row.get("sys_security_acl", ""), set()).add(row.get("sys_user_role@name", ""))
    if not rules or not roles:
        # Without its roles an ACL looks open to everybody.
        missing = "sys_security_acl_role" if rules else "sys_security_acl"
        raise UsageError(
            f"{folder} holds no exported record of {missing}.",
            "Open sys_security_acl.list, right-click a column heading, Export > XML; sys_security_acl_role likewise.",
        )
    return tuple(_acl(row, frozenset(roles.get(row.get("sys_id", ""), ()))) for row in rules)


def _rows(folder: Path, table: str) -> Iterator[Row]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".xml")
    except OSError as error:
        raise UsageError(
            f"The snapshot {folder} cannot be read: {error.strerror}.", "Give its folder."
        ) from error
    for path in files:
        if path.stat().st_size > LIMIT:
            raise UsageError(
                f"{path} is larger than {LIMIT >> 20} MB.", "Export only the lists that are named."
            )
        data = path.read_bytes()
        reason = exports.objection(data[: exports.HEAD])
        if reason:
            raise UsageError(f"{path} is no export of a list: {reason}.", "Take it out of the folder.")
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise UsageError(
                f"{path} is not well-formed XML: {error.msg}.", "Export the list again."
            ) from error
        for element in root.iterchildren(table):
            row = {str(child.tag): child.text or "" for child in element if isinstance(child.tag, str)}
            for child in element:
                if child.get("name"):
                    row[f"{child.tag}@name"] = child.get("name", "")
                elif child.get("display_value"):
                    row.setdefault(f"{child.tag}@name", child.get("display_value", ""))
            yield row


def _acl(row: Row, roles: frozenset[str]) -> Acl:
    return Acl(
        sys_id=row.get("sys_id", ""),
        name=row.get("name", ""),
        operation=row.get("operation@name") or row.get("operation", ""),
        type=row.get("type@name") or row.get("type", "") or "record",
        active=row.get("active") == "true",
        condition=row.get("condition", "").removesuffix("^EQ"),
        script=row.get("script", "") if row.get("advanced") != "false" else "",
        admin_overrides=row.get("admin_overrides") == "true",
        roles=roles,
        decision=row.get("decision_type") or "allow",
    )
