"""Every ending of the command line is a sentence and a code, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import httpx
import pytest
from pytest_httpx import HTTPXMock

from snowkit import __version__
from snowkit.cli import main
from snowkit.errors import Unreachable, UsageError

URL = "https://dev1.service-now.com"


@pytest.fixture
def _connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWKIT_URL", "dev1")
    monkeypatch.setenv("SNOWKIT_CLIENT_ID", "c1")
    monkeypatch.setenv("SNOWKIT_CLIENT_SECRET", "CANARY-secret")
    monkeypatch.setenv("SNOWKIT_REFRESH_TOKEN", "CANARY-refresh")


def test_version_is_answered_without_loading_the_rest() -> None:
    """`--version` loads neither the command line nor the network."""
    code = (
        "import sys; sys.argv = ['snowkit', '--version']; from snowkit.__main__ import main; main(); "
        "print(sorted(name for name in sys.modules if name in ('click', 'httpx', 'textual', 'pydantic')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [f"snowkit {__version__}", "[]"]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The help names each command with what it does, and each can be loaded."""
    assert main.run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in main.COMMANDS:
        assert name in shown
        assert main.run([name, "--help"]) == 0


def test_without_a_terminal_the_headless_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Off a terminal the terminal UI does not start, and says what to use."""
    assert main.run([]) == 2
    assert "snowkit check" in capsys.readouterr().err


def test_no_profile_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Without any connection the next step is named."""
    assert main.run(["check"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "snowkit lab" in shown.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "--format", "yaml"], "yaml"),
        (["check", "--only", "nonsense"], "nonsense"),
        (["check", "--capability", "moonlight"], "moonlight"),
        (["check", "--output", "/nonexistent/x/report.json"], "cannot be written"),
        (["nonsense"], "nonsense"),
    ],
)
@pytest.mark.usefixtures("_connection")
def test_wrong_usage_is_code_2(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong option, name or place is code 2 with the word that was wrong, before any request."""
    assert main.run(arguments) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert "Traceback" not in shown.err


def test_a_wrong_address_is_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plain http to a host that is not this computer is refused."""
    monkeypatch.setenv("SNOWKIT_URL", "http://dev1.service-now.com")
    assert main.run(["check"]) == 2
    assert "without encryption" in capsys.readouterr().err


@pytest.mark.usefixtures("_connection")
def test_a_host_that_is_down_is_code_3(httpx_mock: HTTPXMock, capsys: pytest.CaptureFixture[str]) -> None:
    """An instance that cannot be reached gives valid JSON, one unknown at the root, and no secret."""
    httpx_mock.add_exception(httpx.ConnectError("[Errno -2] Name or service not known"), is_reusable=True)
    assert main.run(["check", "--format", "json"]) == 3
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    first = document["findings"][0]
    assert (first["id"], first["verdict"], first["cause"]) == ("reach.instance", "unknown", "dns")
    assert {row["verdict"] for row in document["findings"][1:]} == {"blocked"}
    assert "CANARY" not in shown.out + shown.err


@pytest.mark.usefixtures("_connection")
def test_html_is_no_instance(httpx_mock: HTTPXMock, capsys: pytest.CaptureFixture[str]) -> None:
    """A host that answers HTML is unknown at the root, never readable and never a gap."""
    httpx_mock.add_response(html="<title>Welcome</title>", is_reusable=True)
    assert main.run(["check", "--format", "json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["findings"][0]["cause"] == "edge"
    assert document["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (UsageError("It is wrong.", "Mend it."), 2, "Mend it."),
        (Unreachable("It is away.", "Wait."), 3, "Wait."),
        (ZeroDivisionError("CANARY"), 3, "ZeroDivisionError"),
        (ExceptionGroup("g", [UsageError("Inside.", "Mend it.")]), 2, "Inside."),
        (KeyboardInterrupt(), 130, "Interrupted"),
    ],
)
def test_how_each_failure_ends(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each kind of failure has its exit code and a sentence; a defect shows its kind and no value."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(click.Group, "main", fail)
    assert main.run(["check"]) == code
    shown = capsys.readouterr().err
    assert words in shown
    assert "CANARY" not in shown
    assert "Traceback" not in shown


def test_a_reader_that_leaves_is_no_failure() -> None:
    """When whoever reads our output goes away, the exit code is 0 and nothing is said."""
    command = [sys.executable, "-m", "snowkit", "check", "--list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        said = run.stderr.read()
    assert (run.returncode, said) == (0, b"")
