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
    tokens = connection.tokens_of(vault)

    async def go() -> None:
        async with Session(connection.login_of(profile, vault)) as session:
            for token in (tokens.access_token, tokens.refresh_token):
                if token:
                    await oauth.revoke(session.anonymous, token)

    if revoke:
        asyncio.run(go())
    connection.keep_tokens(vault, Tokens())
    click.echo(
        "Forgotten and revoked." if revoke else "Forgotten here; the instance still knows them.", err=True
    )
