"""`snowkit token`: whether a connection has living tokens, and until when."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from snowkit.cli import connection


@click.command("token")
@click.option("--profile", "name", default="", help="The connection; SNOWKIT_PROFILE says it too.")
@click.pass_context
def command(context: click.Context, name: str) -> None:
    """Say whether a connection has tokens, without asking the instance; exit 3 when it has none."""
    profile, _, vault = connection.load(name)
    tokens = connection.tokens_of(vault)
    click.echo(f"{profile.name}: {profile.url}, OAuth client {profile.client_id or '(none)'}")
    if tokens.usable(time.time()):
        until = datetime.fromtimestamp(min(tokens.expires_at, 4e9), UTC)
        click.echo(f"access token: living until {until:%Y-%m-%d %H:%M:%S} UTC")
    else:
        click.echo("access token: none that lives")
    place = "kept" if connection.tokens_given(vault) is None else "in the environment"
    click.echo(f"refresh token: {place if tokens.refresh_token else 'none'}")
    expiry = profile.refresh_token_expiry
    click.echo(f"refresh token's day, by the profile: {expiry.isoformat() if expiry else 'not given'}")
    if not tokens.refresh_token and not tokens.usable(time.time()):
        click.echo("Sign in with snowkit login.", err=True)
        context.exit(3)
