"""Browser sessions of the instance: JSESSIONID and the cookies beside it, and the sysparm_ck tokens of forms.

source: rest_behaviour 1.5. Over plain http, which only the lab speaks, a browser would drop a Secure cookie.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from snowkit.lab.people import interactive
from snowkit.lab.session import Session

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

NAME = "JSESSIONID"
_POOL = "BIGipServerpool_lab"
# A client without cookies gets a new one with each answer, so that the oldest must give way.
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser session; `ck` is the token that a form of this session must send back."""

    id: str = field(repr=False)
    ck: str = field(repr=False)
    user_id: str


class Cookies:
    """The browser sessions that are open; they live in memory and end with the lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._visits: OrderedDict[str, Visit] = OrderedDict()

    def open(self, user_id: str) -> Visit:
        """Begin a session for a user who proved who he is."""
        visit = Visit(secrets.token_hex(16).upper(), secrets.token_hex(36), user_id)
        with self._lock:
            self._visits[visit.id] = visit
            while len(self._visits) > _MOST:
                self._visits.popitem(last=False)
        return visit

    def visit(self, request: Request) -> Visit | None:
        """Return the session whose cookie a request carries."""
        with self._lock:
            return self._visits.get(request.cookies.get(NAME, ""))

    def session(self, request: Request) -> Session | None:
        """Return who is signed in, for pages: a user who is active and may sign in to pages."""
        visit = self.visit(request)
        user = self._lab.people.usable(visit.user_id) if visit else None
        return self._lab.people.session(user, "cookie") if user and interactive(user) else None

    def close(self, request: Request) -> None:
        """End the session whose cookie a request carries."""
        with self._lock:
            self._visits.pop(request.cookies.get(NAME, ""), None)

    def clear(self) -> None:
        """End all sessions."""
        with self._lock:
            self._visits.clear()


def belongs(visit: Visit, ck: str) -> bool:
    """Say whether a form's sysparm_ck is the session's own."""
    return hmac.compare_digest(visit.ck.encode(), ck.encode())


def hand_over(response: Response, visit: Visit, *, secure: bool) -> None:
    """Give a response the session's cookies."""
    _set(response, NAME, visit.id, secure)
    _forget(response, secure)
    _set(response, "glide_session_store", secrets.token_hex(16).upper(), secure, 60)
    _set(response, "glide_user_route", f"glide.{secrets.token_hex(16)}", secure)


def turn_away(response: Response, *, secure: bool) -> None:
    """Give a response to somebody unknown the cookies of a session that nobody is signed in with."""
    _set(response, NAME, secrets.token_hex(16).upper(), secure)
    _forget(response, secure)


def balanced(request: Request, *, secure: bool) -> str:
    """Return the load balancer's cookie for a client that does not send it; empty for one that does."""
    if _POOL in request.cookies:
        return ""
    return f"{_POOL}=2843957002.9537.0000; path=/; Httponly{'; Secure' if secure else ''}"


def _forget(response: Response, secure: bool) -> None:
    for name in ("glide_user", "glide_user_session"):
        _set(response, name, "", secure, 0)


def _set(response: Response, name: str, value: str, secure: bool, seconds: int | None = None) -> None:
    response.set_cookie(
        name, value, seconds, path="/", httponly=True, secure=secure, samesite="none" if secure else "lax"
    )
