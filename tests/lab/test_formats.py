"""ServiceNow's patterns of dates and times mean the same in Python's letters."""

from __future__ import annotations

from datetime import datetime

import pytest

from snowkit.lab.formats import date_form, stamp_form


@pytest.mark.parametrize(
    ("date", "time", "written"),
    [
        ("", "", "2026-07-02 15:04:05"),
        ("MM-dd-yyyy", "hh:mm:ss a", "07-02-2026 03:04:05 PM"),
        ("dd/MM/yyyy", "HH:mm", "02/07/2026 15:04"),
        ("dd.MM.yy", "HH.mm.ss", "02.07.26 15.04.05"),
        ("QQQ", "%%", "2026-07-02 15:04:05"),
    ],
)
def test_patterns_are_read(date: str, time: str, written: str) -> None:
    """An empty or unknown one is the system's own."""
    form = stamp_form(date, time)
    assert datetime(2026, 7, 2, 15, 4, 5).strftime(form) == written
    assert datetime(2026, 7, 2).strftime(date_form(form)) == written.partition(" ")[0]
