"""The plan: every required thing has a check, under the ids that scripts rely on."""

from __future__ import annotations

import re

import pytest

from snowkit.checks.plan import plan
from snowkit.engine.finding import Level
from snowkit.pack.load import load

PACK = load()
PLAN = {check.id: check for check in plan(PACK)}

IDS = {
    "reach.instance reach.clock",
    "oauth.entity oauth.redirect oauth.grant oauth.token oauth.refresh oauth.expiry oauth.restriction oauth.scopes",
    "identity.user identity.not_admin identity.interactive identity.timezone",
    "api.case.read api.case.write api.account.read api.table.read api.attachment.read",
    "policy.case policy.account policy.table policy.table_write policy.attachment policy.lockout",
    "rule.case rule.comment rule.attachment property.webhook_url property.enabled",
}


def test_the_contracts_ids_are_there() -> None:
    """Every id of the contract that this release probes is in the plan."""
    wanted = {id_ for line in IDS for id_ in line.split()}
    wanted |= {f"table.{row.name}.read" for row in PACK.table}
    wanted |= {f"table.{row.name}.write" for row in PACK.table if row.write}
    assert set(PLAN) == wanted


def test_ids_are_topic_object_aspect() -> None:
    """An id begins with its topic, and the words are lower case."""
    assert all(re.fullmatch(r"[a-z]+(\.[a-z_]+){1,2}", id_) for id_ in PLAN)


def test_what_a_check_waits_for_is_in_the_plan() -> None:
    """Needs and roots name checks that exist."""
    named = {id_ for check in PLAN.values() for id_ in (*check.needs, *check.roots)}
    assert named <= set(PLAN)


def test_titles_are_propositions() -> None:
    """A title can be true or false: it has a verb and no question mark."""
    assert all(check.title[0].isupper() and not check.title.endswith(("?", ".")) for check in PLAN.values())


def test_what_snowkit_adds_says_why() -> None:
    """A check that the vendor's page does not ask for gives its reason."""
    assert all(check.why for check in PLAN.values() if check.source == "snowkit")


def test_levels_are_the_contracts() -> None:
    """The attachment rule is advised, since the page calls it optional; reading attachments is required."""
    assert PLAN["rule.attachment"].level is Level.ADVISED
    assert PLAN["table.sys_attachment.read"].level is Level.REQUIRED
    assert PLAN["policy.lockout"].level is Level.ADVISED


@pytest.mark.parametrize(("capability", "rules"), [("helpdesk", True), ("crm", True), ("content", False)])
def test_a_capability_scopes_the_plan(capability: str, rules: bool) -> None:
    """Ticket webhooks are not asked for Content Management; the access list is the same for all."""
    ids = {check.id for check in plan(PACK, [capability])}
    assert ("rule.case" in ids) is rules
    assert {f"table.{row.name}.read" for row in PACK.table} <= ids


def test_no_check_writes() -> None:
    """Without sync nothing is written: no check of the plan changes the instance."""
    assert not any(check.mutates for check in PLAN.values())
