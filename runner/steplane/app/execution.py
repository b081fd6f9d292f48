"""One run in this process: what it is made of, put together, and run to its end."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import SimpleQueue
from random import Random
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from steplane.app.loading import filters
from steplane.app.secrets import Secrets, hidden_variables, secret_inputs
from steplane.driver.attempts import Attempts, Folders
from steplane.driver.clock import Clock
from steplane.driver.coordinator import Coordinator, Ending, Interrupted
from steplane.driver.environment import Environments
from steplane.driver.evaluate import Evaluator
from steplane.driver.names import Lazy, moment
from steplane.events import Answered, AnyEvent, AttemptEnded, ErrorInfo, Input, RunEnded, StepEnded, StepRetry
from steplane.executors.thread import ThreadExecutor
from steplane.expressions import Engine
from steplane.kernel import Instance, Kernel
from steplane.masking import Mask
from steplane.plan.nodes import Plan
from steplane.plugins import Registry
from steplane.store import Journal

EXIT = {"succeeded": 0, "warning": 0, "failed": 1, "cancelled": 1}
_ECHO = 0.3  # seconds: what reaches both the warden and the runner is heard twice, and meant once
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Reporter(Protocol):
    """Who shows a run. `event` is called by the coordinating thread, `log` by the threads of the attempts."""

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Something was recorded."""

    def log(self, path: str, stream: str, text: str) -> None:
        """A step wrote one or more whole lines (already masked); `stream` is `stdout`, `stderr`, `log` or `warning`."""


class RunResult(Struct, frozen=True):
    """How a run (or the part of it in this process) ended. `exit_code` is the command's."""

    run: str
    status: str
    exit_code: int
    outputs: Any = None
    error: ErrorInfo | None = None


class Basis(Struct, frozen=True):
    """What a run stands on: the plan, the inputs with their values, the caller's environment, where it was called."""

    run: str
    plan: Plan
    inputs: dict[str, Any]
    environ: dict[str, str]
    home: str
    called_in: str
    started_at: int
    case: str
    pool: int
    patience: float
    strict: bool = False


class Execution:
    """Everything that one run needs while it runs."""

    def __init__(self, basis: Basis, registry: Registry) -> None:
        self.basis = basis
        self.registry = registry
        self.clock = Clock()
        self.kernel = Kernel(basis.plan)
        self.inbox: SimpleQueue[Any] = SimpleQueue()
        self.secrets = Secrets(basis.plan, basis.environ, basis.home)
        self.mask = Mask({**self.secrets.known(), **secret_inputs(basis.plan, basis.inputs)})
        self.engine = Engine(filters())
        self.names: dict[str, Any] = self._names()
        self.evaluator = Evaluator(basis.plan, self.kernel.state, self.engine, self.names, Random())  # noqa: S311
        hidden = hidden_variables(basis.plan)
        base = {name: value for name, value in basis.environ.items() if name not in hidden}
        self.environments = Environments(basis.plan, self.evaluator, base, basis.home, basis.called_in)
        self.evaluator.environment = self.environments.layers

    def _names(self) -> dict[str, Any]:
        basis, plan, state = self.basis, self.basis.plan, self.kernel
        started = moment(basis.started_at, ZoneInfo(plan.timezone))
        run = {
            "id": lambda: basis.run,
            "started_at": lambda: started,
            "status": lambda: state.status,
            "case": lambda: basis.case or basis.run,
            "parent": lambda: None,
        }
        workflow = {
            "name": plan.name, "version": plan.version, "title": plan.title, "owner": plan.owner,
            "file": plan.file, "hash": plan.hash, "labels": plan.labels,
        }  # fmt: skip
        return {
            "inputs": basis.inputs, "secrets": self.secrets, "run": Lazy(run), "workflow": workflow, "vars": {},
        }  # fmt: skip

    def evaluate_variables(self, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Evaluate `vars` in order, but for those recorded; the ones that may be recorded. Raises `ExpressionError`."""
        values: dict[str, Any] = {}
        context = {**self.names, "vars": values, "env": self.environments.base}
        for name, template in self.basis.plan.variables:
            values[name] = recorded[name] if name in recorded else self.engine.render(template, context)
        self.names["vars"] = values
        return {name: value for name, value in values.items() if self.mask.data(value) == value}

    def text(self, template: Any) -> str:
        """A template of the workflow's own keys (`case`) as text."""
        return self.engine.render_text(template, {**self.names, "env": self.environments.base})

    def fold(self, journal: Journal) -> int:
        """Bring the kernel to where the journal ends; how many events there were."""
        count = 0
        for count, event in journal.events():  # noqa: B007 - the last number is wanted
            if isinstance(event, Input):
                self.kernel.step(event)
        return count

    def go(self, journal: Journal, folders: Folders, first: Input, reporter: Reporter) -> RunResult:
        """Run from the first event on."""
        executors = ThreadExecutor(
            self.basis.pool, self.registry, self.inbox.put,
            mask=self.mask, secrets=self.secrets.__getitem__, listener=reporter.log,
        )  # fmt: skip
        attempts = Attempts(self.basis.run, self.evaluator, self.environments, executors, self.mask, folders)
        public = _Public(self.kernel, self.mask)
        kept, shown = _Kept(journal, public), _Shown(reporter, public)
        coordinator = Coordinator(
            self.kernel, kept, self.evaluator, attempts, shown, self.inbox, self.clock, self.basis.patience
        )
        try:
            with _signals(self.inbox):
                ending = coordinator.run(first)
        finally:
            executors.close()
        return self._result(ending)

    def _result(self, ending: Ending) -> RunResult:
        root = self.kernel.state.root
        if ending.reason == "interrupted":
            return RunResult(self.basis.run, "interrupted", 128 + ending.signal)
        if ending.reason == "waiting" or root is None:
            return RunResult(self.basis.run, "waiting", 3)
        code = EXIT[root.status]
        if root.status == "warning" and self.basis.strict:
            code = 1
        error = _Public(self.kernel, self.mask).error(root.error) if root.status == "failed" else None
        return RunResult(self.basis.run, root.status, code, self.mask.data(root.outputs), error)


class _Public:
    """Events as they may be stored and shown: secret outputs taken out, texts of secrets masked."""

    def __init__(self, kernel: Kernel, mask: Mask) -> None:
        self._kernel = kernel
        self._mask = mask

    def event(self, event: AnyEvent) -> AnyEvent:
        """The event without what must not be seen."""
        if isinstance(event, AttemptEnded | Answered):
            withheld: AnyEvent = self._withheld(event)
            return withheld
        if isinstance(event, RunEnded) and self._mask:
            return replace(event, outputs=self._mask.data(event.outputs), error=self.error(event.error))
        if self._mask and isinstance(event, StepEnded | StepRetry) and event.error is not None:
            return replace(event, error=self.error(event.error))
        return event

    def _withheld(self, event: Any) -> Any:
        """Secret outputs are never stored; texts of secrets in the others are masked."""
        instance = self._kernel.state.instances.get(event.instance)
        field = "outputs" if isinstance(event, AttemptEnded) else "value"
        value = getattr(event, field)
        hidden = {one.name for one in (instance.node.outputs or ()) if one.secret} if instance else set()
        if hidden and isinstance(value, dict):
            value = {name: each for name, each in value.items() if name not in hidden}
        if self._mask:
            value = self._mask.data(value)
            return replace(event, **{field: value, "error": self.error(event.error)})
        return replace(event, **{field: value}) if hidden else event

    def error(self, error: ErrorInfo | None) -> ErrorInfo | None:
        """The error with the texts of secrets masked."""
        if error is None or not self._mask:
            return error
        return replace(error, message=self._mask.text(error.message), detail=self._mask.data(error.detail))


class _Kept:
    """The journal, which is given what may be stored only."""

    def __init__(self, journal: Journal, public: _Public) -> None:
        self._journal = journal
        self._public = public

    def append(self, event: AnyEvent) -> int:
        return self._journal.append(self._public.event(event))

    def commit(self) -> None:
        self._journal.commit()


class _Shown:
    """The reporter, which is given what may be seen only. The lines of logs come to it masked."""

    def __init__(self, reporter: Reporter, public: _Public) -> None:
        self._reporter = reporter
        self._public = public

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        self._reporter.event(self._public.event(event), instance)


@contextmanager
def _signals(inbox: "SimpleQueue[Any]") -> Iterator[None]:
    """Signals become messages for the coordinating thread while the run runs."""

    last = 0.0

    def handle(number: int, _: Any) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > _ECHO:
            inbox.put(Interrupted(number))
        last = now

    heard = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]  # `nohup` ignores SIGHUP
    before: dict[int, Callable[..., Any] | int | None] = {one: signal.signal(one, handle) for one in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def home_of(file: str) -> str:
    """The folder of a workflow file, absolute."""
    return os.path.dirname(os.path.abspath(file))
