"""GlideRecord, gs and their relatives do in a rule what their documentation says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.small import ADMIN, add_rule, insert, logged, small_lab, update


@pytest.fixture
def lab() -> Iterator[Any]:
    with small_lab() as lab:
        yield lab


def said(lab: Any, script: str, row: dict[str, str] | None = None, **fields: str) -> Any:
    """Run an expression or statements that set `out` as an after-insert rule, and return what it says."""
    add_rule(lab, f"var out; {script}; gs.info(JSON.stringify(out));", **fields)
    insert(lab, **(row or {}))
    assert logged(lab, "2") == []
    return json.loads(logged(lab, "0")[-1])


def test_get_value_is_text_or_null(lab: Any) -> None:
    """An empty field has no value, and an unknown field is undefined."""
    out = said(
        lab,
        "out = [current.getValue('state'), current.getValue('parent'), typeof current.nosuch]",
        {"state": "2"},
    )
    assert out == ["2", None, "undefined"]


def test_an_element_compares_and_joins_like_its_text(lab: Any) -> None:
    """An element is an object that becomes text when it has to."""
    out = said(
        lab,
        "out = [typeof current.state, current.state == 2, current.state + '', current.state.nil(), "
        "current.parent.nil()]",
        {"state": "2"},
    )
    assert out == ["object", True, "2", False, True]


def test_an_element_in_json_is_not_its_text(lab: Any) -> None:
    """The classic mistake of a payload shows in the lab too."""
    assert said(lab, "out = {state: current.state}", {"state": "2"}) == {"state": {}}


def test_dots_walk_through_references(lab: Any) -> None:
    """Fields of the referenced record, at any depth, and getRefRecord."""
    department = insert(lab, "cmn_department", name="Sales")["sys_id"]
    user = insert(lab, "sys_user", user_name="abel", name="Abel Tuter", department=department)["sys_id"]
    out = said(
        lab,
        "out = ['' + current.caller_id.name, '' + current.caller_id.department.name, "
        "current.caller_id.getDisplayValue(),"
        "current.caller_id.getRefRecord().getValue('user_name'), '' + current.parent.number, "
        "current.getDisplayValue('caller_id')]",
        {"caller_id": user},
    )
    assert out == ["Abel Tuter", "Sales", "Abel Tuter", "abel", "", "Abel Tuter"]


def test_changes_are_seen_by_field_and_value(lab: Any) -> None:
    """changes, changesFrom and changesTo, but not for journal fields."""
    row = insert(lab, state="1")
    add_rule(
        lab,
        "gs.info([current.state.changes(), current.state.changesFrom(1), current.state.changesTo(2), "
        "current.state.changesTo(3),"
        "current.impact.changes(), current.comments.changes(), current.changes()].join());",
    )
    update(lab, row, state="2", comments="hello")
    assert logged(lab) == ["true,true,true,false,false,false,true"]


def test_a_query_finds_counts_orders_and_limits(lab: Any) -> None:
    """The chain of query methods gives the records in order."""
    for name in "dacb":
        insert(lab, "cmn_department", name=name, description="x" if name != "d" else "y")
    out = said(
        lab,
        "var r = new GlideRecord('cmn_department'); r.addQuery('description', "
        "'x').addOrCondition('description', 'y');"
        "r.addQuery('name', '!=', 'c'); r.orderByDesc('name'); r.setLimit(2); r.query(); out = "
        "[r.getRowCount()];"
        "while (r.next()) out.push(r.getValue('name'));",
    )
    assert out == [2, "d", "b"]


def test_an_encoded_query_in_and_null_queries(lab: Any) -> None:
    """Encoded text, IN lists and ISEMPTY."""
    for name in "abc":
        insert(lab, "cmn_department", name=name, description="" if name == "b" else "x")
    out = said(
        lab,
        "function names(r) { r.orderBy('name'); r.query(); var n = ''; while (r.next()) n += r.name; "
        "return n; }"
        "var e = new GlideRecord('cmn_department'); e.addEncodedQuery('nameINa,b');"
        "var i = new GlideRecord('cmn_department'); i.addQuery('name', 'IN', 'b,c');"
        "var n = new GlideRecord('cmn_department'); n.addNullQuery('description');"
        "var f = new GlideRecord('cmn_department'); f.addNotNullQuery('description');"
        "out = [names(e), names(i), names(n), names(f)]",
    )
    assert out == ["ab", "bc", "b", "ac"]


def test_records_are_written_read_and_deleted(lab: Any) -> None:
    """An insert gives the id, get finds by id or field, update changes what was set, deleteRecord removes."""
    out = said(
        lab,
        "var r = new GlideRecord('cmn_department'); r.initialize(); r.name = 'New'; var fresh = "
        "r.isNewRecord(); var id = r.insert();"
        "var g = new GlideRecord('cmn_department'); out = [fresh, g.get(id), g.getValue('name'), "
        "g.isValidRecord(), g.getUniqueValue() == id];"
        "g.setValue('description', 'text'); g.update();"
        "var h = new GlideRecord('cmn_department'); out.push(h.get('name', 'New'), "
        "h.getValue('description'), h.deleteRecord(), h.get(id), h.get('nothing'))",
    )
    assert out == [True, True, "New", True, True, True, "text", True, False, False]


def test_a_caret_in_a_value_is_part_of_the_value(lab: Any) -> None:
    """A value cannot smuggle a condition into a query."""
    insert(lab, "cmn_department", name="a^b", description="x")
    out = said(
        lab,
        "var r = new GlideRecord('cmn_department'); r.addQuery('name', 'a^b'); r.query();"
        "var s = new GlideRecord('cmn_department'); s.addQuery('name', 'x^ORdescription=x'); s.query();"
        "out = [r.getRowCount(), s.getRowCount()]",
    )
    assert out == [1, 0]


def test_a_caught_error_knows_its_line(lab: Any) -> None:
    """As in Rhino, for errors of the script, of the engine and of the instance."""
    out = said(
        lab,
        "out = [];\ntry { throw new Error('x'); } catch (ex) { out.push(ex.lineNumber); }\n"
        "try { current.nosuch.changes(); } catch (ex) { out.push(ex.lineNumber); }\n"
        "try { gs.base64Decode('!'); } catch (ex) { out.push(ex.lineNumber); }\n",
    )
    assert out == [2, 3, 4]


def test_a_refused_write_gives_null(lab: Any) -> None:
    """An insert that a before rule aborts returns null and raises nothing."""
    add_rule(lab, "current.setAbortAction(true);", when="before", collection="cmn_department")
    assert said(lab, "var r = new GlideRecord('cmn_department'); out = r.insert();") is None


def test_the_record_knows_its_tables_and_operation(lab: Any) -> None:
    """The method getTableName gives the rule's table, getRecordClassName the record's class."""
    out = said(
        lab,
        "out = [current.getTableName(), current.getRecordClassName(), '' + current.sys_class_name, "
        "current.operation(), current.isValidRecord(), current.canRead()]",
        collection="task",
    )
    assert out == ["task", "incident", "incident", "insert", True, True]


def test_a_table_that_is_not_there_is_not_valid(lab: Any) -> None:
    """A query of it finds nothing and is logged."""
    out = said(lab, "var r = new GlideRecord('u_nothing'); r.query(); out = [r.isValid(), r.next()];")
    assert out == [False, False]
    assert "u_nothing" in logged(lab, "1")[0]


def test_properties_are_text_null_or_the_given_default(lab: Any) -> None:
    """gs.getProperty never returns a boolean."""
    lab.records.insert("sys_properties", {"name": "x.on", "value": "true"}, ADMIN)
    out = said(
        lab,
        "out = [gs.getProperty('x.on'), gs.getProperty('x.on') === true, gs.getProperty('x.no'), "
        "gs.getProperty('x.no', 'd')]",
    )
    assert out == ["true", False, None, "d"]


def test_properties_are_set(lab: Any) -> None:
    """An existing one is changed, a new one made."""
    lab.records.insert("sys_properties", {"name": "x.old", "value": "1"}, ADMIN)
    out = said(
        lab,
        "gs.setProperty('x.old', 2); gs.setProperty('x.new', 3);"
        "out = [gs.getProperty('x.old'), gs.getProperty('x.new')]",
    )
    assert out == ["2", "3"]


def test_the_log_fills_places_and_keeps_levels(lab: Any) -> None:
    """info, warn and error are levels 0, 1 and 2."""
    add_rule(lab, "gs.info('a {0} {1} {2}', 'x', current.state); gs.warn('b'); gs.error('c'); gs.debug('d');")
    insert(lab, state="2")
    rows = [(row["level"], row["message"]) for row in lab.store.find("syslog")]
    assert sorted(rows) == sorted([("0", "a x 2 {2}"), ("1", "b"), ("2", "c"), ("-1", "d")])


def test_gs_knows_the_user(lab: Any) -> None:
    """Name, id, roles; an admin has every role."""
    out = said(
        lab,
        "out = [gs.getUserName(), gs.getUserID().length, gs.hasRole('anything'), "
        "gs.hasRoleExactly('anything')]",
    )
    assert out == ["admin", 32, True, False]


def test_text_codes(lab: Any) -> None:
    """Base64 of UTF-8, nil, GUIDs."""
    out = said(
        lab,
        "out = [gs.base64Encode('é'), gs.base64Decode('w6k='), GlideStringUtil.base64Encode('é'), "
        "gs.nil(''), gs.nil(current.parent),"
        "gs.nil(0), gs.generateGUID().length, gs.urlEncode('a b&c')]",
    )
    assert out == ["w6k=", "é", "w6k=", True, True, False, 32, "a+b%26c"]


def test_events_are_queued(lab: Any) -> None:
    """gs.eventQueue leaves a row in sysevent."""
    said(lab, "gs.eventQueue('x.happened', current, 'one', 2); out = 1")
    (event,) = lab.store.find("sysevent")
    assert (event["name"], event["table"], event["parm1"], event["parm2"]) == (
        "x.happened",
        "incident",
        "one",
        "2",
    )


@pytest.mark.parametrize(
    ("scope", "name"), [("global", "GlideCertificateEncryption"), ("x_acme_app", "CertificateEncryption")]
)
def test_a_mac_is_base64_of_a_base64_key(lab: Any, scope: str, name: str) -> None:
    """The method generateMac signs UTF-8 text; each scope has a class of its own for it."""
    key = base64.b64encode(b"secret key").decode()
    out = said(
        lab,
        "var CE = (typeof GlideCertificateEncryption !== 'undefined') ? new GlideCertificateEncryption() "
        ": new CertificateEncryption();"
        f"out = [CE.generateMac('{key}', 'HmacSHA256', 'é.{{}}'), typeof {name}]",
        sys_scope=scope,
    )
    expected = hmac.new(b"secret key", "é.{}".encode(), hashlib.sha256).digest()
    assert out == [base64.b64encode(expected).decode(), "function"]


def test_a_key_that_is_not_base64_is_refused(lab: Any) -> None:
    """A secret with its whsec_ prefix left on is the usual way to meet this."""
    out = said(
        lab,
        "try { new GlideCertificateEncryption().generateMac('whsec_!', 'HmacSHA256', 'x') } catch (ex) { "
        "out = ex.getMessage() }",
    )
    assert out == "The text is not base64"


def test_a_scoped_script_has_no_global_calls(lab: Any) -> None:
    """gs.nowDateTime, log, print, sleep and now belong to global scripts."""
    names = ("nowDateTime", "log", "print", "sleep", "now", "info")
    script = f"out = [{', '.join(f'typeof gs.{name}' for name in names)}]"
    assert said(lab, script, sys_scope="x_acme_app") == ["undefined"] * 5 + ["function"]


def test_date_times_are_utc_text(lab: Any) -> None:
    """A GlideDateTime reads, shifts and compares."""
    out = said(
        lab,
        "var d = new GlideDateTime('2026-02-28 23:59:59'); d.addSeconds(1); var e = new GlideDateTime(d); "
        "e.addDays(1);"
        "out = [d.getValue(), d.getDisplayValue(), d.getNumericValue(), e.after(d), d.compareTo(e), '' + "
        "e, new GlideDateTime('no').isValid()]",
    )
    assert out == [
        "2026-03-01 00:00:00",
        "2026-03-01 00:00:00",
        1772323200000,
        True,
        -1,
        "2026-03-02 00:00:00",
        False,
    ]


def test_display_values_of_choices_and_times_are_stored(lab: Any) -> None:
    """A choice by its label, a time in the user's zone, an unknown name as it is."""
    lab.store.put(
        "sys_choice",
        {"sys_id": "c" * 32, "name": "incident", "element": "state", "label": "New", "value": "1"},
    )
    out = said(
        lab,
        "var r = new GlideRecord('incident'); r.initialize(); r.setDisplayValue('state', 'New');"
        "r.setDisplayValue('opened_at', '2026-01-02 03:04:05'); r.setDisplayValue('caller_id', 'Nobody');"
        "out = [r.getValue('state'), r.getValue('opened_at'), r.getValue('caller_id'), '' + "
        "r.state.getDisplayValue()]",
    )
    assert out == ["1", "2026-01-02 03:04:05", "Nobody", "New"]


def test_stamps_are_the_scripts_own_without_auto_sys_fields(lab: Any) -> None:
    """An import may keep old times."""
    out = said(
        lab,
        "var r = new GlideRecord('cmn_department'); r.initialize(); r.autoSysFields(false); r.name = 'Old';"
        "r.sys_created_on = '2020-01-01 00:00:00'; r.insert(); out = r.getValue('sys_created_on');",
    )
    assert out == "2020-01-01 00:00:00"


def test_many_records_are_changed_and_deleted_at_once(lab: Any) -> None:
    """The methods updateMultiple and deleteMultiple act on what the query finds."""
    for name in "abc":
        insert(lab, "cmn_department", name=name)
    out = said(
        lab,
        "var u = new GlideRecord('cmn_department'); u.addQuery('name', 'IN', 'a,b'); "
        "u.setValue('description', 'x'); u.updateMultiple();"
        "var d = new GlideRecord('cmn_department'); d.addQuery('name', 'a'); d.deleteMultiple();"
        "var r = new GlideRecord('cmn_department'); r.orderBy('name'); r.query(); out = [];"
        "while (r.next()) out.push(r.name + ':' + r.description);",
    )
    assert out == ["b:x", "c:"]


def test_a_window_of_records(lab: Any) -> None:
    """The method chooseWindow takes the records from the first up to, not including, the last."""
    for name in "abcd":
        insert(lab, "cmn_department", name=name)
    out = said(
        lab,
        "var r = new GlideRecord('cmn_department'); r.orderBy('name'); r.chooseWindow(1, 3); r.query(); "
        "out = '';"
        "while (r.next()) out += r.name;",
    )
    assert out == "bc"


def test_journal_entries_are_text_for_people(lab: Any) -> None:
    """The method getJournalEntry gives time, author and label around the entry."""
    row = insert(lab, comments="first words")
    add_rule(lab, "gs.info(current.comments.getJournalEntry(1));")
    update(lab, row, state="2")
    add_rule(lab, "gs.info(current.comments.getJournalEntry(-1));", when="async")
    (text,) = logged(lab)
    assert text.endswith("first words\n\n")
    assert "admin" in text


def test_display_values_are_set_as_stored_values(lab: Any) -> None:
    """The method setDisplayValue finds the referenced record by its display value."""
    department = insert(lab, "cmn_department", name="Sales")["sys_id"]
    out = said(
        lab,
        "var u = new GlideRecord('sys_user'); u.initialize(); u.department.setDisplayValue('Sales'); out "
        "= [u.getValue('department'), u.department.getDisplayValue()]",
    )
    assert out == [department, "Sales"]


def test_an_aggregate_counts_and_sums_by_group(lab: Any) -> None:
    """Groups in the order in which they come; without groups there is one row, even for nothing."""
    for state, impact in (("1", "1"), ("1", "3"), ("2", "2")):
        insert(lab, "problem", state=state, impact=impact)
    out = said(
        lab,
        "out = []; var ga = new GlideAggregate('problem'); ga.groupBy('state'); ga.addAggregate('COUNT');"
        "ga.orderBy('state'); ga.query(); while (ga.next()) out.push(ga.getValue('state'), ga.getAggregate('COUNT'),"
        "ga.getAggregate('SUM', 'impact'), ga.getAggregate('MAX', 'impact'));"
        "var none = new GlideAggregate('problem'); none.addQuery('state', '9'); none.addAggregate('COUNT');"
        "none.query(); none.next(); out.push(none.getAggregate('COUNT'));",
    )
    assert out == ["1", "2", "4", "3", "2", "1", "2", "2", "0"]
