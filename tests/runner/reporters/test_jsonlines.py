"""Lines for programs: one event each, the last one always of the same shape."""

import json
from typing import Any

import pytest

from steplane.events import (
    Answered,
    AnyEvent,
    AttemptEnded,
    CancelRequested,
    ErrorInfo,
    Resumed,
    RunEnded,
    RunStarted,
    RunWaiting,
    StepEnded,
    StepReady,
    StepRetry,
    StepStarted,
    TimerFired,
)
from steplane.kernel import Instance
from steplane.plan.nodes import Body, Node, Plan
from steplane.reporters.jsonlines import JsonLinesReporter, iso
from steplane.reporters.subject import Result, Subject
from steplane.store import RunFolder

AT = 1_795_474_398_908_128
PLAN = Plan(name="demo", file="demo.yaml", hash="0", text="", nodes=(Node(0, "demo", Body(0)),), lists=())


def _reporter(*, quiet: bool = False) -> tuple[JsonLinesReporter, list[str]]:
    lines: list[str] = []
    subject = Subject("one", PLAN, RunFolder("one"), "steplane resume one")
    return JsonLinesReporter(subject, lines.append, quiet=quiet), lines


def _shown(*events: AnyEvent) -> list[dict[str, Any]]:
    reporter, lines = _reporter()
    instance = Instance(3, PLAN.nodes[0], None, "g/a", 1, PLAN)
    instance.first_at = AT
    for event in events:
        reporter.event(event, instance)
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
    return [json.loads(line) for line in lines]


STEP: dict[str, Any] = {"step": "a", "path": "g/a", "instance": 3, "at": AT}
IDENTITY = {"at": "2026-11-23T22:53:18.908128Z", "run": "one", "step": "a", "path": "g/a", "activation": 1}


def test_the_life_of_a_step() -> None:
    error = ErrorInfo("timeout", "too long", step="g/a")
    told = {"type": "timeout", "message": "too long", "code": None, "detail": None, "step": "g/a"}
    assert _shown(
        StepReady(**STEP),
        StepStarted(**STEP, attempt=1),
        StepRetry(**STEP, attempt=1, delay=0.5, error=error),
        AttemptEnded(instance=3, attempt=2, outcome="succeeded", outputs={"x": 1}),
        StepEnded(**{**STEP, "at": AT + 2_500_000}, status="succeeded", attempts=2),
    ) == [
        {"type": "step.ready", **IDENTITY, "status": "ready"},
        {"type": "step.started", **IDENTITY, "status": "running", "attempt": 1},
        {"type": "step.retry", **IDENTITY, "status": "waiting", "attempt": 1, "delay": 0.5, "error": told},
        {
            "type": "step.ended", **IDENTITY, "at": "2026-11-23T22:53:21.408128Z", "status": "succeeded",
            "started_at": "2026-11-23T22:53:18.908128Z", "duration": 2.5, "attempts": 2, "reason": None,
            "seen": None, "by": None, "recovered": False, "outputs": {"x": 1}, "error": None,
        },
    ]  # fmt: skip


def test_outputs_of_a_group_and_none_of_what_failed() -> None:
    ended = StepEnded(**STEP, status="succeeded")
    shown = _shown(Answered(instance=3, question="outputs", value={"y": 2}), ended)
    assert shown[0]["outputs"] == {"y": 2}
    failed = AttemptEnded(instance=3, attempt=1, outcome="failed", outputs={"x": 1})
    assert _shown(failed, StepEnded(**STEP, status="failed"))[0]["outputs"] is None


def test_events_of_the_run() -> None:
    begun, resumed, cancel, waiting = _shown(
        RunStarted(at=AT, pool=4),
        Resumed(at=AT),
        CancelRequested(at=AT, actor="ada", reason="late"),
        RunWaiting(at=AT, steps=("a",), reason="why"),
    )
    assert (begun["type"], begun["workflow"], begun["file"], begun["jobs"]) == ("run.begun", "demo", "demo.yaml", 4)
    assert resumed["type"] == "resumed"
    assert (cancel["type"], cancel["actor"], cancel["reason"]) == ("cancel.requested", "ada", "late")
    assert (waiting["type"], waiting["steps"], waiting["reason"]) == ("run.waiting", ["a"], "why")


@pytest.mark.parametrize(
    "event",
    [
        TimerFired(instance=3, timer="retry"),
        Answered(instance=3, question="if", value=True),
        AttemptEnded(instance=3, attempt=1, outcome="failed"),
        RunEnded(status="succeeded"),  # its line is the last one, written by `finish`
    ],
)
def test_what_is_of_use_to_the_kernel_only_has_no_line(event: AnyEvent) -> None:
    assert _shown(event) == []


@pytest.mark.parametrize("status", ["succeeded", "failed", "waiting", "interrupted"])
def test_the_last_line(status: str) -> None:
    for quiet in (False, True):
        reporter, lines = _reporter(quiet=quiet)
        reporter.finish(Result(status))
        assert lines == [f'{{"type":"run.ended","run":"one","status":"{status}","outputs":null,"error":null}}\n']


def test_logs_are_a_line_each() -> None:
    reporter, lines = _reporter()
    reporter.log("a", "stderr", 'x "y"\n\ud800\u2028z'.replace("\ud800", "?"))
    shown = [json.loads(line) for line in lines]
    assert [(one["type"], one["path"], one["stream"], one["text"]) for one in shown] == [
        ("log", "a", "stderr", 'x "y"'), ("log", "a", "stderr", "?\u2028z"),
    ]  # fmt: skip
    quiet, none = _reporter(quiet=True)
    quiet.log("a", "stdout", "x")
    assert none == []


def test_times() -> None:
    assert iso(0) == "1970-01-01T00:00:00.000000Z"
    assert iso(AT) == "2026-11-23T22:53:18.908128Z"
