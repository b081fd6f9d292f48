"""One instance of a run, whole: what it was given, each attempt, what it gave or why it failed, the end of its log."""

import os
import shlex
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from steplane.app.given import Given
from steplane.app.history import Activation, AttemptRecord, RunRecord, StepRecord
from steplane.cli.history import step_data, steps_text
from steplane.cli.keeping import size
from steplane.cli.table import table
from steplane.cli.timeline import Look
from steplane.moments import written
from steplane.parts import Hit
from steplane.plan.nodes import Body, Node
from steplane.reporters.failures import TAIL, last_lines, shown_path
from steplane.reporters.jsonlines import error_data, iso, rules_data
from steplane.reporters.paint import Paint, visible
from steplane.reporters.signs import colored
from steplane.reporters.words import action, cause, clock, reason

_SHORT = 60


class Detail(Struct, frozen=True):
    """All that is known of one instance. `node` is None where the workflow cannot be read any more; `state` stands
    behind commands that are told, such as ` --state DIR`.
    """

    record: RunRecord
    step: StepRecord
    log: str
    node: Node | None = None
    given: tuple[Given, ...] = ()
    state: str = ""
    file: str = ""

    @property
    def inside(self) -> list[StepRecord]:
        """The instances directly and indirectly below."""
        path = self.step.path
        return [one for one in self.record.steps if one.path.startswith((f"{path}/", f"{path}["))]


def detail_text(detail: Detail, look: Look) -> str:
    """For people."""
    one, paint = detail.step, Paint(look.color)
    title = f"{paint.bold(visible(one.path))} {colored(paint, one.status, one.status)}"
    parts = [
        f"{title}\n{table(_facts(detail), [paint.faint], '  ')}",
        _section("given", _given(detail.given), paint),
        _section("attempts", _attempts(one), paint),
        _inside(detail, look),
        _section("decided by", _decided(one.latest.decided), paint),
        _section("outputs", _pretty(one.outputs) if one.outputs is not None else [], paint),
        _section("error", _error(one), paint),
        _section("artifacts", _files(one), paint),
        _log(detail, paint),
    ]
    return "\n".join(part for part in parts if part)


def detail_json(detail: Detail) -> str:
    """For programs: the instance as `show` has it, with every activation and attempt, what it was given, its log."""
    one = detail.step
    data = {
        "run": detail.record.summary.id,
        **step_data(one),
        "given": {each.name: each.value for each in detail.given if not each.unknown},
        "unknown": {each.name: each.unknown for each in detail.given if each.unknown},
        "activations": [_activation_data(each) for each in one.activations],
        "log": detail.log if os.path.exists(detail.log) else None,
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"


def _facts(detail: Detail) -> list[list[str]]:
    run, one, node = detail.record.summary, detail.step, detail.node
    facts = [["run", f"{run.id} ({run.status})"]]
    if node is not None:
        facts.append(["step", f"{one.step}, {visible(detail.file or run.file)}:{node.line}"])
        facts += [["does", visible(action(node))]] if not isinstance(node.action, Body) else []
        facts += [["region", visible(node.region)]] if node.region else []
    if one.latest.ready_at:
        facts.append(["ready", _moment(one.latest.ready_at)])
    if one.started_at:
        facts.append(["started", _moment(one.started_at)])
    if one.ended_at:
        facts.append(["ended", _moment(one.ended_at)])
    if one.seconds is not None:
        facts.append(["took" if one.ended_at else "so far", clock(one.seconds)])
    why = reason(one.status, one.reason, one.by, node, one.seen) if one.error is None else ""
    facts += [["because", why]] if why else []
    facts += [["rescued", "its `rescue` made good what had failed"]] if one.recovered else []
    if os.path.exists(detail.log):
        facts.append(["log", shown_path(detail.log)])
    return facts


def _files(one: StepRecord) -> list[str]:
    return table([[visible(each.name), size(each.size)] for each in one.artifacts]).splitlines()


def _section(title: str, lines: Sequence[str], paint: Paint) -> str:
    return f"{paint.bold(title)}\n" + "".join(f"  {line}\n" for line in lines) if lines else ""


def _inside(detail: Detail, look: Look) -> str:
    """What is inside, over time."""
    if not detail.inside:
        return ""
    begin, end = detail.step.activations[0].started_at, detail.step.ended_at or sys.maxsize
    sessions = [
        replace(one, begin=max(one.begin, begin), end=min(one.end, end))
        for one in detail.record.sessions
        if one.end >= begin and one.begin <= end
    ]
    narrowed = replace(detail.record, steps=detail.inside, sessions=sessions)
    return steps_text(narrowed, look, "inside", everything=False)


def _given(values: Sequence[Given]) -> list[str]:
    """Each with its value in full; a long one below its name."""
    wide = max((len(one.name) for one in values), default=0)
    wide = min(wide, 24)
    lines = []
    for one in values:
        name = visible(one.name)
        shown = [f"not known: {visible(one.unknown)}"] if one.unknown else _pretty(one.value)
        if len(shown) == 1 and len(name) <= wide:
            lines.append(f"{name:{wide}}  {shown[0]}")
        else:
            lines += [name, *(f"  {line}" for line in shown)]
    return lines


def _attempts(one: StepRecord) -> list[str]:
    lines = []
    for life in one.activations:
        if len(one.activations) > 1:
            lines.append(f"activation {life.number}: {life.status}")
        rows = [
            [str(each.number), _moment(each.started_at), _took(each), each.outcome, _after(each)]
            for each in life.attempts
        ]
        lines += table(rows, indent="  " if len(one.activations) > 1 else "").splitlines()
    return lines


def _took(one: AttemptRecord) -> str:
    return clock((one.ended_at - one.started_at) / 1e6) if one.ended_at else ""


def _after(one: AttemptRecord) -> str:
    if one.outcome == "interrupted":
        return "its process died; that is the last known of it"
    again = f"; again after {clock(one.delay)}" if one.delay else ""
    return f"{cause(one.error)}{again}" if one.error is not None else ""


def _decided(hits: tuple[Hit, ...] | None) -> list[str]:
    if hits is None:
        return []
    rows = [[f"rule {visible(one.rule)}", visible(one.because)] for one in hits]
    return table(rows).splitlines() if rows else ["the table's default: no rule matches"]


def _error(one: StepRecord) -> list[str]:
    error = one.error
    if error is None:
        return []
    rows = [["type", error.type]]
    rows += [["code", str(error.code)]] if error.code is not None else []
    rows += [["step", visible(error.step)]] if error.step and error.step != one.path else []
    lines = table(rows).splitlines()
    lines += [visible(line) for line in error.message.splitlines()]
    return lines + (["detail", *(f"  {line}" for line in _pretty(error.detail))] if error.detail is not None else [])


def _log(detail: Detail, paint: Paint) -> str:
    tail = last_lines(detail.log)
    if not tail:
        return ""
    whole = f"steplane logs {detail.record.summary.id} {shlex.quote(detail.step.path)}{detail.state}"
    last = f"its last {TAIL} lines; all" if len(tail) == TAIL else "also"
    title = f"{paint.bold('log')}  {paint.faint(f'({last}: {visible(whole)})')}"
    return "\n".join([title, *(f"  {paint.rule('|')} {line}" for line in tail)]) + "\n"


def _pretty(value: Any) -> list[str]:
    """A value in full, over as many lines as it takes: texts as they are, anything else as JSON."""
    if isinstance(value, str) and value.strip() == value != "":
        return [visible(line) for line in value.splitlines()]
    data = msgspec.json.encode(value)
    text = msgspec.json.format(data, indent=0 if len(data) <= _SHORT else 2).decode()
    return [visible(line) for line in text.split("\n")]


def _moment(at: int) -> str:
    return written(at, "%Y-%m-%d %H:%M:%S") + f".{at // 1000 % 1000:03} UTC"


def _activation_data(one: Activation) -> dict[str, Any]:
    return {
        "number": one.number,
        "status": one.status,
        "ready_at": iso(one.ready_at) if one.ready_at else None,
        "started_at": iso(one.started_at) if one.started_at else None,
        "ended_at": iso(one.ended_at) if one.ended_at else None,
        "duration": one.seconds if one.ended_at else None,
        "reason": one.reason or None,
        "by": one.by or None,
        "recovered": one.recovered,
        "outputs": one.outputs,
        **rules_data(one.decided),
        "error": error_data(one.error),
        "attempts": [
            {
                "number": each.number,
                "outcome": each.outcome,
                "started_at": iso(each.started_at),
                "ended_at": iso(each.ended_at) if each.ended_at else None,
                "delay": each.delay or None,
                "error": error_data(each.error),
            }
            for each in one.attempts
        ],
    }
