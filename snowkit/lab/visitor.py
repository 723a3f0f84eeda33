"""A person at a browser, and one at the lab's control address: what the demo and the tests play.

`Visitor` knows no more than a browser does: it opens pages, fills in the forms that it finds there and presses
their buttons.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from lxml import etree, html

from snowkit.errors import LabError
from snowkit.lab.store import Row

_MOST_REDIRECTS = 8
_IMPORT = (
    "/upload.do?sysparm_referring_url=sys_remote_update_set_list.do&sysparm_target=sys_remote_update_set"
)


class Visitor:
    """A browser with its cookies, on an instance at `url`; use it as a context manager, or `close` it.

    `verify` is False, or the PEM file of an authority, for an instance with a certificate of the lab's own.
    Raises `LabError` where a page is not what a person would expect.
    """

    def __init__(self, url: str, *, verify: str | bool = True) -> None:
        self.url = url.rstrip("/")
        self._browser = httpx.Client(verify=_trust(verify), trust_env=False, timeout=30)
        self._page: httpx.Response | None = None

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def sign_in(self, user: str, password: str) -> None:
        """Sign in on the login page; raises `LabError` where the instance does not let the user in."""
        self._open("/login.do")
        self._log_in(user, password)

    def authorize(
        self, authorization_url: str, user: str, password: str, allow: bool = True, *, follow: bool = False
    ) -> str:
        """Open a client's authorization URL, sign in if asked, press Allow or Deny; returns where that leads.

        The returned URL is the client's redirect with `code` and `state`, or with `error`. It is called only with
        `follow`, as a browser would; otherwise nothing outside of the instance is.
        """
        away = self._open(authorization_url)
        if away is None and self._button("sysverb_login") is not None:
            away = self._log_in(user, password)
        if away is None:
            away = self._press("authorize" if allow else "deny")
        if away is None:
            raise LabError("The consent page led nowhere.", "Is the client's OAuth entity active?")
        if follow:
            self._browser.get(away)
        return away

    def upload_update_set(self, source: str | Path | bytes) -> str:
        """Import an update set's file by the upload page; returns the id that its header has.

        Raises `LabError` where the instance has no such set afterwards.
        """
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
        found = re.search(rb"<sys_remote_update_set .*?<sys_id>([0-9a-f]{32})</sys_id>", content, re.DOTALL)
        self._open(_IMPORT)
        self._press("upload", file=content)
        said = self.text()
        sys_id = found[1].decode() if found else ""
        self._open(f"/sys_remote_update_set.do?sys_id={sys_id}")
        if self._shown().status_code != 200:
            raise LabError(f"The instance did not import the update set: {said}")
        return sys_id

    def preview(self, sys_id: str) -> list[str]:
        """Press Preview Update Set on a set's page; returns the problems that the page then lists."""
        self._open(f"/sys_remote_update_set.do?sys_id={sys_id}")
        self._press("preview")
        self._expect("previewed")
        return self._problems()

    def resolve(self, sys_id: str, *, accept: bool) -> None:
        """Accept the remote update for every problem of a set in spite of it, or skip it."""
        self._open(f"/sys_remote_update_set.do?sys_id={sys_id}")
        for number in range(len(self._problems())):
            self._press("ignored" if accept else "skipped", nth=number)

    def commit(self, sys_id: str) -> None:
        """Press Commit Update Set on a set's page; raises `LabError` with the page's words where it refuses."""
        self._open(f"/sys_remote_update_set.do?sys_id={sys_id}")
        self._press("commit")
        self._expect("committed")

    def text(self) -> str:
        """Return the text of the page that is open."""
        body = self._document().find("body")
        return " ".join((body if body is not None else self._document()).text_content().split())

    def _log_in(self, user: str, password: str) -> str | None:
        away = self._press("sysverb_login", user_name=user, user_password=password)
        if away is None and self._button("sysverb_login") is not None:
            raise LabError(f"The instance did not let {user} sign in: {self._alert()}")
        return away

    def _problems(self) -> list[str]:
        return [found.text_content() for found in self._document().iterfind(".//li/span")]

    def _expect(self, state: str) -> None:
        shown = self._document().get_element_by_id("state", None)
        if shown is None or shown.text != state:
            raise LabError(f"The update set is not {state}: {self._alert() or self.text()}")

    def _alert(self) -> str:
        found = self._document().find(".//p[@role='alert']")
        return "" if found is None else found.text_content().strip()

    def _open(self, address: str) -> str | None:
        return self._follow(self._browser.get(urljoin(self.url + "/", address)))

    def _press(self, value: str, *, nth: int = 0, file: bytes | None = None, **typed: str) -> str | None:
        """Submit the form whose button has this value, filled in as a browser does.

        Returns where it leads to outside of the instance, None where it stays. `nth` counts equal buttons.
        """
        button = self._button(value, nth)
        if button is None:
            raise LabError(f"The page has no button {value}: {self.text()}")
        form = next(button.iterancestors("form"))
        fields = [(name, field) for field in form.iterfind(".//input") if (name := field.get("name"))]
        action = urljoin(str(self._shown().url), form.get("action"))
        if form.get("enctype") == "multipart/form-data":
            # In the order of the page, as a browser sends them; the file may stand anywhere in it.
            parts: list[tuple[str, Any]] = [
                (name, ("update_set.xml", file) if _takes_file(field) else (None, field.get("value") or ""))
                for name, field in fields
            ]
            return self._follow(self._browser.post(action, files=parts))
        data = {name: typed.get(name, field.get("value") or "") for name, field in fields}
        pressed = {button.get("name") or "": value}
        return self._follow(self._browser.post(action, data=data | pressed))

    def _follow(self, response: httpx.Response) -> str | None:
        for _ in range(_MOST_REDIRECTS):
            if not response.is_redirect:
                self._page = response
                return None
            address = urljoin(str(response.url), response.headers["location"])
            if _origin(address) != _origin(self.url):
                return address
            response = self._browser.get(address)
        raise LabError("The instance's pages lead to each other without end.")

    def _button(self, value: str, nth: int = 0) -> etree._Element | None:
        found = [button for button in self._document().iter("button") if button.get("value") == value]
        return found[nth] if nth < len(found) else None

    def _shown(self) -> httpx.Response:
        if self._page is None:
            raise LabError("No page is open.")
        return self._page

    def _document(self) -> html.HtmlElement:
        return html.fromstring(self._shown().text or "<html></html>")


class Admin:
    """Somebody at the lab's control address: changes anything, past the instance's security and rules."""

    def __init__(self, control_url: str, *, verify: str | bool = True) -> None:
        self.url = control_url.rstrip("/")
        self._client = httpx.Client(verify=_trust(verify), trust_env=False, timeout=30)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Admin:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def find(self, table: str, query: str = "") -> list[Row]:
        """Return the records that answer an encoded query."""
        rows: list[Row] = self._ask("GET", f"/table/{table}", params={"sysparm_query": query})
        return rows

    def insert(self, table: str, **values: str) -> Row:
        """Insert a record and return it."""
        row: Row = self._ask("POST", f"/table/{table}", json=values)
        return row

    def patch(self, table: str, sys_id: str, **changes: str) -> Row:
        """Change a record and return it."""
        row: Row = self._ask("PATCH", f"/table/{table}/{sys_id}", json=changes)
        return row

    def remove(self, table: str, sys_id: str) -> None:
        """Delete a record."""
        self._ask("DELETE", f"/table/{table}/{sys_id}")

    def switches(self, **changes: Any) -> dict[str, Any]:
        """Set some switches and return all; without any, only return them."""
        method = "PATCH" if changes else "GET"
        switches: dict[str, Any] = self._ask(method, "/switches", json=changes or None)
        return switches

    def reset(self) -> None:
        """Put the lab back to its scenario."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        response = self._client.request(method, self.url + path, **options)
        if response.is_error:
            raise LabError(f"The lab refused {method} {path}: {response.text[:300]}")
        return response.json()["result"] if response.content else None


def _takes_file(field: etree._Element) -> bool:
    return field.get("type") == "file"


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _trust(verify: str | bool) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify
