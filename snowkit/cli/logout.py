"""`snowkit logout`: forget the tokens here, and revoke them on the instance only when asked to."""

from __future__ import annotations

import asyncio

import click

from snowkit.cli import connection
from snowkit.instance import oauth
from snowkit.instance.identity import Tokens
from snowkit.instance.session import Session


@click.command("logout")
@click.option("--profile", "name", default="", help="The connection; SNOWKIT_PROFILE says it too.")
@click.option("--revoke", is_flag=True, help="Also revoke them; TheLoops loses the same token.")
def command(name: str, revoke: bool) -> None:
    """Forget the tokens of a connection.

    ServiceNow hands one living token to every caller with the same client and user, so --revoke may cut
    TheLoops off, too.
    """
    profile, _, vault = connection.load(name)
    given = connection.tokens_given(vault)
    kept = connection.tokens_kept(vault)
    every = [token for each in (given, kept) if each for token in (each.access_token, each.refresh_token)]
    living = list(dict.fromkeys(filter(None, every)))

    async def go() -> None:
        async with Session(connection.login_of(profile, vault)) as session:
            for token in living:
                await oauth.revoke(session.anonymous, token)

    if revoke and living:
        asyncio.run(go())
    if kept.access_token or kept.refresh_token:
        connection.keep_tokens(vault, Tokens())
        said = "Forgotten and revoked." if revoke else "Forgotten here; the instance still knows them."
    else:
        said = "Nothing is kept here to forget."
    click.echo(said, err=True)
    if given is not None:
        ending = " They are revoked." if revoke else ""
        click.echo(f"The environment gives tokens, which only you can take away.{ending}", err=True)
