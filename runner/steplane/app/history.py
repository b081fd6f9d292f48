"""What happened in runs, read from their journals: for `runs`, `show`, `logs` and `graph`."""

import os
from typing import Any

from steplane.app.given_again import given_at_first
from steplane.app.recorded import recorded_header
from steplane.app.records import Activation, AttemptRecord, Redefinition, RunRecord, Session, SharedLock, StepRecord
from steplane.app.senseless import making_sense
from steplane.events import (
    Answered,
    AnyEvent,
    ArtifactsKept,
    AttemptEnded,
    Clocked,
    CompensateRequested,
    ErrorInfo,
    Redefined,
    Resumed,
    RunEnded,
    RunStarted,
    RunWaiting,
    StepCompensated,
    StepEnded,
    StepFact,
    StepReady,
    StepRetry,
    StepStarted,
    StepWaiting,
    StepWoken,
)
from steplane.store import LockTable, Owner, RunStore, now, owner_of

_LAST = 253_402_300_799_000_000
"""The end of the year 9999 in µs since the epoch: no calendar of Python goes further."""
_OPEN = frozenset({"ready", "running", "waiting"})


def read_run(store: RunStore, run_id: str) -> RunRecord:
    """All of one run. Raises `UnknownRun`, `StateDamaged`, `StateError`."""
    with making_sense(run_id):
        return _read_run(store, run_id)


def _read_run(store: RunStore, run_id: str) -> RunRecord:
    with store.read(run_id) as journal:
        header = recorded_header(journal)
        fold = _Fold(str(header.get("file", "")))
        for _, event in journal.events():
            fold.take(event)
        inputs, owner = header.get("inputs", {}), owner_of(journal.folder)
    summary = store.summary(run_id)
    if summary.status == "running":
        for one in fold.sessions[-1:]:
            one.end = now()
    elif summary.status != "waiting":
        if summary.status == "interrupted" and owner is not None:
            fold.left(owner)
        fold.cut_off()
        for step in fold.steps.values():
            if step.status in _OPEN:
                step.latest.status = "pending" if step.status == "ready" else "interrupted"
    ended = fold.ended
    record = RunRecord(
        summary=summary, inputs=inputs, steps=nested(fold.steps), outputs=ended.outputs if ended else None,
        error=ended.error if ended else None, reason=fold.waits, sessions=fold.sessions,
        selection=header.get("selection", {}), of=header.get("of", ""), definitions=fold.definitions,
        given=given_at_first(header),
    )  # fmt: skip
    _measure(record)
    if summary.status == "running":
        record.locks = _locks(store, run_id)
    return record


def _locks(store: RunStore, run_id: str) -> list[SharedLock]:
    claims = LockTable(store.directory).claims()
    return [
        SharedLock(
            name=one.name, path=one.path, held=one.held, since=one.since,
            holders=[each.holder for each in claims if each.held and each.name == one.name and each != one],
        )
        for one in claims
        if one.run == run_id
    ]  # fmt: skip


def _measure(record: RunRecord) -> None:
    until = record.sessions[-1].end if record.sessions else 0
    for step in record.steps:
        for one in step.activations:
            if one.started_at:
                one.seconds = record.worked(one.started_at, one.ended_at or until)


def nested(steps: dict[str, StepRecord]) -> list[StepRecord]:
    """The instances in their order, each followed by those inside it."""
    inside: dict[str, list[str]] = {}
    for path in steps:
        inside.setdefault(around(path, steps), []).append(path)
    ordered, stack = [], list(reversed(inside.get("", [])))
    while stack:
        path = stack.pop()
        ordered.append(steps[path])
        stack += reversed(inside.get(path, []))
    return ordered


def around(path: str, known: dict[str, StepRecord]) -> str:
    """The longest path around this one that there is; keys of loops may hold any character."""
    at = len(path)
    while at > 0:
        at = max(path.rfind("/", 0, at), path.rfind("[", 0, at))
        if at > 0 and path[:at] in known:
            return path[:at]
    return ""


class _Fold:
    """What the events say so far."""

    def __init__(self, file: str) -> None:
        self.steps: dict[str, StepRecord] = {}
        self.sessions: list[Session] = []
        self.ended: RunEnded | None = None
        self.waits = ""
        self.file = file
        self.redefined: Redefined | None = None  # that of which the resume is still to come
        self.definitions: list[Redefinition] = []
        self._serials: dict[int, Activation] = {}
        self._at_work: dict[int, AttemptRecord] = {}

    def take(self, event: AnyEvent) -> None:
        if not 0 <= event.at <= _LAST:
            raise ValueError(f"an event at {event.at} µs")
        if isinstance(event, RunStarted | Resumed | CompensateRequested):
            self.cut_off()
            self.ended, self.waits = None, ""
            if self.redefined is None:
                self._begins(event, getattr(event, "actor", ""))
            self.redefined = None
        elif isinstance(event, Redefined):
            self._redefine(event)
        elif self.sessions:
            self.sessions[-1].end = max(event.at, self.sessions[-1].end)
        if isinstance(event, RunEnded):
            self.ended = event
        elif isinstance(event, RunWaiting):
            self.waits = event.reason
        else:
            self._of_instance(event)

    def _begins(self, event: Clocked, actor: str) -> None:
        self.sessions.append(Session(begin=event.at, end=event.at, actor=actor, set_by=event.set_by))

    def _redefine(self, event: Redefined) -> None:
        """A process goes on under another definition; that it resumes the run comes next."""
        self.cut_off()
        if self.redefined is None:
            self._begins(event, event.actor)
        self.redefined = event
        words = {
            f"{os.path.basename(file)}: {name}": word
            for file, found in event.steps.items()
            for name, word in found.items()
            if name
        }
        own = f"{os.path.basename(self.file)}: "
        steps = {name.removeprefix(own): word for name, word in words.items() if word != "around"}
        self.definitions.append(Redefinition(at=event.at, actor=event.actor, hash=event.hash, steps=steps))

    def _of_instance(self, event: AnyEvent) -> None:
        if isinstance(event, StepFact):
            self._step(event)
        elif isinstance(event, AttemptEnded):
            self._attempt_ended(event.instance, event.at, event.outcome, event.error)
            if event.instance in self._serials:
                self._serials[event.instance].performed = True
            if event.outcome == "succeeded":
                self._outputs(event.instance, event.outputs)
                self._decided(event)
        elif isinstance(event, Answered) and event.question == "outputs":
            self._outputs(event.instance, event.value)
        elif isinstance(event, ArtifactsKept) and event.instance in self._serials:
            self._serials[event.instance].artifacts = event.files

    def left(self, owner: Owner) -> None:
        """The last process was at work until it gave the run free, which nothing else tells of one that was ended."""
        if self.sessions:
            self.sessions[-1].end = max(self.sessions[-1].end, owner.left_after(self.sessions[-1].end))

    def cut_off(self) -> None:
        """The process is gone: what it was doing ended with the last that is known of it."""
        for attempt in self._at_work.values():
            attempt.ended_at, attempt.outcome = self.sessions[-1].end, "interrupted"
        self._at_work.clear()

    def _outputs(self, serial: int, value: Any) -> None:
        if serial in self._serials:
            self._serials[serial].outputs = value

    def _decided(self, event: AttemptEnded) -> None:
        if event.decided is not None and event.instance in self._serials:
            self._serials[event.instance].decided = event.decided

    def _attempt_ended(self, serial: int, at: int, outcome: str, error: ErrorInfo | None) -> None:
        attempt = self._at_work.pop(serial, None)
        if attempt is not None:
            attempt.ended_at, attempt.outcome, attempt.error = at, outcome, error

    def _step(self, event: StepFact) -> None:
        one = self._activation(event)
        if isinstance(event, StepReady):
            one.status, one.ready_at = "ready", one.ready_at or event.at
        elif isinstance(event, StepStarted):
            one.status, one.tries = "running", max(event.attempt, one.tries)
            one.started_at = one.started_at or event.at
            one.artifacts = ()
            attempt = AttemptRecord(number=event.attempt, started_at=event.at)
            one.attempts.append(attempt)
            self._at_work[event.instance] = attempt
        elif isinstance(event, StepRetry):
            one.status, one.error = "waiting", event.error
            self._attempt_ended(event.instance, event.at, "failed", event.error)
            one.attempts[-1].delay = event.delay
        elif isinstance(event, StepWaiting | StepWoken):
            self._waits(one, event)
        elif isinstance(event, StepEnded):
            one.status, one.ended_at, one.tries = event.status, event.at, event.attempts
            one.reason, one.seen, one.by = event.reason, event.seen, event.by
            one.error, one.recovered = event.error, event.recovered
            self._attempt_ended(event.instance, event.at, _OUTCOMES.get(event.status, event.status), event.error)

        elif isinstance(event, StepCompensated):
            self._compensated(one, event)

    @staticmethod
    def _compensated(one: Activation, event: StepCompensated) -> None:
        """It was undone, or should have been."""
        if event.ok:
            one.status, one.by = "compensated", event.by
        else:
            one.reason = f"its compensation did not succeed: {event.error.message if event.error else 'cancelled'}"

    def _waits(self, one: Activation, event: StepWaiting | StepWoken) -> None:
        if isinstance(event, StepWaiting):
            one.status, one.waits = "waiting", event
        else:
            one.status, one.waits = "running", None
            self._outputs(event.instance, event.outputs)

    def _activation(self, event: StepFact) -> Activation:
        step = self.steps.get(event.path)
        if step is None:
            step = self.steps[event.path] = StepRecord(path=event.path, step=event.step, activations=[])
        if not step.activations or step.latest.number < event.activation:
            step.activations.append(Activation(number=event.activation, serial=event.instance))
        one = next(one for one in reversed(step.activations) if one.number <= event.activation)
        self._serials[event.instance] = one
        return one


_OUTCOMES = {"reused": "succeeded"}


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


__all__ = [
    "Activation", "AttemptRecord", "RunRecord", "Session", "StepRecord", "around", "find_resumable", "find_run",
    "nested", "read_run",
]  # fmt: skip
