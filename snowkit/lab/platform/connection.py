"""How the platform talks to an instance: its tokens, and what it reads through the instance's REST APIs."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx

from snowkit.lab.platform.integration import Integration

_TIMEOUT = 10.0
# A token that ends while the request is under way is no use.
_MARGIN = 30.0
_CASES = "/api/sn_customerservice/case"
_ARTICLES = "/api/now/table/kb_knowledge"
Keep = Callable[[Integration], None]


class Failed(Exception):
    """The instance did not give what was asked for; `status` is 0 where it gave no readable answer at all."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


class Connection:
    """One integration's way into its instance; use it as a context manager.

    `url` is the instance's base URL, `ca_file` an authority to trust beside no other, `keep` is given the
    integration whenever its tokens changed. No cookie is kept and no redirect is followed: a session that outlives
    a token would hide that the token is dead. Every method raises `Failed`, at once where `ended` says so.
    """

    def __init__(
        self, url: str, integration: Integration, ca_file: str | None, keep: Keep, ended: Callable[[], bool]
    ) -> None:
        self.integration = integration
        self._keep = keep
        self._ended = ended
        verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._client = httpx.Client(
            base_url=url, verify=verify, timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        )

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def exchange(self, code: str, redirect_uri: str) -> None:
        """Turn the code of an authorization into tokens."""
        self._token({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})

    def test(self) -> None:
        """Read one record of what the integration pulls first; the vendor does not say what its own test reads."""
        self.get(_ARTICLES if self.integration.is_content else _CASES, {"sysparm_limit": "1"})

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """Return the `result` of a REST API."""
        response = self._answered(path, parameters or {}, "application/json")
        try:
            return response.json()["result"]
        except (ValueError, KeyError, TypeError):
            raise Failed(f"{path} answered {response.status_code} without a result") from None

    def content(self, path: str) -> bytes:
        """Return the bytes that an address holds."""
        return self._answered(path, {}, "*/*").content

    def _answered(self, path: str, parameters: Mapping[str, str], accept: str) -> httpx.Response:
        if self._ended():
            raise Failed("the platform stops")
        if self.integration.access_until <= time.time():
            self._refresh()
        response = self._ask(path, parameters, accept)
        if response.status_code == 401:
            # Somebody may have ended the token before its time.
            self._refresh()
            response = self._ask(path, parameters, accept)
        if response.status_code != 200:
            raise Failed(f"{path} answered {response.status_code}", response.status_code)
        return response

    def _ask(self, path: str, parameters: Mapping[str, str], accept: str) -> httpx.Response:
        headers = {"Accept": accept, "Authorization": f"Bearer {self.integration.access_token}"}
        try:
            # A client keeps what it is given; the next request must not send it.
            self._client.cookies.clear()
            return self._client.get(path, params=dict(parameters), headers=headers)
        except httpx.HTTPError as error:
            raise Failed(f"{path}: {error}") from error

    def _refresh(self) -> None:
        if not self.integration.refresh_token:
            raise Failed("there is no refresh token", 401)
        self._token({"grant_type": "refresh_token", "refresh_token": self.integration.refresh_token})

    def _token(self, form: Mapping[str, str]) -> None:
        client = {"client_id": self.integration.client_id, "client_secret": self.integration.client_secret}
        try:
            response = self._client.post("/oauth_token.do", data={**form, **client})
            given = response.json()
            access, seconds = str(given["access_token"]), float(given.get("expires_in", 0))
        except httpx.HTTPError as error:
            raise Failed(f"/oauth_token.do: {error}") from error
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Failed(f"/oauth_token.do answered {response.status_code}", response.status_code) from None
        self.integration = replace(
            self.integration,
            access_token=access,
            access_until=time.time() + seconds - _MARGIN,
            refresh_token=str(given.get("refresh_token") or self.integration.refresh_token),
        )
        self._keep(self.integration)


def authorization_url(url: str, client_id: str, redirect_uri: str, state: str) -> str:
    """Return where a browser goes so that its user allows the platform to act for him."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{url}/oauth_auth.do?{urlencode(asked)}"
