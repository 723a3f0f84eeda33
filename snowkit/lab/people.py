"""The instance's users: whose password is right, who may sign in, and which roles somebody has."""

from __future__ import annotations

import hmac
from collections import defaultdict
from typing import TYPE_CHECKING

from snowkit.lab.formats import stamp_form
from snowkit.lab.session import Kind, Session
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab


class People:
    """Reads sys_user and the role tables anew each time, so that a change counts at once."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def named(self, user_name: str) -> Row | None:
        """Return the user of a name, active or not."""
        if not user_name or user_name.startswith("javascript:"):
            return None
        query = f"user_name={user_name.replace('^', '^^')}"
        return next(iter(self._lab.store.find("sys_user", query, limit=1)), None)

    def check(self, user_name: str, password: str) -> Row | None:
        """Return the user whose name and password these are, if he is active and not locked out."""
        user = self.named(user_name)
        known = user["user_password"] if user else ""
        right = hmac.compare_digest(known.encode(), password.encode())
        return user if user and known and right and usable(user) else None

    def session(self, user: Row, kind: Kind, entity: str = "") -> Session:
        """Return a session of a user."""
        roles = self.roles(user["sys_id"])
        zone = user["time_zone"] or "GMT"
        form = stamp_form(user["date_format"], user["time_format"])
        return Session(user["sys_id"], user["user_name"], roles, kind, entity, zone, form)

    def usable(self, user_id: str) -> Row | None:
        """Return the user of an id, if he is active and not locked out."""
        user = self._lab.store.get("sys_user", user_id) if user_id else None
        return user if user and usable(user) else None

    def roles(self, user_id: str) -> frozenset[str]:
        """Return the names of a user's roles: granted to him, to his groups, and contained in those."""
        store = self._lab.store
        held = {
            row["role"]
            for row in store.find("sys_user_has_role", f"user={user_id}")
            if row["state"] != "inactive"
        }
        for member in store.find("sys_user_grmember", f"user={user_id}"):
            group = store.get("sys_user_group", member["group"])
            if group and group["active"] == "true":
                held |= {row["role"] for row in store.find("sys_group_has_role", f"group={group['sys_id']}")}
        inside: dict[str, list[str]] = defaultdict(list)
        for row in store.find("sys_user_role_contains"):
            inside[row["role"]].append(row["contains"])
        waiting = list(held)
        while waiting:
            for contained in inside[waiting.pop()]:
                if contained not in held:
                    held.add(contained)
                    waiting.append(contained)
        found = (store.get("sys_user_role", role) for role in held)
        return frozenset(row["name"] for row in found if row)


def usable(user: Row) -> bool:
    """Say whether a user may do anything at all."""
    return user["active"] == "true" and user["locked_out"] != "true"


def interactive(user: Row) -> bool:
    """Say whether a user may sign in to pages.

    source: auth_model 5.4: web-service-only and machine users cannot sign in interactively.
    """
    return user["web_service_access_only"] != "true" and user["identity_type"] in ("", "human")
