"""Why a webhook does not come: the rule, its properties, the outbound log, the system log, in this order."""

from __future__ import annotations

from urllib.parse import urlsplit

from snowkit.engine.finding import Fix, Outcome, Owner, gap, met, unknown
from snowkit.instance.evidence import Evidence
from snowkit.pack.model import Rule
from snowkit.sync import trace
from snowkit.sync.canary import Canary
from snowkit.sync.installed import look, rule_fix


async def diagnose(
    canary: Canary, rule: Rule, change: tuple[str, str], final: bool, trouble: str = ""
) -> Outcome | None:
    """Return the reason, or None while it may still come; with `final` there is always an answer.

    `change` is the record and the instance's stamp of its change; `trouble` is why the inbox cannot be read.
    Raises `Unreachable`.
    """
    inspector = canary.inspector
    assert inspector is not None
    record, since = change
    installed = await look(canary, inspector, rule)
    if installed.fault is not None:
        return installed.fault
    host = urlsplit(installed.url or canary.profile.webhook_url).hostname or ""
    calls = await trace.calls(inspector, host, since, (rule.table, record))
    refused = [call for call in calls.sent if not call.delivered]
    if refused and (len(refused) == len(calls.sent) or refused[0].ours):
        return _refused(host, refused[0].status, calls.evidence)
    if calls.sent:
        return _sent(canary, rule, host, calls, final, trouble)
    errors, evidence = await trace.complaints(inspector, installed.names, since)
    if errors:
        return _complained(canary, rule, host, errors[0], evidence)
    if not final:
        return None
    unseen = (*installed.unseen, *(() if calls.readable else (calls.evidence,)))
    if unseen:
        paths = ", ".join(sorted({item.path.partition("?")[0] for item in unseen}))
        return unknown(
            "not_observable",
            f"No webhook of {rule.name} was seen, and the inspector cannot read {paths}, so the reason stays open. "
            f"Ask the ServiceNow administrator for the rows of sys_outbound_http_log since {since} UTC.",
            *unseen,
        )
    return gap(
        "webhook_not_sent",
        f"{rule.name} is active, but the instance's outbound log shows no call to {host or 'anywhere'} since "
        f"{since} UTC and its system log no error: the rule did not run, or it decided not to post.",
        rule_fix(
            canary, rule, "Compare its Condition, Filter and Role conditions with the generated rule's."
        ),
        calls.evidence,
        evidence,
    )


def _refused(host: str, status: int, evidence: Evidence) -> Outcome:
    answer = f"with HTTP {status}" if status else "without an answer (no connection, or a timeout)"
    owner = Owner.THELOOPS if status else Owner.NETWORK
    return gap(
        "webhook_refused",
        f"The webhook was sent and refused: {host} ended the call {answer}, says the instance's outbound log.",
        Fix(
            owner,
            f"Let {host} take webhooks from this instance.",
            (
                "Compare the webhook URL with the one that the platform shows.",
                f"Ask whether {host} is up, and whether a firewall or proxy stands between it and the instance.",
            ),
        ),
        evidence,
    )


def _sent(
    canary: Canary, rule: Rule, host: str, calls: trace.Calls, final: bool, trouble: str
) -> Outcome | None:
    """Judge a webhook that was delivered according to the log, but not seen in the inbox."""
    status = f"HTTP {calls.sent[0].status}"
    certain = all(call.ours and call.delivered for call in calls.sent)
    if trouble and certain:
        return met(
            f"The webhook of {rule.name} was delivered to {host} ({status}), says the instance's outbound log; on "
            f"the platform itself it was not looked for: {trouble.rstrip('.')}.",
            calls.evidence,
        )
    if not final:
        return None
    if trouble or not all(call.delivered for call in calls.sent):
        return unknown(
            "not_observable",
            f"The outbound log shows calls to {host} ({status}), but not for which record"
            f"{f'; {trouble}' if trouble else ''}. Ask the platform whether the webhook came.",
            calls.evidence,
        )
    assert canary.inbox is not None
    return gap(
        "webhook_missing",
        f"The webhook of {rule.name} was delivered to {host} ({status}), says the instance's outbound log, but it "
        "is not in the platform's inbox.",
        Fix(
            Owner.THELOOPS,
            "Compare the webhook URL in the property with the inbox that is read.",
            ("Is it the webhook URL of this very integration?", "Ask TheLoops whether it took the webhook."),
        ),
        calls.evidence,
        Evidence("GET", canary.inbox.path, 200, "no event names the record"),
    )


def _complained(canary: Canary, rule: Rule, host: str, error: trace.Complaint, evidence: Evidence) -> Outcome:
    if error.no_connection:
        return _refused(host, 0, evidence)
    where = f" at line {error.line}" if error.line else ""
    return gap(
        "rule_misconfigured",
        f"The script of {rule.name} failed{where}: {error.words}",
        rule_fix(canary, rule, "Import rules.xml again: it puts the generated script back."),
        evidence,
    )
