"""The layers that a request passes before its API sees it: sign-in, limits, policies, scopes, endpoint ACLs.

source: auth_model 0 and 6, rest_behaviour 1.6 and 1.7, whose words the refusals have.
"""

from __future__ import annotations

import base64
import binascii
import threading
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from snowkit.lab import properties
from snowkit.lab.acl import Acl
from snowkit.lab.cookies import Visit, belongs
from snowkit.lab.encoded import equals
from snowkit.lab.people import interactive
from snowkit.lab.policy import Decision, Request, decide, fits
from snowkit.lab.rest import policies
from snowkit.lab.rest.apis import Api
from snowkit.lab.rest.call import Incoming, Refused
from snowkit.lab.session import SYSTEM, Session
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

_RESTRICTION = "glide.authenticate.basic_auth.restriction.enforce"
_COOKIES_END = "glide.authenticate.oauth.post.token.expiration.cookie_auth.disabled"
_FIRST_SCHEME = "glide.security.response.authenticate.header.auth_profile.first_scheme_only"
_SCOPES_CHECKED = "com.glide.rest.api.auth.scope.check.enable"
_UNSCOPED_ALLOWED = "glide.security.oauth_allow_unscoped_clients"
_SAFE = ("GET", "HEAD")
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is for, as policies and scopes see it."""

    api: Api
    resource: str
    method: str
    version: str
    table: str


class Gate:
    """The layers of one lab; every method returns when the request may go on and raises `Refused` otherwise."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, int], int] = {}

    def authenticate(self, incoming: Incoming, visit: Visit | None) -> Session:
        """Return who is asking; a browser session counts where the Authorization header does not prove anybody."""
        scheme, _, given = incoming.headers.get("authorization", "").partition(" ")
        session = None
        if scheme.lower() == "basic":
            session = self._basic(given.strip())
        elif scheme.lower() == "bearer":
            session = self._bearer(given.strip())
        if session is None and (not scheme or not properties.on(self._lab.store, _COOKIES_END)):
            session = self._cookie(incoming, visit)
        if session is None:
            raise self.unauthenticated()
        return session

    def limit(self, session: Session, api: str) -> None:
        """Count a user's request against the hour's limit (source: rest_behaviour 1.7)."""
        limit = self._lab.switches.current.rate_limit
        if not limit:
            return
        now = int(self._lab.now().timestamp())
        hour = now // _HOUR
        with self._lock:
            self._asked = {key: count for key, count in self._asked.items() if key[1] == hour}
            count = self._asked[session.user_id, hour] = self._asked.get((session.user_id, hour), 0) + 1
        if count > limit:
            end = (hour + 1) * _HOUR
            headers = (
                ("X-RateLimit-Limit", str(limit)),
                ("X-RateLimit-Reset", str(end)),
                ("X-RateLimit-Rule", "0" * 32),
                *self._retry_after(now, end),
            )
            detail = f"Rate limit of {limit} requests per hour for {api} exceeded"
            raise Refused(429, "Rate limit exceeded", detail, headers)

    def _retry_after(self, now: int, end: int) -> tuple[tuple[str, str], ...]:
        said = {
            "seconds": str(end - now),
            "date": formatdate(end, usegmt=True),
            "day": "86400",
            "junk": "soon",
            "none": "",
        }[self._lab.switches.current.retry_after]
        return (("Retry-After", said),) if said else ()

    def pass_policies(self, session: Session, target: Target) -> None:
        """Let through what the REST API access policies and the token restriction allow.

        Policies are for sessions that are not interactive, so not for a browser's.
        """
        if session.kind not in ("basic", "oauth"):
            return
        decision = decide(policies.active(self._lab.store), self._request(session, target))
        if not decision.refused_by:
            return
        switches = self._lab.switches.current
        status = (
            switches.unpolicied_refusal if decision.refused_by == "restriction" else switches.policy_refusal
        )
        raise self.unauthenticated(status, decision)

    def pass_scopes(self, session: Session, target: Target) -> None:
        """Let through tokens whose OAuth entity has a scope of the API, where scopes protect it."""
        if session.kind != "oauth" or not properties.on(self._lab.store, _SCOPES_CHECKED, default=True):
            return
        entity = self._lab.store.get("oauth_entity", session.entity) or {}
        store = self._lab.store
        mapped = {
            row["auth_scope"]
            for row in store.find("oauth_entity_auth_scope_mapping", equals(oauth_entity=session.entity))
        }
        everything = {row["sys_id"] for row in store.find("sys_auth_scope", "name=useraccount")}
        if mapped & everything:
            return
        needed = [
            scope for scope in store.find("sys_api_access_scope", "active=true") if _protects(scope, target)
        ]
        if any(scope["auth_scope"] in mapped for scope in needed):
            return
        asked = [scope for scope in needed if scope["disable_client_restriction"] != "true"]
        if asked:
            named = store.get("sys_auth_scope", asked[0]["auth_scope"]) or {}
            detail = f"Missing required api access scope: {named.get('name', '')}"
            raise Refused(403, "User Not Authorized", detail)
        closed = entity.get("scope_restriction_status") == "restricted"
        if closed and not properties.on(store, _UNSCOPED_ALLOWED):
            raise Refused(403, "User Not Authorized", "Access to unscoped api is not allowed")

    def pass_endpoint(self, acl: Acl, target: Target) -> None:
        """Let through whom the API's own ACL opens it to, and to tables that web services may reach."""
        if not acl.may_call(target.api.name):
            raise closed_to_web_services()

    def unauthenticated(self, status: int = 401, decision: Decision | None = None) -> Refused:
        """Return the refusal of somebody who is not known, or whom a policy does not want to know."""
        release = self._lab.switches.current.release
        message = "User is not authenticated" if release == "australia" else "User Not Authenticated"
        if status == 403:
            message = "User Not Authorized"
        headers = tuple(
            ("WWW-Authenticate", f'{scheme} realm="Service-now"') for scheme in self._schemes(decision)
        )
        return Refused(status, message, "Required to provide Auth information", headers)

    def _schemes(self, decision: Decision | None) -> tuple[str, ...]:
        schemes = decision.schemes if decision else ()
        if not schemes or decision is None:
            return ("BASIC",)
        only_first = properties.on(self._lab.store, _FIRST_SCHEME, default=True)
        all_of_them = not only_first or any(policy.advertises_all for policy in decision.policies)
        return schemes if all_of_them else schemes[:1]

    def _request(self, session: Session, target: Target) -> Request:
        entity = self._lab.store.get("oauth_entity", session.entity) if session.entity else None
        return Request(
            target.api.path,
            target.method,
            target.resource,
            target.version,
            "basic" if session.kind == "basic" else "oauth",
            target.table,
            session.entity,
            bool(entity and entity["restricted_binding"] == "true"),
        )

    def _basic(self, given: str) -> Session | None:
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        user = self._lab.people.check(name, password)
        if user is None:
            return None
        session = self._lab.people.session(user, "basic")
        return session if self._basic_is_allowed(user, session) else None

    def _basic_is_allowed(self, user: Row, session: Session) -> bool:
        enforced = self._lab.switches.current.basic_auth_restriction or properties.on(
            self._lab.store, _RESTRICTION
        )
        if not enforced or not interactive(user) or "snc_basic_auth_api_access" in session.roles:
            return True
        message = (
            "SNCRestrictBasicAuthUserAuthenticationGate: denied basic-auth API call for interactive-login user "
            f"[{user['user_name']}] under enforce=true"
        )
        self._lab.records.insert("syslog", {"level": "1", "message": message}, SYSTEM, workflow=False)
        return False

    def _bearer(self, token: str) -> Session | None:
        found = self._lab.tokens.bearer(token)
        return self._lab.people.session(found[0], "oauth", found[1]["sys_id"]) if found else None

    def _cookie(self, incoming: Incoming, visit: Visit | None) -> Session | None:
        user = self._lab.people.usable(visit.user_id) if visit else None
        if user is None or visit is None:
            return None
        # A page on another site must not write in the name of whoever is signed in here.
        if incoming.method not in _SAFE and not belongs(visit, incoming.headers.get("x-usertoken", "")):
            return None
        return self._lab.people.session(user, "cookie")


def closed_to_web_services() -> Refused:
    """Return the refusal of an API by its own ACL, or of a table that web services may not reach."""
    return Refused(403, "User Not Authorized", "Failed API level ACL Validation")


def _protects(scope: Row, target: Target) -> bool:
    return (
        scope["api_path"].strip("/") == target.api.path
        and (scope["apply_all_methods"] == "true" or scope["http_method"].upper() == target.method)
        and (scope["apply_all_versions"] == "true" or scope["version"] == target.version)
        and (scope["apply_all_resources"] == "true" or fits(scope["api_resource"], target.resource))
    )
