"""Reads the REST API access policies, and the profiles that are mapped to them, from the instance's records."""

from __future__ import annotations

from collections import defaultdict

from snowkit.lab.policy import Policy, Profile
from snowkit.lab.store import Row, Store


def active(store: Store) -> list[Policy]:
    """Return the active policies with their active profiles."""
    mapped: dict[str, list[Profile]] = defaultdict(list)
    for row in store.find("sys_auth_profile_mapping", "ORDERBYDESCsys_created_on"):
        profile = store.get("inbound_auth_profile", row["inbound_auth_profile"])
        if profile and profile["active"] == "true":
            mapped[row["api_access_policy"]].append(
                Profile(profile.get("type", ""), profile.get("oauth_entity", ""))
            )
    rows = store.find("sys_api_access_policy", "active=true")
    return [_policy(row, tuple(mapped[row["sys_id"]])) for row in rows]


def _policy(row: Row, profiles: tuple[Profile, ...]) -> Policy:
    everything = row["apply_all"] == "true"

    def named(element: str, flag: str) -> str | None:
        return None if everything or row[flag] == "true" else row[element]

    tables = row["api_tablename"].split(",") if row["apply_all_tables"] != "true" else ()
    return Policy(
        name=row["name"],
        api_path=row["api_path"],
        method=named("http_method", "apply_all_methods"),
        resource=named("api_resource", "apply_all_resources"),
        version=named("version", "apply_all_versions"),
        tables=frozenset(table.strip() for table in tables if table.strip()),
        is_global=row["apply_global"] == "true",
        profiles=profiles,
        advertises_all=row["all_authn_scheme_authenticate_header"] == "true",
    )
