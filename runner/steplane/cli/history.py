"""Runs as text and as JSON."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from steplane.app.history import RunRecord, StepRecord
from steplane.cli.table import table
from steplane.reporters.jsonlines import error_data, iso
from steplane.reporters.paint import Paint, visible
from steplane.reporters.plain import ASCII_SIGNS, SIGNS, colored
from steplane.reporters.words import cause, clock, reason, shown_value
from steplane.store import RunSummary


def runs_json(found: Sequence[RunSummary]) -> str:
    """All of each run in the catalogue: `{"runs": [...]}`, newest first."""
    return _json({"runs": [_summary(one) for one in found]})


def runs_text(found: Sequence[RunSummary], color: bool) -> str:
    """A table, newest first."""
    paint = Paint(color)
    head = [["RUN", "STATUS", "WORKFLOW", "STARTED (UTC)", "TIME"]]
    rows = [[one.id, one.status, visible(one.workflow), _moment(one.started_at), _took(one)] for one in found]
    lines = table(head + rows).splitlines()
    painted = [paint.faint(lines[0])]
    for one, line in zip(found, lines[1:], strict=True):
        painted.append(line.replace(f"  {one.status} ", f"  {colored(paint, one.status, one.status)} ", 1))
    return "\n".join(painted) + "\n"


def run_json(record: RunRecord) -> str:
    """All of one run."""
    return _json(
        {
            **_summary(record.summary),
            "inputs": record.inputs,
            "steps": [_step(one) for one in record.steps],
            "outputs": record.outputs,
            "error": error_data(record.error),
            "reason": record.reason or None,
        }
    )


def run_text(record: RunRecord, color: bool, unicode: bool) -> str:
    """One run for people: what it was given, its steps, what came of it, how to go on."""
    one, paint = record.summary, Paint(color)
    signs = SIGNS if unicode else ASCII_SIGNS
    title = f"{paint.bold(visible(one.workflow or '?'))} {colored(paint, one.status, one.status)}"
    facts = [["run", one.id], ["file", visible(one.file)], ["started", f"{_moment(one.started_at)} UTC"]]
    if one.ended_at:
        facts.append(["took", _took(one)])
    if record.reason and one.status == "waiting":
        facts.append(["waits", visible(record.reason)])
    parts = [f"{title}\n" + table(facts, [paint.faint], "  ")]
    parts.append(_values("inputs", record.inputs, paint))
    parts.append(_steps(record.steps, paint, signs))
    if isinstance(record.outputs, dict):
        parts.append(_values("outputs", record.outputs, paint))
    if record.error is not None:
        where = f"`{visible(record.error.step)}`: " if record.error.step else ""
        parts.append(f"{paint.severity('error', 'error')}\n  {where}{cause(record.error)}\n")
    if one.status in {"waiting", "interrupted", "failed"}:
        parts.append(f"{paint.bold('Go on with:')} steplane resume {one.id}\n")
    return "\n".join(part for part in parts if part)


def _values(title: str, values: dict[str, Any], paint: Paint) -> str:
    if not values:
        return ""
    rows = [[visible(name), shown_value(value)] for name, value in values.items()]
    return f"{paint.bold(title)}\n" + table(rows, indent="  ")


def _steps(steps: Sequence[StepRecord], paint: Paint, signs: dict[str, str]) -> str:
    if not steps:
        return ""
    rows = [[signs.get(one.status, " "), visible(one.path), one.status, _time(one), _why(one)] for one in steps]
    lines = table(rows, indent="  ").splitlines()
    painted = []
    for one, line in zip(steps, lines, strict=True):
        sign = signs.get(one.status, " ")
        painted.append(line.replace(sign, colored(paint, one.status, sign), 1))
    return f"{paint.bold('steps')}\n" + "\n".join(painted) + "\n"


def _time(one: StepRecord) -> str:
    return "" if one.seconds is None else clock(one.seconds)


def _why(one: StepRecord) -> str:
    words = [f"activation {one.activation}"] if one.activation > 1 else []
    words += [f"{one.attempts} attempts"] if one.attempts > 1 else []
    words += ["rescued"] if one.recovered else []
    stated = cause(one.error) if one.error is not None else reason(one.status, one.reason, one.by, None, one.seen)
    return ", ".join(words) + (": " if words and stated else "") + stated


def _summary(one: RunSummary) -> dict[str, Any]:
    return {
        "id": one.id,
        "workflow": one.workflow,
        "version": one.version or None,
        "title": one.title or None,
        "file": one.file,
        "status": one.status,
        "case": one.case,
        "labels": one.labels,
        "started_at": iso(one.started_at) if one.started_at else None,
        "ended_at": iso(one.ended_at) if one.ended_at else None,
        "duration": (one.ended_at - one.started_at) / 1e6 if one.ended_at else None,
        "hash": one.definition_hash,
    }


def _step(one: StepRecord) -> dict[str, Any]:
    return {
        "path": one.path,
        "step": one.step,
        "activation": one.activation,
        "status": one.status,
        "started_at": iso(one.started_at) if one.started_at else None,
        "ended_at": iso(one.ended_at) if one.ended_at else None,
        "duration": one.seconds,
        "attempts": one.attempts,
        "reason": one.reason or None,
        "seen": list(one.seen) or None,
        "by": one.by or None,
        "recovered": one.recovered,
        "outputs": one.outputs,
        "error": error_data(one.error),
    }


def _took(one: RunSummary) -> str:
    return clock((one.ended_at - one.started_at) / 1e6) if one.ended_at else ""


def _moment(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at / 1e6)) if at else ""


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
