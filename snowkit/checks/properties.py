"""Do the properties that the business rules read say where to post, and that they may?"""

from __future__ import annotations

from urllib.parse import urlsplit

from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown
from snowkit.instance import query as encoded
from snowkit.instance.address import core_domain
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Pack

LOOPBACK = ("127.0.0.1", "localhost")


def checks(pack: Pack) -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    rows = {row.id: row for row in pack.property}
    return (
        Check(
            "property.webhook_url",
            "The webhook URL is set for this instance",
            Level.REQUIRED,
            _url,
            needs=("reach.instance",),
            source=rows["url"].source,
            why=rows["url"].why,
            capabilities=rows["url"].capabilities,
        ),
        Check(
            "property.enabled",
            "The webhook switch is on",
            Level.REQUIRED,
            _enabled,
            needs=("reach.instance",),
            source=rows["enabled"].source,
            why=rows["enabled"].why,
            capabilities=rows["enabled"].capabilities,
        ),
    )


async def _properties(context: Context) -> tuple[dict[str, str], Evidence] | Outcome:
    if context.configuration is None:
        return inspector_needed("the properties")
    query = f"nameSTARTSWITH{encoded.value(context.pack.prefix)}.webhook.^ORname=instance_name"
    try:
        rows, evidence = await context.configuration.rows("sys_properties", query, ("name", "value"))
    except NotObserved as error:
        return not_observed(error)
    return {str(row.get("name")): str(row.get("value", "")) for row in rows}, evidence


async def _url(context: Context) -> Outcome:
    found = await _properties(context)
    if isinstance(found, Outcome):
        return found
    values, evidence = found
    instance = values.get("instance_name", "")
    if not instance:
        return unknown("not_observable", "The property instance_name cannot be read.", evidence)
    name = f"{context.pack.prefix}.webhook.url.{instance}"
    value = values.get(name, "").strip()
    if not value:
        others = [
            key for key in values if key.startswith(f"{context.pack.prefix}.webhook.url.") and values[key]
        ]
        cause = "clone" if others else "property"
        note = f" (there is {others[0]}: is this a clone?)" if others else ""
        return gap(
            cause, f"{name} is missing or empty{note}.", _fix(context, name), evidence, grade=Grade.STATIC
        )
    parts = urlsplit(value)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        return gap("property", f"{name} is no https URL.", _fix(context, name), evidence, grade=Grade.STATIC)
    wanted = context.profile.webhook_url
    if wanted and value != wanted:
        summary = f"{name} differs from the webhook URL in the profile."
        return gap("property", summary, _fix(context, name), evidence, grade=Grade.STATIC)
    return met(f"{name} is set (host {parts.hostname}).", evidence, grade=Grade.STATIC)


async def _enabled(context: Context) -> Outcome:
    found = await _properties(context)
    if isinstance(found, Outcome):
        return found
    values, evidence = found
    name = f"{context.pack.prefix}.webhook.enabled"
    if values.get(name, "").strip().lower() == "true":
        return met(f"{name} is true.", evidence, grade=Grade.STATIC)
    state = "missing" if name not in values else "not true"
    return gap(
        "property", f"{name} is {state}, so no rule posts.", _fix(context, name), evidence, grade=Grade.STATIC
    )


def _fix(context: Context, name: str) -> Fix:
    return Fix(
        Owner.SERVICENOW_ADMIN,
        f"Set the property {name}.",
        (
            "Import rules.xml, made with snowkit generate --instance "
            f"{context.profile.instance_name or core_domain(context.session.login.url)}=URL.",
            "Or: sys_properties.list, open the property, set Value. All caches are flushed, which takes minutes.",
        ),
        "rules",
        f"{context.session.login.url}/sys_properties_list.do?sysparm_query=name={name}",
    )
