"""What a lab of 100,000 cases costs, beside what the same rows cost without a lab."""

from __future__ import annotations

import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

pytestmark = pytest.mark.benchmark

CASES = 100_000
PAGE = 1000
ROUNDS = 41
TABLE = "sn_customerservice_case"
FIELDS = [
    "sys_id",
    "number",
    "short_description",
    "state",
    "priority",
    "account",
    "contact",
    "opened_at",
    "sys_created_on",
    "sys_updated_on",
]


class Served:
    """A lab in a process of its own, and one connection to it."""

    def __init__(self, process: subprocess.Popen[str], facts: dict[str, Any]) -> None:
        self.process = process
        self.facts = facts
        self._connection = HTTPConnection(urlsplit(facts["url"]).netloc, timeout=120)

    def token(self) -> str:
        """Get the integration user's access token."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.facts["refresh_token"],
            "client_id": self.facts["client_id"],
            "client_secret": self.facts["client_secret"],
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/oauth_token.do", urlencode(form), kind)
        return str(json.loads(self._connection.getresponse().read())["access_token"])

    def page(self, token: str, query: str) -> bytes:
        """Get a page of cases as a connector asks for it."""
        asked = {
            "sysparm_query": query,
            "sysparm_fields": ",".join(FIELDS),
            "sysparm_limit": PAGE,
            "sysparm_no_count": "true",
            "sysparm_exclude_reference_link": "true",
        }
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._connection.request("GET", f"/api/now/table/{TABLE}?{urlencode(asked)}", headers=headers)
        response = self._connection.getresponse()
        content = response.read()
        assert response.status == 200, content[:300]
        return content

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def peak_memory(self) -> int:
        """Return the most memory (kB) that the process ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


@contextmanager
def served(database: Path | None, *, cases: int) -> Iterator[Served]:
    """Serve an onboarded lab, from a database, which is made where it is new, or without one."""
    command = [sys.executable, "-m", "snowkit", "lab", "--port", "0", "--json", "--scenario", "onboarded"]
    command += ["--cases", str(cases), *(["--db", str(database)] if database else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            made = Served(process, json.loads(process.stdout.readline()))
            yield made
            made.close()
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab's database of 100,000 cases."""
    path = tmp_path_factory.mktemp("large") / "lab.db"
    with served(path, cases=CASES):
        return path


def _medians(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the median seconds of each work, done by turns, so that a busy machine is busy for all."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


def _first(floor: str) -> str:
    return f"sys_updated_on>={floor}^ORDERBYsys_updated_on^ORDERBYsys_id"


def _after(floor: str, stamp: str, sys_id: str) -> str:
    since = f"sys_updated_on>={floor}"
    order = "ORDERBYsys_updated_on^ORDERBYsys_id"
    return f"{since}^sys_updated_on>{stamp}^NQ{since}^sys_updated_on={stamp}^sys_id>{sys_id}^{order}"


@pytest.mark.parametrize("which", ["first", "last"])
def test_a_keyset_page_costs_three_times_its_bare_rows(
    database: Path, which: str, record_property: Callable[[str, object], None]
) -> None:
    """A page of 1,000 cases costs at most 3 x the bare query and `json.dumps` of them, at both ends."""
    bare = sqlite3.connect(database)
    listed = ", ".join(FIELDS)
    chosen = f"SELECT {listed} FROM task WHERE sys_class_name = ? AND"  # noqa: S608
    end = "ORDER BY sys_updated_on, sys_id LIMIT ?"
    least = bare.execute(
        "SELECT min(sys_updated_on) FROM task WHERE sys_class_name = ?", (TABLE,)
    ).fetchone()[0]
    before_last = bare.execute(
        "SELECT sys_updated_on, sys_id FROM task WHERE sys_class_name = ?"
        " ORDER BY sys_updated_on DESC, sys_id DESC LIMIT 1 OFFSET ?",
        (TABLE, PAGE),
    ).fetchone()
    if which == "first":
        query, where, given = _first(least), "sys_updated_on >= ?", (least,)
    else:
        query, where, given = _after(least, *before_last), "(sys_updated_on, sys_id) > (?, ?)", before_last

    def rows() -> str:
        found = bare.execute(f"{chosen} {where} {end}", (TABLE, *given, PAGE)).fetchall()
        return json.dumps({"result": [dict(zip(FIELDS, row, strict=True)) for row in found]})

    with served(database, cases=CASES) as lab:
        token = lab.token()
        assert json.loads(lab.page(token, query)) == json.loads(rows())
        floor, taken = _medians(rows, lambda: lab.page(token, query))
    bare.close()
    record_property("ratio", round(taken / floor, 2))
    assert taken <= 3 * floor, f"{taken * 1000:.1f} ms against {floor * 1000:.1f} ms: {taken / floor:.2f} x"


def test_a_large_database_starts_like_an_empty_lab(database: Path, tmp_path: Path) -> None:
    """A lab starts from 100,000 cases in at most 2 x the time that one takes from a database of a single case."""
    small = tmp_path / "small.db"

    def start(path: Path) -> None:
        with served(path, cases=1):
            pass

    start(small)
    floor, taken = _medians(lambda: start(small), lambda: start(database), rounds=5)
    assert taken <= 2 * floor, f"{taken:.2f} s against {floor:.2f} s: {taken / floor:.2f} x"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak memory from /proc")
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "unnamed"])
def test_memory_does_not_grow_with_the_number_of_cases(tmp_path: Path, kept: bool) -> None:
    """Making 100,000 cases and reading them all needs at most a tenth more memory than 5,000 do."""

    def peak(cases: int) -> int:
        with served(tmp_path / f"{cases}.db" if kept else None, cases=cases) as lab:
            token = lab.token()
            page, read = json.loads(lab.page(token, _first("2000-01-01 00:00:00")))["result"], 0
            while page:
                read += len(page)
                last = page[-1]
                query = _after("2000-01-01 00:00:00", last["sys_updated_on"], last["sys_id"])
                page = json.loads(lab.page(token, query))["result"]
            assert read == cases
            return lab.peak_memory()

    few, many = peak(5000), peak(CASES)
    assert many <= 1.1 * few, f"{many} kB against {few} kB: {many / few:.2f} x"
