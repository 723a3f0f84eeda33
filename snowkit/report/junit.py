"""A report as JUnit XML, for a CI server: one case a check, the topic as its class."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from snowkit.engine.finding import Finding, Level, Verdict
from snowkit.engine.result import Report
from snowkit.report.words import conclusion

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def render(report: Report) -> str:
    """Return one XML document: required gaps fail, required unknowns and blocked ones are errors."""
    suite = ET.Element("testsuite", name="snowkit check")
    for finding in report.findings:
        suite.append(_case(finding))
    failures, errors = len(suite.findall("testcase/failure")), len(suite.findall("testcase/error"))
    suite.set("tests", str(len(report.findings)))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    suite.set("time", f"{(report.finished_at - report.started_at).total_seconds():.3f}")
    suite.set("timestamp", report.started_at.strftime("%Y-%m-%dT%H:%M:%S"))
    ET.SubElement(suite, "system-out").text = _clean(conclusion(report))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(finding: Finding) -> ET.Element:
    topic, _, name = finding.id.partition(".")
    case = ET.Element("testcase", classname=topic, name=name, time=f"{finding.duration_ms / 1000:.3f}")
    if finding.verdict is Verdict.MET:
        return case
    text = _clean(_body(finding))
    message = _clean(f"{finding.verdict}: {finding.outcome.summary}")
    if finding.level is Level.ADVISED:
        ET.SubElement(case, "system-out").text = text
    elif finding.verdict is Verdict.GAP:
        ET.SubElement(case, "failure", message=message, type=finding.outcome.cause).text = text
    else:
        ET.SubElement(case, "error", message=message, type=finding.outcome.cause).text = text
    return case


def _body(finding: Finding) -> str:
    outcome = finding.outcome
    lines = [outcome.summary]
    if finding.blocked_by:
        lines.append(f"blocked by {finding.blocked_by}")
    lines.extend(f"{e.method} {e.path} -> {e.status}: {e.excerpt}" for e in outcome.evidence)
    if outcome.fix is not None:
        lines.append(f"fix: {outcome.fix.summary}")
        lines.extend(outcome.fix.steps)
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
