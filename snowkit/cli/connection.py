"""Opens the connection that a command speaks of: profile, secrets and tokens become a session."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from snowkit import profile as profiles
from snowkit.errors import ProfileError
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


def load(name: str = "") -> tuple[Profile, Pack, Vault]:
    """Return a profile with its pack and its secrets; raises `ProfileError`, `PackError` or `UsageError`."""
    profile = profiles.load(name)
    if not profile.url:
        raise ProfileError(f"The profile {profile.name} has no url.", "Set it, or set SNOWKIT_URL.")
    profile = profile.model_copy(update={"url": normalise(profile.url)})
    pack = load_pack(profile.pack)
    known = {capability.id for capability in pack.capability}
    for capability in profile.capability:
        if capability not in known:
            raise ProfileError(
                f"{capability} is not a capability of {pack.title}.",
                f"Choose from {', '.join(sorted(known))}.",
            )
    return profile, pack, vault_of(profile)


def vault_of(profile: Profile) -> Vault:
    """Return the secrets of a profile; those in the environment win."""
    return Vault(profiles.home().config, profile.name, profiles.secrets_of(os.environ))


def oauth_client(profile: Profile, vault: Vault) -> OAuthClient:
    """Return the OAuth entity as this profile knows it."""
    return OAuthClient(profile.client_id, vault.get("client_secret"), profile.redirect_uri)


def tokens_of(vault: Vault) -> Tokens:
    """Return the tokens that were kept; an access token from the environment counts as living."""
    expires = vault.get("token_expires_at")
    given = bool(os.environ.get("SNOWKIT_ACCESS_TOKEN"))
    return Tokens(
        vault.get("access_token"),
        vault.get("refresh_token"),
        float("inf") if given else float(expires or 0),
        "",
    )


def keep_tokens(vault: Vault, tokens: Tokens) -> None:
    """Keep tokens for the next command, unless the environment gives them."""
    if vault.given("refresh_token") or vault.given("access_token"):
        return
    vault.put(
        {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "token_expires_at": f"{tokens.expires_at:.0f}" if tokens.access_token else "",
        }
    )


def login_of(profile: Profile, vault: Vault) -> Login:
    """Return what is needed to open a session."""
    return Login(
        url=profile.url,
        client=oauth_client(profile, vault),
        tokens=tokens_of(vault),
        keep=lambda tokens: keep_tokens(vault, tokens),
        inspector_user=profile.inspector_user,
        inspector_password=vault.get("inspector_password"),
        inspector_token=vault.get("inspector_token"),
        ca_bundle=Path(profile.ca_bundle) if profile.ca_bundle else None,
    )


@asynccontextmanager
async def open_connection(name: str = "") -> AsyncIterator[Connection]:
    """Open the connection called `name`; raises what `load` raises."""
    profile, pack, vault = load(name)
    async with Session(login_of(profile, vault)) as session:
        yield Connection(profile, pack, vault, session)
