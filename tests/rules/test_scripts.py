"""The generated scripts do in JavaScript what their rules promise: post ids of cases, or nothing, and never throw."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import quickjs
from hypothesis import given
from hypothesis import strategies as st

from snowkit.pack.load import load
from snowkit.rules.scripts import literal, render

PACK = load()
RULES = {rule.id: rule for rule in PACK.rule}
FAKE = Path(__file__).with_name("fake_instance.js").read_text(encoding="utf-8")
CASE = "sn_customerservice_case"
URL = "https://app.example.com/hook"
RECORDS: dict[str, dict[str, str]] = {
    "case": {
        "sys_id": "c" * 32,
        "number": "CS0001",
        "sys_mod_count": "3",
        "sys_created_on": "2026-01-01 00:00:00",
        "sys_updated_on": "2026-01-02 00:00:00",
        "short_description": "private words",
    },
    "comment": {
        "sys_id": "d" * 32,
        "name": CASE,
        "element": "comments",
        "element_id": "c" * 32,
        "sys_created_on": "2026-01-02 00:00:00",
        "value": "private words",
    },
    "attachment": {
        "sys_id": "e" * 32,
        "table_name": CASE,
        "table_sys_id": "c" * 32,
        "file_name": "private words.txt",
        "content_type": "text/plain",
        "size_bytes": "12",
        "sys_created_on": "2026-01-02 00:00:00",
    },
}
OTHER = {
    "case": {},
    "comment": {"name": "incident"},
    "attachment": {"table_name": "sn_hr_core_case"},
}


def script(rule: str, *, when: str = "after", signing: bool = False, prefix: str = "theloops") -> str:
    """Return the script of one rule."""
    return render(PACK, RULES[rule], prefix=prefix, when=when, signing=signing, tables=PACK.case_tables)


def world(rule: str, **changes: Any) -> dict[str, Any]:
    """Return an instance on which the rule posts."""
    return {
        "properties": {
            "instance_name": "dev1",
            "theloops.webhook.enabled": "true",
            "theloops.webhook.url.dev1": URL,
            "theloops.webhook.skip_user": "",
            "theloops.webhook.work_notes": "false",
        },
        "user": "abel",
        "table": RULES[rule].table,
        "operation": "insert",
        "record": RECORDS[rule],
        "status": 200,
        **changes,
    }


def run(source: str, place: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what a script posted and logged; an exception of the script fails the test."""
    context = quickjs.Context()
    context.eval(f"var world = JSON.parse({literal(json.dumps(place))});")
    context.eval(FAKE)
    context.eval(source)
    return json.loads(context.eval("JSON.stringify(posts)")), json.loads(context.eval("JSON.stringify(log)"))


def without(rule: str, name: str, value: str | None = None) -> dict[str, Any]:
    """Return the instance with one property missing, or with another value."""
    place = world(rule)
    del place["properties"][name]
    if value is not None:
        place["properties"][name] = value
    return place


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("when", "how"), [("after", "executeAsync"), ("async", "execute")])
def test_a_case_is_told_once_by_its_ids(rule: str, when: str, how: str) -> None:
    """One post goes to the property's URL; it names the case and holds no word of it."""
    posts, log = run(script(rule, when=when), world(rule))
    (call,) = posts
    body = json.loads(call["body"])
    assert (call["url"], call["method"], call["how"], call["timeout"]) == (URL, "POST", how, 10000)
    assert "c" * 32 in (body["record"]["sys_id"], body.get("parent", {}).get("sys_id"))
    assert body["schema"] == "1"
    assert body["instance"] == "dev1"
    assert body["event_id"].startswith("dev1:")
    assert "private" not in call["body"]
    assert log == []


@pytest.mark.parametrize(
    ("rule", "changes", "event"),
    [
        ("case", {}, "case.created"),
        ("case", {"operation": "update"}, "case.updated"),
        ("comment", {}, "comment.created"),
        ("attachment", {}, "attachment.created"),
    ],
)
def test_each_event_has_its_name(rule: str, changes: dict[str, Any], event: str) -> None:
    """Insert and update of a case differ; journal entries and attachments are told when they are made."""
    posts, _ = run(script(rule), world(rule, **changes))
    assert json.loads(posts[0]["body"])["event"] == event


def test_two_updates_of_a_case_have_two_event_ids() -> None:
    """The id holds the modification count, so that a receiver tells a repeat from a change."""
    ids = set()
    for count in ("3", "3", "4"):
        record = {**RECORDS["case"], "sys_mod_count": count}
        posts, _ = run(script("case"), world("case", operation="update", record=record))
        ids.add(json.loads(posts[0]["body"])["event_id"])
    assert len(ids) == 2


@pytest.mark.parametrize("value", ["false", "true"])
def test_work_notes_are_told_only_where_the_customer_says_so(value: str) -> None:
    """They are internal: the property decides."""
    place = world("comment", record={**RECORDS["comment"], "element": "work_notes"})
    place["properties"]["theloops.webhook.work_notes"] = value
    posts, _ = run(script("comment"), place)
    assert [json.loads(call["body"])["event"] for call in posts] == ["work_note.created"] * (value == "true")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("when", ["after", "async"])
def test_a_record_of_another_table_is_never_told(rule: str, when: str) -> None:
    """The script looks for itself, even if somebody emptied the rule's filter."""
    place = world(rule, table="incident", record={**RECORDS[rule], **OTHER[rule]})
    assert run(script(rule, when=when), place) == ([], [])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("instance_name", "clone1"),
        ("instance_name", ""),
        ("instance_name", None),
        ("theloops.webhook.enabled", "false"),
        ("theloops.webhook.enabled", None),
        ("theloops.webhook.url.dev1", None),
        ("theloops.webhook.url.dev1", ""),
        ("theloops.webhook.url.dev1", "http://app.example.com/hook"),
        ("theloops.webhook.url.dev1", "http://127.0.0.1.example.com/hook"),
        ("theloops.webhook.url.dev1", "javascript:alert(1)"),
        ("theloops.webhook.skip_user", "abel"),
    ],
)
def test_a_clone_a_switch_or_a_bad_url_silences_a_rule(rule: str, name: str, value: str | None) -> None:
    """Nothing is posted and nothing is logged."""
    assert run(script(rule), without(rule, name, value)) == ([], [])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("url", ["http://127.0.0.1:8787/x", "http://localhost:1/x"])
def test_a_loopback_url_may_be_http(rule: str, url: str) -> None:
    """The lab's platform is reached."""
    posts, _ = run(script(rule), without(rule, "theloops.webhook.url.dev1", url))
    assert [call["url"] for call in posts] == [url]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("when", "changes", "says"),
    [
        ("after", {"broken": "theloops.webhook.enabled"}, "did not post: Java says no, line 7"),
        ("after", {"record": None}, "did not post: "),
        ("after", {"thrown": "null"}, "did not post: "),
        ("async", {"thrown": "refused"}, "did not post: refused"),
        ("async", {"status": 500}, "was answered with HTTP 500"),
    ],
)
def test_a_failure_is_one_line_in_the_log(rule: str, when: str, changes: dict[str, Any], says: str) -> None:
    """No exception reaches the person who saves a record, whatever is thrown; no body is logged."""
    _, log = run(script(rule, when=when), world(rule, **changes))
    assert len(log) == 1
    assert says in log[0]
    assert '"schema"' not in log[0]


@pytest.mark.parametrize("rule", RULES)
def test_signing_follows_standard_webhooks(rule: str) -> None:
    """The three headers sign id, time and body with the secret without its prefix."""
    place = world(rule)
    place["properties"]["theloops.webhook.secret"] = "whsec_c2VjcmV0"
    ((call,), _) = run(script(rule, signing=True), place)
    headers = call["headers"]
    assert re.fullmatch(r"\d{10}", headers["webhook-timestamp"])
    assert headers["webhook-id"] == json.loads(call["body"])["event_id"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{call['body']}"
    assert headers["webhook-signature"] == f"v1,HmacSHA256|c2VjcmV0|{signed}"


@pytest.mark.parametrize("rule", RULES)
def test_nothing_goes_out_unsigned_when_signing_was_chosen(rule: str) -> None:
    """An empty secret stops the post, and the log says which property to fill."""
    posts, log = run(script(rule, signing=True), world(rule))
    assert posts == []
    assert len(log) == 1
    assert "theloops.webhook.secret" in log[0]


ES6 = re.compile(r"=>|`|\b(let|const|class|async|await|yield|of|super|import|export)\b|\.\.\.")


def code(source: str) -> str:
    """Return a script without its comments and its strings."""
    return re.sub(
        r"/\*.*?\*/|//[^\n]*|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", "''", source, flags=re.DOTALL
    )


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("when", ["after", "async"])
@pytest.mark.parametrize("signing", [False, True])
def test_scripts_are_es5_and_leave_no_global(rule: str, when: str, signing: bool) -> None:
    """No word or sign of a later edition; one function called at once, so that no variable leaks."""
    source = script(rule, when=when, signing=signing)
    assert not ES6.search(code(source))
    assert source.startswith("(function executeRule(current, previous /*null when async*/) {")
    assert source.rstrip().endswith("})(current, previous);")
    assert source.isascii()


@given(st.text())
def test_any_text_is_a_literal_that_gives_itself_back(text: str) -> None:
    """Quotes, line separators, backslashes and closing tags cannot leave the literal."""
    written = literal(text)
    assert written.isascii()
    assert "</" not in written
    assert json.loads(quickjs.Context().eval(f"JSON.stringify({written})")) == text
