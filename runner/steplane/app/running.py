"""Begin, go on with, and cancel runs."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from steplane.app import inputs as given_inputs
from steplane.app.execution import Basis, Execution, Reporter, RunResult, home_of
from steplane.app.loading import load_data
from steplane.driver.attempts import Folders
from steplane.errors import UsageError
from steplane.events import Resumed, RunStarted
from steplane.expressions import ExpressionError
from steplane.expressions.durations import parse_duration
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.store import Journal, RunFolder, RunStore, is_held, new_run_id, now

MakeReporter = Callable[["Begun"], Reporter]


class Begun(Struct, frozen=True):
    """A run that is about to run in this process: for those who show it."""

    run: str
    plan: Plan
    folder: RunFolder
    resumed: bool = False
    warning: str = ""


class Options(Struct, frozen=True):
    """How to run: slots, durability (`full` or `normal`), patience (a duration as text), strictness, who asks."""

    pool: int = 8
    durability: str = "full"
    patience: str = "10m"
    strict: bool = False
    actor: str = ""


def begin(
    store: RunStore,
    registry: Registry,
    plan: Plan,
    values: Mapping[str, Any],
    environ: Mapping[str, str],
    options: Options,
    make_reporter: MakeReporter,
    run_id: str | None = None,
) -> RunResult:
    """Make a run of the plan and run it. Raises `UsageError` before anything is recorded, `StateError`."""
    inputs = given_inputs.resolve(plan, values, environ)
    identifier = run_id or new_run_id(now())
    basis = _basis(plan, inputs, environ, options, identifier, home_of(plan.file), os.getcwd(), now(), "")
    execution = Execution(basis, registry)
    variables = _variables(execution, {})
    case = _case(execution, plan)
    header = _header(basis, inputs, variables, case, options)
    journal = store.create(identifier, plan.text, plan.hash, header, _durability(options), actor=options.actor)
    with journal:
        reporter = make_reporter(Begun(identifier, plan, journal.folder, warning=store.warning))
        result = _go(execution, journal, RunStarted(pool=options.pool), reporter)
    _catalogue(store, result)
    return result


def resume(
    store: RunStore,
    registry: Registry,
    run_id: str,
    values: Mapping[str, Any],
    environ: Mapping[str, str],
    options: Options,
    make_reporter: MakeReporter,
    *,
    redo: tuple[str, ...] = (),
    assume: Mapping[str, Any] | None = None,
    cancel: bool = False,
) -> RunResult:
    """Go on with a run: what succeeded stays. A run that succeeded is left as it is. Raises `RunHeld`, `UsageError`."""
    with store.acquire(run_id, _durability(options), actor=options.actor) as journal:
        header, plan = journal.header, recorded_plan(journal, registry, store)
        inputs = _inputs_again(plan, header, values, environ)
        basis = _basis(
            plan, inputs, environ, options, run_id, header["home"], header["called_in"], header["started_at"], header["case"]
        )
        execution = Execution(basis, registry)
        _variables(execution, header["vars"])
        execution.fold(journal)
        _end_leftovers(run_id)
        root = execution.kernel.state.root
        if root is not None and root.ended and (cancel or root.status in {"succeeded", "warning"}):
            return RunResult(run_id, root.status, 0 if not cancel else 2, root.outputs)
        _refuse_undecided(execution, run_id, redo, assume or {})
        store.reopened(run_id)
        reporter = make_reporter(Begun(run_id, plan, journal.folder, resumed=True))
        event = Resumed(pool=options.pool, actor=options.actor, redo=redo, assume=dict(assume or {}), cancel=cancel)
        first: Any = event if root is not None else RunStarted(pool=options.pool)
        result = _go(execution, journal, first, reporter)
    _catalogue(store, result)
    return result


def cancel(
    store: RunStore,
    registry: Registry,
    run_id: str,
    environ: Mapping[str, str],
    options: Options,
    make_reporter: MakeReporter,
    reason: str = "",
) -> RunResult | None:
    """End a run: a live one is told (None), any other is taken over and wound up here, its `finally` included."""
    from steplane.driver import control

    folder = store.folder(run_id)
    if is_held(folder):
        if control.ask(folder.path, {"kind": "cancel", "actor": options.actor, "reason": reason}):
            return None
        if is_held(folder):
            raise UsageError(f"run {run_id} does not answer", "It may be suspended; continue or end its process, then try again.")
    return resume(store, registry, run_id, {}, environ, options, make_reporter, cancel=True)


def recorded_plan(journal: Any, registry: Registry, store: RunStore | None) -> Plan:
    """The plan of the definition that a run was begun with."""
    definition, header = journal.definitions()[-1], journal.header
    loaded = load_data(definition.text.encode(), header["file"], registry, store)
    if loaded.plan is None:
        first = next(one for one in loaded.diagnostics if one.severity == "error")
        raise UsageError(
            f"the recorded workflow of run {journal.run} cannot be used any more: {first.message}",
            "Install the plugins that it was begun with.",
        )
    return loaded.plan


def _go(execution: Execution, journal: Journal, first: Any, reporter: Reporter) -> RunResult:
    from steplane.driver import control

    folders = Folders(log=journal.folder.log_path, artifacts=journal.folder.artifacts)
    stop = control.serve(journal.folder.path, execution.inbox)
    try:
        return execution.go(journal, folders, first, reporter)
    finally:
        stop()


def _basis(
    plan: Plan,
    inputs: dict[str, Any],
    environ: Mapping[str, str],
    options: Options,
    run: str,
    home: str,
    called_in: str,
    started_at: int,
    case: str,
) -> Basis:
    try:
        patience = parse_duration(options.patience) if options.patience != "0" else 0.0
    except ValueError as error:
        raise UsageError(f"`--patience {options.patience}`: {error}", "Write a duration such as `30s` or `10m`.") from error
    return Basis(
        run=run, plan=plan, inputs=inputs, environ=dict(environ), home=home, called_in=called_in, started_at=started_at,
        case=case, pool=options.pool, patience=patience, strict=options.strict,
    )  # fmt: skip


def _variables(execution: Execution, recorded: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return execution.evaluate_variables(recorded)
    except ExpressionError as error:
        where = f"{execution.basis.plan.file}:{error.line}:{error.column}: " if error.line else ""
        raise UsageError(f"{where}{error.message}", "`vars` are evaluated before the first step.") from error


def _case(execution: Execution, plan: Plan) -> str:
    if plan.case is None:
        return execution.basis.run
    try:
        return execution.text(plan.case)
    except ExpressionError as error:
        raise UsageError(f"{plan.file}:{error.line}:{error.column}: {error.message}", "`case` names what the run is about.") from error


def _header(
    basis: Basis, inputs: Mapping[str, Any], variables: Mapping[str, Any], case: str, options: Options
) -> dict[str, Any]:
    plan = basis.plan
    hidden = {spec.name for spec in plan.inputs if spec.secret}
    return {
        "workflow": plan.name, "file": plan.file, "version": plan.version, "title": plan.title, "labels": plan.labels,
        "case": case, "started_at": basis.started_at, "home": basis.home, "called_in": basis.called_in,
        "inputs": {name: value for name, value in inputs.items() if name not in hidden},
        "vars": dict(variables), "durability": options.durability, "parent": "",
    }  # fmt: skip


def _inputs_again(
    plan: Plan, header: Mapping[str, Any], values: Mapping[str, Any], environ: Mapping[str, str]
) -> dict[str, Any]:
    """The recorded inputs, and the secret ones anew."""
    secret = {spec.name for spec in plan.inputs if spec.secret}
    for name in values:
        if name not in secret:
            raise UsageError(f"input `{name}` is recorded with the run and cannot be given again", "Start a new run.")
    return given_inputs.resolve(plan, {**header["inputs"], **values}, environ)


def _end_leftovers(run_id: str) -> None:
    from steplane.driver.warden import end_leftovers

    end_leftovers(run_id)


def _refuse_undecided(
    execution: Execution, run_id: str, redo: tuple[str, ...], assume: Mapping[str, Any]
) -> None:
    """A step that may run once at most was in flight: only a person can say what became of it."""
    open_steps = [one.path for one in execution.kernel.in_flight() if one.node.at_most_once]
    undecided = [path for path in open_steps if path not in redo and path not in assume]
    if undecided:
        path = undecided[0]
        raise Undecided(
            f"step `{path}` was running when the run was cut off, and it may run at most once",
            f"Find out whether it did its work, then: steplane resume {run_id} --assume {path}=succeeded, or --redo {path}",
        )
    for path in [*redo, *assume]:
        if path not in open_steps:
            raise UsageError(f"step `{path}` was not cut off in the middle", "Only such steps need `--redo` or `--assume`.")


class Undecided(UsageError):
    """A person must say what became of an `at_most_once` step."""

    exit_code = 3


def _durability(options: Options) -> Any:
    if options.durability not in {"full", "normal"}:
        raise UsageError(f"durability is `full` or `normal`, not {options.durability!r}", "Change `--durability`.")
    return options.durability


def _catalogue(store: RunStore, result: RunResult) -> None:
    if result.status in {"succeeded", "warning", "failed", "cancelled"}:
        store.ended(result.run, result.status)
