"""Opens the connection that a command speaks of: profile, secrets and tokens become a session."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from snowkit import profile as profiles
from snowkit.errors import ProfileError, UsageError
from snowkit.instance.address import normalise
from snowkit.instance.identity import Tokens
from snowkit.instance.oauth import OAuthClient
from snowkit.instance.session import Login, Session
from snowkit.pack.load import load as load_pack
from snowkit.pack.model import Pack
from snowkit.profile import Profile
from snowkit.secrets import Vault


@dataclass(frozen=True, slots=True)
class Connection:
    """One customer's connection, open."""

    profile: Profile
    pack: Pack
    vault: Vault
    session: Session


def load(name: str = "", capability: tuple[str, ...] = ()) -> tuple[Profile, Pack, Vault]:
    """Return a profile with its pack and its secrets; raises `ProfileError`, `PackError` or `UsageError`.

    `capability` wins over the profile's and the environment's.
    Says on standard error when secrets are kept that belong to another instance.
    """
    profile = profiles.load(name)
    if not profile.url:
        raise ProfileError(f"The profile {profile.name} has no url.", "Set it, or set SNOWKIT_URL.")
    chosen = {"url": normalise(profile.url), "capability": capability or profile.capability}
    profile = profile.model_copy(update=chosen)
    pack = load_pack(profile.pack)
    known = {row.id for row in pack.capability}
    for wanted in profile.capability:
        if wanted not in known:
            raise ProfileError(
                f"{wanted} is not a capability of {pack.title}.",
                f"Choose from {', '.join(sorted(known))}.",
            )
    if pack.redirect_url(profile.region) is None:
        regions = ", ".join(row.region for row in pack.redirect)
        raise ProfileError(f"{profile.region} is not a region of {pack.title}.", f"Choose from {regions}.")
    vault = vault_of(profile)
    if vault.elsewhere:
        click.echo(
            f"The secrets kept for {profile.name} belong to {vault.elsewhere}, so {profile.url} gets only those "
            "of the environment.",
            err=True,
        )
    return profile, pack, vault


def vault_of(profile: Profile) -> Vault:
    """Return the secrets of a profile: the environment's win, and kept ones stay with their instance."""
    return Vault(
        profiles.home().config,
        profile.name,
        profiles.secrets_of(os.environ),
        url=_base(profile.url),
        owner=_base(profiles.url_on_file(profile.name)),
    )


def oauth_client(profile: Profile, vault: Vault) -> OAuthClient:
    """Return the OAuth entity as this profile knows it."""
    return OAuthClient(profile.client_id, vault.get("client_secret"), profile.redirect_uri)


def tokens_given(vault: Vault) -> Tokens | None:
    """Return the tokens of the environment, None without; an access token among them counts as living."""
    access, refresh = vault.given("access_token"), vault.given("refresh_token")
    return Tokens(access, refresh, float("inf") if access else 0.0) if access or refresh else None


def tokens_kept(vault: Vault) -> Tokens:
    """Return the tokens that were kept for this instance."""
    expires = float(vault.kept("token_expires_at") or 0)
    return Tokens(vault.kept("access_token"), vault.kept("refresh_token"), expires)


def tokens_of(vault: Vault) -> Tokens:
    """Return the environment's tokens if it gives any, else those that were kept, never one of each.

    Two tokens of two places may be two users', and the second would be asked when the first expires.
    """
    return tokens_given(vault) or tokens_kept(vault)


def keep_tokens(vault: Vault, tokens: Tokens) -> None:
    """Keep tokens for the next command."""
    vault.put(
        {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "token_expires_at": f"{tokens.expires_at:.0f}" if tokens.access_token else "",
        }
    )


def login_of(profile: Profile, vault: Vault) -> Login:
    """Return what is needed to open a session; tokens that descend from the environment's are not kept."""

    def keep(tokens: Tokens) -> None:
        if tokens_given(vault) is None:
            keep_tokens(vault, tokens)

    password_given = bool(vault.given("inspector_password"))
    return Login(
        url=profile.url,
        client=oauth_client(profile, vault),
        tokens=tokens_of(vault),
        keep=keep,
        inspector_user=profile.inspector_user,
        inspector_password=vault.get("inspector_password"),
        inspector_token=vault.given("inspector_token") if password_given else vault.get("inspector_token"),
        ca_bundle=Path(profile.ca_bundle) if profile.ca_bundle else None,
    )


def _base(url: str) -> str:
    try:
        return normalise(url)
    except UsageError:
        return url


@asynccontextmanager
async def open_connection(name: str = "", capability: tuple[str, ...] = ()) -> AsyncIterator[Connection]:
    """Open the connection called `name`; raises what `load` raises."""
    profile, pack, vault = load(name, capability)
    async with Session(login_of(profile, vault)) as session:
        yield Connection(profile, pack, vault, session)
