"""What the audit keeps of a change or a deletion: rows for sys_audit and sys_audit_delete."""

from __future__ import annotations

from xml.sax.saxutils import escape

from snowkit.lab.schema import Schema
from snowkit.lab.store import Row


def changes(table: str, record: Row, current: Row, previous: Row, user_name: str) -> list[Row]:
    """Return one sys_audit row for each field that differs; the instance's own sys_ fields are not audited."""
    return [
        {
            "tablename": table,
            "documentkey": record["sys_id"],
            "fieldname": element,
            "user": user_name,
            "oldvalue": previous.get(element, ""),
            "newvalue": value,
            "record_checkpoint": record.get("sys_mod_count", ""),
        }
        for element, value in current.items()
        if not element.startswith("sys_") and value != previous.get(element, "")
    ]


def deletion(table: str, record: Row, schema: Schema, user_name: str) -> Row:
    """Return the sys_audit_delete row of a record, named by its real class (source: rest_behaviour 4)."""
    fields = "".join(
        f"<{element}>{escape(record.get(element, ''))}</{element}>"
        for element in sorted(schema.columns(table))
    )
    return {
        "tablename": table,
        "documentkey": record["sys_id"],
        "display_value": record.get(schema.display(table), ""),
        "payload": f'<?xml version="1.0" encoding="UTF-8"?><{table}>{fields}</{table}>',
        "user": user_name,
    }
