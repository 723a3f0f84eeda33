"""Callers of the emulated instance's REST APIs, in process."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from snowkit.lab.instance import Lab
from snowkit.lab.session import SYSTEM

ADMIN = ("admin", "admin-of-the-lab")
INTEGRATION = ("integration", "integration-of-the-lab")
LIMITED = ("limited", "limited-of-the-lab")


class Caller:
    """Sends each request with a new client, so that no cookie is kept."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    async def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request; `auth` is a pair, or a bearer token as text."""
        auth = options.pop("auth", ADMIN)
        headers = {"Accept": "application/json", **options.pop("headers", {})}
        if isinstance(auth, str):
            headers["Authorization"] = f"Bearer {auth}"
            auth = None
        transport = httpx.ASGITransport(app=self.lab.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://instance.example") as client:
            return await client.request(method, path, auth=auth, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET."""
        return await self("GET", path, **options)

    async def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """Send a POST of JSON."""
        return await self("POST", path, json=body, **options)

    def token(self, user: str = "integration") -> str:
        """Give a user's access token of TheLoops' client."""
        entity = self.lab.store.find("oauth_entity")[0]
        person = self.lab.people.named(user)
        assert person
        return self.lab.tokens.current(entity, person["sys_id"], "access_token")["token"]

    def add(self, table: str, **values: str) -> str:
        """Add a record past all security; returns its id."""
        return self.lab.records.insert(table, values, SYSTEM, workflow=False)["sys_id"]

    def change(self, table: str, query: str, **values: str) -> None:
        """Change the records of a query past all security."""
        rows = self.lab.store.find(table, query)
        assert rows, query
        for row in rows:
            self.lab.store.patch(table, row["sys_id"], values)

    def acl(self, name: str, operation: str, role: str = "", **values: str) -> str:
        """Add an access control with one role, or with none."""
        sys_id = self.add(
            "sys_security_acl", **{"name": name, "operation": operation, "type": "record", **values}
        )
        if role:
            found = self.lab.store.find("sys_user_role", f"name={role}")[0]["sys_id"]
            self.add("sys_security_acl_role", sys_security_acl=sys_id, sys_user_role=found)
        return sys_id

    def case(self) -> dict[str, str]:
        """Give one of the seeded cases."""
        return self.lab.store.find("sn_customerservice_case", "ORDERBYnumber", limit=1)[0]


@pytest.fixture
def call(lab: Lab) -> Caller:
    """A caller of a fresh instance."""
    return Caller(lab)


@pytest.fixture
def ready(onboarded: Lab) -> Caller:
    """A caller of an onboarded instance."""
    return Caller(onboarded)


def refusal(message: str, detail: str | None) -> dict[str, Any]:
    """Give the error envelope of a refusal."""
    return {"error": {"message": message, "detail": detail}, "status": "failure"}


UNAUTHENTICATED = refusal("User is not authenticated", "Required to provide Auth information")
NO_RECORD = refusal("No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def denied(operation: str) -> dict[str, Any]:
    """Give the error envelope of an insert, update or delete that an access control refuses."""
    return refusal("Operation Failed", f"ACL Exception {operation} Failed due to security constraints")
