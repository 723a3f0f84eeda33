"""A report in every format: as bytes by snapshot, and by what it must say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from syrupy.assertion import SnapshotAssertion

from snowkit.engine.finding import Finding, Fix, Level, Outcome, Owner, Verdict, gap, met, unknown
from snowkit.engine.result import Report, Subject
from snowkit.instance.evidence import Evidence
from snowkit.report import text
from snowkit.report.formats import FORMATS, render
from snowkit.report.words import asked_by, conclusion

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SEEN = Evidence("GET", "/api/now/table/sys_audit?sysparm_limit=1", 200, "0 rows, X-Total-Count 12")
FIX = Fix(
    Owner.SERVICENOW_ADMIN, "Grant audit_viewer.", ("All > Users.", "Roles > Edit."), "access", "https://x"
)


def finding(id_: str, outcome: Outcome, level: Level = Level.REQUIRED, by: str | None = None) -> Finding:
    return Finding(id_, f"{id_} holds", level, "page", outcome, by, 12)


REPORT = Report(
    Subject(
        "https://dev1.service-now.com", "dev1", "australia", "integration", "c1", "theloops", ("helpdesk",)
    ),
    NOW,
    NOW.replace(second=2),
    17,
    (
        finding("reach.instance", met("It answers.", Evidence("GET", "/api/now/table/sys_user", 401, "x"))),
        finding("table.sys_audit.read", gap("row_acl", "An ACL hides <every> row & more.", FIX, SEEN)),
        finding("table.sys_user.read", unknown("empty", "No row came back.")),
        finding("api.case.read", Outcome(Verdict.BLOCKED, "Not judged.", "policy"), by="policy.case"),
        finding("policy.lockout", gap("policy", "Others get 401.", None), Level.ADVISED),
    ),
)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_each_format_is_stable(name: str, snapshot: SnapshotAssertion) -> None:
    """A format changes only when somebody means it to."""
    assert render(REPORT, name).replace(_version(), "VERSION") == snapshot


def _version() -> str:
    from snowkit import __version__  # noqa: PLC0415

    return __version__


def test_json_keeps_the_contract() -> None:
    """The JSON document has the contract's keys, verdict and exit code, and every finding."""
    document = json.loads(render(REPORT, "json"))
    assert document["schema_version"] == 1
    assert (document["verdict"], document["exit_code"]) == ("gaps", 1)
    assert [row["verdict"] for row in document["findings"]] == ["met", "gap", "unknown", "blocked", "gap"]
    assert document["findings"][3]["blocked_by"] == "policy.case"
    assert document["findings"][1]["fix"]["owner"] == "servicenow_admin"
    assert document["started_at"] == "2026-11-24T12:00:00.000Z"


def test_junit_fails_only_on_required_findings() -> None:
    """A required gap fails, a required unknown or blocked is an error, advice fails nothing."""
    suite = ET.fromstring(render(REPORT, "junit").encode()).find("testsuite")  # noqa: S314
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "1", "2")
    assert suite.find("testcase[@name='lockout']/failure") is None


def test_junit_carries_any_text() -> None:
    """Control characters and CDATA ends in a summary leave the XML well-formed."""
    hostile = finding("table.x.read", gap("row_acl", "a\x00b\x1b[2J]]>\ufffe", None))
    ET.fromstring(render(replace(REPORT, findings=(hostile,)), "junit").encode())  # noqa: S314


def test_text_says_more_on_what_is_not_met() -> None:
    """A met check is one line; a gap has its cause, evidence, owner and numbered steps."""
    lines = text.render(REPORT).splitlines()
    assert sum("reach.instance" in line for line in lines) == 1
    body = "\n".join(lines)
    for part in (
        "[row_acl]",
        "X-Total-Count 12",
        "the ServiceNow administrator",
        "2. Roles > Edit.",
        "by policy.case",
    ):
        assert part in body


def test_ascii_text_is_ascii() -> None:
    """A terminal that takes ASCII only gets signs that it can show."""
    assert text.render(REPORT, ascii_only=True).isascii()


def test_a_conclusion_says_of_whom_it_speaks() -> None:
    """Ready is never said without capability, user, OAuth client and time."""
    ready = replace(REPORT, findings=REPORT.findings[:1])
    assert conclusion(ready) == (
        "Ready for helpdesk, as integration, through the OAuth client c1, at 2026-11-24 12:00:02 UTC."
    )
    assert conclusion(REPORT).startswith("1 required gap(s) for helpdesk")
    assert "table.sys_audit.read" in conclusion(REPORT)
    assert conclusion(replace(REPORT, findings=REPORT.findings[2:4])).startswith("Could not tell")
    assert conclusion(replace(REPORT, findings=())).startswith("Nothing was checked")


def test_a_part_never_speaks_for_the_whole() -> None:
    """A run of some checks says how many they were, and never that anything is ready."""
    part = replace(REPORT, findings=REPORT.findings[:1], left_out=40)
    assert conclusion(part).startswith("Met as far as asked, 1 of 41 checks")
    assert "Ready" not in conclusion(part)


def test_who_asks_is_said() -> None:
    """A requirement says whether the vendor's page asks for it, or snowkit and why."""
    page = "TheLoops' page"
    assert asked_by(REPORT.findings[0], page) == "required by TheLoops' page"
    ours = replace(REPORT.findings[0], source="snowkit", why="Everything asks through it.")
    assert asked_by(ours, page) == "required, added by snowkit because everything asks through it"
    assert (
        asked_by(replace(ours, source="optional", level=Level.ADVISED), page)
        == "advised, optional on TheLoops' page"
    )
    assert "required by the vendor's page; proven" in text.render(REPORT)


def test_a_crowd_that_waits_for_one_check_is_counted() -> None:
    """Many checks blocked by the same one are one line, so that the reason is not scrolled away."""
    blocked = Outcome(Verdict.BLOCKED, "Not judged.", "edge")
    crowd = tuple(finding(f"table.t{number}.read", blocked, by="reach.instance") for number in range(9))
    shown = text.render(replace(REPORT, findings=(*REPORT.findings[:1], *crowd)))
    assert "9 more checks wait for reach.instance." in shown
    assert (
        "table.t3.read"
        not in shown.replace(conclusion(replace(REPORT, findings=crowd)), "").split("Could not")[0]
    )


def test_a_canary_run_is_no_verdict_on_access() -> None:
    """A run of the canary alone says that the sync is proven, not that the connection is ready."""
    canary = replace(REPORT, findings=(finding("sync.create", met("Created.")),))
    assert conclusion(canary).startswith("The sync is proven for helpdesk")
