"""`snowkit generate` and `snowkit updateset show`: files for the administrator, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snowkit.cli import main
from snowkit.updateset.read import read_file

FILES = ["access.xml", "change.md", "handover.html", "handover.md", "rollback.xml", "rules.xml"]
URL = "https://app.example.com/hook?token=CANARY-token"


def run(folder: Path, *arguments: str) -> int:
    """Run the command into a folder, with one instance."""
    return main.run(["generate", "--out", str(folder), *arguments])


def test_six_files_are_written_and_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else lies in the folder; the summary names records, roles and what was withheld."""
    assert run(tmp_path / "new" / "out", "--instance", f"dev1={URL}") == 0
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == FILES
    shown = capsys.readouterr().out
    for words in (
        "7 records",
        "theloops.webhook.url.dev1",
        "csm_ws_integration",
        "withheld",
        "not confirmed",
    ):
        assert words in shown
    assert "CANARY" not in shown
    assert b"\r" not in (tmp_path / "new" / "out" / "rules.xml").read_bytes()


def test_a_build_id_makes_two_runs_identical_and_none_makes_them_differ(tmp_path: Path) -> None:
    """Byte for byte, on any day; without it the header's id is fresh."""
    runs = {"a": ("--build-id", "x"), "b": ("--build-id", "x"), "c": (), "d": ()}
    for name, arguments in runs.items():
        assert run(tmp_path / name, *arguments) == 0
    texts = {name: [(tmp_path / name / file).read_bytes() for file in FILES] for name in runs}
    assert texts["a"] == texts["b"]
    ids = {read_file(tmp_path / name / "rules.xml").headers[0].sys_id for name in runs}
    assert len(ids) == 3


def test_a_profile_gives_url_region_and_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the connection knows is not asked again."""
    monkeypatch.setenv("SNOWKIT_URL", "dev1")
    monkeypatch.setenv("SNOWKIT_WEBHOOK_URL", URL)
    monkeypatch.setenv("SNOWKIT_REGION", "eu")
    monkeypatch.setenv("SNOWKIT_TOKEN_RESTRICTION", "off")
    assert run(tmp_path) == 0
    fields = [record.fields for record in read_file(tmp_path / "rules.xml").records]
    assert {row["name"]: row["value"] for row in fields if "value" in row}["theloops.webhook.url.dev1"] == URL
    text = (tmp_path / "handover.md").read_text(encoding="utf-8")
    assert "https://app.eu.prod1.theloops.ai/v1/oauth/callback" in text
    assert "<https://dev1.service-now.com/nav_to.do?uri=oauth_entity_list.do>" in text
    assert "Restriction off." in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--instance", "https://app.example.com/CANARY"], "NAME=URL"),
        (["--instance", "https://app.example.com/CANARY?a=b"], "not the name of an instance"),
        (["--instance", f"dev1={URL}", "--instance", "dev1=https://other.example.com/"], "two webhook URLs"),
        (["--instance", "dev1=http://app.example.com/CANARY"], "must be https"),
        (["--rule", "casse"], "no rule casse"),
        (["--region", "mars"], "no region"),
        (["--prefix", "acme"], "No such option"),
        (["--snapshot", "no-such-folder"], "cannot be read"),
        (["--inspect"], "no profile"),
        (["--profile", "unknown"], "no profile unknown"),
    ],
)
def test_a_wrong_choice_writes_nothing(
    tmp_path: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one sentence, no file, and no webhook URL on the terminal."""
    assert run(tmp_path / "out", *arguments) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.out == ""
    assert "CANARY" not in shown.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands in its place."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert run(tmp_path / "file") == 2
    assert "cannot be made" in capsys.readouterr().err


def test_nothing_is_written_when_one_file_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder of the last file's name stops all six; the older ones stay as they were."""
    (tmp_path / "change.md").mkdir()
    (tmp_path / "rules.xml").write_text("older", encoding="utf-8")
    assert run(tmp_path) == 2
    assert "change.md is a folder" in capsys.readouterr().err
    assert (tmp_path / "rules.xml").read_text(encoding="utf-8") == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["change.md", "rules.xml"]


def test_a_snapshot_lets_access_xml_carry_acls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The ACL stands beside the exported one, and the summary says which."""
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "acl.xml").write_text(
        "<unload><sys_security_acl><active>true</active><name>sys_audit_delete</name><operation>read</operation>"
        "<sys_id>a</sys_id><type>record</type></sys_security_acl><sys_security_acl_role>"
        "<sys_security_acl>a</sys_security_acl><sys_user_role name='admin'>r</sys_user_role></sys_security_acl_role>"
        "</unload>",
        encoding="utf-8",
    )
    assert run(tmp_path / "out", "--snapshot", str(folder)) == 0
    tables = [record.table for record in read_file(tmp_path / "out" / "access.xml").records]
    assert sorted(tables) == ["sys_security_acl", "sys_security_acl_role", "sys_user_role"]
    assert "ACLs for sys_audit_delete (read)" in capsys.readouterr().out


def test_show_lists_every_record_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As text with lines, and as JSON alone on standard output."""
    run(tmp_path, "--build-id", "x")
    capsys.readouterr()
    path = str(tmp_path / "rollback.xml")
    assert main.run(["updateset", "show", path]) == 0
    text = capsys.readouterr().out
    assert "(7 updates)" in text
    assert "DELETE" in text
    assert main.run(["updateset", "show", "--format", "json", path]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["sets"][0]["name"] == "TheLoops roll-back"
    assert {row["action"] for row in found["updates"]} == {"DELETE"}
    assert all(row["line"] > 1 and len(row["sys_id"]) == 32 for row in found["updates"])


def test_show_refuses_what_is_no_update_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, the place, and nothing on standard output, even after a good file."""
    run(tmp_path)
    capsys.readouterr()
    broken = tmp_path / "broken.xml"
    broken.write_text("<unload><a></unload>", encoding="utf-8")
    assert main.run(["updateset", "show", str(tmp_path / "rules.xml"), str(broken)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "line 1, column" in shown.err


def test_show_gives_a_terminal_nothing_to_obey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file's names are text: no control character of theirs is printed."""
    run(tmp_path, "--instance", "dev1=")
    path = tmp_path / "rules.xml"
    text = path.read_text(encoding="utf-8").replace(
        "<target_name>TheLoops", "<target_name>\x9b31m\u202eTheLoops"
    )
    path.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main.run(["updateset", "show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "31m" in shown
    assert "\x9b" not in shown
    assert "\u202e" not in shown
