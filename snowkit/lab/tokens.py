"""The instance's OAuth tokens, rows of oauth_credential, and the authorization codes that become tokens.

source: auth_model 1.2 and 4. A still-valid access token is given again; a refresh token keeps its expiry.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from snowkit.lab.moments import STAMP, stamp
from snowkit.lab.session import SYSTEM
from snowkit.lab.store import Row

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

CODE_LIFE = timedelta(minutes=10)
"""How long a code may wait for its exchange: RFC 6749's recommendation, since no page says ServiceNow's."""
_WORD = re.compile(r"[A-Za-z0-9._~+/=-]+")


@dataclass(frozen=True, slots=True)
class Code:
    """What an authorization code stands for; used once."""

    entity: str
    user_id: str
    redirect_uri: str
    challenge: str
    expires: datetime
    text: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    def proves(self, verifier: str) -> bool:
        """Say whether a verifier is the one whose S256 challenge came with the authorization request."""
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return bool(self.challenge) and hmac.compare_digest(made.encode(), self.challenge.encode())


class Tokens:
    """Gives, finds and ends tokens."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._codes: dict[str, Code] = {}

    def entity(self, client_id: str) -> Row | None:
        """Return the active OAuth entity of a client id."""
        if not _WORD.fullmatch(client_id):
            return None
        found = self._lab.store.find("oauth_entity", f"client_id={client_id}^active=true^type=client")
        return next((row for row in found if row["client_id"] == client_id), None)

    def authorize(self, entity: Row, user_id: str, redirect_uri: str, challenge: str) -> Code:
        """Make a code for a user who allowed the client to act for him."""
        expires = self._lab.now() + CODE_LIFE
        code = Code(entity["sys_id"], user_id, redirect_uri, challenge, expires)
        with self._lock:
            self._codes = {key: kept for key, kept in self._codes.items() if kept.expires > self._lab.now()}
            self._codes[code.text] = code
        return code

    def redeem(self, text: str) -> Code | None:
        """Return what a code stands for and forget it; None where it is unknown, used or expired."""
        with self._lock:
            code = self._codes.pop(text, None)
        return code if code and code.expires > self._lab.now() else None

    def current(self, entity: Row, user_id: str, kind: str) -> Row:
        """Return the living token of a client, a user and a kind; a new one where there is none."""
        query = f"peer={entity['sys_id']}^user={user_id}^type={kind}^ORDERBYDESCexpires"
        with self._lab.store.transaction():
            for row in self._lab.store.find("oauth_credential", query, limit=1):
                if self.remaining(row) > 0:
                    return row
            return self._make(entity, user_id, kind)

    def find(self, text: str, kind: str = "") -> Row | None:
        """Return the row of a token, living or not."""
        if not _WORD.fullmatch(text):
            return None
        query = f"token={text}" + (f"^type={kind}" if kind else "")
        found = self._lab.store.find("oauth_credential", query)
        # The database compares without regard to case, a token must not.
        return next((row for row in found if hmac.compare_digest(row["token"].encode(), text.encode())), None)

    def remaining(self, row: Row) -> int:
        """Return the whole seconds that a token lives; 0 for a dead one."""
        try:
            expires = datetime.strptime(row["expires"], STAMP).replace(tzinfo=UTC)
        except ValueError:
            return 0
        return max(int((expires - self._lab.now()).total_seconds()), 0)

    def bearer(self, text: str) -> tuple[Row, Row] | None:
        """Return user and OAuth entity of a living access token, if both are still active."""
        row = self.find(text, "access_token")
        if row is None or self.remaining(row) <= 0:
            return None
        user = self._lab.people.usable(row["user"])
        entity = self._lab.store.get("oauth_entity", row["peer"])
        return (user, entity) if user and entity and entity["active"] == "true" else None

    def expire(self, text: str) -> None:
        """Mark a token expired, if there is such a one."""
        row = self.find(text)
        if row is not None:
            self._lab.store.patch("oauth_credential", row["sys_id"], {"expires": stamp(self._lab.now())})

    def scopes(self, entity: Row) -> list[str]:
        """Return the names of the auth scopes that are mapped to an entity."""
        mapped = self._lab.store.find("oauth_entity_auth_scope_mapping", f"oauth_entity={entity['sys_id']}")
        found = (self._lab.store.get("sys_auth_scope", row["auth_scope"]) for row in mapped)
        return sorted(row["name"] for row in found if row)

    def _make(self, entity: Row, user_id: str, kind: str) -> Row:
        lifespan, default = (
            ("refresh_token_lifespan", 8640000)
            if kind == "refresh_token"
            else ("access_token_lifespan", 1800)
        )
        seconds = int(entity[lifespan]) if entity[lifespan].isdecimal() else default
        now = self._lab.now()
        values = {
            "token": secrets.token_urlsafe(64),
            "type": kind,
            "expires": stamp(now + timedelta(seconds=seconds)),
            "token_received": stamp(now),
            "user": user_id,
            "peer": entity["sys_id"],
            "client_id": entity["client_id"],
            "scopes": " ".join(self.scopes(entity)) or "useraccount",
        }
        return self._lab.records.insert("oauth_credential", values, SYSTEM, workflow=False)
