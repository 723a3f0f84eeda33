"""Takes a request to /api through the layers to the API that answers it, and the answer back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from snowkit.lab import properties
from snowkit.lab.acl import Acl
from snowkit.lab.cookies import Visit
from snowkit.lab.rest import account, aggregate, attachment, batch, case, deployment, table, ui
from snowkit.lab.rest.apis import TABLE, Api, Endpoint
from snowkit.lab.rest.call import CANCELLED, Answer, Call, Incoming, Refused, no_resource
from snowkit.lab.rest.gate import Gate, Target
from snowkit.lab.session import Session

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab

ENDPOINTS = (
    *table.ENDPOINTS,
    *case.ENDPOINTS,
    *account.ENDPOINTS,
    *attachment.ENDPOINTS,
    *aggregate.ENDPOINTS,
    *ui.ENDPOINTS,
)
_READS = ("GET", "HEAD")
_TYPES = {"accept", "content-type"}
_MEGABYTE = 1024 * 1024
_CANCELLED_DETAIL = (
    f"{CANCELLED} Check logs for error trace or enable glide.rest.debug property "
    "to verify REST request processing"
)


class Dispatcher:
    """Answers the REST requests of one lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._gate = Gate(lab)
        self._endpoints = (*ENDPOINTS, *deployment.endpoints(lab), batch.endpoint(self.answer))

    def authenticate(self, incoming: Incoming, visit: Visit | None) -> Session:
        """Return who is asking, within his limit of requests; raises `Refused`."""
        session = self._gate.authenticate(incoming, visit)
        self._gate.limit(session, self._api_name(incoming.path))
        return session

    def answer(self, incoming: Incoming, session: Session) -> Answer:
        """Take a request through policies, scopes and ACLs to its API; raises `Refused`."""
        endpoint, found = self._endpoint(incoming.path)
        method = incoming.method
        version = found.pop("version") or endpoint.api.newest
        parts: dict[str, str] = found
        resource = "/" + endpoint.pattern.strip("/").format(**parts)
        target = Target(endpoint.api, resource, method, version, parts.get("tableName", ""))
        acl = Acl(self._lab, session)
        self._gate.pass_policies(session, target)
        self._gate.pass_scopes(session, target)
        self._gate.pass_endpoint(acl, target)
        handler = endpoint.handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            raise Refused(405, "Method not supported", None)
        self._measure(endpoint.api, incoming)
        self._ask_for_types(incoming)
        return self._within_quota(
            method, lambda: handler(Call(self._lab, incoming, session, acl, version, parts))
        )

    def _endpoint(self, path: str) -> tuple[Endpoint, dict[str, Any]]:
        for endpoint in self._endpoints:
            found = endpoint.matcher.fullmatch(path)
            plugin = endpoint.api.plugin
            if found and (not plugin or self._lab.has_plugin(plugin)):
                return endpoint, found.groupdict()
        raise no_resource()

    def _api_name(self, path: str) -> str:
        return next((each.api.name for each in self._endpoints if each.matcher.fullmatch(path)), TABLE.name)

    def _ask_for_types(self, incoming: Incoming) -> None:
        required = self._lab.switches.current.media_types_required
        if required and incoming.method not in _READS and not incoming.headers.keys() >= _TYPES:
            raise Refused(400, "Accept and Content-Type headers are required", None)

    def _measure(self, api: Api, incoming: Incoming) -> None:
        if not api.max_body:
            return
        most = properties.number(self._lab.store, api.max_body, 10) * _MEGABYTE
        if len(incoming.body) > most:
            detail = (
                f"Rejected large REST payload with content-length = {len(incoming.body)} bytes. "
                f"Max allowed: {most} bytes."
            )
            raise Refused(400, "Exception while reading request", detail)

    def _within_quota(self, method: str, work: Callable[[], Answer]) -> Answer:
        """Do the work, or break it off as a transaction quota does (source: rest_behaviour 1.7)."""
        switches = self._lab.switches.current
        quota = switches.transaction_quota
        if quota == "off":
            return work()
        if method in _READS and quota != "error":
            return _cut(work(), whole=quota == "partial")
        if method in _READS or switches.quota_commits_writes:
            work()
        raise Refused(500, CANCELLED, _CANCELLED_DETAIL)


def _cut(answer: Answer, *, whole: bool) -> Answer:
    """Return the half of a list that was written when the transaction was cancelled."""
    rows = answer.result if isinstance(answer.result, list) else [answer.result]
    body = {
        "result": rows[: len(rows) // 2],
        "error": {"message": CANCELLED, "detail": _CANCELLED_DETAIL},
        "status": "failure",
    }
    text = json.dumps(body)
    return Answer(200, headers=answer.headers, content=(text if whole else text[: len(text) // 2]).encode())
