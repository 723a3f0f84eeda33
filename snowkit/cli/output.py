"""Where a command's result goes: standard output or a file, decided before anything else happens."""

from __future__ import annotations

import secrets
import sys
import tempfile
from pathlib import Path

import click

from snowkit.errors import OutputError


def check_writable(path: Path | None) -> None:
    """Raise `OutputError` when a result could not be written to `path` in the end."""
    if path is None:
        return
    if path.is_dir():
        raise OutputError(f"{path} is a folder.", "Give the name of a file to --output.")
    try:
        if _special(path):
            with path.open("a", encoding="utf-8"):
                return
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            return
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.", "Give another --output.") from error


def write(text: str, path: Path | None) -> None:
    """Write to `path` as a whole, or to standard output; raises `OutputError`."""
    if path is None:
        click.echo(text, nl=False)
        return
    replace(path, text)


def replace(path: Path, text: str) -> None:
    """Write a file so that it holds the old text or the new one, never a part; raises `OutputError`.

    The umask decides who may read it. A link leads to the file that is replaced; a device or a pipe is written
    to as it stands.
    """
    target = path.resolve()
    in_place = _special(path)
    written = path if in_place else target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        with written.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if not in_place:
            written.replace(target)
    except OSError as error:
        if not in_place:
            written.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}.", "Give another place.") from error


def _special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def plain() -> bool:
    """Whether standard output takes ASCII only."""
    return "utf" not in (sys.stdout.encoding or "").lower()
