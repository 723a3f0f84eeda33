"""Where a command's result goes: standard output or a file, decided before anything else happens."""

from __future__ import annotations

import os
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
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise OutputError(
            f"{path} cannot be written: its folder is absent or closed.", "Give another --output."
        )


def write(text: str, path: Path | None) -> None:
    """Write to `path` as a whole, or to standard output; raises `OutputError`."""
    if path is None:
        click.echo(text, nl=False)
        return
    replace(path, text)


def replace(path: Path, text: str) -> None:
    """Write a file so that it holds the old text or the new one, never a part; raises `OutputError`."""
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        # mkstemp is for secrets; a report is for everybody.
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}.", "Give another place.") from error


def plain() -> bool:
    """Whether standard output takes ASCII only."""
    return "utf" not in (sys.stdout.encoding or "").lower()
