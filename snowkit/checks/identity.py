"""Whose rights does the token carry?"""

from __future__ import annotations

from snowkit.checks.configuration import NotObserved
from snowkit.checks.context import Context, inspector_needed, not_observed
from snowkit.engine.check import Check
from snowkit.engine.finding import Fix, Grade, Level, Outcome, Owner, gap, met, unknown

FIELDS = ("sys_id", "web_service_access_only", "identity_type", "time_zone", "date_format")


def checks() -> tuple[Check[Context], ...]:
    """Return the checks of this topic."""
    after = ("policy.table", "api.table.read", "table.sys_user.read")
    return (
        Check(
            "identity.user",
            "The token's user is known",
            Level.REQUIRED,
            _user,
            needs=("oauth.token",),
            roots=after,
            source="snowkit",
            why="Rights are a user's; whose they are must be known.",
        ),
        Check(
            "identity.not_admin",
            "The token's user is no administrator",
            Level.REQUIRED,
            _not_admin,
            needs=("oauth.token",),
            roots=("identity.user",),
            source="snowkit",
            why="An administrator passes every ACL, which hides every gap.",
        ),
        Check(
            "identity.interactive",
            "The token's user can sign in interactively",
            Level.ADVISED,
            _interactive,
            needs=("oauth.token",),
            roots=("identity.user",),
            source="snowkit",
            why="A user for web services only cannot pass the Allow page.",
        ),
        Check(
            "identity.timezone",
            "The token's user lives in GMT",
            Level.ADVISED,
            _timezone,
            needs=("oauth.token",),
            roots=("identity.user",),
            source="snowkit",
            why="Dates shown in another zone or format are easily misread.",
        ),
    )


def _nobody() -> Outcome:
    return unknown("identity", "The instance does not say who the token's user is.")


async def _user(context: Context) -> Outcome:
    reply = await context.me()
    user = await context.user()
    if user is None:
        return unknown("identity", "The instance does not say who the token's user is.", reply.evidence())
    return met(f"The token speaks for {user[1]}.", reply.evidence("one row, by gs.getUserID()"))


async def _not_admin(context: Context) -> Outcome:
    if context.configuration is None:
        return inspector_needed("the user's roles")
    user = await context.user()
    if user is None:
        return _nobody()
    try:
        roles = await context.configuration.roles(user[0])
    except NotObserved as error:
        return not_observed(error)
    if "admin" not in roles:
        return met(f"{user[1]} holds {len(roles)} role(s), and admin is not among them.", grade=Grade.STATIC)
    fix = Fix(
        Owner.ENGINEER,
        "Sign out of ServiceNow in the browser, then sign in as the integration user.",
        ("An administrator passes every ACL, so no gap can be seen.", "Run snowkit login again."),
    )
    return gap("identity", f"{user[1]} is an administrator, which hides every gap.", fix, grade=Grade.STATIC)


async def _record(context: Context) -> dict[str, str] | Outcome:
    if context.configuration is None:
        return inspector_needed("the user's record")
    user = await context.user()
    if user is None:
        return _nobody()
    try:
        rows, _ = await context.configuration.rows("sys_user", f"sys_id={user[0]}", FIELDS)
    except NotObserved as error:
        return not_observed(error)
    return rows[0] if rows else _nobody()


async def _interactive(context: Context) -> Outcome:
    row = await _record(context)
    if isinstance(row, Outcome):
        return row
    if row.get("web_service_access_only") == "true" or row.get("identity_type") == "machine":
        fix = Fix(
            Owner.SERVICENOW_ADMIN,
            "Clear Web service access only, or use another user.",
            (
                "All > Users > the integration user.",
                "A user for web services only cannot pass the Allow page.",
            ),
        )
        return gap("identity", "The user may use web services only.", fix, grade=Grade.STATIC)
    return met("The user may sign in interactively.", grade=Grade.STATIC)


async def _timezone(context: Context) -> Outcome:
    row = await _record(context)
    if isinstance(row, Outcome):
        return row
    zone, format_ = row.get("time_zone", ""), row.get("date_format", "")
    if zone in ("GMT", "UTC") and format_ in ("", "yyyy-MM-dd"):
        return met("Time zone GMT, plain date format.", grade=Grade.STATIC)
    if not zone:
        return unknown("not_observable", "The user follows the instance's time zone, which is not read here.")
    fix = Fix(
        Owner.SERVICENOW_ADMIN, "Set Time zone to GMT and Date format to yyyy-MM-dd on the user's record."
    )
    return gap("identity", f"Time zone {zone}, date format {format_ or 'system'}.", fix, grade=Grade.STATIC)
