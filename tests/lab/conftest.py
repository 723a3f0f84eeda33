"""Labs and stores for the tests of the emulated instance."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from snowkit.lab.instance import Lab
from snowkit.lab.schema import shipped
from snowkit.lab.session import Session
from snowkit.lab.store import Store

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store whose clock stands still."""
    made = Store(shipped(), now=lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A fresh instance in process; nothing listens."""
    made = Lab(cases=3)
    yield made
    made.stop()


@pytest.fixture
def onboarded() -> Iterator[Lab]:
    """An onboarded instance in process; nothing listens."""
    made = Lab("onboarded", cases=3)
    yield made
    made.stop()


@pytest.fixture
def ada(lab: Lab) -> Session:
    """An agent's session."""
    row = lab.store.find("sys_user", "user_name=ada.agent")[0]
    return Session(row["sys_id"], row["user_name"], frozenset({"sn_customerservice_agent"}), "basic")


@pytest.fixture
async def client(lab: Lab) -> AsyncIterator[httpx.AsyncClient]:
    """A client that talks to the fresh instance in process."""
    transport = httpx.ASGITransport(app=lab.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as made:
        yield made
