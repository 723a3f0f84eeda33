"""Is the business rule installed so that it can post, and do the properties that it reads let it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snowkit.engine.finding import Fix, Grade, Outcome, Owner, gap, unknown
from snowkit.instance import query as encoded
from snowkit.instance import table
from snowkit.instance.client import Client
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Rule
from snowkit.rules.installed import FIELDS, Row, candidates, faults
from snowkit.sync.canary import Canary

ROWS = 500


@dataclass(frozen=True, slots=True)
class Installed:
    """What the inspector sees of one rule: `fault` is why it cannot post, `names` are its name and sys_id."""

    fault: Outcome | None
    names: tuple[str, ...]
    url: str
    """The webhook URL that the properties give; empty where they give none."""
    unseen: tuple[Evidence, ...]
    """The lists that could not be read whole, so that nothing is concluded from them."""


class _Unseen(Exception):
    def __init__(self, evidence: Evidence) -> None:
        super().__init__()
        self.evidence = evidence


async def look(canary: Canary, inspector: Client, rule: Rule) -> Installed:
    """Look at a rule and at the properties; raises `Unreachable`."""
    unseen: list[Evidence] = []
    names: tuple[str, ...] = (rule.name,)
    reads_properties = True
    try:
        rows, evidence = await _rows(inspector, "sys_script", _rule_query(rule), FIELDS)
    except _Unseen as hidden:
        unseen.append(hidden.evidence)
    else:
        found = candidates(rows, rule, canary.pack)
        fault = _judge_rule(canary, rule, found, evidence)
        if fault is not None:
            return Installed(fault, names, "", ())
        names = tuple(str(row[key]) for row in found for key in ("name", "sys_id") if row.get(key))
        # A rule made by hand may carry its URL in its script.
        reads_properties = any("getProperty" in str(row.get("script", "")) for row in found)
    query = f"nameSTARTSWITH{encoded.value(canary.pack.prefix)}.webhook.^ORname=instance_name"
    try:
        rows, evidence = await _rows(inspector, "sys_properties", query, ("name", "value"))
    except _Unseen as hidden:
        return Installed(None, names, "", (*unseen, hidden.evidence))
    values = {str(row.get("name")): str(row.get("value", "")).strip() for row in rows}
    fault = _judge_properties(canary, values, evidence) if reads_properties else None
    url = values.get(f"{canary.pack.prefix}.webhook.url.{values.get('instance_name', '')}", "")
    return Installed(fault, names, url if reads_properties else "", tuple(unseen))


def _rule_query(rule: Rule) -> str:
    return f"collection={encoded.value(rule.table)}^ORname={encoded.value(rule.name)}"


def _judge_rule(canary: Canary, rule: Rule, rows: list[Row], evidence: Evidence) -> Outcome | None:
    if not rows:
        summary = f"There is no business rule {rule.name} on {rule.table}, so nothing posts the webhook."
        fix = rule_fix(canary, rule, "Import rules.xml.")
        return gap("rule_missing", summary, fix, evidence, grade=Grade.STATIC)
    active = [row for row in rows if row.get("active") == "true"]
    if not active:
        summary = f"The business rule {rows[0].get('name')} is not active, so nothing posts the webhook."
        fix = rule_fix(canary, rule, "Activate it.")
        return gap("rule_inactive", summary, fix, evidence, grade=Grade.STATIC)
    wrong = [faults(rule, row) for row in active]
    if all(wrong):
        summary = f"{active[0].get('name')}: {'; '.join(wrong[0])}."
        fix = rule_fix(canary, rule, "Import rules.xml again: it sets the rule as it should be.")
        return gap("rule_misconfigured", summary, fix, evidence, grade=Grade.STATIC)
    return None


def _judge_properties(canary: Canary, values: dict[str, str], evidence: Evidence) -> Outcome | None:
    prefix = f"{canary.pack.prefix}.webhook"
    if values.get(f"{prefix}.enabled", "").lower() != "true":
        return _property_gap(
            canary, f"{prefix}.enabled", "is not true, so no rule posts", "property", evidence
        )
    name = f"{prefix}.url.{values.get('instance_name', '')}"
    if not values.get(name):
        others = [other for other in values if other.startswith(f"{prefix}.url.") and values[other]]
        words = (
            f"is missing or empty, so no rule posts{f'; there is {others[0]}: a clone?' if others else ''}"
        )
        return _property_gap(canary, name, words, "clone" if others else "property", evidence)
    wanted = canary.profile.webhook_url
    if wanted and values[name] != wanted:
        words = "is not the webhook URL of the profile, so the rules post to another place"
        return _property_gap(canary, name, words, "property", evidence)
    skipped = values.get(f"{prefix}.skip_user", "")
    if skipped and skipped == canary.user:
        return unknown(
            "echo_guard",
            f"The property {prefix}.skip_user is {skipped}, the user that made the canary: its changes are not "
            "posted, as the customer chose.",
            evidence,
            fix=Fix(Owner.ENGINEER, "To prove the webhooks, make the changes as another user."),
        )
    return None


def _property_gap(canary: Canary, name: str, words: str, cause: str, evidence: Evidence) -> Outcome:
    fix = Fix(
        Owner.SERVICENOW_ADMIN,
        f"Set the property {name}.",
        ("sys_properties.list, open the property, set Value. All caches are flushed, which takes minutes.",),
        "rules",
        f"{canary.url}/sys_properties_list.do?sysparm_query=name={name}",
    )
    return gap(cause, f"The property {name} {words}.", fix, evidence, grade=Grade.STATIC)


async def _rows(
    inspector: Client, name: str, query: str, fields: Sequence[str]
) -> tuple[list[dict[str, Any]], Evidence]:
    """Return all matching rows; raises `_Unseen` where they are refused or some are hidden."""
    reply = await table.read(inspector, name, query, fields=fields, limit=ROWS, count=True)
    if reply.failure is not None:
        raise _Unseen(reply.evidence())
    if reply.total is None or len(reply.rows) < min(reply.total, ROWS):
        raise _Unseen(reply.evidence(f"{len(reply.rows)} of {reply.total} rows"))
    return reply.rows, reply.evidence(f"{len(reply.rows)} row(s)")


def rule_fix(canary: Canary, rule: Rule, summary: str) -> Fix:
    """Return the fix of a rule, with the way to it."""
    return Fix(
        Owner.SERVICENOW_ADMIN,
        summary,
        ("All > System Definition > Business Rules.", f"Open {rule.name} on {rule.table}."),
        "rules",
        f"{canary.url}/sys_script_list.do?sysparm_query=collection={rule.table}",
    )
