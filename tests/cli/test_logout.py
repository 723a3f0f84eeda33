"""Signing out: what is forgotten here, what is revoked there, and what is said of either."""

from __future__ import annotations

import pytest
from pytest_httpx import HTTPXMock

from snowkit import profile as profiles
from snowkit.cli import connection, main
from snowkit.instance.identity import Tokens
from snowkit.profile import Profile
from snowkit.secrets import Vault

REVOKE = "https://acme.service-now.com/oauth_revoke_token.do?token="


@pytest.fixture
def vault() -> Vault:
    """Return the vault of a connection with two tokens."""
    profile = Profile(name="acme", url="acme", client_id="c1")
    profiles.save(profile)
    made = connection.vault_of(profile)
    connection.keep_tokens(made, Tokens("CANARY-a", "CANARY-r", 4e9))
    made.put({"client_secret": "s"})
    return made


def logout(*options: str) -> int:
    return main.run(["logout", "--profile", "acme", *options])


def test_logging_out_asks_the_instance_nothing(vault: Vault, capsys: pytest.CaptureFixture[str]) -> None:
    """The tokens are forgotten here only, and the client secret stays for the next login."""
    assert logout() == 0
    assert (vault.kept("access_token"), vault.kept("refresh_token"), vault.kept("client_secret")) == (
        "",
        "",
        "s",
    )
    assert "still knows" in capsys.readouterr().err
    assert logout() == 0
    assert "Nothing is kept here" in capsys.readouterr().err


def test_revoking_names_both_tokens_to_the_instance(
    vault: Vault, httpx_mock: HTTPXMock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both are revoked before both are forgotten."""
    httpx_mock.add_response(url=f"{REVOKE}CANARY-a")
    httpx_mock.add_response(url=f"{REVOKE}CANARY-r")
    assert logout("--revoke") == 0
    assert vault.kept("refresh_token") == ""
    assert "Forgotten and revoked." in capsys.readouterr().err


def test_a_sleeping_instance_revokes_nothing(
    vault: Vault, httpx_mock: HTTPXMock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its page is no revocation: exit code 3, the tokens are still kept, and none is shown."""
    httpx_mock.add_response(html='<body class="instance-hibernating-page">')
    assert logout("--revoke") == 3
    shown = capsys.readouterr()
    assert "hibernating" in shown.err
    assert "revoked." not in shown.err.splitlines()
    assert "CANARY" not in shown.out + shown.err
    assert vault.kept("refresh_token") == "CANARY-r"


@pytest.mark.usefixtures("vault")
def test_tokens_of_the_environment_cannot_be_forgotten(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is kept is forgotten; of the environment's tokens it is said who can take them away."""
    monkeypatch.setenv("SNOWKIT_REFRESH_TOKEN", "CANARY-given")
    assert logout() == 0
    capsys.readouterr()
    assert logout() == 0
    shown = capsys.readouterr().err
    assert "Nothing is kept here to forget." in shown
    assert "environment" in shown
    assert "CANARY" not in shown


@pytest.mark.usefixtures("vault")
def test_another_instance_s_tokens_are_neither_forgotten_nor_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With SNOWKIT_URL elsewhere there is nothing to revoke there, and what is kept stays."""
    with monkeypatch.context() as patch:
        patch.setenv("SNOWKIT_URL", "other")
        assert logout("--revoke") == 0
    assert "Nothing is kept here to forget." in capsys.readouterr().err
    assert connection.tokens_kept(connection.load("acme")[2]).refresh_token == "CANARY-r"
