"""Are the business rules that post the webhooks there, active, and as the vendor's page asks?"""

from __future__ import annotations

from functools import partial

from snowkit.checks.configuration import NotObserved, Row
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met
from snowkit.instance import query as encoded
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Pack, Rule

FIELDS = (
    "sys_id",
    "name",
    "collection",
    "active",
    "when",
    "advanced",
    "action_insert",
    "action_update",
    "filter_condition",
    "condition",
    "role_conditions",
    "script",
)

OUTBOUND = ("RESTMessageV2", "GlideHTTPRequest", "eventQueue")
"""What a script that sends anything names (source: RESTMessageV2 API, events)."""


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


async def candidates(rule: Rule, context: Context) -> tuple[list[Row], Evidence]:
    """Return the rules that look like `rule`: by its name, and by the platform's name in one on its table.

    Raises `NotObserved` or `Unreachable`.
    """
    assert context.configuration is not None
    tables = [row.table for row in context.pack.rule]
    names = [encoded.value(row.name) for row in context.pack.rule]
    query = "^OR".join([encoded.any_of("collection", tables), encoded.any_of("name", names)])
    rows, evidence = await context.configuration.rows("sys_script", query, FIELDS)
    named = [row for row in rows if row.get("name") == rule.name]
    theirs = {row.name for row in context.pack.rule}
    vendor = context.pack.name
    by_hand = [
        row
        for row in rows
        if row.get("collection") == rule.table
        and row.get("name") not in theirs
        and vendor in f"{row.get('script', '')} {row.get('name', '')}".lower()
    ]
    return [*named, *by_hand], evidence


async def _rule(rule: Rule, context: Context) -> Outcome:
    if context.configuration is None:
        return inspector_needed("the business rule")
    try:
        found, evidence = await candidates(rule, context)
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
    wrong = _wrong(rule, active[0])
    if wrong:
        fix = _fix(context, rule, "Import rules.xml again: it sets the rule as it should be.")
        summary = f"{active[0].get('name')}: {'; '.join(wrong)}."
        return gap("rule_misconfigured", summary, fix, evidence, grade=Grade.STATIC)
    return met(f"{active[0].get('name')} is active on {rule.table}.", evidence, grade=Grade.STATIC)


def _wrong(rule: Rule, row: Row) -> list[str]:
    wrong: list[str] = []
    if row.get("collection") != rule.table:
        wrong.append(f"its table is {row.get('collection') or 'empty'}, not {rule.table}")
    if row.get("when") not in ("after", "async"):
        wrong.append(f"it runs {row.get('when') or 'never'}, not after")
    if row.get("advanced") != "true":
        wrong.append("Advanced is off, so its script does not run")
    if rule.insert and row.get("action_insert") != "true":
        wrong.append("Insert is off")
    if rule.update and row.get("action_update") != "true":
        wrong.append("Update is off")
    if not str(row.get("script", "")).strip():
        wrong.append("its script is empty")
    elif not any(word in str(row.get("script", "")) for word in OUTBOUND):
        wrong.append("its script sends nothing")
    if row.get("name") == rule.name and row.get("condition"):
        wrong.append("a Condition decides whether it runs")
    if row.get("role_conditions"):
        wrong.append("it runs for some roles only")
    if not _filtered(rule, row):
        wrong.append(f"nothing keeps it to {rule.filter}, so it may post other tables' records or none")
    return wrong


def _filtered(rule: Rule, row: Row) -> bool:
    condition = str(row.get("filter_condition", "")).removesuffix("^EQ")
    if row.get("name") == rule.name:
        return condition == rule.filter
    # A rule made by hand may test the table in its script.
    return not rule.filter or bool(condition) or rule.filter.split("IN")[0] in str(row.get("script", ""))


IMPORT = "All > System Update Sets > Retrieved Update Sets > Import Update Set from XML; Preview; Commit."
BY_HAND = "All > System Definition > Business Rules."


def _fix(context: Context, rule: Rule, summary: str, *steps: str) -> Fix:
    first = IMPORT if "rules.xml" in summary else BY_HAND
    url = f"{context.session.login.url}/sys_script_list.do?sysparm_query=collection={rule.table}"
    return Fix(Owner.SERVICENOW_ADMIN, summary, (first, *steps), "rules", url)
