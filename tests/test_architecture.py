"""The shape of the tree, as rules that a change cannot break unseen."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "snowkit").rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_go_down_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every import contract of pyproject.toml is kept."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_each_module_begins_with_one_sentence(path: Path) -> None:
    """Each module says in its first line what it answers."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, f"{path} has no docstring"
    first = docstring.splitlines()[0]
    assert first[-1] in ".?:;,…", first


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_module_is_longer_than_a_person_reads_at_once(path: Path) -> None:
    """No module is longer than 320 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


def test_only_the_command_line_writes_to_the_terminal() -> None:
    """No module below the command line prints, or leaves the process."""
    for path in MODULES:
        if path.parent.name in {"cli", "js"} or path.name == "__main__.py":
            continue
        called = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"print", "input", "exit"}, path


def test_nothing_speaks_of_a_machine() -> None:
    """No tracked text names a path of somebody's machine or a place that packages come from."""
    pattern = re.compile(r"/work/|/home/[a-z]+/|/Users/[A-Za-z]+/|pypi\.org/simple|index-url|extra-index")
    kinds = {".py", ".md", ".toml", ".txt", ".j2", ".js", ".tcss", ".json", ".xml", ".yml", ".yaml"}
    for folder in ("snowkit", "templates", "fixtures", "tests", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if (
                path == Path(__file__)
                or not path.is_file()
                or (path.suffix not in kinds and path.name != "run")
            ):
                continue
            found = pattern.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path}: {found}"


def test_no_promise_stands_in_the_product() -> None:
    """No module holds a note of work that is not done."""
    pattern = re.compile(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b")
    for path in MODULES:
        found = pattern.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path}: {found}"
