"""Runs the command line as a process of its own, which a signal can interrupt."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PATIENCE = 30.0
"""Seconds after which a process that should have ended counts as hanging."""

posix_signals = pytest.mark.skipif(os.name != "posix", reason="elsewhere no process sends another SIGINT")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start snowkit with pipes, standard input left open; it is killed if it outlives the context."""
    process = subprocess.Popen(
        [sys.executable, "-m", "snowkit", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the end and return exit code, the rest of standard output, and standard error."""
    assert process.stdin is not None
    process.wait(PATIENCE)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err
