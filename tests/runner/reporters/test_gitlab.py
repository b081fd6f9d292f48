"""GitLab's sections and its code quality report."""

import json
import re
from typing import Any

from tests.runner.reporters.readers import GitLabReader
from tests.runner.reporters.stage import error, gitlab

from steplane.diagnostics import Diagnostic, Span
from steplane.reporters.diagnostics import render


def test_a_section_as_documented() -> None:
    stage = gitlab()
    stage.begin("price[é 1]/quote")
    shown = stage.say("price[é 1]/quote", "line")
    assert re.fullmatch(
        r"\x1b\[0Ksection_start:\d{10}:steplane_1_output_of_price_1_quote\[collapsed=true\]\r\x1b\[0K"
        r"output of price\[é 1\]/quote\nline\n",
        shown,
    )
    stage.end("price[é 1]/quote")
    end = re.escape("\x1b[0Ksection_end:") + r"\d{10}:steplane_1_output_of_price_1_quote" + re.escape("\r\x1b[0K\n")
    assert re.search(end, stage.text)


def test_names_of_sections_are_their_own() -> None:
    stage = gitlab()
    for path in ("a[1]", "a[:1]", "é", "x" * 300):
        stage.begin(path)
        stage.say(path, "x")
        stage.end(path)
    log = GitLabReader(stage.finish())
    assert len(set(log.names)) == 4
    assert max(map(len, log.names)) < 80


def test_failures_are_told_in_the_log_only() -> None:
    stage = gitlab()
    stage.begin("build")
    stage.end("build", "failed")
    text = stage.finish("failed", error=error())
    assert "::" not in text
    assert " --> demo.yaml:4:9" in text


def _found(line: int, severity: str = "error", message: str = "no step `x`") -> Diagnostic:
    return Diagnostic("names", message, Span("a.yaml", line, 5, line, 7), severity)  # type: ignore[arg-type]


def _report(*found: Diagnostic) -> Any:
    return json.loads(render(found, {}, "gitlab"))


def test_the_code_quality_report() -> None:
    first, second = _report(_found(3), _found(7, "warning", "unclear"))
    assert re.fullmatch("[0-9a-f]{64}", first.pop("fingerprint"))
    assert first == {
        "description": "no step `x`", "check_name": "names", "severity": "major",
        "location": {"path": "a.yaml", "lines": {"begin": 3, "end": 3}},
    }  # fmt: skip
    assert second["severity"] == "minor"
    assert _report(_found(1, "hint"))[0]["severity"] == "info"
    assert _report() == []


def test_fingerprints_follow_the_mistake_not_the_line() -> None:
    before, after = _report(_found(3), _found(5)), _report(_found(30), _found(50))
    assert [one["fingerprint"] for one in before] == [one["fingerprint"] for one in after]
    assert before[0]["fingerprint"] != before[1]["fingerprint"]
