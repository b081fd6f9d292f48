"""What was found out about stored runs, and what became of them, as text and as JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from steplane.cli.history import moment_text
from steplane.cli.keeping import size
from steplane.cli.table import table
from steplane.cli.told import with_state
from steplane.reporters.jsonlines import iso
from steplane.reporters.paint import Paint, visible
from steplane.reporters.words import count

if TYPE_CHECKING:
    from steplane.app.examining import Examined, Problem
    from steplane.app.pruning import Doomed, Pruned

_MOST = 20


# ---------------------------------------------------------------- runs check


def checked_head(catalogue: "Sequence[Problem]", color: bool) -> str:
    """What is wrong with the catalogue, before the runs."""
    paint = Paint(color)
    return "".join(f"{paint.severity('error', 'catalogue')}\n{_problem(one, paint)}" for one in catalogue)


def checked_run(one: "Examined", color: bool, *, unicode: bool, state: str) -> str:
    """A line about a run, and below it what is wrong."""
    paint = Paint(color)
    if not one.problems:
        parts = [count(one.events, "event")]
        parts += [count(one.artifacts, "artifact")] if one.artifacts else []
        parts += [count(one.logs, "log")] if one.logs else []
        line = f"{paint.good('✓' if unicode else '+')} {one.run}  {paint.faint(', '.join(parts))}\n"
    else:
        line = f"{paint.severity('error', '✗' if unicode else 'x')} {paint.bold(one.run)}\n"
        line += "".join(_problem(problem, paint) for problem in one.problems[:_MOST])
        more = len(one.problems) - _MOST
        line += f"    and {count(more, 'more problem')}\n" if more > 0 else ""
        line += f"    {paint.bold('What can be read:')} steplane runs export {one.run}{visible(state)}\n"
    return line + "".join(f"    {paint.faint(visible(note))}\n" for note in one.notes)


def _problem(one: "Problem", paint: Paint) -> str:
    lines = [f"    {visible(one.message)}"]
    if one.remedy:
        lines.append(f"    {paint.bold('help:')} {visible(with_state(one.remedy))}")
    return "\n".join(lines) + "\n"


def checked_sum(found: "Sequence[Examined]", color: bool) -> str:
    """How many there were."""
    paint = Paint(color)
    bad = sum(bool(one.problems) for one in found)
    words = f"{count(len(found), 'run')}: "
    return words + (paint.severity("error", f"{bad} damaged") if bad else paint.good("nothing wrong")) + "\n"


def checked_json(found: "Sequence[Examined]", catalogue: "Sequence[Problem]") -> str:
    """`{"sound", "runs": [...], "catalogue": {...}}`."""
    runs = [{**msgspec.to_builtins(one), "sound": not one.problems} for one in found]
    sound = not catalogue and all(one["sound"] for one in runs)
    problems = [msgspec.to_builtins(one) for one in catalogue]
    return _json({"sound": sound, "runs": runs, "catalogue": {"sound": not catalogue, "problems": problems}})


# ---------------------------------------------------------------- runs export


def lost(run: str, missing: Sequence[str], events: int) -> tuple[str, str]:
    """What is said of a run that could not be read whole: a warning, and the first things that are missing."""
    words = f"run {run} is damaged: {count(events, 'event')} could be read"
    more = f"; and {count(len(missing) - 5, 'more thing')}" if len(missing) > 5 else ""
    return words, f"Missing: {'; '.join(missing[:5])}{more}. The last line of the export has all."


# ---------------------------------------------------------------- runs prune


def pruned_text(
    doomed: "Sequence[Doomed]", done: "Sequence[Pruned]", results: int, color: bool, *, dry_run: bool
) -> str:
    """A table of what went (or would go), and how much room that gives; `results` of steps with `cache` went too."""
    paint = Paint(color)
    gone = doomed if dry_run else [one.doomed for one in done if not one.error]
    forgotten = f"{'would forget' if dry_run else 'forgot'} {count(results, 'recorded result')}\n" if results else ""
    if not gone:
        return forgotten or ("nothing to delete\n" if not doomed else "")
    rows = [["RUN", "STATUS", "WORKFLOW", "ENDED (UTC)", "SIZE"]]
    for one in gone:
        run = one.summary
        rows.append([run.id, run.status, visible(run.workflow), moment_text(run.ended_at) or "-", size(one.size)])
    lines = table(rows).splitlines()
    total = f"{count(len(gone), 'run')}, {size(sum(one.size for one in gone))}"
    words = f"would delete {total}" if dry_run else f"deleted {total}"
    return "\n".join([paint.faint(lines[0]), *lines[1:], "", paint.bold(words)]) + f"\n{forgotten}"


def pruned_json(doomed: "Sequence[Doomed]", done: "Sequence[Pruned]", results: int, *, dry_run: bool) -> str:
    """`{"dry_run", "freed", "runs": [...], "left": [...], "results"}`; sizes in bytes."""
    gone = doomed if dry_run else [one.doomed for one in done if not one.error]
    left = [{"run": one.doomed.summary.id, "error": one.error} for one in done if one.error]
    freed = sum(one.size for one in gone)
    runs = [_doomed(one) for one in gone]
    return _json({"dry_run": dry_run, "freed": freed, "runs": runs, "left": left, "results": results})


def _doomed(one: "Doomed") -> dict[str, Any]:
    run = one.summary
    ended = iso(run.ended_at) if run.ended_at else None
    return {"run": run.id, "status": run.status, "workflow": run.workflow, "ended_at": ended, "size": one.size}


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
