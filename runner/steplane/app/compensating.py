"""Undoing on demand what a run that has ended had completed."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from steplane.app.cleaning_up import used_to_undo
from steplane.app.execution import Execution, RunResult
from steplane.app.given_again import inputs_to_clean_up
from steplane.app.headers import evaluate_variables
from steplane.app.leftovers import end_leftovers
from steplane.app.recorded import folded, recorded_header
from steplane.app.repairs import Names
from steplane.app.running import (
    MakeReporter,
    Options,
    basis_again,
    begun,
    catalogue,
    durability_of,
    go,
)
from steplane.errors import UsageError
from steplane.events import CompensateRequested
from steplane.kernel import Instance, Kernel, undoing
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.store import RunStore


def compensate(  # noqa: PLR0917 - what a run is made of
    store: RunStore,
    registry: Registry,
    run_id: str,
    steps: Sequence[str],
    values: Mapping[str, Any],
    environ: Mapping[str, str],
    options: Options,
    make_reporter: MakeReporter,
) -> RunResult:
    """Undo what the run, or the named steps, had completed: the newest first. The exit code is 1 if something was not.

    Raises `RunHeld`, `UsageError` (the run has not ended, there is nothing to undo), `StateError`.
    """
    with store.acquire(run_id, durability_of(options), actor=options.actor) as journal:
        end_leftovers(journal.folder)
        kernel = folded(journal, registry, store)
        plan = kernel.state.plan
        paths, found = _meant(run_id, plan, kernel, steps)
        header = recorded_header(journal)
        inputs = inputs_to_clean_up((plan, header, values, environ), used_to_undo(found))
        execution = _execution(run_id, plan, kernel, header, (registry, inputs, environ, options))
        store.reopened(run_id)
        reporter = make_reporter(begun(execution.basis, journal.folder, header, resumed=True))
        event = CompensateRequested(pool=options.pool, actor=options.actor, steps=paths)
        result = go(execution, journal, event, reporter)
    catalogue(store, result)
    return judged(result, undone=all(one.status == "compensated" for one in found))


def judged(result: RunResult, *, undone: bool) -> RunResult:
    """The result where somebody wanted it undone: once it is over, what counts is whether all of it is."""
    if result.status in {"interrupted", "waiting"}:
        return result
    return replace(result, exit_code=0 if undone else 1)


def _meant(run_id: str, plan: Plan, kernel: Kernel, steps: Sequence[str]) -> tuple[tuple[str, ...], list[Instance]]:
    """The paths of the named steps, and all that is to be undone."""
    root = kernel.state.root
    if root is None or not root.ended:
        raise UsageError(
            f"run {run_id} has not ended", f"End it first: steplane cancel {run_id}, or go on: steplane resume {run_id}"
        )
    names = Names(run_id, plan, kernel)
    paths = tuple(dict.fromkeys(names.begun(word) for word in steps))
    for path in paths:
        if not list(undoing.completed(kernel.state.paths[path])):
            status = kernel.state.paths[path].status
            raise UsageError(
                f"there is nothing to undo of step `{path}` of run {run_id}: it is {status}",
                "Steps are undone that have completed, and have `compensate` or steps inside that have.",
            )
    found = [one for path in paths for one in undoing.completed(kernel.state.paths[path])]
    found = found if paths else list(undoing.in_body(root))
    if not found:
        raise UsageError(
            f"there is nothing to undo of run {run_id}", "Steps are undone that have completed and have `compensate`."
        )
    return paths, found


def _execution(run_id: str, plan: Plan, kernel: Kernel, header: Mapping[str, Any], given: tuple[Any, ...]) -> Execution:
    """What the run stands on, as for a resume."""
    registry, inputs, environ, options = given
    execution = Execution(basis_again(run_id, plan, header, (inputs, environ, options)), registry, kernel)
    evaluate_variables(execution, header["vars"], leniently=True)
    execution.know_again()
    return execution


__all__ = ["compensate", "judged"]
