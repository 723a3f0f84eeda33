"""What relative dates and scripts in queries stand for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from snowkit.lab.moments import Asker

NOW = datetime(2026, 11, 24, 10, 30, 15, tzinfo=UTC)
ME = Asker(NOW, "u1", "ada", "GMT")


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("gs.getUserID()", "u1"),
        ("gs.getUserName()", "ada"),
        ("gs.nowDateTime()", "2026-11-24 10:30:15"),
        ("gs.daysAgo(1)", "2026-11-23 10:30:15"),
        ("gs.daysAgoStart(7)", "2026-11-17 00:00:00"),
        ("gs.daysAgoEnd(0)", "2026-11-24 23:59:59"),
        ("gs.hoursAgoStart(2)", "2026-11-24 08:00:00"),
        ("gs.minutesAgo(30)", "2026-11-24 10:00:15"),
        ("gs.minutesAgoEnd(1)", "2026-11-24 10:29:59"),
        ("gs.monthsAgoStart(1)", "2026-10-01 00:00:00"),
        ("gs.quartersAgoEnd(1)", "2026-09-30 23:59:59"),
        ("gs.yearsAgo(1)", "2025-11-24 10:30:15"),
        ("gs.beginningOfToday()", "2026-11-24 00:00:00"),
        ("gs.endOfYesterday()", "2026-11-23 23:59:59"),
        ("gs.beginningOfThisWeek()", "2026-11-23 00:00:00"),
        ("gs.endOfLastMonth()", "2026-10-31 23:59:59"),
        ("gs.beginningOfNextYear()", "2027-01-01 00:00:00"),
        ("gs.weeksAgo(1)", "2026-11-17 10:30:15"),
        ("gs.endOfThisQuarter()", "2026-12-31 23:59:59"),
        ("gs.beginningOfCurrentHour()", "2026-11-24 10:00:00"),
        ("gs.endOfLastHour()", "2026-11-24 09:59:59"),
        ("gs.beginningOfLast15Minutes()", "2026-11-24 10:15:00"),
        ("gs.endOfLast15Minutes()", "2026-11-24 10:30:59"),
        ("gs.beginningOfLast7Days()", "2026-11-17 00:00:00"),
        ("gs.endOfLast7Days()", "2026-11-24 23:59:59"),
        ("gs.endOfNext2Quarters()", "2027-06-30 23:59:59"),
        ("gs.dateGenerate('2026-01-01','00:00:00')", "2026-01-01 00:00:00"),
        ("gs.dateGenerate('2026-01-01','end')", "2026-01-01 23:59:59"),
    ],
)
def test_common_functions_are_evaluated(call: str, value: str) -> None:
    """The functions that a condition builder writes have their usual value."""
    assert ME.value(f"javascript:{call}") == value


@pytest.mark.parametrize(
    "call",
    ["gs.setProperty('a','b')", "gs.daysAgo(x)", "gs.daysAgo(9999999999)", "current.deleteRecord()", "gs.x("],
)
def test_other_scripts_are_refused(call: str) -> None:
    """The sandbox evaluates nothing else, and the condition goes missing."""
    assert ME.value(f"javascript:{call}") is None


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("gs.yearsAgo(999999)", "0002-01-01 00:00:00"),
        ("gs.daysAgoStart(-99999999)", "9998-12-31 00:00:00"),
        ("gs.endOfNext9999Years()", "9998-12-31 23:59:59"),
    ],
)
def test_moments_stay_in_the_calendar(call: str, value: str) -> None:
    """A number too large for any date gives the first or the last one, not a failure."""
    assert ME.value(f"javascript:{call}") == value


def test_days_are_those_of_the_user() -> None:
    """Midnight in Amsterdam is 23:00 of the day before in UTC."""
    asker = Asker(NOW, time_zone="Europe/Amsterdam")
    assert asker.value("javascript:gs.beginningOfToday()") == "2026-11-23 23:00:00"


@pytest.mark.parametrize("name", ["Nowhere/Land", "Europe", "../etc", "a\0b"])
def test_a_zone_that_is_not_known_is_the_system_s(name: str) -> None:
    """A user's misspelt zone, or half of one, does not break the instance."""
    assert Asker(NOW, time_zone=name).value("javascript:gs.beginningOfToday()") == "2026-11-24 00:00:00"


def test_months_end_where_they_end() -> None:
    """A month before the 31st of March is the 28th of February."""
    asker = Asker(datetime(2026, 3, 31, 8, tzinfo=UTC))
    assert asker.value("javascript:gs.monthsAgo(1)") == "2026-02-28 08:00:00"


def test_me_is_the_user() -> None:
    """Both ids that the documentation gives for the dynamic filter "Me" are known, others are not."""
    assert ME.dynamic("90d1921e5f510100a9ad2572f2b477fe") == "u1"
    assert ME.dynamic("54635e965f510100a9ad2572f2b4774c") == "u1"
    assert ME.dynamic("0" * 32) is None
