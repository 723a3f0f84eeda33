"""An onboarded lab on sockets, and one canary run through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from snowkit.engine.events import Event
from snowkit.engine.finding import Finding
from snowkit.engine.result import Report
from snowkit.instance.identity import Tokens
from snowkit.instance.oauth import OAuthClient
from snowkit.instance.session import Login, Session
from snowkit.journal import Journal
from snowkit.lab.instance import Lab
from snowkit.pack.load import load
from snowkit.profile import Profile
from snowkit.sync.canary import Patience
from snowkit.sync.prove import prove

QUICK = Patience(webhook=1.5, pull=0.5, content=1.5, pause=0.02, first_diagnosis=0.1)


@dataclass(slots=True)
class Run:
    """A connection to a lab as an engineer has it, and what became of one run."""

    lab: Lab
    login: Login
    profile: Profile
    journal: Journal
    events: list[Event] = field(default_factory=list)

    def without_inspector(self) -> None:
        self.login = replace(self.login, inspector_user="", inspector_password="")

    def set(self, **changes: object) -> None:
        self.profile = self.profile.model_copy(update=changes)

    async def go(
        self,
        *,
        allow_writes: bool = True,
        patience: Patience = QUICK,
        watch: Callable[[Event], None] = lambda event: None,
    ) -> Report:
        def observe(event: Event) -> None:
            self.events.append(event)
            watch(event)

        async with Session(self.login) as session:
            return await prove(
                session,
                load("theloops"),
                self.profile,
                self.journal,
                observe,
                allow_writes=allow_writes,
                patience=patience,
            )

    def row(self, table: str, query: str) -> dict[str, str]:
        (found,) = self.lab.store.find(table, query)
        return found

    def change(self, table: str, query: str, values: dict[str, str]) -> None:
        self.lab.store.patch(table, self.row(table, query)["sys_id"], values)


def findings(report: Report) -> dict[str, Finding]:
    """Return a report's findings by id."""
    return {finding.id: finding for finding in report.findings}


@pytest.fixture(scope="module")
def served() -> Iterator[Lab]:
    """Serve one lab for a whole file of tests; each test finds it as the scenario begins."""
    with Lab("onboarded", cases=2) as lab:
        yield lab


@pytest.fixture
def run(home: Path, served: Lab) -> Run:
    """Return a connection to the onboarded lab, inspector included, with a journal of its own."""
    served.reset()
    told = served.description()
    admin = told["admin"]
    login = Login(
        served.url,
        OAuthClient(told["client_id"], told["client_secret"], told["redirect_urls"][0]),
        Tokens(refresh_token=told["refresh_token"]),
        inspector_user=admin["user"],
        inspector_password=admin["password"],
    )
    profile = Profile(
        name="lab",
        url=served.url,
        client_id=told["client_id"],
        webhook_url=served.webhook_url,
        inbox_url=served.inbox_url,
    )
    return Run(served, login, profile, Journal(home / "journal.jsonl"))
