"""Signing in: what is printed, what is kept, and how it ends when it does not work."""

from __future__ import annotations

import queue
import signal
import socket
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from snowkit.cli import connection, main
from snowkit.cli.lab import profile_of, written_profile
from snowkit.cli.login import sign_in
from snowkit.errors import OAuthError
from snowkit.lab.instance import Lab
from snowkit.lab.visitor import Admin, Visitor
from snowkit.profile import Profile
from snowkit.secrets import Vault
from tests.cli.processes import ended, posix_signals, started


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab("onboarded") as made:
        yield made


@pytest.fixture
def redirect(lab: Lab) -> str:
    """Return a free callback that the OAuth entity knows."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{free.getsockname()[1]}/callback"
    with Admin(lab.control_url) as admin:
        entity = admin.find("oauth_entity", "name=TheLoops Integration")[0]
        admin.patch("oauth_entity", entity["sys_id"], redirect_url=f"{entity['redirect_url']},{uri}")
    return uri


@pytest.fixture
def opened(lab: Lab, redirect: str) -> tuple[Profile, Vault]:
    profile, secrets = profile_of(lab)
    vault = connection.vault_of(profile)
    vault.put({**secrets, "refresh_token": ""})
    return profile.model_copy(update={"redirect_uri": redirect}), vault


def person(lab: Lab, url: str, *, allow: bool = True, follow: bool = True) -> str:
    people = lab.description()
    with Visitor(lab.url) as browser:
        who = people["integration"]
        return browser.authorize(url, who["user"], who["password"], allow, follow=follow)


async def test_a_login_keeps_tokens_that_work(lab: Lab, opened: tuple[Profile, Vault]) -> None:
    """After sign-in and Allow the tokens are kept, and the user is the one who signed in."""
    profile, vault = opened
    assert await sign_in(profile, vault, lambda url: (person(lab, url), None)[1]) == "integration"
    assert vault.get("refresh_token")
    assert connection.tokens_of(vault).usable(0)


async def test_a_pasted_address_does_as_well(lab: Lab, opened: tuple[Profile, Vault]) -> None:
    """The redirected address on standard input ends the login without the callback."""
    profile, vault = opened
    pasted: queue.Queue[str] = queue.Queue()
    user = await sign_in(
        profile, vault, lambda url: pasted.put(person(lab, url, follow=False)), pasted=pasted
    )
    assert user == "integration"


async def test_a_denial_keeps_nothing(lab: Lab, opened: tuple[Profile, Vault]) -> None:
    """Pressing Deny ends the login with the reason, and nothing is kept."""
    profile, vault = opened
    with pytest.raises(OAuthError, match="did not give access"):
        await sign_in(profile, vault, lambda url: (person(lab, url, allow=False), None)[1])
    assert not vault.get("refresh_token")


async def test_a_wrong_secret_is_named(lab: Lab, opened: tuple[Profile, Vault]) -> None:
    """A wrong client secret ends the login with a next step that names it, and the secret is not shown."""
    profile, vault = opened
    vault.put({"client_secret": "CANARY-wrong"})
    with pytest.raises(OAuthError, match="client secret") as caught:
        await sign_in(profile, vault, lambda url: (person(lab, url), None)[1])
    assert "CANARY" not in str(caught.value)


async def test_nobody_signs_in(opened: tuple[Profile, Vault]) -> None:
    """A login that nobody answers ends at its deadline."""
    profile, vault = opened
    with pytest.raises(OAuthError, match="Nobody signed in"):
        await sign_in(profile, vault, lambda url: None, deadline=0.3)


def test_the_command_prints_the_address_first(
    lab: Lab, redirect: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --no-browser the first line of standard output is the authorization URL and nothing else."""
    with written_profile(lab):
        monkeypatch.setattr("snowkit.cli.login.pasted_lines", lambda: Pasting(lab, capsys))
        code = main.run(["login", "--profile", "lab", "--no-browser", "--redirect-uri", redirect])
        assert code == 0
        assert main.run(["token", "--profile", "lab"]) == 0
        assert "living until" in capsys.readouterr().out
        assert main.run(["logout", "--profile", "lab"]) == 0
        assert main.run(["token", "--profile", "lab"]) == 3


class Pasting(queue.Queue[str]):
    """Standard input of a person who opens the printed address and pastes where it led."""

    def __init__(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__()
        self._lab = lab
        self._capsys = capsys

    def get(self, block: bool = True, timeout: float | None = None) -> str:
        lines = self._capsys.readouterr().out.splitlines()
        if not lines:
            raise queue.Empty
        assert parse_qs(urlsplit(lines[0]).query)["response_type"] == ["code"]
        return person(self._lab, lines[0], follow=False)


def test_a_taken_port_is_code_2(
    lab: Lab, redirect: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When another program holds the callback's port, the message names the port and what to do."""
    monkeypatch.setattr("snowkit.cli.login.pasted_lines", queue.Queue)
    with written_profile(lab), socket.socket() as taken:
        taken.bind(("127.0.0.1", urlsplit(redirect).port or 0))
        taken.listen()
        assert main.run(["login", "--profile", "lab", "--no-browser", "--redirect-uri", redirect]) == 2
    shown = capsys.readouterr().err
    assert str(urlsplit(redirect).port) in shown
    assert "--redirect-uri" in shown


@posix_signals
def test_an_interruption_ends_a_login_at_once(lab: Lab, redirect: str) -> None:
    """Ctrl-C while nobody has signed in yet leaves with 130 and one word, standard input still open."""
    with (
        written_profile(lab),
        started("login", "--profile", "lab", "--no-browser", "--redirect-uri", redirect) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline().startswith(lab.url)
        process.send_signal(signal.SIGINT)
        code, _, err = ended(process)
    assert code == 130
    assert err.splitlines()[-1] == "Interrupted."
    assert "Traceback" not in err


async def test_a_login_is_kept_although_the_environment_gives_a_token(
    lab: Lab, opened: tuple[Profile, Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who signs in wants the tokens kept; the environment's are used before them while they are there."""
    profile, vault = opened
    monkeypatch.setenv("SNOWKIT_REFRESH_TOKEN", "given")
    await sign_in(profile, connection.vault_of(profile), lambda url: (person(lab, url), None)[1])
    assert connection.tokens_of(connection.vault_of(profile)).refresh_token == "given"
    assert vault.kept("refresh_token")
