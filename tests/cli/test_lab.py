"""`snowkit lab`: what it prints, how it ends, and what it leaves behind."""

from __future__ import annotations

import json
import signal
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from snowkit import profile as profiles
from snowkit.cli import connection, main
from snowkit.lab.instance import Lab
from tests.cli.processes import ended, posix_signals, started


@posix_signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_lab_well(number: signal.Signals) -> None:
    """It serves, prints one line, ends with 0, and takes its profile and its secrets away."""
    with started("lab", "--port", "0", "--json") as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        assert httpx.get(f"{facts['url']}/login.do", trust_env=False).status_code == 200
        profile = profiles.load("lab")
        vault = connection.vault_of(profile)
        assert (profile.url, vault.kept("client_secret")) == (facts["url"], facts["client_secret"])
        process.send_signal(number)
        code, out, err = ended(process)
    assert (code, out, err) == (0, "", "")
    assert profiles.every() == ()
    assert vault.kept("client_secret") == ""


@posix_signals
def test_over_tls_everything_trusts_the_authority() -> None:
    """The instance and the platform speak https; the profile trusts them, and the files go with the lab."""
    with started("lab", "--port", "0", "--json", "--tls") as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        addresses = [facts[name] for name in facts if name.endswith("_url")]
        assert len(addresses) == 4
        assert all(address.startswith("https://127.0.0.1:") for address in addresses)
        trust = ssl.create_default_context(cafile=facts["ca_file"])
        for address in (f"{facts['url']}/login.do", facts["inbox_url"]):
            assert httpx.get(address, verify=trust, trust_env=False).status_code == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(facts["url"], trust_env=False)
        with started("check", "--profile", "lab", "--format", "json") as check:
            _, out, _ = ended(check)
        verdicts = {finding["id"]: finding["verdict"] for finding in json.loads(out)["findings"]}
        assert verdicts["reach.instance"] == "met"
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (0, "", "")
    assert not Path(facts["ca_file"]).parent.exists()


def test_another_machine_is_refused_without_the_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """A public address alone is exit code 2, with the flag that allows it."""
    assert main.run(["lab", "--json", "--port", "0", "--host", "0.0.0.0"]) == 2  # noqa: S104
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--allow-remote" in shown.err


EVERYWHERE = "0.0.0.0"  # noqa: S104


@posix_signals
def test_for_other_machines_every_password_is_new() -> None:
    """With the flag it serves, and what everybody can read in the seed opens nothing."""
    with started(
        "lab",
        "--port",
        "0",
        "--json",
        "--host",
        EVERYWHERE,
        "--allow-remote",
        "--scenario",
        "onboarded",
    ) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        known = Lab("onboarded", cases=1)
        seeded = known.description()
        known.stop()
        for person in ("admin", "integration", "limited"):
            assert facts[person]["password"] != seeded[person]["password"]
        assert facts["client_secret"] != seeded["client_secret"]
        assert facts["refresh_token"] != seeded["refresh_token"]
        url = f"{facts['url']}/api/now/table/sys_user?sysparm_limit=1"
        for login, status in ((seeded["admin"], 401), (facts["admin"], 200)):
            answer = httpx.get(url, auth=(login["user"], login["password"]), trust_env=False)
            assert answer.status_code == status
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (0, "", "")


def test_a_taken_port_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, the port's number, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main.run(["lab", "--json", "--port", str(port)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"Port {port}" in shown.err
    assert "--port" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\x00" + b"\xff" * 200])
def test_a_file_that_is_no_database_is_a_sentence(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 with the file's name; the file stays as it was."""
    path = tmp_path / "lab.db"
    path.write_bytes(content)
    assert main.run(["lab", "--json", "--port", "0", "--db", str(path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert str(path) in shown.err
    assert "Traceback" not in shown.err
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["absent/lab.db", "."])
def test_a_place_that_cannot_hold_a_database_is_a_sentence(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No folder around it, or a folder in its place: exit code 2 with the name."""
    assert main.run(["lab", "--json", "--port", "0", "--db", str(tmp_path / name)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_the_scenarios_are_listed_with_what_they_show(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON for a script: each with the finding and the cause that a check must give."""
    assert main.run(["lab", "--list-scenarios", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"fresh", "onboarded"} <= {row["name"] for row in rows}
    assert all(set(row) == {"name", "finding", "cause"} for row in rows)
    assert main.run(["lab", "--list-scenarios"]) == 0
    shown = capsys.readouterr().out.splitlines()
    place = next(number for number, line in enumerate(shown) if "comment-rule-inactive" in line)
    assert shown[place].split() == ["comment-rule-inactive", "rule.comment", "rule_inactive"]
    assert shown[place + 1].strip() == "Somebody deactivated the comment rule."


def test_an_unknown_scenario_is_told_with_the_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and nothing on stdout."""
    assert main.run(["lab", "--json", "--port", "0", "--scenario", "comment-rule"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "comment-rule-inactive" in shown.err
