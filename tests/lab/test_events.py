"""Events wait on their queue, and script actions answer them."""

from __future__ import annotations

from snowkit.lab.instance import Lab
from snowkit.lab.session import SYSTEM, Session


def add(lab: Lab, table: str, **values: str) -> str:
    """Add a record past all rules."""
    return lab.records.insert(table, values, SYSTEM, workflow=False)["sys_id"]


def add_rule(lab: Lab, script: str) -> None:
    """Add an after-insert rule on incidents."""
    flags = {"active": "true", "advanced": "true", "when": "after", "action_insert": "true"}
    add(lab, "sys_script", name="Rule", collection="incident", script=script, **flags)


def test_a_script_action_runs_later_with_the_event_and_its_record(lab: Lab, ada: Session) -> None:
    """Its parameters and its record are at hand; the event is processed afterwards."""
    add_rule(lab, "gs.eventQueue('case.told', current, 'one', 'two');")
    script = "gs.info([event.parm1, event.parm2, current.short_description].join());"
    add(lab, "sysevent_script_action", name="Tell", event_name="case.told", script=script)
    lab.records.insert("incident", {"short_description": "printer"}, ada)
    assert [row["state"] for row in lab.store.find("sysevent", "name=case.told")] == ["ready"]
    lab.scheduler.drain()
    assert [row["message"] for row in lab.store.find("syslog", "level=0")] == ["one,two,printer"]
    assert [row["state"] for row in lab.store.find("sysevent", "name=case.told")] == ["processed"]


def test_a_script_action_that_fails_marks_the_event(lab: Lab, ada: Session) -> None:
    """Its error is in the system log."""
    add_rule(lab, "gs.eventQueue('case.told', current);")
    add(lab, "sysevent_script_action", name="Tell", event_name="case.told", script="nosuch();")
    lab.records.insert("incident", {}, ada)
    lab.scheduler.drain()
    assert [row["state"] for row in lab.store.find("sysevent", "name=case.told")] == ["error"]
    assert lab.store.count("syslog", "level=2^messageLIKEScript Action: Tell") == 1


def test_a_secure_record_sees_what_its_user_may_read(lab: Lab) -> None:
    """Unlike GlideRecord, which passes every access control."""
    script = "var n = []; [GlideRecord, GlideRecordSecure].forEach(function (C) {"
    script += "var r = new C('sn_customerservice_case');"
    add_rule(lab, script + "r.query(); var c = 0; while (r.next()) c++; n.push(c); }); gs.info(n.join());")
    limited = lab.store.find("sys_user", "user_name=limited")[0]
    lab.records.insert(
        "incident", {}, Session(limited["sys_id"], "limited", frozenset({"snc_internal"}), "basic")
    )
    cases = lab.store.count("sn_customerservice_case")
    assert [row["message"] for row in lab.store.find("syslog", "level=0")] == [f"{cases},0"]
