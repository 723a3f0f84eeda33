"""Are the business rules that post the webhooks there, active, and as the vendor's page asks?"""

from __future__ import annotations

from functools import partial

from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met
from snowkit.instance import query as encoded
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Pack, Rule
from snowkit.rules.installed import FIELDS, Row, candidates, faults


def checks(pack: Pack) -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    return tuple(
        Check(
            f"rule.{rule.id}",
            f"The business rule on {rule.table} is in place and active",
            Level(rule.level),
            partial(_rule, rule),
            needs=("reach.instance",),
            source=rule.source,
            why=rule.why,
            capabilities=rule.capabilities,
        )
        for rule in pack.rule
    )


async def _candidates(rule: Rule, context: Context) -> tuple[list[Row], Evidence]:
    assert context.configuration is not None
    tables = [row.table for row in context.pack.rule]
    names = [encoded.value(row.name) for row in context.pack.rule]
    query = "^OR".join([encoded.any_of("collection", tables), encoded.any_of("name", names)])
    rows, evidence = await context.configuration.rows("sys_script", query, FIELDS)
    return candidates(rows, rule, context.pack), evidence


async def _rule(rule: Rule, context: Context) -> Outcome:
    if context.configuration is None:
        return inspector_needed("the business rule")
    try:
        found, evidence = await _candidates(rule, context)
    except NotObserved as error:
        return not_observed(error)
    if not found:
        fix = _fix(context, rule, "Import rules.xml.", "Or create it by hand, as the vendor's page says.")
        return gap(
            "rule_missing",
            f"There is no rule {rule.name} on {rule.table}.",
            fix,
            evidence,
            grade=Grade.STATIC,
        )
    active = [row for row in found if row.get("active") == "true"]
    if not active:
        fix = _fix(context, rule, "Activate it.", f"Open {found[0].get('name')}, set Active, Update.")
        return gap(
            "rule_inactive", f"{found[0].get('name')} is not active.", fix, evidence, grade=Grade.STATIC
        )
    if len(active) > 1:
        names = ", ".join(str(row.get("name")) for row in active)
        fix = _fix(context, rule, "Deactivate all but one, or each change is posted several times.")
        return gap(
            "rule_duplicate", f"{len(active)} active rules post: {names}.", fix, evidence, grade=Grade.STATIC
        )
    wrong = faults(rule, active[0])
    if wrong:
        fix = _fix(context, rule, "Import rules.xml again: it sets the rule as it should be.")
        summary = f"{active[0].get('name')}: {'; '.join(wrong)}."
        return gap("rule_misconfigured", summary, fix, evidence, grade=Grade.STATIC)
    return met(f"{active[0].get('name')} is active on {rule.table}.", evidence, grade=Grade.STATIC)


IMPORT = "All > System Update Sets > Retrieved Update Sets > Import Update Set from XML; Preview; Commit."
BY_HAND = "All > System Definition > Business Rules."


def _fix(context: Context, rule: Rule, summary: str, *steps: str) -> Fix:
    first = IMPORT if "rules.xml" in summary else BY_HAND
    url = f"{context.session.login.url}/sys_script_list.do?sysparm_query=collection={rule.table}"
    return Fix(Owner.SERVICENOW_ADMIN, summary, (first, *steps), "rules", url)
