"""One run in this process: what it is made of, put together, and run to its end."""

import os
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from steplane.app.guarding import Reporter, Unfailing, signals_to
from steplane.app.known import KnownSecrets
from steplane.app.secrets import Secrets, hidden_variables, home_in, secret_inputs, texts_in
from steplane.driver.attempts import Attempts, Folders
from steplane.driver.claims import Claims
from steplane.driver.clock import Clock
from steplane.driver.coordinator import Coordinator
from steplane.driver.environment import Environments
from steplane.driver.evaluate import Evaluator
from steplane.driver.holding import Held
from steplane.driver.inbox import Inbox
from steplane.driver.keeping import without_secrets
from steplane.driver.locks import Locks, StoreLocks
from steplane.driver.messages import Ending
from steplane.driver.names import UTC, Lazy, moment
from steplane.driver.post import NoOffice, Office, Post
from steplane.driver.uncached import Recall, Uncached
from steplane.driver.views import secret_names
from steplane.errors import UsageError
from steplane.events import CompensateRequested, ErrorInfo, Redefined, Resumed, RunStarted
from steplane.executors.thread import ThreadExecutor
from steplane.expressions import Engine, ExpressionError, Missing
from steplane.expressions.templates import Template
from steplane.kernel import Kernel, State, calls
from steplane.masking import Mask
from steplane.plan.nodes import Call, Node, Plan
from steplane.plugins import Registry
from steplane.rendering import filters
from steplane.store import Journal, StateDirectory
from steplane.uptime import LEAST_SET, boot, set_since

EXIT = {"succeeded": 0, "warning": 0, "failed": 1, "cancelled": 1}
"""The exit code of a run that has ended."""


First: TypeAlias = RunStarted | Resumed | CompensateRequested
Begins = TypeVar("Begins", bound=First | Redefined)


class RunResult(Struct, frozen=True):
    """How a run (or the part of it in this process) ended. `exit_code` is the command's."""

    run: str
    status: str
    exit_code: int
    outputs: Any = None
    error: ErrorInfo | None = None


class Basis(Struct, frozen=True):
    """What a run stands on: the plan, the inputs with their values, the caller's environment, where it was called.

    `case` is empty where it is not known yet: then it is the run's id. Times are microseconds since the epoch.
    """

    run: str
    plan: Plan
    inputs: Mapping[str, Any]
    environ: dict[str, str]
    home: str
    called_in: str
    started_at: int
    case: str
    pool: int
    patience: float
    strict: bool = False


class Shared(Struct, frozen=True):
    """What the run shares with others: the locks of the store, how another run is told to look for them again, and
    where signals are left.
    """

    locks: Locks
    tell: Callable[[str], object]
    office: Callable[[], Office] = NoOffice


class Execution:
    """Everything that one run needs while it runs. `kernel` is one that a journal was folded into (None: a new one)."""

    def __init__(self, basis: Basis, registry: Registry, kernel: Kernel | None = None) -> None:
        plan = basis.plan
        self.basis = basis
        self.registry = registry
        self.clock = Clock()
        calls.make_room(plan)
        self.kernel = kernel or Kernel(plan)
        self.inbox = Inbox()
        self.case = basis.case or basis.run
        self.secrets = Secrets(plan, basis.environ, basis.home)
        self.known = KnownSecrets(plan, {**self.secrets.known(), **secret_inputs(plan, basis.inputs)})
        self._executor: ThreadExecutor | None = None
        self._held = Held()
        self._redo: tuple[str, ...] = ()
        self.engine = Engine(filters(), zone_of(plan))
        self.engine.keeper = self.known if self.known.any else None
        self.names: dict[str, Any] = self._names()
        self.evaluator = Evaluator(
            plan, self.kernel.state, self.engine, self.names, _uniform,
            mask=self.known.mask, zone=zone_of(plan), run=basis.run,
        )  # fmt: skip
        hidden = hidden_variables(plan)
        base = {name: value for name, value in basis.environ.items() if name not in hidden}
        self.environments = Environments(self.evaluator, base, self._home, basis.called_in)
        self.evaluator.environment = self.environments.layers
        self.evaluator.learn = lambda name, value: self.known.add(name, texts_in(value))
        self.known.changed = self._hide
        if any(isinstance(node.action, Call) for node in plan.nodes):
            from steplane.app.children import children

            self.evaluator.children = children(self.evaluator, self.secrets, basis.environ)

    def _home(self, plan: Plan) -> str:
        """The folder of a file of this run."""
        return home_in(self.basis.plan, plan, self.basis.home)

    @property
    def mask(self) -> Mask:
        """What hides all secrets known by now."""
        return self.evaluator.mask

    def _hide(self, mask: Mask) -> None:
        """Something more is secret: what comes later is masked for it too."""
        self.evaluator.mask = mask
        if self._executor is not None:
            self._executor.mask = mask

    def _names(self) -> dict[str, Any]:
        basis, plan = self.basis, self.basis.plan
        started = moment(basis.started_at, zone_of(plan))
        run = {
            "id": lambda: basis.run,
            "started_at": lambda: started,
            "status": lambda: self.kernel.status,
            "case": lambda: self.case,
            "parent": lambda: None,
        }
        workflow = {
            "name": plan.name, "version": plan.version, "title": plan.title, "owner": plan.owner,
            "file": plan.file, "hash": plan.hash, "labels": plan.labels,
        }  # fmt: skip
        return {
            "inputs": basis.inputs, "secrets": self.secrets, "run": Lazy(run), "workflow": workflow, "vars": {},
        }  # fmt: skip

    def evaluate_variables(self, recorded: Mapping[str, Any], *, leniently: bool = False) -> dict[str, Any]:
        """Evaluate `vars` in order, but for those recorded; the ones that may be recorded. Raises `ExpressionError`;
        `leniently` what cannot be evaluated is missing instead.

        What holds a secret is not recorded, and evaluated again on resume.
        """
        values: dict[str, Any] = {}
        context = {**self.names, "vars": values, "env": self.environments.base}
        for name, template in self.basis.plan.variables:
            try:
                values[name] = recorded[name] if name in recorded else self.engine.render(template, context)
            except ExpressionError as error:
                if not leniently:
                    raise
                values[name] = Missing(error.message)
        self.names["vars"] = values
        templates = dict(self.basis.plan.variables)
        known = {name: one for name, one in values.items() if not isinstance(one, Missing)}
        return {name: one for name, one in known.items() if self.evaluator.told(templates[name], one) == one}

    def recall(self, event: Resumed, held: Held) -> None:
        """Before a resume: know again what is secret, and who waits for steps that run again."""
        self._held, self._redo = held, event.redo
        for path, said in event.assume.items():
            one = self.kernel.state.paths.get(path)
            outputs = said.get("outputs") or {}
            for name in secret_names(one.node) & outputs.keys() if one is not None else ():
                self.known.add(name, texts_in(outputs[name]))
        self.know_again()

    def know_again(self) -> None:
        """What may be made of a secret has to be hidden still."""
        if self.known.any:
            from steplane.driver.recalling import derive_again

            derive_again(self.evaluator)

    def own_value(self, template: Template) -> Any:
        """The value of one of the workflow's own keys (`objects`), masked. Raises `ExpressionError`."""
        value = self.engine.render(template, {**self.names, "env": self.environments.base})
        return self.evaluator.told(template, value)

    def own_text(self, template: Template) -> str:
        """The same where text is wanted (`case`)."""
        text = self.engine.render_text(template, {**self.names, "env": self.environments.base})
        return str(self.evaluator.told(template, text))

    def go(self, journal: Journal, folders: Folders, first: First, reporter: Reporter, shared: Shared) -> RunResult:
        """Run from the first event on."""
        listener = Unfailing(reporter)
        executor = self._executor = ThreadExecutor(
            self.basis.pool, self.registry, lambda outcome: coordinator.ended(outcome),  # noqa: PLW0108 - it is made below
            mask=self.mask, secrets=self.secrets.fetch, on_progress=listener.progress,
            listener=listener.log if reporter.hears_lines else None,
        )  # fmt: skip
        attempts = Attempts(
            self.basis.run, self.evaluator, self.environments, executor,
            folders=folders, secrets=self.secrets.names, say=listener.log if reporter.hears_lines else None,
        )  # fmt: skip
        locks = StoreLocks(shared.locks, self.inbox, shared.tell, listener.log)
        nodes = (node for plan in self.basis.plan.with_callees() for node in plan.nodes)
        together = self.kernel.state.group is not None or any(_is_shared(node) for node in nodes)
        if self.kernel.state.root is not None and together:
            locks.begin()
        coordinator = Coordinator(
            self.kernel, journal, self.evaluator, attempts,
            listener=listener, inbox=self.inbox, clock=self.clock, claims=Claims(locks),
            post=Post(shared.office, self.inbox, self.evaluator),
            patience=self.basis.patience, held=self._held, recall=(recall := self._recall(folders, listener)),
        )  # fmt: skip
        begins = clocked(first, self.kernel.state, journal, self.clock.now())
        try:
            with signals_to(self.inbox, listener.interrupted):
                ending = coordinator.run(begins)
        finally:
            executor.close()
            locks.close()
            recall.close()
        return self.result(ending)

    def _recall(self, folders: Folders, listener: Unfailing) -> Recall:
        """The recorded results of steps, where the workflow or one that it calls has any."""
        if all(node.cache is None for plan in self.basis.plan.with_callees() for node in plan.nodes):
            return Uncached()
        from steplane.driver.caching import Caching

        return Caching(
            StateDirectory(folders.state), self.evaluator, self.environments, self.registry.versions, self.inbox,
            listener.log, run=self.basis.run, artifacts=folders.artifacts, redo=self._redo,
        )  # fmt: skip

    def result(self, ending: Ending) -> RunResult:
        """What the run came to."""
        if ending.reason == "interrupted":
            return RunResult(self.basis.run, "interrupted", 128 + ending.signal)
        if ending.reason == "waiting":
            return RunResult(self.basis.run, "waiting", 3)
        return ended_result(self.basis.run, self.kernel, strict=self.basis.strict)


def clocked(event: Begins, state: State, journal: Journal, now: int) -> Begins:
    """The event with which a process begins, with what it knows of the clock, which says `now`. What is recorded so
    far is folded into the state.

    Whatever is known of the clock, the event is not before those that are recorded: what a clock that was set back in
    another boot lacks for that is what it was set by at the least. So what waits is due after its whole length at the
    latest, and later processes count on from here.
    """
    last = journal.last() if boot() and state.boot == boot() else None
    set_by, gone = set_since(last.at, last.mono) if last is not None else 0, now - state.now
    return replace(event, boot=boot(), set_by=gone if set_by - gone >= LEAST_SET else set_by)


def _is_shared(node: Node) -> bool:
    """Whether it has a lock of the store."""
    return node.lock is not None and node.lock.scope == "store"


def ended_result(run: str, kernel: Kernel, *, strict: bool = False) -> RunResult:
    """The result of a run that is over."""
    root = kernel.state.root
    assert root is not None
    code = 1 if strict and root.status == "warning" else EXIT[root.status]
    error = root.error if root.status == "failed" else None
    return RunResult(run, root.status, code, without_secrets(root.node, root.outputs), error)


def zone_of(plan: Plan) -> tzinfo:
    """The workflow's time zone. Raises `UsageError` for one that this machine does not know."""
    if plan.timezone == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(plan.timezone)
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"{plan.file}: the time zone `{plan.timezone}` is not known on this machine",
            "Write a name such as `Europe/Berlin`, or install the package tzdata.",
        ) from error


def home_of(file: str) -> str:
    """The folder of a workflow file, absolute."""
    return os.path.dirname(os.path.abspath(file))


def _uniform(low: float, high: float) -> float:
    """A number between the two, for the jitter of retries."""
    from random import uniform

    return uniform(low, high)  # noqa: S311 - jitter is no secret


__all__ = ["EXIT", "Basis", "Execution", "Reporter", "RunResult", "clocked", "ended_result", "home_of"]
