"""Runs by `--where`, and what is told of those that could not be judged."""

from collections.abc import Iterable
from itertools import islice

from steplane.app.project import workflows
from steplane.app.querying import SOURCE, Left, matching, read_query
from steplane.cli.call import Call
from steplane.diagnostics import Diagnostic
from steplane.errors import UsageError
from steplane.reporters.words import count
from steplane.store import RunSummary
from steplane.suggest import did_you_mean, nearest_of


def chosen_where(call: Call, runs: Iterable[RunSummary], text: str, limit: int) -> list[RunSummary] | None:
    """The runs for which the expression holds, at most `limit` (0: all); None where it is wrong, which is then told."""
    expression, wrong = read_query(text)
    if any(one.severity == "error" for one in wrong):
        _tell(call, wrong, text)
        return None
    left = Left()
    found = list(islice(matching(call.history, runs, text, expression, left), limit or None))
    if left.first is not None:
        run, mistake = left.first
        if left.failed == left.looked:
            _tell(call, [mistake], text)
            return None
        others = f" and {left.failed - 1} more" if left.failed > 1 else ""
        call.warn(f"run {run}{others} left out, it cannot be judged: {mistake.message}")
    if left.lacking and left.lacking + left.failed == left.looked:
        _warn_of_absent(call, left)
    return found


def refuse_unknown_workflow(call: Call, name: str) -> None:
    """Raise `UsageError` for a workflow of which there is neither a run nor a file."""
    known = list(dict.fromkeys(one.workflow for one in call.history.recorded() if one.workflow))
    if name and name not in known and name not in workflows(call.here):
        title, names = ("Workflows with runs", known) if known else ("Known here", workflows(call.here))
        remedy = nearest_of(name, names, title, "steplane list") if names else "There is no run yet."
        raise UsageError(f"there is no run of a workflow `{name}`", remedy)


def _warn_of_absent(call: Call, left: Left) -> None:
    root, _, name = left.absent.partition(".")
    near = did_you_mean(name, left.known)
    known = f"There are: {', '.join(left.known)}." if left.known else ""
    remedy = f"Did you mean `{root}.{near}`? {known}" if near else known
    looked = count(left.looked, "run")
    call.warn(f"no run has `{left.absent}`, of {looked} looked at", remedy.strip())


def _tell(call: Call, wrong: list[Diagnostic], text: str) -> None:
    from steplane.reporters.diagnostics import render

    call.err.write(render(wrong, {SOURCE: text}, "full", call.color(call.err)))
