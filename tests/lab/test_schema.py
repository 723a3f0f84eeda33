"""The tables that the emulated instance has."""

from __future__ import annotations

import pytest

from snowkit.lab.dictionary import dictionary
from snowkit.lab.schema import Schema, shipped

REQUIRED = {
    "sn_customerservice_case": {"number", "account", "contact", "state", "priority", "sys_updated_on"},
    "kb_knowledge": {"number", "text", "workflow_state", "kb_knowledge_base"},
    "sys_user": {"user_name", "name", "email", "active"},
    "customer_contact": {"name", "email", "account", "sys_updated_on"},
    "sys_journal_field": {"name", "element", "element_id", "value", "sys_created_on", "sys_created_by"},
    "sys_audit": {"tablename", "documentkey", "fieldname", "oldvalue", "newvalue", "sys_created_on"},
    "sys_audit_delete": {"tablename", "documentkey", "display_value", "payload", "sys_created_on"},
    "customer_account": {"name", "number", "sys_updated_on"},
    "sn_customerservice_escalation": {"sys_updated_on", "source_record"},
}


@pytest.fixture
def schema() -> Schema:
    return shipped()


@pytest.mark.parametrize("table", REQUIRED)
def test_the_required_tables_have_the_columns_that_are_read(schema: Schema, table: str) -> None:
    """What TheLoops reads is there under its own name."""
    assert REQUIRED[table] <= schema.columns(table).keys()


@pytest.mark.parametrize("table", ["sys_journal_field", "sys_audit", "syslog"])
def test_rows_that_are_written_once_have_no_update_stamp(schema: Schema, table: str) -> None:
    """A pull by sys_updated_on cannot work on them."""
    assert not {"sys_updated_on", "sys_updated_by", "sys_mod_count"} & schema.columns(table).keys()


def test_a_child_inherits_and_overrides(schema: Schema) -> None:
    """A case has the task's columns, and its own states."""
    case, task = schema.columns("sn_customerservice_case"), schema.columns("task")
    assert task.keys() < case.keys()
    assert ("18", "Awaiting Info") in case["state"].choices
    assert ("18", "Awaiting Info") not in task["state"].choices


def test_the_hierarchy_is_walked_both_ways(schema: Schema) -> None:
    """Ancestors come nearest first, descendants begin with the table itself."""
    assert schema.ancestors("sn_customerservice_case") == ["sn_customerservice_case", "task"]
    assert schema.descendants("sys_user") == ["sys_user", "customer_contact"]
    assert schema.base("customer_account") == "core_company"
    assert schema.get("nonesuch") is None
    assert schema.columns("nonesuch") == {}


def test_every_reference_points_to_a_table(schema: Schema) -> None:
    """No column refers to a table that the instance has not."""
    targets = {column.reference for table in schema.tables.values() for column in table.columns} - {""}
    assert targets <= schema.tables.keys()


def test_auditing_is_inherited(schema: Schema) -> None:
    """Cases are audited since tasks are; the audit itself is not."""
    assert schema.audited("sn_customerservice_case")
    assert not schema.audited("sys_audit")


def test_the_token_restriction_is_found_by_its_label(schema: Schema) -> None:
    """Its column is not documented, so a client looks for the label."""
    labels = {column.label.lower(): column.element for column in schema.columns("oauth_entity").values()}
    assert labels["enforce token restriction"] == "restricted_binding"


def test_the_dictionary_lists_own_columns_only(schema: Schema) -> None:
    """Inherited columns are found under the table that they come from."""
    rows = [row for row in dictionary(schema)["sys_dictionary"] if row["name"] == "sn_customerservice_case"]
    elements = {row.get("element", "") for row in rows}
    assert {"", "account", "state"} <= elements
    assert "short_description" not in elements


def test_web_services_may_reach_every_table(schema: Schema) -> None:
    """The flag is a record, so that an administrator can close a table."""
    assert {row["ws_access"] for row in dictionary(schema)["sys_db_object"]} == {"true"}
