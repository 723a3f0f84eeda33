"""Which secrets a connection uses: the environment's whole, or those kept for this very instance."""

from __future__ import annotations

import pytest

from snowkit import profile as profiles
from snowkit.cli import connection, main
from snowkit.instance.identity import Tokens
from snowkit.instance.session import Login
from snowkit.profile import Profile

ACME = "https://acme.service-now.com"
OTHER = "https://other.service-now.com"
KEPT = Tokens("kept-access", "kept-refresh", 4e9)


@pytest.fixture(autouse=True)
def _kept() -> None:
    profile = Profile(name="acme", url="acme", client_id="c1", inspector_user="reader")
    profiles.save(profile)
    vault = connection.vault_of(profile)
    vault.put(
        {"client_secret": "kept-secret", "inspector_password": "kept-pw", "inspector_token": "kept-inspector"}
    )
    connection.keep_tokens(vault, KEPT)


def login(name: str = "acme") -> Login:
    """Return what a command would open its session with."""
    profile, _, vault = connection.load(name)
    return connection.login_of(profile, vault)


def test_kept_tokens_are_used_and_kept_anew() -> None:
    """Without any in the environment the kept ones are used, and their successors replace them."""
    opened = login()
    assert opened.tokens == KEPT
    opened.keep(Tokens("next", "kept-refresh", 4e9))
    assert login().tokens.access_token == "next"


@pytest.mark.parametrize("variable", ["SNOWKIT_REFRESH_TOKEN", "SN_REFRESH_TOKEN"])
def test_a_refresh_token_of_the_environment_is_used_alone(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept access token, perhaps another user's, is not asked first; nothing new is kept."""
    monkeypatch.setenv(variable, "given")
    opened = login()
    assert (opened.tokens.access_token, opened.tokens.refresh_token) == ("", "given")
    opened.keep(Tokens("successor", "given", 4e9))
    monkeypatch.delenv(variable)
    assert login().tokens == KEPT


@pytest.mark.parametrize("variable", ["SNOWKIT_ACCESS_TOKEN", "SN_ACCESS_TOKEN"])
def test_an_access_token_of_the_environment_is_used_alone(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as living, and when it is refused no kept refresh token changes who is asking."""
    monkeypatch.setenv(variable, "given")
    opened = login()
    assert (opened.tokens.access_token, opened.tokens.refresh_token) == ("given", "")
    assert opened.tokens.usable(4e9)


def test_an_inspector_of_the_environment_is_used_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kept inspector's token does not go before a password that the environment gives."""
    monkeypatch.setenv("SNOWKIT_INSPECTOR_PASSWORD", "given")
    assert (login().inspector_password, login().inspector_token) == ("given", "")


def test_another_address_gets_no_kept_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With SNOWKIT_URL the profile's secrets stay at home, which standard error says in one sentence."""
    monkeypatch.setenv("SNOWKIT_URL", "other")
    monkeypatch.setenv("SNOWKIT_CLIENT_SECRET", "given-secret")
    opened = login()
    assert opened.url == OTHER
    assert opened.tokens == Tokens()
    assert (opened.client.client_secret, opened.inspector_password, opened.inspector_token) == (
        "given-secret",
        "",
        "",
    )
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert ACME in said[0]
    assert OTHER in said[0]


def test_the_same_address_in_other_words_is_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bare name and a URL of one instance are one instance."""
    monkeypatch.setenv("SNOWKIT_URL", "HTTPS://acme.service-now.com/")
    assert login().tokens == KEPT
    assert capsys.readouterr().err == ""


def test_a_local_file_of_the_same_name_gets_no_kept_secret(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snowkit.toml that came with somebody's folder cannot lead the user's tokens elsewhere."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "snowkit.toml").write_text('[profile.acme]\nurl = "other"\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    opened = login()
    assert (opened.url, opened.tokens, opened.client.client_secret) == (OTHER, Tokens(), "")


def test_a_listing_does_not_fail_on_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the command that would use a wrong address refuses it."""
    monkeypatch.setenv("SNOWKIT_URL", "http://acme.service-now.com")
    assert connection.vault_of(profiles.load("acme")).kept("refresh_token") == ""
    assert main.run(["token", "--profile", "acme"]) == 2


def test_token_says_whose_tokens_it_speaks_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A token of the environment is not called kept, and beside it nothing that is kept counts."""
    assert main.run(["token", "--profile", "acme"]) == 0
    assert "refresh token: kept" in capsys.readouterr().out
    monkeypatch.setenv("SNOWKIT_REFRESH_TOKEN", "CANARY")
    assert main.run(["token", "--profile", "acme"]) == 0
    shown = capsys.readouterr().out
    assert "refresh token: in the environment" in shown
    assert "none that lives" in shown
    assert "CANARY" not in shown
