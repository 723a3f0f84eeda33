"""Where a result goes, and what stands there already."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from snowkit.cli import output
from snowkit.errors import OutputError


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """The new text replaces the old, and nothing else is left in the folder."""
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")
    output.write("new\n", path)
    assert path.read_bytes() == b"new\n"
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What a link points to is written, and the link stays."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("this platform lets only administrators make links")
    output.write("new", link)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    """A pipe, and a device alike, is written into and stays what it is."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    output.write("through", pipe)
    reader.join(10)
    assert read == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_the_users_umask_is_kept(tmp_path: Path) -> None:
    """A report is as readable as the user's umask says."""
    old = os.umask(0o077)
    try:
        output.write("x", tmp_path / "report")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["", "absent/report.json"])
def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path, name: str) -> None:
    """A folder, and a file in a folder that is not there, are errors before anything is asked."""
    with pytest.raises(OutputError):
        output.check_writable(tmp_path / name)


def test_standard_output_takes_what_no_file_does(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a path the text goes to standard output."""
    output.check_writable(None)
    output.write("text", None)
    assert capsys.readouterr().out == "text"
