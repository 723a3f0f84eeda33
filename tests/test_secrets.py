"""Secrets are kept for their owner only, and the environment's are never kept."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from snowkit.errors import ProfileError
from snowkit.secrets import Vault


def test_what_is_put_comes_back(tmp_path: Path) -> None:
    """Each profile has its own secrets, and an empty value forgets one."""
    Vault(tmp_path, "a").put({"client_secret": "s1", "refresh_token": "r1"})
    Vault(tmp_path, "b").put({"client_secret": "s2"})
    Vault(tmp_path, "a").put({"refresh_token": ""})
    assert Vault(tmp_path, "a").get("client_secret") == "s1"
    assert Vault(tmp_path, "a").get("refresh_token") == ""
    assert Vault(tmp_path, "b").get("client_secret") == "s2"


def test_the_environment_wins(tmp_path: Path) -> None:
    """A secret from the environment is used before a kept one."""
    Vault(tmp_path, "a").put({"client_secret": "kept"})
    vault = Vault(tmp_path, "a", {"client_secret": "given"})
    assert vault.get("client_secret") == "given"
    assert vault.given("client_secret")
    assert not vault.given("refresh_token")


def test_forgetting_leaves_the_others(tmp_path: Path) -> None:
    """Forgetting one profile keeps the others'."""
    Vault(tmp_path, "a").put({"client_secret": "s1"})
    Vault(tmp_path, "b").put({"client_secret": "s2"})
    Vault(tmp_path, "a").forget()
    assert (Vault(tmp_path, "a").get("client_secret"), Vault(tmp_path, "b").get("client_secret")) == (
        "",
        "s2",
    )


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX; elsewhere the user's folder protects")
def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    """The file is made 0600 whatever the umask, and a loose one is closed when it is read."""
    old = os.umask(0)
    try:
        Vault(tmp_path, "a").put({"client_secret": "s1"})
    finally:
        os.umask(old)
    path = tmp_path / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    Vault(tmp_path, "a").get("client_secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_broken_file_is_an_error(tmp_path: Path) -> None:
    """A file that is no JSON is an error with a next step, not an empty vault."""
    (tmp_path / "secrets.json").write_text("{", encoding="utf-8")
    with pytest.raises(ProfileError, match="cannot be read"):
        Vault(tmp_path, "a").get("client_secret")


def _put(folder: str, name: str) -> None:
    os.environ["SNOWKIT_KEYRING"] = "0"
    for number in range(20):
        Vault(Path(folder), name).put({"refresh_token": f"r{number}"})


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    """Two processes that keep tokens at once both find theirs afterwards."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_put, args=(str(tmp_path), name)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [Vault(tmp_path, name).get("refresh_token") for name in ("a", "b")] == ["r19", "r19"]
