"""What was written on an instance is named before it is made, and found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from snowkit.errors import OutputError
from snowkit.journal import TAG_PREFIX, Entry, Journal, new_tag

CASE = Entry("https://dev1.service-now.com", "sn_customerservice_case", "snowkit-canary-1")


def test_what_is_not_gone_is_left(tmp_path: Path) -> None:
    """An entry is left until a later line says that it is gone; other instances' are not ours to see."""
    journal = Journal(tmp_path / "deep" / "journal.jsonl")
    journal.write(CASE)
    journal.write(replace(CASE, tag="snowkit-canary-2"))
    journal.write(replace(CASE, sys_id="a" * 32))
    journal.write(replace(CASE, tag="snowkit-canary-2", gone=True))
    assert journal.left(CASE.instance) == (replace(CASE, sys_id="a" * 32),)
    assert journal.left("https://other.service-now.com") == ()


def test_a_line_cut_short_hides_no_other(tmp_path: Path) -> None:
    """A line that a crash cut short is passed over, and the lines around it count."""
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.write(CASE)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"instance": "https://dev1')
    assert journal.left(CASE.instance) == (CASE,)


def test_no_journal_no_entries(tmp_path: Path) -> None:
    """A journal that was never written is empty."""
    assert Journal(tmp_path / "none").left(CASE.instance) == ()


def test_a_journal_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    """Where nothing can be named, nothing may be made."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        Journal(tmp_path / "taken" / "journal.jsonl").write(CASE)


@pytest.mark.parametrize("what", ["folder", "bytes"])
def test_a_journal_that_cannot_be_read(tmp_path: Path, what: str) -> None:
    """A folder in its place is an error with a next step; bytes that are no text are lines like any cut short."""
    path = tmp_path / "journal.jsonl"
    if what == "folder":
        path.mkdir()
        with pytest.raises(OutputError, match="SNOWKIT_HOME"):
            Journal(path).left(CASE.instance)
        return
    Journal(path).write(CASE)
    with path.open("ab") as file:
        file.write(b"\xff\xfe\n")
    assert Journal(path).left(CASE.instance) == (CASE,)


def test_tags_are_unique_and_findable() -> None:
    """Each tag begins alike and no two are the same."""
    tags = {new_tag() for _ in range(100)}
    assert len(tags) == 100
    assert all(tag.startswith(TAG_PREFIX) for tag in tags)
