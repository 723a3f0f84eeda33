"""`snowkit login`: OAuth by browser, or by an address that a person pastes; tokens are kept when they work."""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace

import click

from snowkit.cli import connection
from snowkit.errors import OAuthError, PortTaken
from snowkit.instance import oauth, table
from snowkit.instance.callback import Callback
from snowkit.instance.identity import Tokens
from snowkit.instance.session import Session
from snowkit.profile import Profile
from snowkit.secrets import Vault

DEADLINE = 300.0
"""Seconds that a person has to sign in."""


@click.command("login")
@click.option("--profile", "name", default="", help="The connection; SNOWKIT_PROFILE says it too.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.option("--redirect-uri", default="", help="Where the browser comes back to, on this computer.")
def command(name: str, no_browser: bool, redirect_uri: str) -> None:
    """Sign in to an instance as the integration user, and keep the tokens.

    With --no-browser the address stands alone on the first line of standard output; then the answer is taken
    from the loopback address, or from the redirected address on standard input.
    """
    profile, _, vault = connection.load(name)
    if redirect_uri:
        profile = profile.model_copy(update={"redirect_uri": redirect_uri})

    def show(url: str) -> None:
        click.echo(url if no_browser else f"Opening {url}")
        sys.stdout.flush()
        if not no_browser and not webbrowser.open(url):
            click.echo("No browser could be opened; open the address yourself.", err=True)
        click.echo(
            "Sign in as the integration user and press Allow; or paste the redirected address.", err=True
        )

    pasted = pasted_lines()
    user = asyncio.run(sign_in(profile, vault, show, pasted=pasted))
    click.echo(f"Signed in to {profile.url} as {user or 'a user that the instance does not name'}.", err=True)
    if connection.tokens_given(vault) is not None:
        click.echo("The environment gives tokens, too: as long as it does, those are used.", err=True)


async def sign_in(
    profile: Profile,
    vault: Vault,
    show: Callable[[str], None],
    *,
    pasted: queue.Queue[str] | None = None,
    deadline: float = DEADLINE,
) -> str:
    """Run one login and return the user's name; tokens are kept once the instance has taken them.

    `show` is given the authorization URL when the callback listens. Raises `OAuthError`, `PortTaken`,
    `UsageError` or `Unreachable`.
    """
    client = connection.oauth_client(profile, vault)
    authorization = oauth.begin(profile.url, client)
    lines: queue.Queue[str] = pasted or queue.Queue()
    async with Session(replace(connection.login_of(profile, vault), tokens=Tokens())) as session:
        with ExitStack() as stack:
            callback = _listen(stack, profile, authorization, lines)
            show(authorization.url)
            code = await _answer(callback, lines, authorization, deadline)
        tokens = await oauth.exchange(session.anonymous, client, code, authorization.verifier)
        session.bearer.tokens = tokens
        reply = await table.read(session.integration, "sys_user", "sys_id=javascript:gs.getUserID()", limit=2)
        connection.keep_tokens(vault, tokens)
        if reply.failure is not None:
            raise OAuthError(
                f"The tokens are kept, but the Table API refuses them: {reply.failure.words}.",
                "Run snowkit check: it says which layer refuses.",
                status=reply.status,
            )
        rows = reply.rows
        return str(rows[0].get("user_name", "")) if len(rows) == 1 else ""


def _listen(
    stack: ExitStack, profile: Profile, authorization: oauth.Authorization, lines: queue.Queue[str]
) -> Callback | None:
    try:
        return stack.enter_context(Callback(profile.redirect_uri, authorization))
    except PortTaken:
        # An address on standard input needs no port; without a person there, the port is the only way.
        if not sys.stdin.isatty() and lines.empty():
            raise
        click.echo("The callback's port is taken: paste the redirected address here.", err=True)
        return None


async def _answer(
    callback: Callback | None, lines: queue.Queue[str], authorization: oauth.Authorization, deadline: float
) -> str:
    # No thread waits here: Ctrl-C would end the loop only after that thread.
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        code = callback.poll(0) if callback is not None else None
        if code is not None:
            return code
        with suppress(queue.Empty):
            return oauth.code_of(lines.get_nowait(), authorization)
        await asyncio.sleep(0.1)
    raise OAuthError(f"Nobody signed in within {deadline:.0f} seconds.", "Run snowkit login again.")


def pasted_lines() -> queue.Queue[str]:
    """Return a queue that fills with the non-empty lines of standard input."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            if line.strip():
                lines.put(line.strip())

    threading.Thread(target=read, name="pasted", daemon=True).start()
    return lines
