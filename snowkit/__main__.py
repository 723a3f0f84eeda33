"""Starts snowkit; `--version` is answered without loading anything else."""

from __future__ import annotations

import sys

from snowkit import __version__


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"snowkit {__version__}\n")
        return
    from snowkit.cli.main import run  # noqa: PLC0415

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
