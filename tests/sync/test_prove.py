"""A canary goes round an onboarded lab, or the step where it stopped is named, and nothing stays behind."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from snowkit.engine.events import Event, Finished, Planned, Started
from snowkit.engine.finding import Level, Verdict
from snowkit.engine.result import Report
from snowkit.errors import OutputError, Unreachable, UsageError
from snowkit.instance import attachments, cases, table
from snowkit.instance.client import Client, Reply
from snowkit.instance.failure import Failure
from snowkit.instance.session import Session
from snowkit.journal import TAG_PREFIX, Journal
from snowkit.lab.instance import Lab
from snowkit.lab.session import SYSTEM
from snowkit.pack.load import load
from snowkit.report.formats import FORMATS, render
from snowkit.sync import attachment, case, cleanup, comment
from snowkit.sync.canary import Canary
from snowkit.sync.prove import STEPS, WRITES
from tests.sync.conftest import QUICK, Run, findings

CASE_RULE = "TheLoops - Case Created or Updated"
COMMENT_RULE = "TheLoops Ticket Comment Webhook"
ATTACHMENT_RULE = "TheLoops Attachment Webhook"

LOGS = frozenset(
    (
        "ecc_queue",
        "oauth_credential",
        "sys_audit",
        "sys_audit_delete",
        "sys_outbound_http_log",
        "syslog",
        "syslog_transaction",
    )
)
"""What an instance keeps of its own accord: logs, audit, and the tokens that were asked for."""


def counted(lab: Lab) -> Counter[str]:
    """Count the rows of every table but the logs."""
    return Counter({name: lab.store.count(name) for name in lab.schema.storage() if name not in LOGS})


def nothing_left(run: Run) -> bool:
    """Whether neither the lab nor the journal knows of a canary."""
    return (
        not run.lab.store.find("sn_customerservice_case", f"short_descriptionSTARTSWITH{TAG_PREFIX}")
        and not run.lab.store.find("sys_attachment", f"file_nameSTARTSWITH{TAG_PREFIX}")
        and not run.journal.left(run.lab.url)
    )


def gaps(report: Report) -> dict[str, str]:
    """Return the cause of each gap by its id."""
    return {f.id: f.outcome.cause for f in report.findings if f.verdict is Verdict.GAP}


@pytest.mark.parametrize("pull_by", ["created", "updated"])
async def test_everything_goes_round_and_nothing_is_left(run: Run, pull_by: str) -> None:
    """All steps are met, and every table but the logs holds as many rows as before."""
    run.set(pull_by=pull_by)
    before = counted(run.lab)
    report = await run.go()
    assert {f.id: f.verdict for f in report.findings} == {step.id: Verdict.MET for step in STEPS}
    assert report.exit_code == 0
    assert report.subject.user == "integration"
    assert counted(run.lab) == before
    assert nothing_left(run)


async def test_the_observer_sees_the_plan_once_and_every_step(run: Run) -> None:
    """One plan, then each step begun and finished in its order."""
    await run.go()
    ids = [step.id for step in STEPS]
    assert [type(event) for event in run.events].count(Planned) == 1
    assert [event.id for event in run.events if isinstance(event, Started)] == ids
    assert [event.finding.id for event in run.events if isinstance(event, Finished)] == ids


async def test_reports_hold_no_text_of_the_records(run: Run) -> None:
    """No format shows what was written into the case, the comment or the file, nor the body of a webhook."""
    report = await run.go()
    assert report.exit_code == 0
    tag = run.lab.store.find("sys_audit_delete", "tablename=sn_customerservice_case")
    texts = ("äöü", "made by snowkit to prove", "Second line")
    for name in FORMATS:
        shown = render(report, name)
        assert not [text for text in texts if text in shown]
    assert tag, "the case was really there"
    assert all(t in case.texts("x")["description"] + case.texts("x")["short_description"] for t in texts)


async def test_nothing_is_written_without_consent(run: Run) -> None:
    """Without allow_writes no row appears, no journal is begun, and the verdict is unknown."""
    before = counted(run.lab)
    report = await run.go(allow_writes=False)
    assert counted(run.lab) == before
    assert not run.journal.path.exists()
    assert not run.lab.platform.events
    found = findings(report)
    assert found["sync.create"].outcome.cause == "not_permitted"
    assert {f.verdict for f in report.findings} == {Verdict.UNKNOWN, Verdict.BLOCKED}
    assert report.exit_code == 3


async def test_without_an_inspector_the_leftovers_are_named(run: Run) -> None:
    """The case stays, is named with its sys_id, and the run could not tell."""
    run.without_inspector()
    report = await run.go()
    left = run.row("sn_customerservice_case", f"short_descriptionSTARTSWITH{TAG_PREFIX}")
    found = findings(report)
    assert found["sync.cleanup"].verdict is Verdict.UNKNOWN
    assert left["sys_id"] in found["sync.cleanup"].outcome.summary
    assert found["sync.attachment"].outcome.cause == "not_permitted"
    assert found["sync.comment_webhook"].verdict is Verdict.MET
    assert report.exit_code == 3
    (row,) = run.lab.store.find("sys_journal_field", f"element_id={left['sys_id']}")
    assert row["sys_id"] in found["sync.cleanup"].outcome.summary
    assert [entry.sys_id for entry in run.journal.left(run.lab.url)] == [left["sys_id"], row["sys_id"]]


async def test_cleanup_removes_what_an_earlier_run_left_and_nothing_else(run: Run) -> None:
    """Strays are found by their tag; a customer's case that merely speaks of canaries stays."""
    before = counted(run.lab)
    with_inspector = run.login
    run.without_inspector()
    await run.go()
    foreign = run.lab.store.find("sn_customerservice_case", "")[0]["sys_id"]
    run.lab.store.patch(
        "sn_customerservice_case", foreign, {"short_description": f"{TAG_PREFIX}s are birds, says a customer"}
    )
    async with Session(with_inspector) as session:
        removed = await cleanup.remove(session, load("theloops"), run.journal)
    assert [item.table for item in removed.gone] == ["sn_customerservice_case", "sys_journal_field"]
    assert not removed.left
    assert counted(run.lab) == before
    assert not run.journal.left(run.lab.url)


async def test_cleanup_needs_no_journal(run: Run) -> None:
    """A run on another computer left a case; it is found by its tag alone."""
    with_inspector = run.login
    run.without_inspector()
    await run.go()
    async with Session(with_inspector) as session:
        removed = await cleanup.remove(
            session, load("theloops"), Journal(run.journal.path.with_name("other"))
        )
    assert [item.table for item in removed.gone] == ["sn_customerservice_case", "sys_journal_field"]


async def test_a_broken_script_is_named_with_its_line(run: Run) -> None:
    """The comment rule throws on its third line: the rule and the line are named, and cleaning still happens."""
    run.change(
        "sys_script",
        f"name={COMMENT_RULE}",
        {"script": "var a = 1; // RESTMessageV2\nvar b = 2;\nnoSuchThing.call();\n"},
    )
    report = await run.go()
    assert gaps(report) == {"sync.comment_webhook": "rule_misconfigured"}
    summary = findings(report)["sync.comment_webhook"].outcome.summary
    assert COMMENT_RULE in summary
    assert "line 3" in summary
    assert nothing_left(run)


async def test_a_generated_script_that_fails_is_named(run: Run) -> None:
    """The generated script catches its own errors and logs them; that log is understood, line and all."""
    row = run.row("sys_script", f"name={CASE_RULE}")
    broken = row["script"].replace("field('number')", "fieldd('number')")
    assert broken != row["script"]
    line = broken[: broken.index("fieldd(")].count("\n") + 1
    run.change("sys_script", f"name={CASE_RULE}", {"script": broken})
    report = await run.go()
    assert gaps(report) == {"sync.webhook": "rule_misconfigured"}
    summary = findings(report)["sync.webhook"].outcome.summary
    assert CASE_RULE in summary
    assert f"line {line}" in summary
    assert nothing_left(run)


@pytest.mark.parametrize(("mode", "words"), [("error", "HTTP 500"), ("down", "without an answer")])
async def test_a_refusing_platform_is_seen_in_the_outbound_log(run: Run, mode: str, words: str) -> None:
    """The webhook was sent and refused; the one gap is the first webhook, the others are blocked by it."""
    run.lab.change_switches({"inbox": mode})
    report = await run.go()
    assert gaps(report) == {"sync.webhook": "webhook_refused"}
    found = findings(report)
    assert "sent and refused" in found["sync.webhook"].outcome.summary
    assert words in found["sync.webhook"].outcome.summary
    assert found["sync.comment_webhook"].blocked_by == "sync.webhook"
    assert any("sys_outbound_http_log" in item.path for item in found["sync.webhook"].outcome.evidence)
    assert nothing_left(run)


async def test_a_platform_that_is_gone_is_a_refusal_too(run: Run) -> None:
    """Neither webhook address nor inbox answer: the outbound log tells, although the inbox cannot be asked."""
    gone = "http://127.0.0.1:9/hook"
    run.change("sys_properties", "name=theloops.webhook.url.lab", {"value": gone})
    run.set(webhook_url=gone, inbox_url="http://127.0.0.1:9/inbox")
    report = await run.go()
    assert gaps(report) == {"sync.webhook": "webhook_refused"}
    assert nothing_left(run)


@pytest.mark.parametrize(
    ("rule", "values", "step", "cause"),
    [
        (CASE_RULE, {"active": "false"}, "sync.webhook", "rule_inactive"),
        (COMMENT_RULE, {"active": "false"}, "sync.comment_webhook", "rule_inactive"),
        (CASE_RULE, {"collection": "incident"}, "sync.webhook", "rule_misconfigured"),
        (COMMENT_RULE, {"action_insert": "false"}, "sync.comment_webhook", "rule_misconfigured"),
        (COMMENT_RULE, {"filter_condition": "name=incident"}, "sync.comment_webhook", "rule_misconfigured"),
        (CASE_RULE, {"advanced": "false"}, "sync.webhook", "rule_misconfigured"),
        (CASE_RULE, {"script": "if (false) new sn_ws.RESTMessageV2();"}, "sync.webhook", "webhook_not_sent"),
        (CASE_RULE, {"condition": "false"}, "sync.webhook", "rule_misconfigured"),
        (CASE_RULE, {"role_conditions": "admin"}, "sync.webhook", "rule_misconfigured"),
        (ATTACHMENT_RULE, {"active": "false"}, "sync.attachment_webhook", "rule_inactive"),
    ],
)
async def test_a_rule_that_cannot_post_is_named(
    run: Run, rule: str, values: dict[str, str], step: str, cause: str
) -> None:
    """What is wrong with the rule is the one gap, and everything made is deleted."""
    run.change("sys_script", f"name={rule}", values)
    report = await run.go()
    assert gaps(report) == {step: cause}
    assert rule in findings(report)[step].outcome.summary
    assert report.exit_code == (0 if findings(report)[step].level is Level.ADVISED else 1)
    assert nothing_left(run)


async def test_a_missing_rule_is_named(run: Run) -> None:
    """The case rule was deleted."""
    run.lab.store.remove("sys_script", run.row("sys_script", f"name={CASE_RULE}")["sys_id"])
    report = await run.go()
    assert gaps(report) == {"sync.webhook": "rule_missing"}


@pytest.mark.parametrize(
    ("name", "value", "cause"),
    [
        ("theloops.webhook.url.lab", "", "property"),
        ("theloops.webhook.enabled", "false", "property"),
        ("theloops.webhook.url.lab", "http://127.0.0.1:9/hook", "property"),
    ],
)
async def test_a_wrong_property_is_the_one_root(run: Run, name: str, value: str, cause: str) -> None:
    """All three rules are silent for one reason: it is told once, and the others are blocked by it."""
    run.change("sys_properties", f"name={name}", {"value": value})
    report = await run.go()
    assert gaps(report) == {"sync.webhook": cause}
    found = findings(report)
    assert name in found["sync.webhook"].outcome.summary
    assert found["sync.comment_webhook"].blocked_by == "sync.webhook"
    assert found["sync.attachment_webhook"].blocked_by == "sync.webhook"
    assert nothing_left(run)


async def test_a_clone_is_told_from_an_empty_property(run: Run) -> None:
    """The URL stands under another instance's name."""
    run.change("sys_properties", "name=instance_name", {"value": "labclone"})
    report = await run.go()
    assert gaps(report) == {"sync.webhook": "clone"}


async def test_the_echo_guard_is_named_and_no_fault(run: Run) -> None:
    """skip_user holds the token's user: nothing can be said of the webhooks, and nothing is accused."""
    run.change("sys_properties", "name=theloops.webhook.skip_user", {"value": "integration"})
    report = await run.go()
    assert not gaps(report)
    assert findings(report)["sync.webhook"].outcome.cause == "echo_guard"
    assert report.exit_code == 3


async def test_without_an_inbox_the_outbound_log_is_the_witness(run: Run) -> None:
    """Delivery (HTTP 2xx) is met by the log, and no more is claimed."""
    run.set(inbox_url="")
    report = await run.go()
    found = findings(report)["sync.webhook"]
    assert found.verdict is Verdict.MET
    assert "outbound log" in found.outcome.summary
    assert report.exit_code == 0


async def test_without_inbox_and_inspector_delivery_is_unknown(run: Run) -> None:
    """Nobody can tell, and the sentence says what to ask the administrator."""
    run.set(inbox_url="")
    run.without_inspector()
    report = await run.go()
    found = findings(report)["sync.webhook"]
    assert (found.verdict, found.outcome.cause) == (Verdict.UNKNOWN, "not_observable")
    assert "sys_outbound_http_log" in found.outcome.summary


async def test_a_silent_rule_without_an_inspector_is_unknown(run: Run) -> None:
    """No webhook came and nobody may look why."""
    run.change("sys_script", f"name={CASE_RULE}", {"active": "false"})
    run.without_inspector()
    report = await run.go(patience=QUICK)
    found = findings(report)["sync.webhook"]
    assert (found.verdict, found.outcome.cause) == (Verdict.UNKNOWN, "not_observable")


async def test_an_inbox_of_another_platform_is_told_from_a_refusal(run: Run) -> None:
    """The log shows HTTP 2xx, the inbox that is read stays empty."""
    with Lab("fresh", cases=1) as other:
        run.set(inbox_url=other.inbox_url)
        report = await run.go()
    assert gaps(report) == {"sync.webhook": "webhook_missing"}


async def test_a_refused_case_blocks_the_rest_and_leaves_nothing(run: Run) -> None:
    """The write ACL refuses the case: one gap, the rest blocked by it, and the cleaning has nothing to do."""
    for grant in run.lab.store.find("sys_user_has_role", ""):
        user = run.lab.store.get("sys_user", grant["user"]) or {}
        role = run.lab.store.get("sys_user_role", grant["role"]) or {}
        if user.get("user_name") == "integration" and role.get("name") == "csm_ws_integration":
            run.lab.store.remove("sys_user_has_role", grant["sys_id"])
    report = await run.go()
    assert list(gaps(report)) == ["sync.create"]
    found = findings(report)
    assert {found[id_].blocked_by for id_ in found if id_ not in ("sync.create", "sync.cleanup")} == {
        "sync.create"
    }
    assert found["sync.cleanup"].verdict is Verdict.MET
    assert nothing_left(run)


async def test_a_changed_field_is_named(run: Run) -> None:
    """A customer's rule rewrites the description: the step names the field, not its text."""
    run.lab.records.insert(
        "sys_script",
        {
            "name": "Rewrites",
            "collection": "sn_customerservice_case",
            "active": "true",
            "advanced": "true",
            "when": "before",
            "action_insert": "true",
            "script": "current.description = 'rewritten by somebody';",
        },
        SYSTEM,
        workflow=False,
    )
    report = await run.go()
    assert list(gaps(report)) == ["sync.fields"]
    assert "description" in findings(report)["sync.fields"].outcome.summary
    assert "rewritten" not in json.dumps(render(report, "json"))
    assert nothing_left(run)


async def test_a_hidden_journal_is_told_from_a_broken_sync(run: Run) -> None:
    """The comment is taken, its row is hidden from the integration: sys_journal_field is named."""
    (role,) = run.lab.store.find("sys_user_role", "name=audit_viewer")
    for grant in run.lab.store.find("sys_user_has_role", f"role={role['sys_id']}"):
        run.lab.store.remove("sys_user_has_role", grant["sys_id"])
    report = await run.go()
    found = findings(report)
    assert list(gaps(report)) == ["sync.comment"]
    assert "sys_journal_field" in found["sync.comment"].outcome.summary
    assert found["sync.comment_webhook"].blocked_by == "sync.comment"
    assert nothing_left(run)


async def test_a_hidden_journal_without_an_inspector_is_unknown(run: Run) -> None:
    """Hidden or never written: the integration alone cannot tell."""
    (role,) = run.lab.store.find("sys_user_role", "name=audit_viewer")
    for grant in run.lab.store.find("sys_user_has_role", f"role={role['sys_id']}"):
        run.lab.store.remove("sys_user_has_role", grant["sys_id"])
    run.without_inspector()
    report = await run.go()
    assert findings(report)["sync.comment"].verdict is not Verdict.MET
    assert report.exit_code != 0


async def test_a_case_whose_answer_got_lost_is_found_and_not_made_twice(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The POST arrived, its answer did not: one case, found by its tag, and the run goes on."""
    posts = []
    create = cases.create

    async def lossy(client: Client, values: dict[str, str]) -> Reply:
        posts.append(await create(client, values))
        raise Unreachable("The connection broke.")

    monkeypatch.setattr(cases, "create", lossy)
    report = await run.go()
    assert len(posts) == 1
    assert report.exit_code == 0
    assert nothing_left(run)


@pytest.mark.parametrize("status", [200, 201])
async def test_a_success_that_cannot_be_read_is_no_refusal(
    run: Run, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """The case was made, its answer was cut short and the search failed: the cleaning looks, and deletes it."""
    create = cases.create

    async def cut_short(client: Client, values: dict[str, str]) -> Reply:
        await create(client, values)
        failure = Failure(status, "edge", "The answer is not whole JSON")
        return Reply("POST", "/api/sn_customerservice/case", status, {}, b"", None, failure)

    async def nothing(canary: Canary, client: Client) -> list[dict[str, str]]:
        return []

    monkeypatch.setattr(cases, "create", cut_short)
    monkeypatch.setattr(Canary, "find", nothing)
    report = await run.go()
    found = findings(report)
    assert (found["sync.create"].verdict, found["sync.create"].outcome.cause) == (Verdict.UNKNOWN, "edge")
    assert "sn_customerservice_case" in found["sync.cleanup"].outcome.summary
    assert nothing_left(run)


async def test_a_case_that_never_arrived_leaves_nothing_known(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The POST broke before it arrived: unknown, all else blocked by it, and nothing is left."""

    async def broken(client: Client, values: dict[str, str]) -> Reply:
        raise Unreachable("The connection broke.")

    monkeypatch.setattr(cases, "create", broken)
    report = await run.go()
    found = findings(report)
    assert found["sync.create"].outcome.cause == "network"
    assert found["sync.fields"].blocked_by == "sync.create"
    assert nothing_left(run)


async def test_a_policy_is_not_taken_for_a_bad_token(run: Run) -> None:
    """The Case API's policy shuts the token out, the Table API takes it: unknown, and the way to snowkit check."""
    run.change("sys_api_access_policy", "name=TheLoops Case API Access", {"active": "false"})
    report = await run.go()
    found = findings(report)["sync.create"]
    assert (found.verdict, found.outcome.cause) == (Verdict.UNKNOWN, "authentication")
    assert "REST API Access Policy" in found.outcome.summary
    assert found.outcome.fix is not None
    assert "snowkit check" in found.outcome.fix.summary
    assert nothing_left(run)


async def test_a_comment_that_nobody_is_shown_is_not_called_gone(run: Run) -> None:
    """A before-query rule hides the journal from all: unknown, its place named; once shown, it is cleaned."""
    before = counted(run.lab)
    run.lab.change_switches({"before_query": {"sys_journal_field": "element=nothing"}})
    report = await run.go()
    found = findings(report)
    assert found["sync.comment"].verdict is Verdict.UNKNOWN
    cleaned = found["sync.cleanup"]
    assert (cleaned.verdict, cleaned.outcome.cause) == (Verdict.UNKNOWN, "cleanup")
    noted = {entry.table: entry.sys_id for entry in run.journal.left(run.lab.url)}
    assert f"sys_journal_field with element_id={noted['sn_customerservice_case']}" in cleaned.outcome.summary
    run.lab.change_switches({"before_query": {}})
    async with Session(run.login) as session:
        removed = await cleanup.remove(session, load("theloops"), run.journal)
    assert removed.outcome().verdict is Verdict.MET
    assert [item.table for item in removed.gone] == ["sys_journal_field"]
    assert counted(run.lab) == before
    assert nothing_left(run)


async def test_a_comment_that_the_instance_dropped_is_not_looked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case's activities say that the integration may not comment: there is no row to clean."""
    update = cases.update

    async def dropped(client: Client, sys_id: str, values: dict[str, str]) -> Reply:
        return await update(client, sys_id, {})

    async def may_not(client: Client, sys_id: str) -> Reply:
        told = {"result": {"journal_fields": [{"name": "comments", "can_write": False}]}}
        return Reply("GET", "/api/x", 200, {}, b"", told, None)

    monkeypatch.setattr(cases, "update", dropped)
    monkeypatch.setattr(cases, "activities", may_not)
    report = await run.go()
    assert gaps(report)["sync.comment"] == "write_acl"
    assert findings(report)["sync.cleanup"].verdict is Verdict.MET
    assert nothing_left(run)


async def test_a_dropped_condition_does_not_name_the_token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row is shown of many that match before row ACLs: it may be anybody, so nobody is named."""
    read = table.read

    async def of_many(client: Client, name: str, *arguments: Any, **options: Any) -> Reply:
        reply = await read(client, name, *arguments, **options)
        return (
            replace(reply, headers={**reply.headers, "x-total-count": "7"}) if name == "sys_user" else reply
        )

    monkeypatch.setattr(table, "read", of_many)
    report = await run.go(allow_writes=False)
    assert report.subject.user == ""


def test_the_consent_names_what_cannot_be_taken_back() -> None:
    """Audit rows stay, and a case sets off what the customer set up for cases."""
    texts = " ".join(WRITES)
    for words in ("sys_audit,", "sys_audit_delete", "notifications", "assignment rules", "SLAs"):
        assert words in texts


async def test_a_file_and_a_comment_whose_answers_got_lost_are_found(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is sent a second time."""
    upload, update = attachments.upload, cases.update

    async def lossy_upload(*arguments: object) -> Reply:
        await upload(*arguments)  # type: ignore[arg-type]
        raise Unreachable("The connection broke.")

    async def lossy_update(*arguments: object) -> Reply:
        await update(*arguments)  # type: ignore[arg-type]
        raise Unreachable("The connection broke.")

    monkeypatch.setattr(attachments, "upload", lossy_upload)
    monkeypatch.setattr(cases, "update", lossy_update)
    report = await run.go()
    assert report.exit_code == 0
    assert nothing_left(run)


async def test_a_rule_that_aborts_the_comment_is_named(run: Run) -> None:
    """A customer's before rule stops every update: the refusal's own words are shown."""
    rule = {
        "name": "Stops updates",
        "collection": "sn_customerservice_case",
        "active": "true",
        "advanced": "true",
        "when": "before",
        "action_update": "true",
        "script": "current.setAbortAction(true);",
    }
    run.lab.records.insert("sys_script", rule, SYSTEM, workflow=False)
    report = await run.go()
    assert list(gaps(report)) == ["sync.comment"]
    assert nothing_left(run)


async def test_late_bytes_are_waited_for(run: Run) -> None:
    """The attachment's record comes before its bytes."""
    run.lab.change_switches({"attachment_bytes_delay": 1.0})
    report = await run.go()
    assert findings(report)["sync.attachment"].verdict is Verdict.MET


async def test_bytes_that_never_come_are_named(run: Run) -> None:
    """After the patience the bytes are still not there."""
    run.lab.change_switches({"attachment_bytes_delay": 500.0})
    report = await run.go()
    assert gaps(report)["sync.attachment"] == "bytes_late"
    assert nothing_left(run)


@pytest.mark.parametrize("step", ["sync.webhook", "sync.comment", "sync.attachment"])
async def test_an_interrupted_run_cleans_up(run: Run, step: str) -> None:
    """Cancelled in the middle of a step, the run deletes what it made before it ends."""
    task: asyncio.Task[Report]

    def interrupt(event: Event) -> None:
        if isinstance(event, Started) and event.id == step:
            task.cancel()

    before = counted(run.lab)
    task = asyncio.ensure_future(run.go(watch=interrupt))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert nothing_left(run)
    assert counted(run.lab) == before


async def test_interrupted_while_the_case_is_made(run: Run) -> None:
    """The POST is on its way when the run is cancelled: the case is found and deleted all the same."""
    run.lab.change_switches({"answer_delay": 0.1})
    created = asyncio.Event()

    def interrupt(event: Event) -> None:
        if isinstance(event, Started) and event.id == "sync.create":
            created.set()

    task = asyncio.ensure_future(run.go(watch=interrupt))
    await created.wait()
    while not run.journal.left(run.lab.url):  # noqa: ASYNC110 - a file cannot be awaited
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert nothing_left(run)


async def test_two_runs_at_once_leave_each_other_alone(run: Run) -> None:
    """Both are met; neither deletes the other's records."""
    first, second = await asyncio.gather(run.go(), run.go())
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert nothing_left(run)


async def test_a_journal_that_cannot_be_written_stops_the_run(run: Run) -> None:
    """Nothing is made that could not be found again."""
    run.journal.path.mkdir(parents=True)
    before = counted(run.lab)
    with pytest.raises(OutputError):
        await run.go()
    assert counted(run.lab) == before


async def test_content_management_alone_has_no_tickets(run: Run) -> None:
    """The profile's capability syncs no cases."""
    run.set(capability=("content",))
    with pytest.raises(UsageError):
        await run.go()


def test_the_three_texts_bear_the_tag() -> None:
    """Whatever is made begins with the tag, since that is how strays are found."""
    assert case.texts("T")["short_description"].startswith("T")
    assert comment.text("T").startswith("T")
    assert attachment.file_name("T").startswith("T")


def test_each_step_says_why_it_is_asked_for() -> None:
    """The page asks for no canary, so every step gives snowkit's reason."""
    assert all(step.source == "snowkit" and step.why for step in STEPS)
