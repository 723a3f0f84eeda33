"""Business rules run for the right changes, in order, and their failures cost nobody but themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from snowkit.lab.rules import Aborted
from tests.lab.small import ADMIN, Somebody, add_rule, insert, logged, small_lab, update


@pytest.fixture
def lab() -> Iterator[Any]:
    with small_lab() as lab:
        yield lab


def test_a_before_rule_changes_what_is_stored(lab: Any) -> None:
    """What a before rule sets is saved without an update of its own."""
    add_rule(lab, "current.short_description = 'set: ' + current.short_description;", when="before")
    row = insert(lab, short_description="printer")
    assert lab.store.get("incident", row["sys_id"])["short_description"] == "set: printer"


def test_an_after_rule_sees_what_changed_but_changes_nothing(lab: Any) -> None:
    """After rules have previous and changes(), and what they set is not saved."""
    add_rule(
        lab,
        "gs.info([current.state.changes(), current.impact.changes(), previous.state, current.state].join());"
        "current.short_description = 'lost';",
    )
    row = update(lab, insert(lab, state="1", short_description="kept"), state="2")
    assert "true,false,1,2" in logged(lab)
    assert row["short_description"] == "kept"


def test_there_is_no_previous_on_an_insert(lab: Any) -> None:
    """A script that relies on it fails, as on an instance."""
    add_rule(lab, "gs.info(previous === null);")
    insert(lab)
    assert logged(lab) == ["true"]


def test_rules_run_by_order_for_the_table_and_what_it_extends(lab: Any) -> None:
    """Rules of the parent table and of all tables mix with the table's own by their order."""
    add_rule(lab, "gs.info('second');", order="200", collection="task")
    add_rule(lab, "gs.info('third');", order="300", collection="global")
    add_rule(lab, "gs.info('first');", order="100")
    add_rule(lab, "gs.info('never');", collection="sn_customerservice_case")
    insert(lab)
    assert logged(lab) == ["first", "second", "third"]


@pytest.mark.parametrize(
    "fields",
    [
        {"active": "false"},
        {"advanced": "false"},
        {"action_insert": "false"},
        {"when": "before_display"},
        {"filter_condition": "state=7^EQ"},
        {"condition": "current.state == 7"},
        {"role_conditions": "nobody_has_this"},
    ],
)
def test_a_rule_that_does_not_apply_does_not_run(lab: Any, fields: dict[str, str]) -> None:
    """Every part of a rule's When to run can keep it from running."""
    add_rule(lab, "gs.info('ran');", **fields)
    insert(lab, state="1")
    assert logged(lab) == []


def test_filter_and_condition_look_at_the_change(lab: Any) -> None:
    """VALCHANGES in the filter and changesTo() in the condition both hold for the right update only."""
    add_rule(
        lab,
        "gs.info(current.state);",
        filter_condition="stateVALCHANGES^EQ",
        condition="current.state.changesTo(3)",
    )
    add_rule(
        lab,
        "gs.info('filter ' + current.state);",
        filter_condition="stateVALCHANGES^EQ",
        action_insert="false",
    )
    row = insert(lab, state="1")
    for changes in ({"impact": "1"}, {"state": "2"}, {"state": "3"}):
        update(lab, row, **changes)
    assert logged(lab) == ["filter 2", "3", "filter 3"]


def test_a_role_condition_is_about_who_makes_the_change(lab: Any) -> None:
    """Role conditions hold the sys_ids of roles."""
    role = lab.records.insert("sys_user_role", {"name": "itil"}, ADMIN)["sys_id"]
    add_rule(lab, "gs.info(gs.getUserName());", role_conditions=role)
    insert(lab)
    lab.records.insert("incident", {}, Somebody(user_name="agent", roles=frozenset({"itil"})))
    assert logged(lab) == ["agent"]


def test_an_async_rule_runs_later_without_previous(lab: Any) -> None:
    """It has no previous and no changes(), although its condition had them; a schedule item stands for it."""
    add_rule(
        lab,
        "gs.info([previous, current.state.changes(), current.state].join('|'));",
        when="async",
        filter_condition="stateVALCHANGES^EQ",
        condition="current.state.changes() && previous.state == 1",
        action_insert="false",
        name="Later",
    )
    update(lab, insert(lab, state="1"), state="2")
    assert logged(lab) == []
    assert [row["name"] for row in lab.store.find("sys_trigger")] == ["ASYNC: Later"]
    lab.scheduler.drain()
    assert logged(lab) == ["|false|2"]
    assert lab.store.find("sys_trigger") == []


def test_an_async_rule_finds_the_record_as_it_is_by_then(lab: Any) -> None:
    """Later changes are seen; a deleted record is seen as it was."""
    add_rule(
        lab, "gs.info(current.short_description);", when="async", action_update="false", action_delete="true"
    )
    row = insert(lab, short_description="first")
    update(lab, row, short_description="second")
    lab.scheduler.drain()
    lab.records.delete("incident", row["sys_id"], ADMIN)
    lab.scheduler.drain()
    assert logged(lab) == ["second", "second"]


def test_a_before_rule_can_abort_the_write(lab: Any) -> None:
    """Nothing is stored, and the refusal names the rule."""
    rule = add_rule(lab, "current.setAbortAction(true);", when="before", name="No more")
    with pytest.raises(Aborted) as caught:
        insert(lab)
    assert (caught.value.rule_name, caught.value.rule_id) == ("No more", rule)
    assert caught.value.stack == ("No more",)
    assert lab.store.find("incident") == []


def test_only_before_rules_abort(lab: Any) -> None:
    """The same call in an after rule has no effect."""
    add_rule(lab, "current.setAbortAction(true);")
    insert(lab)
    assert len(lab.store.find("incident")) == 1


def test_a_rule_without_script_sets_its_template_and_aborts(lab: Any) -> None:
    """Set field values and Abort action work without Advanced."""
    add_rule(lab, "gs.info('no');", when="before", advanced="false", template="impact=2^urgency=3^EQ")
    row = insert(lab)
    assert (row["impact"], row["urgency"]) == ("2", "3")
    add_rule(lab, "", when="before", advanced="false", abort_action="true")
    with pytest.raises(Aborted):
        insert(lab)


def test_a_failing_rule_is_logged_with_its_line_and_stops_nothing(lab: Any) -> None:
    """The log says rule, line, column and the line's text; the write and the next rule go on."""
    rule = add_rule(lab, "var x = 1;\n  current.nosuch.changes();", name="Broken", order="1")
    add_rule(lab, "gs.info('next');", order="2")
    insert(lab)
    (error,) = logged(lab, "2")
    assert "Caused by error in Business Rule: Broken at line 2, column 3" in error
    assert f"sys_script.{rule}.script" in error
    assert "==> 2: current.nosuch.changes();" in error
    assert logged(lab, "0") == ["next"]
    assert len(lab.store.find("incident")) == 1


def test_a_condition_that_fails_is_logged_as_such(lab: Any) -> None:
    """The script does not run then."""
    add_rule(lab, "gs.info('ran');", condition="current.nosuch.changes()")
    insert(lab)
    (error,) = logged(lab)
    assert ".condition)" in error


def test_a_syntax_error_is_logged_with_its_line(lab: Any) -> None:
    """A return outside of a function is one."""
    add_rule(lab, "var a = 1;\nreturn;")
    insert(lab)
    assert "at line 2" in logged(lab, "2")[0]


def test_an_endless_rule_costs_its_deadline_and_the_next_rule_runs() -> None:
    """The worker is killed, the log says so, and a new worker takes the next script."""
    with small_lab(deadline=0.3) as lab:
        add_rule(lab, "while (true) {}", name="Endless", order="1")
        add_rule(lab, "gs.info('next');", order="2")
        insert(lab)
        (error,) = logged(lab, "2")
        assert "longer than 0.3 s" in error
        assert "Endless" in error
        assert logged(lab, "0") == ["next"]


def test_what_a_rule_writes_has_rules_of_its_own(lab: Any) -> None:
    """A script is interrupted by the rules that its insert causes, and goes on after them."""
    add_rule(
        lab,
        "var p = new GlideRecord('problem'); if (!p.isValid()) p = new GlideRecord('task');"
        "p.short_description = 'from ' + current.number; gs.info('inner ' + !!p.insert()); gs.info('outer');",
        action_update="false",
    )
    add_rule(
        lab,
        "gs.info('rule of ' + current.short_description);",
        collection="task",
        condition="current.short_description.toString().indexOf('from') == 0",
    )
    row = insert(lab)
    assert logged(lab) == [f"rule of from {row['number']}", "inner true", "outer"]


def test_a_rule_that_updates_its_own_record_is_not_run_again(lab: Any) -> None:
    """The recursion is stopped and logged, and the update is made."""
    add_rule(lab, "current.work_notes = ''; current.impact = 1 + Number(current.impact); current.update();")
    row = insert(lab, impact="1")
    assert lab.store.get("incident", row["sys_id"])["impact"] == "2"
    assert "Recursion" in logged(lab, "1")[0]


def test_rules_that_keep_causing_each_other_end(lab: Any) -> None:
    """A rule that inserts a record whose rule inserts a record … comes to an end, async or not."""
    for when in ("after", "async"):
        add_rule(lab, "var r = new GlideRecord('incident'); r.initialize(); r.insert();", when=when)
        insert(lab)
        lab.scheduler.drain()
        assert logged(lab, "1")
        assert len(lab.store.find("incident")) < 200
        for rule in lab.store.find("sys_script"):
            lab.store.remove("sys_script", rule["sys_id"])


def test_set_workflow_false_silences_the_rules_of_a_write(lab: Any) -> None:
    """The record is written all the same."""
    add_rule(lab, "gs.info('ran');", action_insert="false")
    row = insert(lab, impact="1")
    add_rule(
        lab,
        "var r = new GlideRecord('incident'); r.get(current.parent.toString());"
        "r.setWorkflow(false); r.impact = 3; r.update();",
        collection="sn_customerservice_case",
        action_update="false",
    )
    insert(lab, "sn_customerservice_case", parent=row["sys_id"])
    assert lab.store.get("incident", row["sys_id"])["impact"] == "3"
    assert logged(lab) == []


def test_script_includes_are_there_by_name(lab: Any) -> None:
    """The classic class form works, and an include may use another one."""
    script = (
        "var Greeter = Class.create();\n"
        "Greeter.prototype = { initialize: function(n) { this.n = n; }, "
        "greet: function() { return prefix() + this.n; }, type: 'Greeter' };"
    )
    lab.records.insert("sys_script_include", {"name": "Greeter", "script": script, "active": "true"}, ADMIN)
    lab.records.insert(
        "sys_script_include",
        {"name": "prefix", "script": "function prefix() { return 'Hello '; }", "active": "true"},
        ADMIN,
    )
    add_rule(lab, "gs.info(new Greeter('you').greet());")
    insert(lab)
    assert logged(lab) == ["Hello you"]


def test_the_legacy_form_runs_the_function_of_its_moment(lab: Any) -> None:
    """A script that only defines onAfter is called."""
    add_rule(lab, "function onAfter(current, previous) { gs.info('after ' + current.operation()); }")
    insert(lab)
    assert logged(lab) == ["after insert"]


def test_a_comment_fires_rules_on_the_journal(lab: Any) -> None:
    """The journal row is the current record; the case is found by element_id."""
    add_rule(
        lab,
        "var c = new GlideRecord(current.name.toString()); c.get(current.element_id.toString());"
        "gs.info(c.number + ': ' + current.element + ' ' + current.value);",
        collection="sys_journal_field",
        filter_condition="name=sn_customerservice_case^elementINcomments^EQ",
    )
    row = insert(lab, "sn_customerservice_case", comments="Hello")
    lab.records.update("sn_customerservice_case", row["sys_id"], {"work_notes": "secret"}, ADMIN)
    assert logged(lab) == [f"{row['number']}: comments Hello"]


MODERN = "(function () { let seen = [1, 2].map((each) => `${each}`); gs.info(seen.join()); })();"


def test_a_modern_script_fails_in_es5_mode_and_the_write_goes_on(lab: Any) -> None:
    """ES5 Standards mode is a global rule's mode; the log names the line and the construct."""
    add_rule(lab, "\n" + MODERN)
    row = insert(lab, short_description="kept")
    [complaint] = logged(lab, "2")
    assert complaint.startswith("syntax error: let is not supported in ES5 Standards mode")
    assert "at line 2, column 16" in complaint
    assert row["short_description"] == "kept"


def test_es12_mode_is_turned_on_for_a_script_or_for_a_scoped_application(lab: Any) -> None:
    """By a record of sys_es_latest_script, or by the application's JavaScript mode; never for global as a whole."""
    scope = insert(lab, "sys_scope", name="App", scope="x_app", js_level="es_latest")["sys_id"]
    add_rule(lab, MODERN, name="scoped", sys_scope=scope)
    rule = add_rule(lab, MODERN, name="global")
    mode = {"table": "sys_script", "id": rule, "use_es_latest": "true"}
    lab.records.insert("sys_es_latest_script", mode, ADMIN)
    insert(lab)
    assert logged(lab) == ["1,2", "1,2"]
