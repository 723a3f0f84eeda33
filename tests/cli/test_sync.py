"""`snowkit sync` from the outside: exit codes, what stands on which stream, and how it ends when told to."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snowkit.cli.main import run
from snowkit.cli.sync import interruptible
from snowkit.journal import TAG_PREFIX, Journal
from snowkit.lab.instance import Lab

CANARIES = f"short_descriptionSTARTSWITH{TAG_PREFIX}"
CASES = "sn_customerservice_case"
SILENT = {"script": "if (false) new sn_ws.RESTMessageV2();"}
"""A rule that looks as if it sent something, so that its webhook is waited for."""


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Serve an onboarded lab that the environment describes, inspector included."""
    with Lab("onboarded", cases=2) as made:
        told = made.description()
        values = {
            "URL": told["url"],
            "CLIENT_ID": told["client_id"],
            "CLIENT_SECRET": told["client_secret"],
            "REFRESH_TOKEN": told["refresh_token"],
            "WEBHOOK_URL": told["webhook_url"],
            "INBOX_URL": told["inbox_url"],
            "INSPECTOR_USER": told["admin"]["user"],
            "INSPECTOR_PASSWORD": told["admin"]["password"],
        }
        for name, value in values.items():
            monkeypatch.setenv(f"SNOWKIT_{name}", value)
        yield made


def test_json_stands_alone_on_standard_output(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything met: exit 0, one JSON document on stdout, the progress on stderr, nothing left."""
    assert run(["sync", "--allow-writes", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (report["verdict"], report["exit_code"]) == ("ready", 0)
    assert all(finding["id"].startswith("sync.") for finding in report["findings"])
    assert "sync.comment_webhook" in err
    assert not lab.store.find(CASES, CANARIES)


def test_without_consent_nothing_is_written(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3, and the sentence that says how to permit it."""
    before = lab.store.count(CASES)
    assert run(["sync"]) == 3
    assert "--allow-writes" in capsys.readouterr().err
    assert lab.store.count(CASES) == before


def test_a_gap_is_exit_1_and_a_report_goes_to_a_file(lab: Lab, tmp_path: Path) -> None:
    """A silent rule is a gap; --output takes the report, in JUnit's form here."""
    rule = lab.store.find("sys_script", "name=TheLoops Ticket Comment Webhook")[0]
    lab.store.patch("sys_script", rule["sys_id"], {"active": "false"})
    path = tmp_path / "sync.xml"
    assert run(["sync", "--allow-writes", "--format", "junit", "--output", str(path)]) == 1
    assert "rule_inactive" in path.read_text(encoding="utf-8")


def test_an_unwritable_output_is_found_before_anything_is_made(lab: Lab, tmp_path: Path) -> None:
    """Exit 2, and no canary was sent."""
    assert run(["sync", "--allow-writes", "--output", str(tmp_path / "absent" / "report.txt")]) == 2
    assert not lab.platform.events


def test_leftovers_are_announced_and_cleaned(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run without an inspector leaves a case; the next one says so, and cleanup deletes it: exit 0."""
    user = os.environ["SNOWKIT_INSPECTOR_USER"]
    monkeypatch.delenv("SNOWKIT_INSPECTOR_USER")
    assert run(["sync", "--allow-writes"]) == 3
    (left,) = lab.store.find(CASES, CANARIES)
    assert left["sys_id"] in capsys.readouterr().out
    assert run(["sync", "cleanup", "--yes"]) == 3
    monkeypatch.setenv("SNOWKIT_INSPECTOR_USER", user)
    assert run(["sync"]) == 3
    assert "snowkit sync cleanup" in capsys.readouterr().err
    assert run(["sync", "cleanup", "--yes"]) == 0
    assert left["sys_id"] in capsys.readouterr().out
    assert not lab.store.find(CASES, CANARIES)
    assert run(["sync", "cleanup", "--yes"]) == 0


def test_cleanup_that_cannot_delete_says_what_stays(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inspector sees the case and may not delete it: exit 1, with its sys_id."""
    case = lab.store.find(CASES, "")[0]
    lab.store.patch(CASES, case["sys_id"], {"short_description": f"{TAG_PREFIX}0123456789ab left"})
    told = lab.description()["integration"]
    monkeypatch.setenv("SNOWKIT_INSPECTOR_USER", told["user"])
    monkeypatch.setenv("SNOWKIT_INSPECTOR_PASSWORD", told["password"])
    assert run(["sync", "cleanup", "--yes"]) == 1
    assert f"sys_id {case['sys_id']}" in capsys.readouterr().out


def test_cleanup_asks_first(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --yes a no deletes nothing."""
    case = lab.store.find(CASES, "")[0]
    lab.store.patch(CASES, case["sys_id"], {"short_description": f"{TAG_PREFIX}0123456789ab left"})
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(["sync", "cleanup"]) == 130
    assert lab.store.find(CASES, CANARIES)


@pytest.mark.parametrize("stdin", [None, io.StringIO()])
def test_cleanup_that_nobody_can_answer_names_the_option(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stdin: io.StringIO | None,
) -> None:
    """Standard input is closed or at its end: a usage error that says --yes, and nothing is deleted."""
    case = lab.store.find(CASES, "")[0]
    lab.store.patch(CASES, case["sys_id"], {"short_description": f"{TAG_PREFIX}0123456789ab left"})
    monkeypatch.setattr("sys.stdin", stdin)
    assert run(["sync", "cleanup"]) == 2
    assert "snowkit sync cleanup --yes" in capsys.readouterr().err
    assert lab.store.find(CASES, CANARIES)


def test_a_journal_that_cannot_be_read_is_a_sentence(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder stands where the journal should: exit 2, and what to do."""
    (Path(os.environ["SNOWKIT_HOME"]) / "journal.jsonl").mkdir(parents=True)
    assert run(["sync", "cleanup", "--yes"]) == 2
    assert "SNOWKIT_HOME" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no way to send these to another process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_told_to_end_cleans_up(lab: Lab, number: signal.Signals) -> None:
    """In the middle of waiting for a webhook: the case is deleted, exit 130."""
    rule = lab.store.find("sys_script", "name=TheLoops - Case Created or Updated")[0]
    lab.store.patch("sys_script", rule["sys_id"], SILENT)
    code, out = _told_to_end(lab, number)
    assert code == 130, out
    assert "Traceback" not in out
    assert not lab.store.find(CASES, CANARIES)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no way to send it to another process")
def test_an_interrupted_run_names_what_it_may_not_delete(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an inspector the case stays, and its sys_id is said with the command that removes it."""
    rule = lab.store.find("sys_script", "name=TheLoops - Case Created or Updated")[0]
    lab.store.patch("sys_script", rule["sys_id"], SILENT)
    monkeypatch.delenv("SNOWKIT_INSPECTOR_USER")
    code, out = _told_to_end(lab, signal.SIGINT)
    (left,) = lab.store.find(CASES, CANARIES)
    assert code == 130, out
    assert left["sys_id"] in out
    assert "snowkit sync cleanup" in out


def _told_to_end(lab: Lab, number: signal.Signals) -> tuple[int, str]:
    """Send a canary, wait until the journal knows its case, signal the process, and return how it ended."""
    journal = Path(os.environ["SNOWKIT_HOME"]) / "journal.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "snowkit", "sync", "--allow-writes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not Journal(journal).left(lab.url):
        time.sleep(0.05)
    while time.monotonic() < deadline and not Journal(journal).left(lab.url)[0].sys_id:
        time.sleep(0.05)
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    return process.returncode, out


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a closed terminal is no signal there")
def test_a_closed_terminal_lets_the_work_clean_up() -> None:
    """The coroutine is cancelled, may finish its own cleaning, and KeyboardInterrupt follows."""
    cleaned = []

    async def work() -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt):
        interruptible(work())
    assert cleaned == [True]
