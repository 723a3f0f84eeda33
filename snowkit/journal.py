"""What we wrote on an instance: each record is named here before it is made, so that it is found again."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from snowkit.errors import OutputError

TAG_PREFIX = "snowkit-canary-"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: `tag` can be found on the instance, `sys_id` is empty until the instance gave one."""

    instance: str
    table: str
    tag: str
    sys_id: str = ""
    gone: bool = False


def new_tag() -> str:
    """Return a tag that no other run uses."""
    return TAG_PREFIX + secrets.token_hex(6)


class Journal:
    """An append-only file of JSON lines; the newest line of a tag and table is what is true."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, entry: Entry) -> None:
        """Append and flush to disk; raises `OutputError` when it cannot, and then nothing may be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(asdict(entry)) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(
                f"The journal {self.path} cannot be written: {error.strerror}.",
                "Make its folder writable, or set SNOWKIT_HOME; without it nothing is written.",
            ) from error

    def left(self, instance: str) -> tuple[Entry, ...]:
        """Return the records of an instance that were not seen to be gone, oldest first.

        Raises `OutputError` where the file is there and cannot be read.
        """
        newest: dict[tuple[str, str], Entry] = {}
        for entry in self._read():
            if entry.instance == instance:
                newest[entry.table, entry.tag] = entry
        return tuple(entry for entry in newest.values() if not entry.gone)

    def _read(self) -> Iterator[Entry]:
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(
                f"The journal {self.path} cannot be read: {error.strerror}.",
                "Make it a readable file, or set SNOWKIT_HOME; without it nothing is written.",
            ) from error
        for line in lines:
            # A line that a crash cut short names nothing that was made after it.
            try:
                data = json.loads(line)
                yield Entry(**data)
            except (ValueError, TypeError):
                continue
