"""Secrets are kept for their owner and their instance only, and the environment's are never kept."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from snowkit.errors import ProfileError
from snowkit.profile import SECRET_VARIABLES
from snowkit.secrets import NAMES, Vault

ACME = "https://acme.service-now.com"
OTHER = "https://other.service-now.com"


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


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 3}'])
def test_a_broken_file_is_an_error(tmp_path: Path, text: str) -> None:
    """A file that is no JSON, or other JSON, is an error with a next step, not an empty vault."""
    (tmp_path / "secrets.json").write_text(text, encoding="utf-8")
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


def test_the_names_are_those_of_the_environment() -> None:
    """Whatever the environment may give can be kept, and so be forgotten."""
    assert set(SECRET_VARIABLES) | {"token_expires_at"} == set(NAMES)


def test_secrets_stay_with_their_instance(tmp_path: Path) -> None:
    """Kept for one address they are not handed out for another, where only the environment's are."""
    Vault(tmp_path, "a", url=ACME).put({"client_secret": "s1", "refresh_token": "r1"})
    other = Vault(tmp_path, "a", {"refresh_token": "given"}, url=OTHER)
    assert (other.get("client_secret"), other.get("refresh_token"), other.elsewhere) == ("", "given", ACME)
    own = Vault(tmp_path, "a", url=ACME)
    assert (own.get("client_secret"), own.elsewhere) == ("s1", "")


def test_secrets_without_an_address_are_the_owner_s(tmp_path: Path) -> None:
    """What a person put there by hand belongs to the instance that the profile's file names."""
    Vault(tmp_path, "a").put({"client_secret": "s1"})
    assert Vault(tmp_path, "a", url=OTHER, owner=ACME).get("client_secret") == ""
    assert Vault(tmp_path, "a", url=ACME, owner=ACME).get("client_secret") == "s1"


def test_another_instance_s_secrets_make_way(tmp_path: Path) -> None:
    """Keeping tokens of a second instance never adopts the first one's client secret."""
    Vault(tmp_path, "a", url=ACME).put({"client_secret": "s1", "refresh_token": "r1"})
    Vault(tmp_path, "a", url=OTHER).put({"refresh_token": "r2"})
    other = Vault(tmp_path, "a", url=OTHER)
    assert (other.get("client_secret"), other.get("refresh_token")) == ("", "r2")
    assert Vault(tmp_path, "a", url=ACME).get("refresh_token") == ""


def test_an_address_alone_is_nothing_kept(tmp_path: Path) -> None:
    """After the last secret has gone nothing is said to be kept for another instance."""
    Vault(tmp_path, "a", url=ACME).put({"refresh_token": "r1"})
    Vault(tmp_path, "a", url=ACME).put({"refresh_token": ""})
    assert Vault(tmp_path, "a", url=OTHER).elsewhere == ""
    assert "a" not in json.loads((tmp_path / "secrets.json").read_text(encoding="utf-8"))


def test_a_keyring_takes_the_place_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value forgotten or replaced in the keyring does not come back from an older file."""
    Vault(tmp_path, "a").put({"client_secret": "old", "refresh_token": "old", "access_token": "old"})
    entries = with_keyring(monkeypatch)
    vault = Vault(tmp_path, "a", url=ACME, owner=ACME)
    assert vault.get("access_token") == "old"
    vault.put({"refresh_token": "new", "access_token": ""})
    assert (vault.get("refresh_token"), vault.get("access_token")) == ("new", "")
    assert entries[("snowkit", "a.refresh_token")] == "new"
    kept = json.loads((tmp_path / "secrets.json").read_text(encoding="utf-8"))
    assert kept == {"a": {"client_secret": "old"}}


def test_forgetting_clears_keyring_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards neither place holds anything of the profile, and both still hold the others'."""
    Vault(tmp_path, "a").put({"client_secret": "file"})
    Vault(tmp_path, "b").put({"client_secret": "file"})
    entries = with_keyring(monkeypatch)
    for profile in ("a", "c"):
        Vault(tmp_path, profile, url=ACME).put(dict.fromkeys(NAMES, "ring"))
    Vault(tmp_path, "a").forget()
    assert {name.partition(".")[0] for _, name in entries} == {"c"}
    assert json.loads((tmp_path / "secrets.json").read_text(encoding="utf-8")) == {
        "b": {"client_secret": "file"}
    }


def test_a_locked_keyring_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyring that does not answer names the way round it, and not the secret."""
    with_keyring(monkeypatch, locked=True)
    with pytest.raises(ProfileError, match="SNOWKIT_KEYRING=0") as caught:
        Vault(tmp_path, "a").put({"client_secret": "CANARY"})
    assert "CANARY" not in str(caught.value)


def with_keyring(monkeypatch: pytest.MonkeyPatch, *, locked: bool = False) -> dict[tuple[str, str], str]:
    """Install a keyring that lives in the returned dictionary."""
    entries: dict[tuple[str, str], str] = {}

    class KeyringError(Exception):
        pass

    def set_password(service: str, name: str, value: str) -> None:
        if locked:
            raise KeyringError(value)
        entries[service, name] = value

    ring = ModuleType("keyring")
    ring.__dict__.update(
        get_keyring=lambda: SimpleNamespace(priority=1),
        get_password=lambda service, name: entries.get((service, name)),
        set_password=set_password,
        delete_password=lambda service, name: entries.pop((service, name)),
        errors=SimpleNamespace(KeyringError=KeyringError),
    )
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.delenv("SNOWKIT_KEYRING")
    monkeypatch.delenv("CI", raising=False)
    return entries
