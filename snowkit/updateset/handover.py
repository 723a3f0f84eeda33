"""What no update set can carry, click by click: for the customer's administrator, and how to undo it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snowkit.access.openings import Grant, Opening
from snowkit.access.records import Policy as Existing
from snowkit.pack.model import Pack, Policy
from snowkit.updateset.options import Options


@dataclass(frozen=True, slots=True)
class Section:
    """One errand: what it is for, the clicks, the deep link, and the clicks that undo it."""

    title: str
    why: str
    steps: tuple[str, ...]
    link: str = ""
    undo: tuple[str, ...] = ()


def sections(
    pack: Pack,
    options: Options,
    opened: Sequence[Opening],
    granted: Sequence[Grant],
    policies: Sequence[Existing] = (),
) -> tuple[Section, ...]:
    """Return the errands in the order of doing; they are undone from the last to the first.

    `policies` are those that the instance has, as far as somebody read them.
    """
    by_hand = [opening for opening in opened if not opening.ours and not opening.roles]
    return (
        _entity(pack, options),
        _sets(options),
        _user(options),
        *([_acls(pack, by_hand, options)] if by_hand else []),
        _roles(granted, options),
        _profile(pack, options),
        *(_policy(pack, policy, options, policies) for policy in pack.policy),
    )


def _link(options: Options, path: str) -> str:
    return f"{options.instance_url.rstrip('/')}/nav_to.do?uri={path}"


_RESTRICTION = {
    "on": "Enforce Token Restriction on: the token reaches only the APIs whose policy below maps its profile.",
    "off": "Enforce Token Restriction off. A policy that already covers one of these APIs still needs the profile.",
    "unknown": "Enforce Token Restriction: your choice. On, the token reaches only the APIs whose policy below maps "
    "its profile. Off, a policy that already covers one of these APIs still needs the profile.",
}


def _entity(pack: Pack, options: Options) -> Section:
    region = pack.redirect_url(options.region)
    loopback = (
        f" The field takes several: add {options.redirect_uri} after it, so that snowkit can sign in too."
        if options.redirect_uri
        else ""
    )
    there = (
        (
            f"If an entity with the client id {options.client_id} is there already, compare it with what follows.",
        )
        if options.client_id
        else ()
    )
    return Section(
        f"OAuth entity {pack.names.entity}",
        "An update set cannot carry its secret.",
        (
            *there,
            "Zurich and newer: All > Machine Identity Console > Inbound integrations > New integration > "
            "OAuth - Authorization Code Grant.",
            "Older releases: All > System OAuth > Application Registry > New > Create an OAuth API endpoint for "
            "external clients.",
            f"Name {pack.names.entity}; Active on; Public client off. Give any Provider name where the form asks.",
            f"Redirect URL {region}.{loopback}",
            "Auth Scopes are optional. Beware: an auth scope on an API shuts out every OAuth client that lacks it.",
            _RESTRICTION[options.token_restriction],
            "Save, and hand client id and client secret to the engineer by a safe way.",
        ),
        _link(options, "oauth_entity_list.do"),
        ("Set Active off, or delete the entity: every token of it dies.",),
    )


def _sets(options: Options) -> Section:
    return Section(
        "Import the update sets",
        "They carry the business rules and their properties (rules.xml), the role and ACLs (access.xml).",
        (
            "For access.xml: your user menu > Elevate role > security_admin.",
            "All > System Update Sets > Retrieved Update Sets > Import Update Set from XML: rules.xml; access.xml.",
            "Open each set: Preview Update Set. No problem is expected; do not accept one without asking.",
            "Commit Update Set.",
        ),
        _link(options, "sys_remote_update_set_list.do"),
        (
            "Import, preview and commit rollback.xml: it deletes the records of both sets, and nothing else.",
            "At once and without an import: set the property that ends with webhook.enabled to false.",
        ),
    )


def _user(options: Options) -> Section:
    return Section(
        "The integration user",
        "The token carries the rights of the person who presses Allow, so that must be a user of its own. A user for "
        "web services only, or of the machine identity type, cannot pass the page with Allow; an administrator "
        "passes every ACL and hides every gap.",
        (
            "All > User Administration > Users > New, or open the user that is there for it.",
            "Active on; Web service access only off; no role admin. Give it a password, or a single sign-on account.",
            "Time zone GMT and date format yyyy-MM-dd, so that no date is misread.",
            "Tell the engineer the user name, and who signs in as this user when he asks for it.",
        ),
        _link(options, "sys_user_list.do"),
        ("Set the user inactive.",),
    )


def _roles(granted: Sequence[Grant], options: Options) -> Section:
    return Section(
        "Grant the roles to the integration user",
        "Role grants do not travel in update sets.",
        (
            "All > User Administration > Users > the integration user > Roles > Edit.",
            *(f"Add {grant.role}: {grant.reason}." for grant in granted),
        ),
        _link(options, "sys_user_list.do"),
        tuple(f"Take {grant.role} away, unless the user had it before." for grant in granted),
    )


def _acls(pack: Pack, by_hand: Sequence[Opening], options: Options) -> Section:
    steps = ["Your user menu > Elevate role > security_admin. All > System Security > Access Control (ACL)."]
    for opening in by_hand:
        condition = f", data condition {opening.table.condition}" if opening.table.condition else ""
        steps.append(
            f"Look for an active record ACL {opening.table.name} ({opening.operation}). If there is one: New, type "
            f"record, operation {opening.operation}, name {opening.table.name}, requires role {pack.names.role}"
            f"{condition}. If there is none, stop and ask: the first ACL of a name shadows every wider one."
        )
    return Section(
        "ACLs that are made by hand",
        "No role that ships with ServiceNow is known to open these tables, and without a snapshot of your ACLs no "
        "update set may add one.",
        tuple(steps),
        _link(options, "sys_security_acl_list.do"),
        tuple(
            f"Delete the ACL {opening.table.name} ({opening.operation}) that you added."
            for opening in by_hand
        ),
    )


def _profile(pack: Pack, options: Options) -> Section:
    return Section(
        f"Inbound authentication profile {pack.names.profile}",
        "It is how a policy recognises the OAuth entity. Needed when token restriction is on, or when a policy "
        "already covers one of the APIs.",
        (
            "All > System Web Services > API Access Policies > Inbound Authentication Profiles > New > "
            "Create standard http authentication profiles.",
            f"Name {pack.names.profile}; Type OAuth; OAuth entity {pack.names.entity}. Submit.",
        ),
        _link(options, "inbound_auth_profile_list.do"),
        ("Delete the profile, after its mappings.",),
    )


def _policy(pack: Pack, policy: Policy, options: Options, policies: Sequence[Existing]) -> Section:
    api = pack.find_api(policy.api)
    method = f"HTTP method {policy.method}" if policy.method else "Apply to all methods on"
    tables = f" Tables: {', '.join(policy.tables)}." if policy.tables else ""
    there = [found for found in policies if found.active and found.api_path == api.api_path]
    callers = sorted(
        {profile.name.strip() for found in there for profile in found.profiles if profile.active}
    )
    others = [name for name in callers if name != pack.names.profile]
    seen = f" Seen: {'; '.join(_mapped(found) for found in there)}." if there else ""
    kept = (
        f"the profiles of the callers already there: {', '.join(others)}"
        if others
        else 'the profile of every caller that must go on working, such as the shipped "BasicAuth for none public '
        'processors"'
    )
    skip = (
        (
            f"Skip this section if Enforce Token Restriction is off and no active policy covers the {api.title}.",
        )
        if options.token_restriction != "on"  # noqa: S105
        else ()
    )
    warning = (f"Beware: {policy.warning}",) if policy.warning else ()
    return Section(
        f"REST API access policy {policy.name}",
        "Once an active policy maps a profile, every caller of that API with another profile gets 401.",
        (
            *skip,
            "All > System Web Services > API Access Policies > REST API Access Policies. Note which policies "
            f"already cover the {api.title}, and the profiles that they map.{seen}",
            f"New: name {policy.name}, Active off for now, REST API {api.title}, {method}, Apply to all resources "
            f"and versions on.{tables} Submit.",
            f"Open it again, since the form shows profiles only then. Add to Inbound authentication profiles: "
            f"{kept}; and {pack.names.profile}.",
            *warning,
            "Set Active on, last of all, and let one of the other callers try at once.",
        ),
        _link(options, "sys_api_access_policy_list.do"),
        (f"Set {policy.name} inactive, then delete it.",),
    )


def _mapped(policy: Existing) -> str:
    names = ", ".join(profile.name.strip() for profile in policy.profiles) or "none"
    return f"{policy.name} (profiles: {names})"
