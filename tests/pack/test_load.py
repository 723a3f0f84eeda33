"""A pack is strict data, and the shipped one holds the page's required-access list."""

from __future__ import annotations

from pathlib import Path

import pytest

from snowkit.errors import PackError
from snowkit.pack import load as module
from snowkit.pack.load import load

PAGE_TABLES = {
    "sn_customerservice_case": ("read", "write"),
    "kb_knowledge": ("read", "write"),
    "sys_user": ("read",),
    "customer_contact": ("read",),
    "sys_journal_field": ("read",),
    "sys_audit": ("read",),
    "sys_audit_delete": ("read",),
    "customer_account": ("read",),
    "sn_customerservice_escalation": ("read",),
}


def test_the_pages_list_is_all_there() -> None:
    """Every table and API of the vendor's page is a row of the pack, with its rights."""
    pack = load()
    rows = {
        row.name: ("read", "write") if row.write else ("read",) for row in pack.table if row.source == "page"
    }
    assert rows == PAGE_TABLES
    assert {api.id: api.write for api in pack.api} == {
        "case": True,
        "account": False,
        "table": False,
        "attachment": False,
    }


def test_what_snowkit_adds_says_why() -> None:
    """Each row that the page does not ask for gives a reason."""
    pack = load()
    added = [row for row in (*pack.table, *pack.api, *pack.property) if row.source == "snowkit"]
    assert added
    assert all(row.why for row in added)


def test_the_policy_for_reading_lists_every_table() -> None:
    """The Table API policy of the hand-over names each table that is read."""
    pack = load()
    policy = next(policy for policy in pack.policy if policy.id == "table")
    assert set(policy.tables) == {row.name for row in pack.table}


def _broken(tmp_path: Path, old: str, new: str) -> str:
    text = (module.home("theloops") / "pack.toml").read_text(encoding="utf-8")
    assert old in text
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "pack.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "kb_knowledge"', 'name = "KB Knowledge"', "table.1.name"),
        ('name = "sys_user"', 'name = "kb_knowledge"', "listed twice"),
        ('tables = ["kb_knowledge"]', 'tables = ["incident"]', "incident"),
        ("pull_by = true", 'pull_by = "yes"', "pull_by"),
        ("[names]", "[nicknames]", "nicknames|names"),
        ("[[capability]]", "[[capability", "not TOML"),
        ('source = "snowkit"\nwhy', 'source = "snowkit"\n# why', "must say why"),
        ('"https://app.prod1', '"http://app.prod1', "redirect.0.url"),
    ],
)
def test_a_broken_pack_names_the_row(tmp_path: Path, old: str, new: str, words: str) -> None:
    """A wrong name, type, reference or key is one clear error that names the place."""
    with pytest.raises(PackError, match=words):
        load(_broken(tmp_path, old, new))


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    """A pack without a file is one clear error."""
    with pytest.raises(PackError, match="cannot be read"):
        load(str(tmp_path / "none"))


def test_an_empty_list_is_no_pack(tmp_path: Path) -> None:
    """A pack that asks for nothing is refused: nothing to check is never success."""
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "pack.toml").write_text('name = "x"\n', encoding="utf-8")
    with pytest.raises(PackError):
        load(str(folder))
