"""Plays the customer's administrator on the lab: each click of the hand-over, through the control address."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from snowkit.access.openings import Grant
from snowkit.lab.visitor import Admin
from snowkit.pack.model import Pack

BASIC_PROFILE = "BasicAuth for none public processors"
"""The profile that ships with ServiceNow and that callers with a user name and password pass."""

Tell = Callable[[str], None]


def add_redirect(admin: Admin, client_id: str, uri: str, tell: Tell) -> None:
    """Add a redirect URL to the OAuth entity."""
    entity = admin.find("oauth_entity", f"client_id={client_id}")[0]
    urls = [url.strip() for url in entity["redirect_url"].split(",") if url.strip()]
    if uri not in urls:
        tell(f"Application Registry > {entity['name']} > Redirect URL: add {uri}")
        admin.patch("oauth_entity", entity["sys_id"], redirect_url=",".join([*urls, uri]))


def grant_roles(admin: Admin, user_name: str, grants: Iterable[Grant], tell: Tell) -> None:
    """Grant roles to a user."""
    user = admin.find("sys_user", f"user_name={user_name}")[0]
    for grant in grants:
        tell(f"Users > {user_name} > Roles > Edit: add {grant.role} ({grant.reason})")
        role = admin.find("sys_user_role", f"name={grant.role}")[0]
        admin.insert("sys_user_has_role", user=user["sys_id"], role=role["sys_id"], state="active")


def restrict_token(admin: Admin, client_id: str, tell: Tell) -> None:
    """Turn Enforce Token Restriction on."""
    entity = admin.find("oauth_entity", f"client_id={client_id}")[0]
    tell(f"Application Registry > {entity['name']}: Enforce Token Restriction on")
    admin.patch("oauth_entity", entity["sys_id"], restricted_binding="true")


def make_policies(admin: Admin, pack: Pack, client_id: str, tell: Tell) -> None:
    """Make the inbound authentication profile and the policies, each with the callers already there."""
    entity = admin.find("oauth_entity", f"client_id={client_id}")[0]
    names = pack.names
    tell(f"Inbound Authentication Profiles > New: {names.profile}, OAuth, {entity['name']}")
    profile = admin.insert(
        "std_http_auth", name=names.profile, active="true", type="oauth", oauth_entity=entity["sys_id"]
    )
    basic = admin.find("inbound_auth_profile", f"nameSTARTSWITH{BASIC_PROFILE}")[0]
    for wanted in pack.policy:
        api = pack.find_api(wanted.api)
        methods = wanted.method or "all methods"
        tables = f", tables {', '.join(wanted.tables)}" if wanted.tables else ""
        tell(f"REST API Access Policies > New, Active off: {wanted.name}, {api.title}, {methods}{tables}")
        policy = admin.insert(
            "sys_api_access_policy",
            name=wanted.name,
            active="false",
            api_path=api.api_path,
            http_method=wanted.method,
            apply_all_methods="false" if wanted.method else "true",
            apply_all_resources="true",
            apply_all_versions="true",
            api_tablename=",".join(wanted.tables),
        )
        tell(f"  reopened, Inbound authentication profiles: {basic['name'].strip()}, {names.profile}")
        for mapped in (basic, profile):
            admin.insert(
                "sys_auth_profile_mapping",
                api_access_policy=policy["sys_id"],
                inbound_auth_profile=mapped["sys_id"],
            )
        tell("  Active on")
        admin.patch("sys_api_access_policy", policy["sys_id"], active="true")
