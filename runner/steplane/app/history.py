"""What happened in runs, read from their journals: for `runs`, `show` and `logs`."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from steplane.errors import UsageError
from steplane.events import (
    Answered,
    AnyEvent,
    AttemptEnded,
    ErrorInfo,
    Resumed,
    RunEnded,
    RunWaiting,
    StepEnded,
    StepFact,
    StepReady,
    StepRetry,
    StepStarted,
)
from steplane.store import RunStore, RunSummary
from steplane.suggest import did_you_mean

_PAUSE = 0.1
_CHUNK = 1 << 16


class StepRecord(Struct, kw_only=True):
    """One instance, by its latest activation. Times are µs since the epoch, 0 where there is none; `ended_at` too."""

    path: str
    step: str
    activation: int = 1
    status: str = "ready"
    started_at: int = 0
    ended_at: int = 0
    attempts: int = 0
    reason: str = ""
    seen: tuple[str, ...] = ()
    by: str = ""
    recovered: bool = False
    error: ErrorInfo | None = None
    outputs: Any = None

    @property
    def seconds(self) -> float | None:
        """How long it took, from its first attempt on."""
        return (self.ended_at - self.started_at) / 1e6 if self.started_at and self.ended_at else None


class RunRecord(Struct, kw_only=True):
    """One run with all its instances, in the order in which they became ready, those inside after what they are in.

    `reason`: why it waits.
    """

    summary: RunSummary
    inputs: dict[str, Any]
    steps: list[StepRecord]
    outputs: Any = None
    error: ErrorInfo | None = None
    reason: str = ""


def read_run(store: RunStore, run_id: str) -> RunRecord:
    """All of one run. Raises `UnknownRun`, `StateDamaged`, `StateError`."""
    with store.read(run_id) as journal:
        fold = _Fold()
        for _, event in journal.events():
            fold.take(event)
        inputs = journal.header.get("inputs", {})
    summary = store.summary(run_id)
    steps = _nested(fold.steps)
    if summary.status not in {"running", "waiting"}:
        for one in steps:
            if one.status in {"ready", "running", "waiting"}:
                one.status = "interrupted" if one.status != "ready" else "pending"
    outputs = fold.ended.outputs if fold.ended else None
    error = fold.ended.error if fold.ended else None
    return RunRecord(summary=summary, inputs=inputs, steps=steps, outputs=outputs, error=error, reason=fold.waits)


def _nested(steps: dict[str, StepRecord]) -> list[StepRecord]:
    """The instances in their order, each followed by those inside it."""
    inside: dict[str, list[str]] = {}
    for path in steps:
        inside.setdefault(_around(path, steps), []).append(path)
    ordered, stack = [], list(reversed(inside.get("", [])))
    while stack:
        path = stack.pop()
        ordered.append(steps[path])
        stack += reversed(inside.get(path, []))
    return ordered


def _around(path: str, known: dict[str, StepRecord]) -> str:
    """The longest path around this one that there is; keys of loops may hold any character."""
    at = len(path)
    while at > 0:
        at = max(path.rfind("/", 0, at), path.rfind("[", 0, at))
        if at > 0 and path[:at] in known:
            return path[:at]
    return ""


class _Fold:
    """What the events say so far."""

    def __init__(self) -> None:
        self.steps: dict[str, StepRecord] = {}
        self.ended: RunEnded | None = None
        self.waits = ""
        self._serials: dict[int, StepRecord] = {}

    def take(self, event: AnyEvent) -> None:
        if isinstance(event, StepFact):
            self._step(event)
        elif isinstance(event, RunEnded):
            self.ended = event
        elif isinstance(event, RunWaiting):
            self.waits = event.reason
        elif isinstance(event, Resumed):
            self.ended, self.waits = None, ""
        elif isinstance(event, AttemptEnded) and event.outcome == "succeeded":
            self._outputs(event.instance, event.outputs)
        elif isinstance(event, Answered) and event.question == "outputs":
            self._outputs(event.instance, event.value)

    def _outputs(self, serial: int, value: Any) -> None:
        if serial in self._serials:
            self._serials[serial].outputs = value

    def _step(self, event: StepFact) -> None:
        one = self.steps.get(event.path)
        if one is None or one.activation < event.activation:
            one = StepRecord(path=event.path, step=event.step, activation=event.activation)
            self.steps[event.path] = one
        self._serials[event.instance] = one
        if isinstance(event, StepReady):
            one.status = "ready"
        elif isinstance(event, StepStarted):
            one.status, one.attempts = "running", max(event.attempt, one.attempts)
            one.started_at = one.started_at or event.at
        elif isinstance(event, StepRetry):
            one.status, one.error = "waiting", event.error
        elif isinstance(event, StepEnded):
            one.status, one.ended_at, one.attempts = event.status, event.at, event.attempts
            one.reason, one.seen, one.by = event.reason, event.seen, event.by
            one.error, one.recovered = event.error, event.recovered


def find_run(store: RunStore, text: str | None, *, unfinished: bool = False) -> str:
    """The id of the run that a person means: by (the beginning of) its id, or the latest one.

    With `unfinished` the latest is one that has not ended. Raises `UnknownRun`, `UsageError`.
    """
    return store.resolve(text) if text is not None else store.latest(unfinished=unfinished)


def find_resumable(store: RunStore, text: str | None) -> str:
    """The id of the run to go on with: the one named; else the newest, if it failed or was cancelled; else the newest
    that has not ended. Raises `UnknownRun`, `UsageError`.
    """
    if text is not None:
        return store.resolve(text)
    newest = next(iter(store.list_runs(limit=1)), None)
    if newest is not None and newest.status in {"failed", "cancelled"}:
        return newest.id
    return store.latest(unfinished=True)


# ---------------------------------------------------------------- logs


def logged(run_id: str, steps: Iterable[StepRecord], step: str | None) -> list[str]:
    """The paths of the instances that a STEP means: all, one, those below it, or those of the step of that id.

    Raises `UsageError` where there is none.
    """
    steps = list(steps)
    paths = [one.path for one in steps]
    if step is None:
        return paths
    below = [one for one in paths if one == step or one.startswith((f"{step}/", f"{step}["))]
    found = below or [one.path for one in steps if one.step == step]
    if not found:
        near = did_you_mean(step, [*paths, *(one.step for one in steps)])
        hint = f"Did you mean `{near}`?" if near else f"See its steps: steplane show {run_id}"
        raise UsageError(f"run {run_id} has no step `{step}`", hint)
    return found


class LogReader:
    """Reads the logs of a run as they grow: whole lines, each with the path of its instance."""

    def __init__(self, store: RunStore, run_id: str, step: str | None) -> None:
        self._store = store
        self._run = run_id
        self._step = step
        self._folder = store.folder(run_id)
        self._fold = _Fold()
        self._seen = 0
        self._read: dict[str, int] = {}
        self._parts: dict[str, bytes] = {}

    def lines(self, *, follow: bool = False) -> Iterator[tuple[str, str]]:
        """The lines there are as (path, line); with `follow` those to come, until nobody runs the run any more."""
        while True:
            live = follow and self._store.status(self._run) == "running"
            yield from self._new(live=live)
            if not live:
                break
            time.sleep(_PAUSE)
        for path, rest in self._parts.items():
            yield path, rest.decode("utf-8", "replace")

    def _new(self, *, live: bool) -> Iterator[tuple[str, str]]:
        with self._store.read(self._run) as journal:
            for number, event in journal.events(self._seen):
                self._seen = number
                self._fold.take(event)
        try:
            paths = logged(self._run, self._fold.steps.values(), self._step)
        except UsageError:
            if live:
                return  # it may still come
            raise
        for path in paths:
            yield from self._grown(path)

    def _grown(self, path: str) -> Iterator[tuple[str, str]]:
        try:
            file = open(self._folder.log_path(path), "rb")  # noqa: SIM115 - closed below; a log that is not there is none
        except OSError:
            return
        with file:
            file.seek(self._read.get(path, 0))
            while data := file.read(_CHUNK):
                self._read[path] = file.tell()
                *whole, rest = (self._parts.pop(path, b"") + data).split(b"\n")
                if rest:
                    self._parts[path] = rest
                yield from ((path, line.decode("utf-8", "replace")) for line in whole)
