"""Turns an encoded query into SQL over the store's tables, where a hierarchy shares one table.

Text is compared without regard to the case of the letters A to Z, which is all that SQLite folds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from snowkit.lab.comparison import NUMERIC, Comparison, resolve
from snowkit.lab.encoded import DEEPEST_PATH, Condition, Query
from snowkit.lab.moments import Asker
from snowkit.lab.schema import Column, Schema

# SQLite's parser refuses what nests too deep, so a long list of alternatives becomes a tree.
_WIDEST = 100
_FIXED = {"any": "1", "none": "0", "empty": "{0} = ''", "filled": "{0} <> ''"}


@dataclass(slots=True)
class Compiled:
    """The WHERE and ORDER BY of one query, both without their keywords, over the table's alias `t`."""

    where: str
    order: str
    parameters: list[str | float] = field(default_factory=list)


def compile_query(query: Query, table: str, schema: Schema, asker: Asker) -> Compiled:
    """Return the SQL of a query; conditions on fields that the table has not are left out."""
    return _Compiler(table, schema, asker).compile(query)


class _Compiler:
    def __init__(self, table: str, schema: Schema, asker: Asker) -> None:
        self._table = table
        self._schema = schema
        self._asker = asker
        self._parameters: list[str | float] = []

    def compile(self, query: Query) -> Compiled:
        groups = []
        for group in query.groups:
            parts = [text for either in group if (text := self._either(either))]
            if parts:
                groups.append(_joined(parts, " AND "))
        where = _joined([f"({group})" for group in groups], " OR ")
        if len(groups) == len(query.groups) > 1 and (floor := self._floor(query)):
            where = f"{floor} AND ({where})"
        if self._schema.base(self._table) != self._table:
            classes = self._schema.descendants(self._table)
            own = f"t.sys_class_name IN ({', '.join('?' * len(classes))})"
            where = f"{own} AND ({where})" if where else own
            self._parameters[:0] = classes
        return Compiled(where, self._order(query), self._parameters)

    def _floor(self, query: Query) -> str:
        """Return a condition that all groups imply, so that an index finds the rows, in its order.

        Its parameter becomes the first. That is what the second page of a keyset asks: after this stamp, or at
        it and after this id.
        """
        first = query.orders[0].field if query.orders else ""
        column = self._schema.columns(self._table).get(first)
        if column is None or column.type in NUMERIC or column.type == "reference":
            return ""
        floors = [_floor_of(group, first, self._asker) for group in query.groups]
        known = [floor for floor in floors if floor is not None]
        if len(known) < len(floors):
            return ""
        self._parameters.insert(0, min(known, key=str.lower))
        return f't."{first}" >= ?'

    def _order(self, query: Query) -> str:
        parts = []
        for order in query.orders:
            found = self._column(order.field)
            if found is None:
                continue
            expression, column = found
            if column.type in NUMERIC:
                expression = f"CAST({expression} AS REAL)"
            else:
                expression = f"{self._shown(expression, column, order.field)} COLLATE NOCASE"
            parts.append(f"{expression}{' DESC' if order.descending else ''}")
        return ", ".join(parts)

    def _column(self, path: str, table: str = "", alias: str = "t") -> tuple[str, Column] | None:
        first, _, rest = path.partition(".")
        column = self._schema.columns(table or self._table).get(first)
        if column is None or not rest:
            return None if column is None else (f'{alias}."{first}"', column)
        walks = column.type == "reference" and len(alias) < DEEPEST_PATH
        inner = self._column(rest, column.reference, alias + "r") if walks else None
        if inner is None:
            return None
        base = self._schema.base(column.reference)
        walked = f'SELECT {inner[0]} FROM "{base}" {alias}r WHERE {alias}r.sys_id = {alias}."{first}"'  # noqa: S608
        return f"COALESCE(({walked}), '')", inner[1]

    def _shown(self, expression: str, column: Column, path: str) -> str:
        """Return the SQL of what a reference shows: its order and LIKE go by the display value."""
        if column.type != "reference":
            return expression
        walked = self._column(f"{path}.{self._schema.display(column.reference)}")
        return walked[0] if walked else expression

    def _either(self, either: tuple[Condition, ...]) -> str:
        parts = [text for condition in either if (text := self._condition(condition))]
        return f"({_joined(parts, ' OR ')})" if parts else ""

    def _condition(self, condition: Condition) -> str:
        found = self._column(condition.field)
        comparison = resolve(condition, found[1], self._schema, self._asker) if found else None
        if found is None or comparison is None:
            return ""
        expression, column = found
        if comparison.kind in _FIXED:
            return _FIXED[comparison.kind].format(expression)
        if comparison.kind in ("like", "not like"):
            return self._like(self._shown(expression, column, condition.field), comparison)
        if comparison.kind in ("field", "apart"):
            return self._fields(expression, comparison)
        if column.type in NUMERIC and comparison.kind in ("order", "between", "not between"):
            return self._numeric(expression, comparison)
        return self._text(expression, comparison)

    def _text(self, expression: str, comparison: Comparison) -> str:
        self._parameters.extend(comparison.values)
        plain = f"{expression} COLLATE NOCASE"
        marks = ", ".join("?" * len(comparison.values))
        return {
            "equal": f"{plain} = ?",
            "unequal": f"{plain} <> ?",
            "in": f"{plain} IN ({marks})",
            "not in": f"{plain} NOT IN ({marks})",
            "order": f"({expression} <> '' AND {plain} {comparison.sign} ?)",
            "between": f"({expression} <> '' AND {plain} BETWEEN ? AND ?)",
            "not between": f"({expression} <> '' AND {plain} NOT BETWEEN ? AND ?)",
        }[comparison.kind]

    def _numeric(self, expression: str, comparison: Comparison) -> str:
        try:
            self._parameters.extend([float(value) for value in comparison.values])
        except ValueError:
            return "0"
        asked = f"{comparison.sign} ?" if comparison.kind == "order" else f"{comparison.kind.upper()} ? AND ?"
        return f"({expression} <> '' AND CAST({expression} AS REAL) {asked})"

    def _like(self, expression: str, comparison: Comparison) -> str:
        escaped = comparison.values[0].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        pattern = f"{'%' if comparison.before else ''}{escaped}{'%' if comparison.after else ''}"
        self._parameters.append(pattern)
        return f"{expression} {comparison.kind.upper()} ? ESCAPE '\\'"

    def _fields(self, expression: str, comparison: Comparison) -> str:
        other = self._column(comparison.values[0]) if comparison.values[0] else None
        if comparison.kind == "field":
            return f"{expression} COLLATE NOCASE {comparison.sign} {other[0]}" if other else ""
        if comparison.values[0] and other is None:
            return ""
        if other is None:
            self._parameters.append(comparison.values[2])
        self._parameters.append(float(comparison.values[1]))
        between = f"(strftime('%s', {expression}) - strftime('%s', {other[0] if other else '?'}))"
        return f"({expression} <> '' AND {comparison.factor} * {between} {comparison.sign} ?)"


def _floor_of(group: tuple[tuple[Condition, ...], ...], name: str, asker: Asker) -> str | None:
    """Return the least value of a field that the records of a group may have; None where there is none."""
    alone = [either[0] for either in group if len(either) == 1 and either[0].field == name]
    values = [asker.value(each.value) for each in alone if each.operator in ("=", "==", ">", ">=")]
    return max((value for value in values if value), key=str.lower, default=None)


def _joined(parts: list[str], word: str) -> str:
    if len(parts) <= _WIDEST:
        return word.join(parts)
    middle = len(parts) // 2
    return f"({_joined(parts[:middle], word)}){word}({_joined(parts[middle:], word)})"
