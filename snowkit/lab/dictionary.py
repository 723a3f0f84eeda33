"""The schema as an instance shows it: rows of sys_db_object, sys_dictionary and sys_choice."""

from __future__ import annotations

from snowkit.lab.schema import Column, Schema, Table


def dictionary(schema: Schema) -> dict[str, list[dict[str, str]]]:
    """Return the seed records that describe the schema, by table; a child lists only its own columns."""
    tables = schema.tables.values()
    return {
        "sys_db_object": [_table(table) for table in tables],
        "sys_dictionary": [
            entry
            for table in tables
            for entry in (_collection(table), *_columns(table, schema.display(table.name)))
        ],
        "sys_choice": [
            {
                "key": f"{table.name}.{column.element}.{value}",
                "name": table.name,
                "element": column.element,
                "value": value,
                "label": label,
                "sequence": str(position),
            }
            for table in tables
            for column in table.columns
            for position, (value, label) in enumerate(column.choices)
        ],
    }


def _table(table: Table) -> dict[str, str]:
    return {
        "key": table.name,
        "name": table.name,
        "label": table.label,
        "super_class": f"@{table.extends}" if table.extends else "",
        "ws_access": _word(table.ws_access),
        "number_ref": table.number_prefix,
    }


def _collection(table: Table) -> dict[str, str]:
    return {
        "key": f"{table.name}.",
        "name": table.name,
        "column_label": table.label,
        "internal_type": "collection",
        "audit": _word(table.audit),
    }


def _columns(table: Table, display: str) -> list[dict[str, str]]:
    return [_column(table, column, display) for column in table.columns]


def _column(table: Table, column: Column, display: str) -> dict[str, str]:
    return {
        "key": f"{table.name}.{column.element}",
        "name": table.name,
        "element": column.element,
        "column_label": column.label,
        "internal_type": column.type,
        "reference": column.reference,
        "max_length": str(column.max_length),
        "mandatory": _word(column.mandatory),
        "display": _word(column.element == display),
        "choice": "1" if column.choices else "0",
        "default_value": column.default,
    }


def _word(flag: bool) -> str:
    return "true" if flag else "false"
