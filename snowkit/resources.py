"""Where the files that ship with snowkit lie: `templates` and `fixtures`, in the wheel or beside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder `templates` or `fixtures`.

    A wheel carries both inside the package; an editable install reads them beside it.
    """
    for base in (_PACKAGE, _PACKAGE.parent):
        if (base / name).is_dir():
            return base / name
    raise FileNotFoundError(f"snowkit was installed without its folder {name}; install it again.")
