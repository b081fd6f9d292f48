"""The executor of the runner's own process: a pool of threads, and warm worker processes for what may not run there."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from steplane.events import ErrorInfo
from steplane.executors.cancel import CancelToken, Reason
from steplane.executors.context import AttemptContext, SecretSource
from steplane.executors.logs import LOG_LIMIT, Listener, LogSink
from steplane.executors.own_folder import Left, OwnFolder, clear, make
from steplane.executors.patience import PATIENCE
from steplane.executors.perform import crashed, failed, perform, told
from steplane.executors.requests import AttemptOutcome, AttemptRequest, KeepRequest
from steplane.masking import Mask
from steplane.parts import Artifact
from steplane.plugins import PluginProblem, Registered, Registry
from steplane.sdk import StepError

if TYPE_CHECKING:
    from steplane.executors.worker import WorkerPool

Key = tuple[int, int]
OnOutcome = Callable[[AttemptOutcome], None]


NO_THREAD = ErrorInfo(
    "shell.spawn",
    "could not be started: the system gives no more threads (`ulimit -u`, `ulimit -v`, or the limit of a container)",
)
"""How an attempt fails for which there is nobody."""


class OfProcess:
    """What is the runner's own, and handed on to processes, but changed by a step in a thread: put back behind it."""

    def __init__(self) -> None:
        self._umask = os.umask(0o077)
        os.umask(self._umask)
        self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def put_back(self) -> None:
        """The mask of new files, and the signals that the thread lets through."""
        os.umask(self._umask)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)


class OnProgress(Protocol):
    """Called with the instance path, what is done, of how much, and a text."""

    def __call__(self, path: str, done: float, total: float | None, text: str) -> None:
        """Show it."""


def no_secret(name: str) -> str:
    """The source of secrets where there are none."""
    raise KeyError(name)


def unseen(path: str, done: float, total: float | None, text: str) -> None:
    """Where nobody looks at the progress."""


class ThreadExecutor:
    """At most `size` attempts at once, each in a thread that is started when it is first needed.

    A step type that declares `cancellable` runs in the thread itself, any other, and every attempt with `isolate`, in a
    worker process. `on_outcome` (and `listener`, `on_progress`) are called from these threads: they should only put
    what they get into a queue. `mask` may be replaced when a further secret becomes known. An `Executor`.
    """

    def __init__(
        self,
        size: int,
        registry: Registry,
        on_outcome: OnOutcome,
        *,
        mask: Mask | None = None,
        secrets: SecretSource = no_secret,
        listener: Listener | None = None,
        on_progress: OnProgress = unseen,
        log_limit: int = LOG_LIMIT,
    ) -> None:
        self.mask = mask or Mask({})
        self._path = tuple(sys.path)  # a step in a thread may change the list itself
        self._own = OfProcess()
        self._size, self._registry, self._on_outcome = size, registry, on_outcome
        self._secrets, self._listener, self._on_progress, self._log_limit = secrets, listener, on_progress, log_limit
        self._workers: WorkerPool | None = None
        self._queue: SimpleQueue[AttemptRequest | None] = SimpleQueue()
        self._tokens: dict[Key, CancelToken] = {}
        self._threads: list[threading.Thread] = []
        self._here = threading.local()
        self._left = Left()
        self._unfinished = 0
        self._lock = threading.Lock()

    def submit(self, request: AttemptRequest) -> None:
        """Begin the attempt, or queue it while `size` others run."""
        with self._lock:
            self._tokens[request.instance, request.attempt] = CancelToken()
            self._unfinished += 1
            if getattr(self._here, "free", False):  # a thread of ours that tells of an outcome: it goes on with this
                self._here.free, self._here.request = False, request
                return
            if self._unfinished > len(self._threads) < self._size and not self._add_thread():
                self._unfinished -= 1
                del self._tokens[request.instance, request.attempt]
                self._on_outcome(failed(request, NO_THREAD))
                return
        self._queue.put(request)

    def _add_thread(self) -> bool:
        """Start one more thread, if it can be had; whether there is any that takes attempts."""
        for pause in PATIENCE:
            thread = threading.Thread(target=self._serve, name="steplane-attempt", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system gives no more threads just now: those that are there do the work
                if self._threads:
                    return True
                time.sleep(pause)
            else:
                self._threads.append(thread)
                return True
        return False

    def cancel(self, instance: int, attempt: int, reason: Reason, *, at_once: bool = False) -> None:
        """Ask the attempt to end: its processes get SIGTERM, then SIGKILL; `at_once` without grace."""
        with self._lock:
            token = self._tokens.get((instance, attempt))
        if token is not None:
            token.cancel(reason, at_once=at_once)

    def close(self, wait: float = 5.0) -> None:
        """End what still runs without grace, then threads and workers; one that hangs is left after `wait` seconds."""
        with self._lock:
            tokens, threads = list(self._tokens.values()), list(self._threads)
        for token in tokens:
            token.cancel("cancelled", at_once=True)
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            thread.join(wait)
        if self._workers is not None:
            self._workers.close()

    def _serve(self) -> None:
        """One thread's life."""
        here = self._here
        here.request = None
        while (request := here.request or self._queue.get()) is not None:
            key = (request.instance, request.attempt)
            try:
                outcome = self._outcome(request, self._tokens[key])
            except BaseException as error:  # noqa: BLE001 - an attempt without an outcome would hold the run for ever
                outcome = failed(request, crashed(f"the executor of `{request.type}`", error))
            with self._lock:
                self._unfinished -= 1
                del self._tokens[key]
            here.free, here.request = True, None
            self._on_outcome(outcome)
            here.free = False
        self._own_folder().close()

    def _outcome(self, request: AttemptRequest, token: CancelToken) -> AttemptOutcome:
        if token.cancelled:
            return failed(request, ErrorInfo(type="cancelled"), cancelled=True)
        mask = self.mask
        log = LogSink(
            request.log, mask, step=request.path, listener=self._listener, limit=self._log_limit,
            unheard=request.unheard,
        )  # fmt: skip
        own = self._own_folder()
        own.begin(request.artifacts)
        try:
            outcome = self._perform(request, token, log)
        except StepError as error:  # a secret cannot be had
            outcome = failed(request, told(error))
        except BaseException as error:  # noqa: BLE001 - its log is to be finished all the same
            outcome = failed(request, crashed(f"the executor of `{request.type}`", error))
        kept = self._kept(request, outcome, token, log)
        log.listener = None  # what children write from now on belongs to no running step
        log.close()
        if log.failure and self._listener is not None:  # the step goes on, but its words are lost
            self._listener(request.path, "warning", self.mask.text(log.failure))
        if not own.taken:
            outcome = replace(outcome, touched=False)
        whole = request.unmasked
        outcome = _masked(outcome, kept, self.mask, log.failure, whole=whole)
        return outcome if self.mask is mask else _masked(outcome, (), mask, "", whole=whole)

    def _perform(self, request: AttemptRequest, token: CancelToken, log: LogSink) -> AttemptOutcome:
        found = self._registry.find(request.type)
        if isinstance(found, PluginProblem):
            return failed(request, ErrorInfo(type="plugin.crash", message=found.message))
        if found.cls.steplane.cancellable and not request.isolate:
            context = AttemptContext(
                request, log, token, self._secrets_of(request), self._progress_of(request), own=self._own_folder()
            )
            try:
                return perform(request, found.cls, found.source, context)
            finally:
                self._own.put_back()
        return self._in_worker(request, found, token, log)

    def _secrets_of(self, request: AttemptRequest) -> SecretSource:
        """The source by the names of the step's own file."""
        source, file = self._secrets, request.file
        return (lambda name: source(f"{file}\0{name}")) if file else source

    def _own_folder(self) -> OwnFolder:
        """That of this thread."""
        here = self._here
        if not hasattr(here, "own"):
            here.own = OwnFolder(self._left)
        own: OwnFolder = here.own
        return own

    def _kept(
        self, request: AttemptRequest, outcome: AttemptOutcome, token: CancelToken, log: LogSink
    ) -> tuple[Artifact, ...]:
        """The files of the attempt, also of one that failed: they may tell why. Of a cancelled one only its own."""
        own = self._own_folder()
        if not request.keep and own.empty:
            return ()
        from steplane.executors.artifacts import collect

        folder = own.take()
        patterns = () if token.reason == "cancelled" else request.keep
        say = partial(log.line, "warning")
        kept = collect(
            folder, request.workdir, patterns, say,
            private=request.state, stopped=lambda: token.reason == "cancelled", quiet=outcome.outcome != "succeeded",
            hidden=partial(_hides, self.mask),
        )  # fmt: skip
        if own.empty:
            return ()
        try:
            own.give()
        except OSError as error:
            say(f"artifacts cannot be kept: {error.strerror}")
            return ()
        return kept

    def keep(self, request: KeepRequest) -> tuple[Artifact, ...]:
        """Keep the files of a step that is no attempt, in this thread."""
        from steplane.executors.artifacts import collect

        log = LogSink(request.log, self.mask, step=request.path, listener=self._listener, limit=self._log_limit)
        clear(request.artifacts)
        self._left.add(request.artifacts)
        make(request.artifacts)
        found = collect(
            request.artifacts, request.workdir, request.keep, partial(log.line, "warning"),
            private=request.state, quiet=request.quiet, hidden=partial(_hides, self.mask),
        )  # fmt: skip
        with suppress(OSError):
            os.rmdir(request.artifacts)  # if it is empty
        log.close()
        return found

    def _in_worker(
        self, request: AttemptRequest, found: Registered, token: CancelToken, log: LogSink
    ) -> AttemptOutcome:
        from steplane.executors.channel import Task
        from steplane.executors.worker import WorkerPool

        with self._lock:
            self._workers = workers = self._workers or WorkerPool()
        own = self._own_folder()
        request = replace(request, env=own.environment(request.env), artifacts=own.path)
        source = self._secrets_of(request)
        secrets = {name: source(name) for name in request.secrets}
        task = Task(request, found.plugin, secrets, self._path, found.cls.steplane.cancellable)
        return workers.perform(task, found.source, log, token, self._progress_of(request))

    def _progress_of(self, request: AttemptRequest) -> Callable[[float, float | None, str], None]:
        return lambda done, total, text: self._on_progress(request.path, done, total, self.mask.text(text))


def _hides(mask: Mask, name: str) -> bool:
    return bool(mask) and mask.text(name) != name


def _masked(
    outcome: AttemptOutcome, kept: tuple[Artifact, ...], mask: Mask, log_failure: str, *, whole: bool
) -> AttemptOutcome:
    """The outcome as it may be recorded; with `whole` its outputs are left as they are."""
    if kept:
        outcome = replace(outcome, artifacts=kept)
    warnings = (*outcome.warnings, log_failure) if log_failure else outcome.warnings
    if not mask:
        return replace(outcome, warnings=warnings) if log_failure else outcome
    error = outcome.error
    if error is not None:
        error = replace(error, message=mask.text(error.message), detail=mask.data(error.detail))
    outputs = outcome.outputs if whole else mask.data(outcome.outputs, outcome.fields)
    return replace(outcome, outputs=outputs, error=error, warnings=tuple(mask.text(one) for one in warnings))
