"""What changes when other machines may reach the lab: nobody can guess its passwords and secrets any more."""

from __future__ import annotations

import secrets

from snowkit.lab.store import Store
from snowkit.listener import LOOPBACK

_SECRETS = (("sys_user", "user_password"), ("oauth_entity", "client_secret"), ("oauth_credential", "token"))


def is_loopback(host: str) -> bool:
    """Tell whether only programs of this machine reach an address."""
    return host == "localhost" or host.startswith(f"{LOOPBACK.partition('.')[0]}.")


def renew(store: Store) -> None:
    """Replace each password, client secret and token of the seed, which everybody can read, by a random one."""
    with store.transaction():
        for table, field in _SECRETS:
            for row in store.find(table, f"{field}ISNOTEMPTY"):
                store.patch(table, row["sys_id"], {field: secrets.token_urlsafe(24)})
