"""What the `javascript:gs.…` values, relative dates and dynamic filters of a query stand for, for whom and when.

source: rest_behaviour 1.3; the names are those that condition builders write. No source measures the counted
ones (`beginningOfLast7Days`): here they reach from the start of the unit that long ago to the end of the present.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

STAMP = "%Y-%m-%d %H:%M:%S"
# Both ids that the documentation of the operators gives for the dynamic filter "Me".
_ME = ("90d1921e5f510100a9ad2572f2b477fe", "54635e965f510100a9ad2572f2b4774c")
# A year away from the ends of the calendar, so that a span never leaves it.
_EARLIEST, _LATEST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
_CALL = re.compile(r"gs\.(?P<name>\w+)\((?P<arguments>[^()]*)\);?")
_NAMED = re.compile(
    r"(?P<edge>beginningOf|endOf)(?P<which>This|Current|Last|Next)(?P<count>\d{0,4})"
    r"(?P<unit>Minute|Hour|Day|Week|Month|Quarter|Year)s?"
)
_AGO = re.compile(r"(?P<unit>minutes|hours|days|weeks|months|quarters|years)Ago(?P<edge>Start|End|)")
_DAYS = {"Today": 0, "Yesterday": -1, "Tomorrow": 1}
_MONTHS = {"month": 1, "months": 1, "quarter": 3, "quarters": 3, "year": 12, "years": 12}
_SECONDS = {
    "minute": 60,
    "minutes": 60,
    "hour": 3600,
    "hours": 3600,
    "day": 86400,
    "days": 86400,
    "dayofweek": 86400,
    "week": 604800,
    "weeks": 604800,
}


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom a query is read: the user, the user's time zone, and the instance's present time (UTC)."""

    now: datetime
    user_id: str = ""
    user_name: str = ""
    time_zone: str = "GMT"

    def value(self, text: str) -> str | None:
        """Return what a query's value stands for; None where the instance refuses to evaluate it."""
        if not text.startswith("javascript:"):
            return text
        call = _CALL.fullmatch(text.removeprefix("javascript:").strip())
        return None if call is None else self._call(call["name"], call["arguments"])

    def dynamic(self, filter_id: str) -> str | None:
        """Return the value of a dynamic filter option; None for one that this instance does not have."""
        return self.user_id if filter_id in _ME else None

    def shifted(self, unit: str, count: int) -> datetime | None:
        """Return the present moved by some units, back for a negative count; None for an unknown unit.

        A moment beyond the calendar becomes its first or its last.
        """
        try:
            if unit in _MONTHS:
                moved = _add_months(self.now, count * _MONTHS[unit])
            elif unit in _SECONDS:
                moved = self.now + timedelta(seconds=count * _SECONDS[unit])
            else:
                return None
        except (ValueError, OverflowError):
            return _EARLIEST if count < 0 else _LATEST
        return min(max(moved, _EARLIEST), _LATEST)

    def day(self, moment: datetime) -> tuple[str, str]:
        """Return the first and the last second, in UTC, of the user's day that holds the moment."""
        return self._span(moment, "day")

    def _call(self, name: str, arguments: str) -> str | None:
        given = [argument.strip().strip("'\"") for argument in arguments.split(",") if argument.strip()]
        simple: dict[str, Callable[[], str]] = {
            "getUserID": lambda: self.user_id,
            "getUserName": lambda: self.user_name,
            "nowDateTime": lambda: stamp(self.now),
            "nowNoTZ": lambda: stamp(self.now),
            "now": lambda: stamp(self.now)[:10],
        }
        if name in simple:
            return simple[name]()
        if name == "dateGenerate" and len(given) == 2:
            return self._generated(*given)
        if found := _AGO.fullmatch(name):
            return self._ago(found["unit"], found["edge"], given)
        return self._named(name)

    def _generated(self, date: str, time: str) -> str | None:
        clock = {"start": "00:00:00", "end": "23:59:59"}.get(time, time)
        try:
            local = datetime.strptime(f"{date} {clock}", STAMP).replace(tzinfo=zone(self.time_zone))
            return stamp(local)
        except (ValueError, OverflowError):
            return None

    def _ago(self, unit: str, edge: str, given: list[str]) -> str | None:
        count = whole(given[0]) if given else None
        moment = None if count is None else self.shifted(unit, -count)
        if moment is None or not edge:
            return None if moment is None else stamp(moment)
        start, end = self._span(moment, unit.removesuffix("s"))
        return start if edge == "Start" else end

    def _named(self, name: str) -> str | None:
        for day, offset in _DAYS.items():
            if name in (f"beginningOf{day}", f"endOf{day}"):
                return self._span(self.now + timedelta(days=offset), "day")[name.startswith("endOf")]
        found = _NAMED.fullmatch(name)
        if found is None:
            return None
        unit, ending = found["unit"].lower(), found["edge"] == "endOf"
        direction = {"Last": -1, "Next": 1}.get(found["which"], 0)
        if found["count"]:
            away = direction < 0 if not ending else direction > 0
            direction *= int(found["count"]) if away else 0
        moment = self.shifted(unit, direction)
        assert moment is not None
        return self._span(moment, unit)[ending]

    def _span(self, moment: datetime, unit: str) -> tuple[str, str]:
        local = moment.astimezone(zone(self.time_zone)).replace(second=0, microsecond=0)
        if unit == "minute":
            return stamp(local), stamp(local + timedelta(seconds=59))
        start = local.replace(minute=0)
        if unit == "hour":
            return stamp(start), stamp(start + timedelta(seconds=3599))
        start = start.replace(hour=0)
        if unit == "day":
            end = start + timedelta(days=1)
        elif unit == "week":
            start -= timedelta(days=start.weekday())
            end = start + timedelta(days=7)
        else:
            months = _MONTHS[unit]
            start = start.replace(day=1, month=(start.month - 1) // months * months + 1)
            end = _add_months(start, months)
        return stamp(start), stamp(end - timedelta(seconds=1))


def stamp(moment: datetime) -> str:
    """Return a moment as the instance stores it: UTC, whole seconds, four digits of year."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat(" ")


def whole(text: str) -> int | None:
    """Return a whole number as a query or a script would write it; None for another text, or an absurd one."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


def zone(name: str) -> tzinfo:
    """Return a time zone; one that is unknown, or that this machine has no data for, is the system's: GMT."""
    try:
        return UTC if name in ("", "GMT", "UTC") else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _add_months(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month + 1)
