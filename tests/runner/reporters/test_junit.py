"""JUnit XML: valid, every instance once, the right verdict, whatever the texts hold."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runner.reporters.readers import valid

from steplane.diagnostics import Diagnostic, Span
from steplane.events import ErrorInfo
from steplane.reporters import junit
from steplane.reporters.diagnostics import render
from steplane.reporters.junit import junit_text, xml_text
from steplane.reporters.report import RunReport, StepReport, related

AT = 1_795_474_398_908_128


def _report(*steps: StepReport, status: str = "failed", **more: Any) -> RunReport:
    related(steps, status)
    facts = {"run": "r1", "workflow": "demo", "file": "flows/demo.yaml", "started_at": AT, "seconds": 3.25, **more}
    return RunReport(status=status, steps=steps, **facts)


def _step(path: str, status: str = "succeeded", **more: Any) -> StepReport:
    if status == "failed" and "error" not in more:
        more["error"] = ErrorInfo("shell.exit", "exit code 2", 2, step=path)
    return StepReport(
        path=path, status=status, file="flows/demo.yaml", line=4, column=9, seconds=1.5, attempts=1, **more
    )


def _tail(path: str, most: int) -> list[str]:
    return [f"{path} {number}" for number in range(30)][-most:]


def _written(report: RunReport, **more: Any) -> ET.Element:
    return valid(junit_text(report, _tail, **more), **more)


def _outcome(case: ET.Element) -> tuple[str, str, str]:
    found = [one for one in case if one.tag != "system-out"]
    return (found[0].tag, found[0].get("type", ""), found[0].get("message", "")) if found else ("passed", "", "")


def _outcomes(report: RunReport) -> dict[str, tuple[str, str, str]]:
    return {case.get("name", ""): _outcome(case) for case in _written(report).iter("testcase")}


def test_a_document() -> None:
    root = _written(_report(_step("build"), _step("ship", "failed"), version="1.2", case="order-7"))
    suite = root[0]
    assert root.attrib == {"name": "demo", "tests": "2", "failures": "1", "errors": "0", "time": "3.250"}
    assert suite.attrib == {
        "name": "demo", "file": "flows/demo.yaml", "tests": "2", "failures": "1", "errors": "0", "skipped": "0",
        "time": "3.250", "timestamp": "2026-11-23T22:53:18",
    }  # fmt: skip
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert properties == {
        "run": "r1", "workflow": "demo", "version": "1.2", "case": "order-7", "status": "failed", "attempts": "2",
    }  # fmt: skip
    first, second = suite.iter("testcase")
    assert first.attrib == {"classname": "demo", "name": "build", "time": "1.500"}
    assert _outcome(first) == ("passed", "", "")
    assert _outcome(second) == ("failure", "shell.exit", "exit code 2 (shell.exit)")
    text = (second.findtext("failure") or "").splitlines()
    assert text[:4] == ["exit code 2 (shell.exit)", "at flows/demo.yaml:4:9", "", "ship 10"]
    assert text[-1] == "ship 29"
    assert len((second.findtext("system-out") or "").splitlines()) == 30


def test_places_are_for_readers_that_take_them() -> None:
    case = next(_written(_report(_step("build"), status="succeeded"), places=True).iter("testcase"))
    assert (case.get("file"), case.get("line")) == ("flows/demo.yaml", "4")


def test_every_status_has_its_verdict() -> None:
    statuses = (
        "succeeded",
        "reused",
        "compensated",
        "skipped",
        "blocked",
        "cancelled",
        "waiting",
        "pending",
        "interrupted",
    )
    steps = [_step(status, status, reason="why") for status in statuses]
    warning = _step("warning", "warning", error=ErrorInfo("shell.exit", "exit code 1"))
    crash = _step("crash", "failed", error=ErrorInfo("plugin.crash", "it broke", step="crash"))
    assert _outcomes(_report(*steps, warning, crash)) == {
        **dict.fromkeys(("succeeded", "reused", "compensated"), ("passed", "", "")),
        **{one: ("skipped", one, "why") for one in ("skipped", "blocked", "cancelled", "waiting")},
        "pending": ("skipped", "pending", "did not begin"),
        "interrupted": ("error", "interrupted", "cut off; it runs again when the run goes on"),
        "warning": ("skipped", "warning", "exit code 1 (shell.exit)"),
        "crash": ("error", "plugin.crash", "it broke (plugin.crash)"),
    }  # fmt: skip


def test_groups_and_loops_are_no_cases_unless_they_fail_by_themselves() -> None:
    late, soft = ErrorInfo("timeout", "too long", step="late"), ErrorInfo("timeout", "too long", step="soft")
    budget = ErrorInfo("loop.failures", "1 of 2 failed", step="loop")
    found = _outcomes(
        _report(
            _step("group"), _step("group/a"),
            _step("loop", "failed", error=budget), _step("loop[x]", "failed"), _step("loop[y]"),
            _step("late", "failed", error=late), _step("late/slow", "cancelled"), _step("empty"),
            _step("soft", "warning", error=soft), _step("soft/slow", "cancelled"),
        )
    )  # fmt: skip
    assert list(found) == ["group/a", "loop[x]", "loop[y]", "late", "late/slow", "empty", "soft", "soft/slow"]
    assert found["late"][:2] == ("failure", "timeout")
    assert found["soft"][:2] == ("skipped", "warning")


def test_what_was_caught_is_no_failure() -> None:
    found = _outcomes(_report(_step("group"), _step("group/a", "failed"), _step("b", "failed")))
    assert found["group/a"] == ("skipped", "caught", "failed, and caught: exit code 2 (shell.exit)")
    assert found["b"][0] == "failure"
    rescued = _outcomes(_report(_step("b", "failed"), status="succeeded"))
    assert rescued["b"][:2] == ("skipped", "caught")


def test_a_run_that_failed_without_a_step() -> None:
    found = _outcomes(_report(_step("a"), error=ErrorInfo("expression", "`x` is missing")))
    assert found["(run)"] == ("failure", "expression", "`x` is missing (expression)")


def test_attempts_are_told() -> None:
    step = StepReport(
        path="b",
        status="failed",
        file="flows/demo.yaml",
        line=4,
        attempts=3,
        error=ErrorInfo("x", "no\nmore", step="b"),
    )
    root = _written(_report(step))
    assert {"name": "attempts of b", "value": "3"} in [one.attrib for one in root.iter("property")]
    assert (root.findtext(".//failure") or "").splitlines()[:3] == [
        "no more (x)",
        "at flows/demo.yaml:4:0 after 3 attempts",
        "more",
    ]


def test_output_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "OUT_LIMIT", 200)
    root = _written(_report(_step("a"), _step("b", "failed")))
    first, second = root.iter("testcase")
    assert first.find("system-out") is not None
    assert second.find("system-out") is None
    assert second.find("failure") is not None


@settings(deadline=None)
@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_text_gives_a_valid_document(name: str, message: str, lines: list[str]) -> None:
    step = _step(f"a[{name}]", "failed", error=ErrorInfo(message or "x", message, step=f"a[{name}]"))
    report = _report(step, workflow=name, file=name, case=name, run=name)
    root = ET.fromstring(junit_text(report, lambda *_: lines).encode())
    assert [one.get("name") for one in root.iter("testcase")] == [f"a[{xml_text(name)}]"]
    assert root.findtext(".//system-out", "") == _normal(xml_text("\n".join(lines))) or not lines


def _normal(text: str) -> str:
    """As a reader of XML sees the ends of lines (XML 1.0, section 2.11)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("sign", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_cannot_hold_is_left_out(sign: str) -> None:
    assert xml_text(f"a{sign}b") == "ab"
    assert xml_text("\t\n\r é \U0001f600") == "\t\n\r é \U0001f600"


def test_what_the_checker_found() -> None:
    found = [
        Diagnostic("names", "no step `x`", Span("a.yaml", 3, 5, 3, 6), help="look"),
        Diagnostic("unclear", "hm", Span("a.yaml", 4, 5, 4, 6), "warning"),
    ]
    root = valid(render(found, {"a.yaml": "", "clean.yaml": ""}, "junit"))
    assert [(one.get("name"), one.get("failures"), one.get("skipped")) for one in root] == [
        ("a.yaml", "1", "1"), ("clean.yaml", "0", "0"),
    ]  # fmt: skip
    assert {case.get("name"): _outcome(case) for case in root.iter("testcase")} == {
        "a.yaml:3:5 names": ("failure", "names", "error: no step `x`"),
        "a.yaml:4:5 unclear": ("skipped", "unclear", "warning: hm"),
        "clean.yaml": ("passed", "", ""),
    }
    assert root.findtext(".//failure") == "a.yaml:3:5: no step `x`\nhelp: look"
