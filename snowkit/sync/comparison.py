"""Is what came back what was written? Equal, equal but for a known normalisation, or different."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

NORMALISATIONS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("line endings", lambda text: text.replace("\r\n", "\n").replace("\r", "\n")),
    ("white space at the ends", str.strip),
)
"""What an instance may do to a text without harm, tried one after the other."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Names of fields: those that differ, those that did not come, and the harmless ones with what was done."""

    different: tuple[str, ...]
    absent: tuple[str, ...]
    normalised: tuple[tuple[str, str], ...]

    def words(self) -> str:
        """Return the normalisations, field by field; empty when there was none."""
        return ", ".join(f"{name}: {how}" for name, how in self.normalised)


def compare(written: Mapping[str, str], read: Mapping[str, str]) -> Comparison:
    """Compare every field of `written` with what was read."""
    how = {name: difference(value, read[name]) for name, value in written.items() if name in read}
    return Comparison(
        different=tuple(name for name, words in how.items() if words is None),
        absent=tuple(name for name in written if name not in read),
        normalised=tuple((name, words) for name, words in how.items() if words),
    )


def difference(written: str, read: str) -> str | None:
    """Return "" for equal texts, the normalisations that make them equal, or None where none does."""
    names: list[str] = []
    for name, normal in NORMALISATIONS:
        if written == read:
            break
        changed = (normal(written), normal(read))
        if changed != (written, read):
            names.append(name)
        written, read = changed
    return ", ".join(names) if written == read else None
