"""Runs as text and as JSON."""

import os
import shlex
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from steplane.app.given_again import by_hand
from steplane.app.history import RunRecord, StepRecord
from steplane.cli.changed_words import changed_words
from steplane.cli.folding import LIMIT, tree
from steplane.cli.keeping import size
from steplane.cli.table import table
from steplane.cli.timeline import Look, Timeline
from steplane.cli.told import secrets_option
from steplane.moments import written
from steplane.reporters.jsonlines import error_data, iso, rules_data
from steplane.reporters.paint import Paint, visible
from steplane.reporters.signs import colored
from steplane.reporters.words import cause, clock, count, shown_value
from steplane.store import RunSummary

_FILES = 20


def runs_json(found: Sequence[RunSummary]) -> str:
    """All of each run in the catalogue: `{"runs": [...]}`, newest first."""
    return _json({"runs": [_summary(one) for one in found]})


def runs_text(found: Sequence[RunSummary], color: bool) -> str:
    """A table, newest first."""
    paint = Paint(color)
    head = [["RUN", "STATUS", "WORKFLOW", "STARTED (UTC)", "TIME"]]
    rows = [[one.id, one.status, visible(one.workflow), moment_text(one.started_at), _took(one)] for one in found]
    lines = table(head + rows).splitlines()
    painted = [paint.faint(lines[0])]
    for one, line in zip(found, lines[1:], strict=True):
        painted.append(line.replace(f"  {one.status} ", f"  {colored(paint, one.status, one.status)} ", 1))
        if one.waits:
            painted.append(f"  {visible(one.waits)}")
    return "\n".join(painted) + "\n"


def run_json(record: RunRecord) -> str:
    """All of one run."""
    return _json(
        {
            **_summary(record.summary),
            "duration": record.seconds if record.summary.ended_at else None,
            "sessions": [
                {"started_at": iso(one.begin), "ended_at": iso(one.end), "actor": one.actor or None}
                for one in record.sessions
            ],
            "definitions": [
                {"at": iso(one.at), "actor": one.actor or None, "hash": one.hash, "steps": one.steps}
                for one in record.definitions
            ],
            "selection": record.selection or None,
            "of": record.of or None,
            "locks": [{**msgspec.to_builtins(one), "since": iso(one.since)} for one in record.locks],
            "inputs": record.inputs,
            "steps": [step_data(one) for one in record.steps],
            "outputs": record.outputs,
            "error": error_data(record.error),
            "reason": record.reason or None,
        }
    )


def run_text(record: RunRecord, look: Look, *, everything: bool = False, state: str = "") -> str:
    """One run for people: what it was given, its steps over time, what came of it, how to go on.

    `everything`: fold nothing. `state` stands behind commands that are told, such as ` --state DIR`.
    """
    one, paint = record.summary, Paint(look.color)
    title = f"{paint.bold(visible(one.workflow or '?'))} {colored(paint, one.status, one.status)}"
    title += f"  {paint.faint(visible(one.title))}" if one.title else ""
    parts = [f"{title}\n" + table(_facts(record), [paint.faint], "  ")]
    parts.append(_values("inputs", record.inputs, paint))
    parts.append(steps_text(record, look, everything=everything))
    parts.append(_locks(record, paint))
    if isinstance(record.outputs, dict):
        parts.append(_values("outputs", record.outputs, paint))
    parts.append(_artifacts(record, paint, state))
    if record.error is not None:
        where = f"`{visible(record.error.step)}`: " if record.error.step else ""
        parts.append(f"{paint.severity('error', 'error')}\n  {where}{cause(record.error)}\n")
    parts.append(_further(record, paint, state))
    return "\n".join(part for part in parts if part)


def _facts(record: RunRecord) -> list[list[str]]:
    one = record.summary
    facts = [["run", one.id], ["file", visible(one.file)]]
    facts += [["case", visible(one.case)]] if one.case not in {"", one.id} else []
    part = [f"--{name} {word}" for name, words in record.selection.items() for word in words]
    facts += [["part", visible(" ".join(part))]] if part else []
    facts += [["of", record.of]] if record.of else []
    facts.append(["started", f"{moment_text(one.started_at)} UTC"])
    if record.sessions:
        facts.append(["took" if one.ended_at else "running" if one.status == "running" else "ran", _spent(record)])
    facts += [["changed", f"{moment_text(each.at)} UTC: {changed_words(each.steps)}"] for each in record.definitions]
    if record.reason and one.status == "waiting":
        facts.append(["waits", visible(record.reason)])
    return facts


def _spent(record: RunRecord) -> str:
    """How long it has been run; where nobody ran it for a while, that time apart."""
    sessions = record.sessions
    words = clock(record.seconds)
    idle = sum(max(0, after.begin - before.end - after.set_by) for before, after in pairwise(sessions)) / 1e6
    if len(sessions) > 1:
        words += f", in {len(sessions)} parts; between them nobody ran it for {clock(idle)}"
    return words


def steps_text(record: RunRecord, look: Look, title: str = "steps", *, everything: bool) -> str:
    """The instances of a run over time."""
    if not record.steps:
        return ""
    lines = list(Timeline(record, look).lines(tree(record), everything=everything))
    hidden = not everything and len(record.steps) > LIMIT
    note = Paint(look.color).faint("  (folded; --all shows every instance)") if hidden else ""
    return f"{Paint(look.color).bold(title)}{note}\n" + "".join(f"{line}\n" for line in lines)


def _further(record: RunRecord, paint: Paint, state: str) -> str:
    """What one may want to do next."""
    one, found = record.summary, []
    failed = next((step for step in record.steps if step.status == "failed" and _is_own(step)), None)
    if failed is not None:
        found.append(["What it wrote:", f"steplane logs {one.id} {shlex.quote(failed.path)}{state}"])
        found.append(["All about it:", f"steplane show {one.id} {shlex.quote(failed.path)}{state}"])
    if one.status == "running":
        found.append(["Follow it:", f"steplane logs -f {one.id}{state}"])
    if one.status in {"waiting", "interrupted", "failed", "cancelled"}:
        again = secrets_option(by_hand(record.given, os.environ))
        found.append(["Go on with:", f"steplane resume {one.id}{state}{again}"])
    return "".join(f"{paint.bold(title)} {visible(command)}\n" for title, command in found)


def _artifacts(record: RunRecord, paint: Paint, state: str) -> str:
    """The files that the steps left for people."""
    kept = [(step.path, one) for step in record.steps for one in step.artifacts]
    if not kept:
        return ""
    rows = [[visible(path), visible(one.name), size(one.size)] for path, one in kept[:_FILES]]
    more = len(kept) - _FILES
    rows += [[f"and {count(more, 'more file')}"]] if more > 0 else []
    how = paint.faint(f"(fetch them: steplane artifacts {record.summary.id} --copy DIR{visible(state)})")
    return f"{paint.bold('artifacts')}  {how}\n" + table(rows, indent="  ")


def _locks(record: RunRecord, paint: Paint) -> str:
    """The locks of the store that it holds and waits for."""
    rows = []
    for one in record.locks:
        lock, held = f"`{visible(one.name)}`", ", ".join(f"`{visible(each)}`" for each in one.holders)
        words = f"holds {lock}" if one.held else f"waits for {lock}, held by {held}" if held else f"waits for {lock}"
        rows.append([visible(one.path), f"{words}, since {moment_text(one.since)} UTC"])
    return f"{paint.bold('locks')}\n" + table(rows, indent="  ") if rows else ""


def _is_own(step: StepRecord) -> bool:
    return step.error is None or step.error.step in {"", step.path}


def _values(title: str, values: dict[str, Any], paint: Paint) -> str:
    if not values:
        return ""
    rows = [[visible(name), shown_value(value)] for name, value in values.items()]
    return f"{paint.bold(title)}\n" + table(rows, indent="  ")


def _summary(one: RunSummary) -> dict[str, Any]:
    return {
        "id": one.id,
        "workflow": one.workflow,
        "version": one.version or None,
        "title": one.title or None,
        "file": one.file,
        "status": one.status,
        "waits": one.waits or None,
        "case": one.case,
        "labels": one.labels,
        "started_at": iso(one.started_at) if one.started_at else None,
        "ended_at": iso(one.ended_at) if one.ended_at else None,
        "duration": (one.ended_at - one.started_at) / 1e6 if one.ended_at else None,
        "hash": one.definition_hash,
    }


def step_data(one: StepRecord) -> dict[str, Any]:
    """One instance, by its latest activation."""
    return {
        "path": one.path,
        "step": one.step,
        "activation": one.activation,
        "status": one.status,
        "started_at": iso(one.started_at) if one.started_at else None,
        "ended_at": iso(one.ended_at) if one.ended_at else None,
        "duration": one.seconds if one.ended_at else None,
        "attempts": one.attempts,
        "reason": one.reason or None,
        "seen": list(one.seen) or None,
        "by": one.by or None,
        "recovered": one.recovered,
        "outputs": one.outputs,
        **rules_data(one.latest.decided),
        "error": error_data(one.error),
        "artifacts": [{"name": each.name, "size": each.size, "sha256": each.sha256} for each in one.artifacts],
    }


def _took(one: RunSummary) -> str:
    return clock((one.ended_at - one.started_at) / 1e6) if one.ended_at else ""


def moment_text(at: int) -> str:
    """A time of day, UTC; empty for 0."""
    return written(at, "%Y-%m-%d %H:%M:%S") if at else ""


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
