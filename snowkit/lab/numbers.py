"""Gives new records their numbers: CS0001001, INC0010001, …"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_DIGITS = 7
_FIRST = 1000


class Numbers:
    """Counts upwards from the highest number that the store holds; a number is never given twice."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._last: dict[str, int] = {}

    def next(self, table: str) -> str:
        """Return the next number of a table; empty where the table has no prefix."""
        schema = self._lab.schema
        owner = next((t for t in map(schema.get, schema.ancestors(table)) if t and t.number_prefix), None)
        if owner is None:
            return ""
        with self._lab.store.lock:
            if owner.number_prefix not in self._last:
                self._last[owner.number_prefix] = self._highest(owner.name, owner.number_prefix)
            self._last[owner.number_prefix] += 1
            return f"{owner.number_prefix}{self._last[owner.number_prefix]:0{_DIGITS}}"

    def _highest(self, table: str, prefix: str) -> int:
        found = self._lab.store.find(table, f"numberSTARTSWITH{prefix}^ORDERBYDESCnumber", limit=1)
        digits = found[0]["number"].removeprefix(prefix) if found else ""
        return max(int(digits), _FIRST) if digits.isdigit() else _FIRST
