"""Turns an encoded query into SQL over the store's tables, where a hierarchy shares one table.

A query of several groups that is sorted by a column, such as a keyset page, gets the range of that column which
all groups share in front, so that SQLite walks the index of the column and starts where the first row can be.

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
_DIGITS = "[0-9][0-9]"
# SQLite would also read "now" or a time alone as a moment; the instance stores none of them.
_MOMENT = (
    f"iif({{0}} GLOB '{_DIGITS}{_DIGITS}-{_DIGITS}-{_DIGITS} {_DIGITS}:{_DIGITS}:{_DIGITS}', {{0}}, NULL)"
)
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
        where = self._ranged(query) or self._groups(query)
        if self._schema.base(self._table) != self._table:
            classes = self._schema.descendants(self._table)
            own = f"t.sys_class_name IN ({', '.join('?' * len(classes))})"
            where = f"{own} AND ({where})" if where else own
            self._parameters[:0] = classes
        return Compiled(where, self._order(query), self._parameters)

    def _groups(self, query: Query, aside: str = "") -> str:
        """Return the SQL of all groups; SQLite uses no index of the column that is put `aside`."""
        groups = []
        for group in query.groups:
            parts = [text for either in group if (text := self._either(either, aside))]
            if parts:
                groups.append(_joined(parts, " AND "))
        return _joined([f"({group})" for group in groups], " OR ")

    def _ranged(self, query: Query) -> str:
        """Return the SQL of all groups behind the range of the first column of the order; empty for no range."""
        if len(query.groups) < 2 or not query.orders:
            return ""
        name = query.orders[0].field
        column = self._schema.columns(self._table).get(name)
        if column is None or column.type in NUMERIC or column.type == "reference":
            return ""
        found = [self._range(group, name, column) for group in query.groups]
        asked = []
        for sign, ends in ((">=", [low for low, _ in found]), ("<=", [high for _, high in found])):
            if all(ends):
                asked.append(f't."{name}" COLLATE NOCASE {sign} ?')
                self._parameters.append((min if sign == ">=" else max)(ends, key=_folded))
        return f"{' AND '.join(asked)} AND ({self._groups(query, name)})" if asked else ""

    def _range(self, group: tuple[tuple[Condition, ...], ...], name: str, column: Column) -> tuple[str, str]:
        """Return between which values a group needs the column to be; empty for no such end."""
        lows, highs = [""], [""]
        for condition in (either[0] for either in group if len(either) == 1 and either[0].field == name):
            asked = resolve(condition, column, self._schema, self._asker)
            if asked is None or asked.kind not in ("equal", "order", "between"):
                continue
            if asked.kind != "order" or asked.sign in (">", ">="):
                lows.append(asked.values[0])
            if asked.kind != "order" or asked.sign in ("<", "<="):
                highs.append(asked.values[-1])
        return max(lows, key=_folded), min(filter(None, highs), key=_folded, default="")

    def _order(self, query: Query) -> str:
        parts = []
        for order in query.orders:
            found = self._column(order.field)
            if found is None:
                continue
            expression, column = found
            if column.type in NUMERIC:
                # An empty number comes first, as NULL does.
                expression = f"CAST(NULLIF({expression}, '') AS REAL)"
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

    def _either(self, either: tuple[Condition, ...], aside: str) -> str:
        parts = [text for condition in either if (text := self._condition(condition, aside))]
        return f"({_joined(parts, ' OR ')})" if parts else ""

    def _condition(self, condition: Condition, aside: str) -> str:
        found = self._column(condition.field)
        comparison = resolve(condition, found[1], self._schema, self._asker) if found else None
        if found is None or comparison is None:
            return ""
        expression, column = found
        if condition.field == aside:
            expression = f"+{expression}"
        if comparison.kind in _FIXED:
            return _FIXED[comparison.kind].format(expression)
        if comparison.kind in ("like", "not like"):
            return self._like(self._shown(expression, column, condition.field), comparison)
        if comparison.kind in ("field", "apart"):
            return self._fields(expression, column, comparison)
        if comparison.kind == "weekday":
            self._parameters.append(float(comparison.values[0]))
            return f"CAST(strftime('%w', {_MOMENT.format(expression)}) AS INTEGER) {comparison.sign} ?"
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

    def _fields(self, expression: str, column: Column, comparison: Comparison) -> str:
        other = self._column(comparison.values[0]) if comparison.values[0] else None
        if comparison.kind == "field":
            return self._field(expression, column, comparison, other) if other else ""
        if comparison.values[0] and other is None:
            return ""
        if other is None:
            self._parameters.append(comparison.values[2])
        self._parameters.append(float(comparison.values[1]))
        anchor = _MOMENT.format(other[0]) if other else "?"
        between = f"(strftime('%s', {_MOMENT.format(expression)}) - strftime('%s', {anchor}))"
        return f"{comparison.factor} * {between} {comparison.sign} ?"

    def _field(
        self, expression: str, column: Column, comparison: Comparison, other: tuple[str, Column]
    ) -> str:
        both = [expression, other[0]]
        filled = " AND ".join(f"{each} <> ''" for each in both)
        if len(comparison.values) > 1:
            both = [f"substr({each}, 1, {int(comparison.values[1])})" for each in both]
        asked = f"{both[0]} COLLATE NOCASE {comparison.sign} {both[1]}"
        if {column.type, other[1].type} <= NUMERIC:
            numbers = [f"CAST({each} AS REAL)" for each in both]
            asked = f"CASE WHEN {filled} THEN {numbers[0]} {comparison.sign} {numbers[1]} ELSE {asked} END"
        return asked if comparison.sign in ("=", "<>") else f"({filled} AND {asked})"


def _folded(text: str) -> bytes:
    """Return the key by which SQLite's NOCASE sorts."""
    return text.encode("utf-8").lower()


def _joined(parts: list[str], word: str) -> str:
    if len(parts) <= _WIDEST:
        return word.join(parts)
    middle = len(parts) // 2
    return f"({_joined(parts[:middle], word)}){word}({_joined(parts[middle:], word)})"
