"""One thing broken on an onboarded instance gives one gap, at the root, with the right cause.

The lab's scenarios are the breaks that have a name; the cases here are variations of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snowkit.checks.plan import check
from snowkit.cli import connection
from snowkit.cli.lab import profile_of
from snowkit.engine.finding import Level, Verdict
from snowkit.engine.result import Report
from snowkit.instance.session import Session
from snowkit.journal import Journal
from snowkit.lab.instance import Lab
from snowkit.lab.scenarios import SCENARIOS, Scenario
from snowkit.lab.visitor import Admin
from snowkit.pack.load import load
from snowkit.profile import Profile
from snowkit.sync.canary import Patience
from snowkit.sync.prove import prove

CASE_RULE = "TheLoops - Case Created or Updated"
COMMENT_RULE = "TheLoops Ticket Comment Webhook"
URL = "theloops.webhook.url.lab"
ENABLED = "theloops.webhook.enabled"

Break = Callable[[Admin], None]


@dataclass(frozen=True)
class Case:
    """One break, the finding that must be the only required gap, its cause, and what must be blocked by it."""

    name: str
    breaks: Break
    finding: str
    cause: str
    blocked: tuple[str, ...] = field(default=())


def patched(table: str, query: str, **changes: str) -> Break:
    def go(admin: Admin) -> None:
        rows = admin.find(table, query)
        assert rows, f"{table}?{query} finds nothing to break"
        for row in rows:
            admin.patch(table, row["sys_id"], **changes)

    return go


def removed(table: str, query: str) -> Break:
    def go(admin: Admin) -> None:
        rows = admin.find(table, query)
        assert rows, f"{table}?{query} finds nothing to break"
        for row in rows:
            admin.remove(table, row["sys_id"])

    return go


def inserted(table: str, **values: str) -> Break:
    def go(admin: Admin) -> None:
        admin.insert(table, **values)

    return go


def acl_closed(name: str, operation: str) -> Break:
    """Take the roles off every ACL of a name and operation, which then denies everyone."""

    def go(admin: Admin) -> None:
        for acl in admin.find("sys_security_acl", f"name={name}^operation={operation}^type=record"):
            for link in admin.find("sys_security_acl_role", f"sys_security_acl={acl['sys_id']}"):
                admin.remove("sys_security_acl_role", link["sys_id"])
            admin.patch("sys_security_acl", acl["sys_id"], condition="", script="", advanced="false")

    return go


def unmapped(policy: str) -> Break:
    """Take our profile off a policy."""

    def go(admin: Admin) -> None:
        wanted = admin.find("sys_api_access_policy", f"name={policy}")[0]["sys_id"]
        ours = admin.find("std_http_auth", "name=TheLoops OAuth")[0]["sys_id"]
        removed("sys_auth_profile_mapping", f"api_access_policy={wanted}^inbound_auth_profile={ours}")(admin)

    return go


def rule_twice(admin: Admin) -> None:
    rule = admin.find("sys_script", f"name={CASE_RULE}")[0]
    copied = {key: rule[key] for key in ("name", "collection", "when", "script", "filter_condition", "order")}
    flags = {"active": "true", "advanced": "true", "action_insert": "true", "action_update": "true"}
    admin.insert("sys_script", **copied, **flags)


def field_closed(admin: Admin) -> None:
    acl = admin.insert(
        "sys_security_acl", name="customer_contact.email", operation="read", type="record", active="true"
    )
    role = admin.find("sys_user_role", "name=admin")[0]["sys_id"]
    admin.insert("sys_security_acl_role", sys_security_acl=acl["sys_id"], sys_user_role=role)


def rule_cases() -> Iterator[Case]:
    case, comment = f"name={CASE_RULE}", f"name={COMMENT_RULE}"
    yield Case(
        "rule.case inactive", patched("sys_script", case, active="false"), "rule.case", "rule_inactive"
    )
    yield Case("rule.comment deleted", removed("sys_script", comment), "rule.comment", "rule_missing")
    yield Case(
        "rule.comment before",
        patched("sys_script", comment, when="before"),
        "rule.comment",
        "rule_misconfigured",
    )
    for name, finding in ((CASE_RULE, "rule.case"), (COMMENT_RULE, "rule.comment")):
        query = f"name={name}"
        wrong = "rule_misconfigured"
        yield Case(
            f"{finding} on incident", patched("sys_script", query, collection="incident"), finding, wrong
        )
        yield Case(
            f"{finding} not on insert", patched("sys_script", query, action_insert="false"), finding, wrong
        )
        yield Case(f"{finding} without script", patched("sys_script", query, script=""), finding, wrong)
        yield Case(f"{finding} not advanced", patched("sys_script", query, advanced="false"), finding, wrong)
    yield Case(
        "rule.comment unfiltered",
        patched("sys_script", f"name={COMMENT_RULE}", filter_condition=""),
        "rule.comment",
        "rule_misconfigured",
    )
    yield Case(
        "rule.case not on update",
        patched("sys_script", f"name={CASE_RULE}", action_update="false"),
        "rule.case",
        "rule_misconfigured",
    )
    yield Case("rule.case twice", rule_twice, "rule.case", "rule_duplicate")


def property_cases() -> Iterator[Case]:
    yield Case("switch missing", removed("sys_properties", f"name={ENABLED}"), "property.enabled", "property")
    yield Case("url missing", removed("sys_properties", f"name={URL}"), "property.webhook_url", "property")
    yield Case(
        "url of another",
        patched("sys_properties", f"name={URL}", value="https://evil.example/x"),
        "property.webhook_url",
        "property",
    )


def oauth_cases() -> Iterator[Case]:
    yield Case(
        "refresh token deleted",
        removed("oauth_credential", "type=refresh_token"),
        "oauth.refresh",
        "token",
        ("oauth.token", "table.sys_user.read"),
    )


def policy_cases() -> Iterator[Case]:
    rows = (
        ("TheLoops Case API Access", "policy.case", ("api.case.read", "api.case.write")),
        ("TheLoops Account API Access", "policy.account", ("api.account.read",)),
        ("TheLoops Attachment API Access", "policy.attachment", ("api.attachment.read",)),
        (
            "TheLoops Table API Access",
            "policy.table",
            ("api.table.read", "table.sys_audit.read", "identity.user"),
        ),
        ("TheLoops Table API Write", "policy.table_write", ()),
    )
    for name, finding, blocked in rows:
        yield Case(f"{finding} unmapped", unmapped(name), finding, "policy", blocked)
        yield Case(
            f"{finding} inactive",
            patched("sys_api_access_policy", f"name={name}", active="false"),
            finding,
            "token_restriction",
            blocked,
        )


def table_cases() -> Iterator[Case]:
    for row in load().table:
        if not row.follows and row.name != "customer_contact":
            yield Case(
                f"{row.name} hidden", acl_closed(row.name, "read"), f"table.{row.name}.read", "row_acl"
            )
    for name in ("kb_knowledge", "sn_customerservice_case"):
        yield Case(f"{name} not create", acl_closed(name, "create"), f"table.{name}.write", "write_acl")
    for name in ("customer_contact", "sys_audit"):
        yield Case(
            f"{name} closed to web services",
            patched("sys_db_object", f"name={name}", ws_access="false"),
            f"table.{name}.read",
            "web_service_access",
        )


def seen_by_condition(table: str, condition: str) -> Break:
    """Narrow every ACL that opens a table for reading to the rows of a condition."""

    def go(admin: Admin) -> None:
        for acl in admin.find("sys_security_acl", f"name={table}^operation=read^type=record"):
            admin.patch("sys_security_acl", acl["sys_id"], condition=condition)

    return go


def first_contact_hidden(admin: Admin) -> None:
    first = min(admin.find("customer_contact"), key=lambda row: (row["sys_updated_on"], row["sys_id"]))
    seen_by_condition("customer_contact", f"sys_id!={first['sys_id']}")(admin)


def one_comment_hidden(admin: Admin) -> None:
    query = "name=sn_customerservice_case^elementINcomments,work_notes^ORDERBYsys_created_on"
    first = admin.find("sys_journal_field", query)[0]
    seen_by_condition("sys_journal_field", f"sys_id!={first['sys_id']}")(admin)


def both(*breaks: Break) -> Break:
    def go(admin: Admin) -> None:
        for one in breaks:
            one(admin)

    return go


def basic_only(**policy: str) -> Break:
    """Add a policy that maps the shipped Basic profile alone."""

    def go(admin: Admin) -> None:
        every = {"apply_all_methods": "true", "apply_all_resources": "true", "apply_all_versions": "true"}
        made = admin.insert("sys_api_access_policy", name="Others", active="true", **{**every, **policy})
        basic = admin.find("inbound_auth_profile", "nameSTARTSWITHBasicAuth")[0]["sys_id"]
        admin.insert("sys_auth_profile_mapping", api_access_policy=made["sys_id"], inbound_auth_profile=basic)

    return go


def subtle_cases() -> Iterator[Case]:
    yield Case("one comment hidden", one_comment_hidden, "table.sys_journal_field.read", "row_acl")
    yield Case(
        "a hidden contact and a closed field",
        both(first_contact_hidden, field_closed),
        "table.customer_contact.read",
        "row_acl",
    )
    query = f"name={CASE_RULE}"
    wrong = "rule_misconfigured"
    yield Case(
        "rule.case for a condition", patched("sys_script", query, condition="false"), "rule.case", wrong
    )
    yield Case(
        "rule.case for a role", patched("sys_script", query, role_conditions="admin"), "rule.case", wrong
    )
    yield Case(
        "rule.case sends nothing", patched("sys_script", query, script="gs.info('x')"), "rule.case", wrong
    )
    one_case = {"api_path": "sn_customerservice/case", "api_resource": "/sn_customerservice/case/{id}"}
    yield Case(
        "a policy for updates of one case",
        basic_only(**one_case, apply_all_resources="false", http_method="PUT", apply_all_methods="false"),
        "policy.case",
        "policy",
        ("api.case.write",),
    )


CASES = (*subtle_cases(), *rule_cases(), *property_cases(), *oauth_cases(), *policy_cases(), *table_cases())


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab("onboarded") as made:
        yield made


@pytest.fixture
def admin(lab: Lab) -> Iterator[Admin]:
    with Admin(lab.control_url) as made:
        made.reset()
        yield made


Connection = tuple[Profile, dict[str, str]]


@pytest.fixture(scope="module")
def written(lab: Lab) -> Connection:
    """Return the profile and secrets that the lab gives before anything is broken."""
    return profile_of(lab)


async def report_of(written: Connection, *, inspector: bool = True) -> Report:
    profile, secrets = written
    vault = connection.vault_of(profile)
    vault.put({**secrets, "inspector_password": secrets["inspector_password"] if inspector else ""})
    async with Session(connection.login_of(profile, vault)) as session:
        return await check(session, load(), profile)


def required(report: Report, verdict: Verdict) -> dict[str, str]:
    return {finding.id: finding.outcome.cause for finding in report.of(verdict, Level.REQUIRED)}


async def test_an_onboarded_instance_is_ready(written: Connection, admin: Admin) -> None:
    """Nothing broken: every finding is met, and the report says ready."""
    report = await report_of(written)
    assert [
        (f.id, f.verdict, f.outcome.summary) for f in report.findings if f.verdict is not Verdict.MET
    ] == []
    assert (report.exit_code, report.verdict, report.subject.user) == (0, "ready", "integration")
    assert report.subject.release == "australia"
    assert report.requests <= 70


async def test_without_an_inspector_it_cannot_tell(written: Connection, admin: Admin) -> None:
    """Without an inspector an onboarded instance shows no gap, and is not called ready."""
    report = await report_of(written, inspector=False)
    assert required(report, Verdict.GAP) == {}
    assert report.exit_code == 3


def params() -> list[object]:
    """Return every case; each second one is for the long run."""
    marks = ((), (pytest.mark.slow,))
    return [pytest.param(case, id=case.name, marks=marks[number % 2]) for number, case in enumerate(CASES)]


UNSEEN = {
    "role names hidden": ("sys_user_role.name", "identity.not_admin"),
    "scope status hidden": ("oauth_entity.scope_restriction_status", "oauth.scopes"),
    "policies' globals hidden": ("sys_api_access_policy.apply_global", "policy.case"),
    "rules' flags hidden": ("sys_script.active", "rule.case"),
}


@pytest.mark.parametrize("name", UNSEEN)
async def test_what_the_inspector_cannot_see_is_unknown(written: Connection, admin: Admin, name: str) -> None:
    """A column hidden from the inspector makes what rests on it unknown: neither met nor a gap."""
    hidden, finding = UNSEEN[name]
    role = admin.insert("sys_user_role", name="nobody.has.it")["sys_id"]
    acl = admin.insert(
        "sys_security_acl",
        name=hidden,
        operation="read",
        type="record",
        active="true",
        admin_overrides="false",
    )
    admin.insert("sys_security_acl_role", sys_security_acl=acl["sys_id"], sys_user_role=role)
    report = await report_of(written)
    assert required(report, Verdict.GAP) == {}
    assert finding in required(report, Verdict.UNKNOWN)
    assert report.exit_code == 3


async def test_a_version_that_cannot_be_compared_is_unknown(written: Connection, admin: Admin) -> None:
    """A policy for one version may decide about an unversioned request, or may not."""
    basic_only(api_path="sn_customerservice/case", apply_all_versions="false", version="v1")(admin)
    report = await report_of(written)
    assert required(report, Verdict.GAP) == {}
    assert "policy.case" in required(report, Verdict.UNKNOWN)


async def test_a_role_that_forbids_writing_is_found(written: Connection, admin: Admin) -> None:
    """The role snc_read_only blocks every write, whatever the ACLs say."""
    user = admin.find("sys_user", "user_name=integration")[0]["sys_id"]
    known = admin.find("sys_user_role", "name=snc_read_only")
    role = known[0] if known else admin.insert("sys_user_role", name="snc_read_only")
    admin.insert("sys_user_has_role", user=user, role=role["sys_id"], state="active")
    report = await report_of(written)
    assert required(report, Verdict.GAP) == {
        "table.sn_customerservice_case.write": "write_acl",
        "table.kb_knowledge.write": "write_acl",
    }


@pytest.mark.parametrize("case", params())
async def test_one_break_one_gap_at_the_root(written: Connection, admin: Admin, case: Case) -> None:
    """The broken thing is the only required gap, its cause is right, and what depends on it is blocked."""
    case.breaks(admin)
    report = await report_of(written)
    assert required(report, Verdict.GAP) == {case.finding: case.cause}
    assert required(report, Verdict.UNKNOWN) == {}
    blocked = {finding.id: finding.blocked_by for finding in report.of(Verdict.BLOCKED)}
    assert set(blocked.values()) <= {case.finding}
    assert set(case.blocked) <= set(blocked)
    assert report.exit_code == 1


BLOCKED = {
    "entity-inactive": ("oauth.token", "oauth.refresh", "api.case.read"),
    "refresh-token-expired": ("oauth.token",),
    "scope-missing": ("api.case.read",),
    "case-policy-maps-others": ("api.case.read", "api.case.write"),
    "token-restriction-without-policy": ("api.table.read", "table.sys_audit.read", "identity.user"),
    "attachment-policy-inactive": ("api.attachment.read",),
    "platform-refuses": ("sync.comment_webhook",),
    "case-needs-a-product": ("sync.webhook", "sync.pull", "sync.comment", "sync.attachment"),
}
"""What depends on the root of a scenario, so that it must not be accused."""

FALLS_SHORT = {
    "rate-limited": "each check that asked is unknown by itself; no root explains them",
    "customer-service-plugin-missing": "reach.plugins is not probed yet: two APIs and four tables are accused",
    "cases-of-another-domain": "domains are not read: an instance without a visible case counts as empty",
    "rules-late": "what waits in the queue is not read: it is taken for not sent",
}
"""Scenarios whose finding snowkit does not give yet."""

QUICK = Patience(webhook=1.5, pull=0.5, content=1.5, pause=0.02, first_diagnosis=0.1)
SCENES = [row for row in SCENARIOS if row.finding]


def scenes() -> list[object]:
    """Return every scenario; what falls short, and three of four others, are for the long run."""
    return [
        pytest.param(
            row,
            id=row.name,
            marks=(
                *((pytest.mark.slow,) if position % 4 or row.name in FALLS_SHORT else ()),
                *(
                    (pytest.mark.xfail(reason=FALLS_SHORT[row.name], strict=True),)
                    if row.name in FALLS_SHORT
                    else ()
                ),
            ),
        )
        for position, row in enumerate(SCENES)
    ]


async def canary_of(written: Connection, journal: Path) -> Report:
    profile, secrets = written
    vault = connection.vault_of(profile)
    vault.put(secrets)
    async with Session(connection.login_of(profile, vault)) as session:
        return await prove(session, load(), profile, Journal(journal), allow_writes=True, patience=QUICK)


@pytest.mark.parametrize("scenario", scenes())
async def test_each_scenario_is_found(
    written: Connection, lab: Lab, admin: Admin, scenario: Scenario, home: Path
) -> None:
    """A scenario's finding is the one root, with its cause; what depends on it is blocked, the rest is met.

    What only a canary can show leaves the check without a required gap.
    """
    lab.reset(scenario.name)
    try:
        report = await report_of(written)
        if scenario.finding.startswith("sync."):
            assert (required(report, Verdict.GAP), required(report, Verdict.UNKNOWN)) == ({}, {})
            report = await canary_of(written, home / "journal.jsonl")
    finally:
        lab.reset("onboarded")
    wrong = [row for row in report.findings if row.verdict in (Verdict.GAP, Verdict.UNKNOWN)]
    needed = [row for row in wrong if row.level is Level.REQUIRED] or wrong
    assert {row.id: row.outcome.cause for row in needed} == {scenario.finding: scenario.cause}
    blocked = {row.id: row.blocked_by for row in report.of(Verdict.BLOCKED)}
    assert set(blocked.values()) <= {scenario.finding}
    assert set(BLOCKED.get(scenario.name, ())) <= set(blocked)


def test_what_is_said_to_fall_short_is_a_scenario() -> None:
    """Neither table names a scenario that is gone."""
    assert {*BLOCKED, *FALLS_SHORT} <= {row.name for row in SCENES}
