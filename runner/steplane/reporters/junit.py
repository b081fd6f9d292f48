"""JUnit XML, as Jenkins' xUnit plugin describes it (junit-10.xsd): a test case for each instance of a step.

https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

from steplane.moments import written
from steplane.reporters.report import RunReport, StepReport, tries
from steplane.reporters.words import cause

Tail = Callable[[str, int], list[str]]
"""The last lines, at most so many, that the instance of a path wrote."""

FAILED_LINES, OUT_LINES = 20, 100
"""Lines of the log in a failure, and as `system-out`."""

OUT_LIMIT = 8 << 20
"""Characters of `system-out` in one file; what comes later has none. GitLab takes 30 MB of a file."""

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold (section 2.2 of the standard)."""
    return _FORBIDDEN.sub("", text)


class Suite:
    """One test suite: cases are added, then it is written as a whole document."""

    def __init__(self, name: str, file: str = "") -> None:
        self.element = ET.Element("testsuite", {"name": xml_text(name)})
        if file:
            self.element.set("file", xml_text(file))
        self._counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}

    def case(
        self, classname: str, name: str, seconds: float | None = None, place: tuple[str, int] | None = None
    ) -> ET.Element:
        """A case that passed. `place` is its file and line, which the schema does not know."""
        self._counts["tests"] += 1
        attributes = {"classname": xml_text(classname), "name": xml_text(name)}
        attributes["time"] = f"{max(seconds or 0.0, 0.0):.3f}"
        if place is not None:
            attributes["file"] = xml_text(place[0])
            attributes |= {"line": str(place[1])} if place[1] else {}
        return ET.SubElement(self.element, "testcase", attributes)

    def ended(self, case: ET.Element, kind: str, type_: str, message: str, text: str = "") -> None:
        """The case has not passed: `kind` is `failure`, `error` or `skipped`."""
        counted = {"failure": "failures", "error": "errors", "skipped": "skipped"}[kind]
        self._counts[counted] += 1
        result = ET.SubElement(case, kind, {"type": xml_text(type_), "message": xml_text(message)})
        result.text = xml_text(text or message)

    def finish(self, seconds: float, started_at: int = 0) -> dict[str, str]:
        """Set what counts the cases; returns it for the document's root."""
        counts = {name: str(number) for name, number in self._counts.items()}
        for name, value in counts.items():
            self.element.set(name, value)
        self.element.set("time", f"{max(seconds, 0.0):.3f}")
        if started_at:
            self.element.set("timestamp", written(started_at, "%Y-%m-%dT%H:%M:%S"))
        return counts


def document(name: str, suites: Sequence[Suite], seconds: float = 0.0, started_at: int = 0) -> str:
    """The whole document."""
    counts = [suite.finish(seconds, started_at) for suite in suites]
    totals = {key: str(sum(int(one[key]) for one in counts)) for key in ("tests", "failures", "errors")}
    root = ET.Element("testsuites", {"name": xml_text(name), **totals, "time": f"{max(seconds, 0.0):.3f}"})
    root.extend(suite.element for suite in suites)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def junit_text(report: RunReport, tail: Tail, *, places: bool = False) -> str:
    """The run as a document. With `places` each case has `file` and `line`, which many readers take and the schema
    does not know.
    """
    suite = Suite(report.workflow, report.file)
    _properties(suite, report)
    budget = OUT_LIMIT
    for one in report.cases:
        case = suite.case(report.workflow, one.path, one.seconds, (one.file, one.line) if places else None)
        lines = tail(one.path, OUT_LINES)
        _result(suite, case, one, lines)
        out = "\n".join(lines)
        if out and len(out) <= budget:
            budget -= len(out)
            ET.SubElement(case, "system-out").text = xml_text(out)
    if report.status == "failed" and not any(one.verdict in {"failed", "broken"} for one in report.cases):
        case = suite.case(report.workflow, "(run)", report.seconds, (report.file, 0) if places else None)
        error = report.error
        suite.ended(case, "failure", error.type if error else "failed", cause(error) or "the run failed")
    return document(report.workflow, [suite], report.seconds, report.started_at)


def _properties(suite: Suite, report: RunReport) -> None:
    found = {
        "run": report.run, "workflow": report.workflow, "version": report.version, "case": report.case,
        "status": report.status, "attempts": str(sum(one.attempts for one in report.cases)),
    }  # fmt: skip
    found |= {f"attempts of {one.path}": str(one.attempts) for one in report.cases if one.attempts > 1}
    properties = ET.SubElement(suite.element, "properties")
    for name, value in found.items():
        if value:
            ET.SubElement(properties, "property", {"name": xml_text(name), "value": xml_text(value)})


def _result(suite: Suite, case: ET.Element, one: StepReport, lines: Sequence[str]) -> None:
    """How the case ended, if it has not passed."""
    verdict = one.verdict
    if verdict == "passed":
        return
    place = f"{one.file}:{one.line}:{one.column}" if one.line else one.file
    if verdict == "left":
        words = f"{one.status}, and caught: {one.why}" if one.caught else one.why or one.status
        suite.ended(case, "skipped", "caught" if one.caught else one.status, words)
        return
    type_ = one.error.type if one.error is not None else one.status
    head = [one.why, " ".join(part for part in ("at", place, tries(one)) if part)]
    message = "\n".join(one.error.message.splitlines()[1:]) if one.error is not None else ""
    text = "\n".join([*head, *([message] if message else []), "", *lines[-FAILED_LINES:]]).rstrip()
    suite.ended(case, "error" if verdict == "broken" else "failure", type_, one.why, text)
