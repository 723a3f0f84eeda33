"""A customer's instance that exists only as findings: actions for the terminal UI, run by the real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Level, Outcome, Owner, gap, met, unknown
from snowkit.engine.result import Report, Subject
from snowkit.engine.run import run
from snowkit.errors import SnowkitError
from snowkit.instance.evidence import Evidence
from snowkit.tui.actions import Actions, Connection, Consent, Emit, Known, Written

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CLIENT = "5b6f0c3d9a7e4f21a0c7d8e9f0112233"

LAB = Connection(
    name="lab",
    url="http://127.0.0.1:8787",
    environment="sandbox",
    capabilities=("helpdesk",),
    client_id=CLIENT,
    redirect_uri="http://127.0.0.1:8765/callback",
    emulated=True,
)
ACME = Connection(
    name="acme",
    url="https://acme.service-now.com",
    environment="production",
    capabilities=("helpdesk", "crm"),
    client_id=CLIENT,
    redirect_uri="http://127.0.0.1:8765/callback",
    logged_in=True,
    verdict="gaps",
    checked_at=NOON,
)

ROLE = Fix(
    Owner.SERVICENOW_ADMIN,
    "Let the role theloops.integration read sys_audit_delete.",
    ("Elevate to security_admin.", "Open System Security > Access Control (ACL).", "Import access.xml."),
    carried_by="access",
    url="https://acme.service-now.com/sys_security_acl_list.do",
)
POLICY = Fix(
    Owner.SERVICENOW_ADMIN,
    "Create the REST API Access Policy TheLoops Case API Access.",
    ("Open All > System Web Services > REST API Access Policies.", "New."),
    carried_by="handover",
)
RULE = Fix(Owner.SERVICENOW_ADMIN, "Import the update set of the webhook rules.", carried_by="rules")

TOLD: dict[str, tuple[str, Outcome, tuple[str, ...]]] = {
    "reach.instance": (
        "The instance answers as a REST API",
        met("It answered 401 with an error in JSON.", Evidence("GET", "/api/now/table/sys_user", 401)),
        (),
    ),
    "oauth.token": (
        "The access token is accepted",
        met("A request with the token was answered.", Evidence("GET", "/api/now/table/sys_user", 200)),
        ("reach.instance",),
    ),
    "policy.case": (
        "A REST API Access Policy lets the token into the Case API",
        gap(
            "token_restriction",
            "Token restriction is on, and no policy maps an authentication profile of this client.",
            POLICY,
            Evidence("GET", "/api/sn_customerservice/case?sysparm_limit=1", 401, "User is not authenticated"),
        ),
        ("oauth.token",),
    ),
    "api.case.read": ("The Case API answers a read", met("One case came back."), ("policy.case",)),
    "table.sys_user.read": ("sys_user can be read", met("Rows came back."), ("oauth.token",)),
    "table.sys_audit_delete.read": (
        "sys_audit_delete can be read",
        gap(
            "row_acl",
            "The table is open, and an ACL refuses every row.",
            ROLE,
            Evidence("GET", "/api/now/table/sys_audit_delete?sysparm_limit=1", 403, "ACL Exception"),
        ),
        ("oauth.token",),
    ),
    "rule.comment": (
        "TheLoops Ticket Comment Webhook is active",
        gap("rule_missing", "No business rule has this name.", RULE),
        ("oauth.token",),
    ),
    "rule.foreign": (
        "No other rule answers to our changes",
        unknown("not_permitted", "Not checked, because no inspector is configured."),
        ("oauth.token",),
    ),
}
STEPS = (
    ("sync.case", "The canary case is created", "CS0001042 was created."),
    ("sync.webhook", "Its webhook is delivered", "Delivered (HTTP 2xx) after 0.8 s."),
    ("sync.pull", "It is pulled back by updated time", "Ten fields are equal."),
    ("sync.cleanup", "All that was created is gone", "Three records were removed and are gone."),
)

CONSENT = Consent(
    ("one case, with a comment and an attachment",),
    ("the case, its comment and its attachment",),
    ("the rows of the audit",),
)


@dataclass
class Story:
    """What happens, what is asked for, and, by `gate`, when a run may go on."""

    known: list[Connection] = field(default_factory=lambda: [ACME])
    repaired: bool = False
    told: dict[str, tuple[str, Outcome, tuple[str, ...]]] = field(default_factory=lambda: dict(TOLD))
    failing: dict[str, Exception] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    asked: list[str] = field(default_factory=list)
    put_away: bool = False
    errors: tuple[SnowkitError, ...] = ()
    allowed: Consent = CONSENT

    def begin(self, what: str) -> None:
        self.asked.append(what)
        if what in self.failing:
            raise self.failing[what]

    def connections(self) -> Known:
        self.begin("connections")
        return Known(tuple(self.known), self.errors)

    async def open_lab(self) -> str:
        self.begin("open_lab")
        if LAB not in self.known:
            self.known.append(LAB)
        return LAB.name

    async def login(self, name: str) -> AsyncIterator[str]:
        self.begin("login")
        yield "The login page was answered as integration"
        yield "Allow was pressed on the consent page"
        yield "The code was exchanged for tokens; the refresh token lasts 100 days"

    def checks(self) -> tuple[Check[None], ...]:
        return tuple(self.check_of(id_) for id_ in self.told)

    def check_of(self, id_: str) -> Check[None]:
        title, outcome, needs = self.told[id_]
        if self.repaired and outcome.cause != "not_permitted":
            outcome = met("It was shown to work.", *outcome.evidence)

        async def probe(context: None) -> Outcome:
            if self.gate is not None and id_ != "reach.instance":
                await self.gate.wait()
            return outcome

        level = Level.ADVISED if id_ == "rule.foreign" else Level.REQUIRED
        return Check(id_, title, level, probe, needs)

    async def check(self, name: str, emit: Emit) -> Report:
        self.begin("check")
        return await self.report(self.checks(), emit)

    async def report(self, checks: tuple[Check[None], ...], emit: Emit) -> Report:
        findings = await run(checks, None, emit, allow_writes=True)
        subject = Subject(
            LAB.url, "lab", "australia", "integration", CLIENT, "theloops", capabilities=("helpdesk",)
        )
        return Report(subject, NOON, NOON, len(findings), findings)

    def folder(self, name: str) -> Path:
        return Path("out") / name

    async def generate(self, name: str, folder: Path) -> Written:
        self.begin(f"generate {folder.as_posix()}")
        files = (
            ("rules.xml", "3 business rules and 5 properties"),
            ("access.xml", "the role theloops.integration"),
            ("rollback.xml", "deletes what the other two create"),
            ("handover.md", "what no update set can carry, click by click"),
        )
        return Written(folder, files, ("ACL sys_audit.read is withheld: it would shadow every wider one.",))

    async def install(self, name: str, folder: Path) -> AsyncIterator[str]:
        self.begin("install")
        yield "rules.xml was uploaded, previewed and committed"
        yield "The policy TheLoops Case API Access was created"
        self.repaired = True

    def consent(self, name: str) -> Consent:
        self.begin("consent")
        return self.allowed

    def form(self, name: str) -> tuple[tuple[str, str], ...]:
        self.begin("form")
        return (("Name", "TheLoops Integration"), ("ServiceNow domain", name), ("Client ID", CLIENT))

    async def sync(self, name: str, emit: Emit) -> Report:
        self.begin("sync")
        try:
            if self.gate is not None:
                await self.gate.wait()
            return await self.report(tuple(self.step_of(*step) for step in STEPS), emit)
        finally:
            self.put_away = True

    def step_of(self, id_: str, title: str, said: str) -> Check[None]:
        async def probe(context: None) -> Outcome:
            return met(said)

        return Check(id_, title, Level.REQUIRED, probe, mutates=True)

    def actions(self) -> Actions:
        return Actions(
            connections=self.connections,
            open_lab=self.open_lab,
            login=self.login,
            check=self.check,
            folder=self.folder,
            generate=self.generate,
            install=self.install,
            consent=self.consent,
            sync=self.sync,
            form=self.form,
        )
