"""Begin, go on with, and cancel runs."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from steplane.app import inputs as given_inputs
from steplane.app.cleaning_up import cleans_up, inputs_of
from steplane.app.execution import Basis, Execution, Reporter, RunResult, Shared, ended_result, home_of
from steplane.app.given_again import given_so_far, named_again, said_of_secrets
from steplane.app.headers import evaluate_variables, group_of, new_header
from steplane.app.leftovers import bury, end_leftovers
from steplane.app.project import here
from steplane.app.recorded import folded, recorded_header, recorded_plan
from steplane.driver.attempts import Folders
from steplane.driver.messages import PostCame
from steplane.driver.post import Office
from steplane.errors import UsageError
from steplane.events import OK, Resumed, RunStarted, Taken
from steplane.expressions.durations import parse_duration
from steplane.kernel import Kernel, undoing
from steplane.parts import Selected
from steplane.pipes import is_text
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.store import Journal, LockTable, RunFolder, RunStore, StateDirectory, is_held, new_run_id, now

if TYPE_CHECKING:
    from steplane.app.redefining import Edit
    from steplane.app.redefining import Taken as TakenEdit
    from steplane.app.regaining import Regained
    from steplane.kernel.undoing import Undoing

MakeReporter = Callable[["Begun"], Reporter]


class Begun(Struct, frozen=True):
    """A run that is about to run here, for those who show it: the folder of its file, what is to be given `again`."""

    run: str
    plan: Plan
    folder: RunFolder
    resumed: bool = False
    warnings: tuple[str, ...] = ()
    home: str = ""
    again: tuple[str, ...] = ()


class Options(Struct, frozen=True):
    """How to run: slots, durability (`full` or `normal`), patience (a duration as text), strictness, who asks, why."""

    pool: int = 8
    durability: str = "full"
    patience: str = "10m"
    strict: bool = False
    actor: str = ""
    reason: str = ""


class RunPart(Struct, frozen=True):
    """The part of a workflow that a run runs (None: all of it), and what an earlier run stands in with for the rest."""

    selection: Selected | None = None
    taken: Taken | None = None


WHOLE = RunPart()


def begin(  # noqa: PLR0917 - what a run is made of
    store: RunStore,
    registry: Registry,
    plan: Plan,
    values: Mapping[str, Any],
    environ: Mapping[str, str],
    options: Options,
    make_reporter: MakeReporter,
    run_id: str | None = None,
    part: RunPart = WHOLE,
) -> RunResult:
    """Make a run of the plan, or of a part of it, and run it.

    Raises `UsageError` before anything is recorded, `StateError`.
    """
    _need_text(home_of(plan.file), here())
    inputs = given_inputs.resolve(plan, values, environ)
    basis = Basis(
        run=new_run_id(now()) if run_id is None else run_id, plan=plan, inputs=inputs, environ=dict(environ),
        home=home_of(plan.file),
        called_in=here(), started_at=now(), case="", pool=options.pool, patience=patience_of(options),
        strict=options.strict,
    )  # fmt: skip
    execution = Execution(basis, registry)
    header = {
        **new_header(execution, options.durability), **_said(part), **said_of_secrets(plan, values, environ)
    }  # fmt: skip
    journal = store.create(basis.run, plan.text, plan.hash, header, durability_of(options), actor=options.actor)
    with journal:
        warnings = _warnings(execution, store.warning)
        reporter = make_reporter(begun(basis, journal.folder, header, warnings))
        first = RunStarted(pool=options.pool, selection=part.selection, taken=part.taken, group=group_of(header))
        result = go(execution, journal, first, reporter)
    catalogue(store, result)
    return result


def _need_text(*folders: str) -> None:
    """Raise `UsageError` for a folder that cannot be recorded."""
    for folder in folders:
        if not is_text(folder):
            raise UsageError(f"the path of the folder {folder} is not UTF-8: a run cannot record it", "Rename it.")


def _warnings(execution: Execution, *others: str) -> tuple[str, ...]:
    return (*filter(None, others), *execution.known.weak())


def _said(part: RunPart) -> dict[str, Any]:
    """What the header says of a run of a part: the words that selected it, and the run that stands in."""
    said: dict[str, Any] = {}
    one = part.selection
    if one is not None:
        words = {"only": one.only, "from": one.since, "until": one.until}
        said["selection"] = {name: list(given) for name, given in words.items() if given}
    if part.taken is not None:
        said["of"] = part.taken.run
    return said


def resume(  # noqa: PLR0917 - the same
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
    only: tuple[str, ...] = (),
    cancel: bool = False,
    definition: Literal["", "accept", "recorded"] = "",
) -> RunResult:
    """Go on with a run: what succeeded stays. A run that succeeded is left as it is, unless something is to be redone.

    `redo` and `assume` name instances (or steps that have but one); with `only` nothing else goes on.

    What runs is the definition that was recorded. Where the file (or a plugin) is another now, that is refused, unless
    the run is to go on so (`accept`), or as it was recorded all the same (`recorded`). A file that is gone is not
    missed. Raises `RunHeld`, `Edited`, `UsageError`, `StateError`.
    """
    event = Resumed(pool=options.pool, actor=options.actor, cancel=cancel, reason=options.reason)
    patience_of(options)  # refused before anything is looked at
    with store.acquire(run_id, durability_of(options), actor=options.actor) as journal:
        end_leftovers(journal.folder)  # also where the resume is then refused: no step runs on while a person decides
        header, kernel = recorded_header(journal), folded(journal, registry, store)
        root = kernel.state.root
        if root is not None and root.ended and (cancel or (root.status in OK and not (redo or assume))):
            _told(run_id, kernel, event, (redo, assume or {}, only))
            return _left_alone(run_id, kernel, options, cancel=cancel)
        edit = _edit(kernel, header, (registry, store, values, environ), "recorded" if cancel else definition)
        taken = edit.take(kernel, journal, options.actor) if edit is not None else None
        plan = kernel.state.plan
        given = (plan, header, values, environ)
        inputs = edit.inputs if edit is not None else inputs_of(kernel, given, cancel=cancel)
        event, again = _told(run_id, kernel, replace(event, given=given_so_far(given)), (redo, assume or {}, only))
        basis = basis_again(run_id, plan, header, (inputs, environ, options))
        execution = Execution(basis, registry, kernel)
        variables = _variables(execution, header, edit, leniently=cleans_up(kernel, cancel=cancel))
        execution.recall(event, again.held())
        _record(edit, taken, journal, variables)
        store.reopened(run_id)
        warnings = _warnings(execution, edit.warning if edit is not None else "", again.warning)
        reporter = make_reporter(begun(basis, journal.folder, header, warnings, resumed=True))
        first = again.within(event) if root is not None else RunStarted(pool=options.pool, group=group_of(header))
        demanded, result = undoing.demanded(kernel.state), go(execution, journal, first, reporter)
    catalogue(store, result)
    return result if demanded is None or cancel else _undone(result, demanded)


def _variables(
    execution: Execution, header: Mapping[str, Any], edit: "Edit | None", *, leniently: bool
) -> dict[str, Any]:
    """Those that may be recorded. Raises `UsageError`."""
    kept = header["vars"] if edit is None else edit.kept_variables
    return evaluate_variables(execution, kept, leniently=leniently)


def _record(edit: "Edit | None", taken: "TakenEdit | None", journal: Journal, variables: Mapping[str, Any]) -> None:
    if edit is not None and taken is not None:
        edit.record(journal, taken, variables)


def _undone(result: RunResult, demanded: "Undoing") -> RunResult:
    """As the command would have ended that was cut off."""
    from steplane.app.compensating import judged

    return judged(result, undone=demanded.is_whole)


def basis_again(run_id: str, plan: Plan, header: Mapping[str, Any], given: tuple[Any, ...]) -> Basis:
    """What the run stands on in a new process."""
    inputs, environ, options = given
    return Basis(
        run=run_id, plan=plan, inputs=inputs, environ=dict(environ), home=header["home"], called_in=header["called_in"],
        started_at=header["started_at"], case=header["case"], pool=options.pool, patience=patience_of(options),
        strict=options.strict,
    )  # fmt: skip


def _left_alone(run_id: str, kernel: Kernel, options: Options, *, cancel: bool) -> RunResult:
    """The run has ended: there is nothing to resume, and nothing to cancel."""
    result = ended_result(run_id, kernel, strict=options.strict)
    if cancel:
        raise UsageError(f"run {run_id} has ended before: {result.status}", "There is nothing left to cancel.")
    return result


def cancel(  # noqa: PLR0917 - the same
    store: RunStore,
    registry: Registry,
    run_id: str,
    values: Mapping[str, Any],
    environ: Mapping[str, str],
    options: Options,
    make_reporter: MakeReporter,
) -> RunResult | None:
    """End a run: a live one is told (None), any other is taken over and wound up here, its `finally` included."""
    from steplane.driver import control

    folder = store.folder(run_id)
    if is_held(folder):
        reply = control.ask(folder.path, {"kind": "cancel", "actor": options.actor, "reason": options.reason})
        if reply.taken:
            return None
        if reply.known:
            raise UsageError(
                f"run {run_id} ends as {reply.known}: only its `finally` goes on", "There is nothing left to cancel."
            )
        if reply.suspended:
            raise UsageError(
                f"run {run_id} does not answer: its process {reply.suspended} is suspended",
                f"The run is cancelled as soon as it goes on: `kill -CONT {reply.suspended}`. "
                f"Or end it with `kill -KILL {reply.suspended}` and try again.",
            )
        if is_held(folder):
            raise UsageError(
                f"run {run_id} does not answer", "It may be suspended; continue or end its process, then try again."
            )
    return resume(store, registry, run_id, values, environ, options, make_reporter, cancel=True)


def _edit(kernel: Kernel, header: Mapping[str, Any], known: tuple[Any, ...], definition: str) -> "Edit | None":
    """What the file says now, where that is something else, and the run goes on so. Raises `Edited`, `UsageError`."""
    from steplane.app.redefining import Edited, find_edit, refuse_in_between

    if definition == "recorded":
        return None
    edit = find_edit(header["run"], kernel, header, *known, going=definition == "accept")
    if edit is None:
        return None
    refuse_in_between(edit, kernel, header)
    if definition != "accept":
        raise Edited(edit)
    return edit


def _told(
    run_id: str, kernel: Kernel, event: Resumed, words: tuple[Any, Mapping[str, Any], Any]
) -> "tuple[Resumed, Regained]":
    """The resume with what was said by hand, and the steps that run again for their secrets. Raises `UsageError`."""
    from steplane.app.refusing import refuse_undecided
    from steplane.app.regaining import regained
    from steplane.app.repairs import repairs

    plan = kernel.state.plan
    event = repairs(event, plan, kernel, run_id, *words)
    if not event.cancel:
        refuse_undecided(kernel, event, run_id)
    return event, regained(plan, kernel.state, event, run_id)


def begun(
    basis: Basis, folder: RunFolder, header: Mapping[str, Any], warnings: tuple[str, ...] = (), *, resumed: bool = False
) -> Begun:
    """The run as those who show it are told of it."""
    again = named_again(basis.plan, header, basis.inputs, basis.environ)
    return Begun(basis.run, basis.plan, folder, resumed, warnings, basis.home, again)


def go(execution: Execution, journal: Journal, first: Any, reporter: Reporter) -> RunResult:
    """Run from the first event on, with what stands around it in the store."""
    from steplane.driver import control
    from steplane.driver.warden import begin_run

    begin_run(journal.folder.run, os.path.realpath(journal.folder.artifacts))
    home = os.path.realpath(journal.folder.path)
    folders = Folders(
        log=journal.folder.log_path,
        artifacts=RunFolder(home).artifacts_of,
        state=os.path.dirname(os.path.dirname(home)),
    )
    directory = StateDirectory(folders.state)
    locks = LockTable(directory, journal.folder.run, journal.epoch, lambda run: bury(directory.run(run)))
    stop = control.serve(journal.folder.path, execution.inbox)
    if isinstance(first, Resumed):
        execution.inbox.put(PostCame())
    try:
        shared = Shared(locks, lambda run: control.tell(directory.run(run).path), lambda: _office(directory, journal))
        return execution.go(journal, folders, first, reporter, shared)
    finally:
        stop()


def _office(directory: StateDirectory, journal: Journal) -> Office:
    from steplane.app.signalling import Mailbox

    return Mailbox(directory, journal.folder.run)


def patience_of(options: Options) -> float:
    """Seconds. Raises `UsageError`."""
    try:
        return 0.0 if options.patience == "0" else parse_duration(options.patience)
    except ValueError as error:
        remedy = "Write a duration such as `30s` or `10m`."
        raise UsageError(f"`--patience {options.patience}`: {error}", remedy) from error


def durability_of(options: Options) -> Any:
    """The durability. Raises `UsageError`."""
    if options.durability not in {"full", "normal"}:
        raise UsageError(f"durability is `full` or `normal`, not {options.durability!r}", "Change `--durability`.")
    return options.durability


def catalogue(store: RunStore, result: RunResult) -> None:
    """Tell the catalogue how the run has ended, if it has."""
    if result.status in {"succeeded", "warning", "failed", "cancelled"}:
        store.ended(result.run, result.status)


__all__ = [
    "WHOLE", "Begun", "MakeReporter", "Options", "RunPart", "begin", "cancel", "recorded_plan", "resume",
]  # fmt: skip
