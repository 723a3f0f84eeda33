"""Reads a pack from `templates/packs/<name>/pack.toml`, or from a folder of the user's."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

from pydantic import ValidationError

from snowkit import resources
from snowkit.errors import PackError
from snowkit.pack.model import Pack

LIMIT = 1_000_000
"""The largest pack.toml that is read, in bytes."""


def home(name: str) -> Path:
    """Return the folder of a pack: one that ships with snowkit by its name, or a folder by its path."""
    shipped = resources.folder("templates") / "packs" / name
    return shipped if name.isidentifier() and shipped.is_dir() else Path(name)


@functools.cache
def load(name: str = "theloops") -> Pack:
    """Return the pack; raises `PackError` with the row and the reason when it is wrong."""
    path = home(name) / "pack.toml"
    try:
        if path.stat().st_size > LIMIT:
            raise PackError(
                f"{path} is larger than {LIMIT} bytes.", "A pack holds a few rows; is it the right file?"
            )
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PackError(
            f"The pack {name} cannot be read: {path}: {error.strerror}.",
            "Give the name of a pack that ships with snowkit, or the folder that holds its pack.toml.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{path} is not TOML: {error}.", "Correct the line that it names.") from error
    try:
        return Pack.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        message = first["msg"].removeprefix("Value error, ")
        raise PackError(
            f"{path}: {where}: {message} ({error.error_count()} in all).",
            "Correct that row; the others follow.",
        ) from error
