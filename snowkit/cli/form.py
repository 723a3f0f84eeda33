"""`snowkit form`: the values to paste into the platform's own form, Settings > Integrations > ServiceNow."""

from __future__ import annotations

import asyncio

import click

from snowkit.checks.configuration import Configuration
from snowkit.checks.context import Context
from snowkit.checks.oauth import refresh_token_dies
from snowkit.cli import connection
from snowkit.errors import InstanceError
from snowkit.instance.address import core_domain
from snowkit.instance.session import Session
from snowkit.pack.model import Pack
from snowkit.profile import Profile
from snowkit.secrets import Vault


@click.command("form")
@click.option("--profile", "name", default="", help="The connection; SNOWKIT_PROFILE says it too.")
@click.option("--offline", is_flag=True, help="Ask the instance nothing.")
def command(name: str, offline: bool) -> None:
    """Print what to paste into TheLoops: Settings > Integrations > Add Integration > ServiceNow.

    The refresh token's day is read from the instance where the inspector may see it. It is the day of the token
    that this connection holds; TheLoops gets one of its own when you press Connect, and its day is later.
    """
    profile, pack, vault = connection.load(name)
    day = ""
    if not profile.refresh_token_expiry and not offline:
        day = asyncio.run(_day(profile, pack, vault))
    for label, value in values(profile, pack, day):
        click.echo(f"{label:<26} {value}")
    redirect = pack.redirect_url(profile.region)
    click.echo(
        f"\nThe OAuth entity must have the redirect URL {redirect or '(no page names one for this region)'}."
    )
    if profile.webhook_url:
        click.echo(f"Webhook URL in the profile  {profile.webhook_url}")


def values(profile: Profile, pack: Pack, day: str = "") -> tuple[tuple[str, str], ...]:
    """Return the form's fields with what belongs into each; `day` is the refresh token's last, if it is known."""
    titles = {row.id: row.title for row in pack.capability}
    pull = {"created": "Created Time", "updated": "Updated Time"}[profile.pull_by]
    asks = any(row.pull_by for row in pack.capability if row.id in profile.capability)
    if profile.refresh_token_expiry:
        day = profile.refresh_token_expiry.isoformat()
    return (
        ("Name", pack.names.entity),
        ("Capability", ", ".join(titles[item] for item in profile.capability)),
        ("ServiceNow domain", core_domain(profile.url)),
        ("Client ID", profile.client_id or "(not in the profile yet)"),
        ("Client Secret", "(from the administrator; never shown here)"),
        ("Environment", profile.environment.capitalize()),
        ("Pull Record By", pull if asks else "(not asked for this capability)"),
        (
            "Refresh Token Expiry Date",
            day or "unknown: 100 days after Connect, unless the entity's lifespan differs",
        ),
    )


async def _day(profile: Profile, pack: Pack, vault: Vault) -> str:
    async with Session(connection.login_of(profile, vault)) as session:
        if session.inspector is None:
            return ""
        context = Context(session, pack, profile, Configuration(session.inspector))
        try:
            dies = await refresh_token_dies(context)
        except InstanceError:
            return ""
        return dies.date().isoformat() if dies else ""
