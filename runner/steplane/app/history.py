"""What happened in runs, read from their journals: for `runs`, `show`, `logs` and `graph`."""

from typing import Any

from msgspec import Struct

from steplane.events import (
    Answered,
    AnyEvent,
    Artifact,
    ArtifactsKept,
    AttemptEnded,
    ErrorInfo,
    Resumed,
    RunEnded,
    RunStarted,
    RunWaiting,
    StepEnded,
    StepFact,
    StepReady,
    StepRetry,
    StepStarted,
)
from steplane.store import RunStore, RunSummary, now

_OPEN = frozenset({"ready", "running", "waiting"})


class Session(Struct, kw_only=True):
    """The part of a run in one process (µs since the epoch): from its first event to its last, or to now."""

    begin: int
    end: int
    actor: str = ""


class AttemptRecord(Struct, kw_only=True):
    """One attempt. `outcome`: `running`, `succeeded`, `failed`, `cancelled`, or `interrupted` where its process died.

    `delay` is what was waited before the next one, in seconds. Of an attempt that was cut off `ended_at` is the last
    that is known of its process.
    """

    number: int
    started_at: int
    ended_at: int = 0
    outcome: str = "running"
    error: ErrorInfo | None = None
    delay: float = 0.0


class Activation(Struct, kw_only=True):
    """One life of an instance. Times are µs since the epoch, 0 where there is none; `ended_at` too.

    `tries` counts the attempts, `seconds` is how long it took from its first attempt on, without the time in which
    nobody ran the run; `serial` is what inputs call it by; `performed`: it is of a step type, and has no list inside.
    """

    number: int = 1
    serial: int = 0
    status: str = "ready"
    ready_at: int = 0
    started_at: int = 0
    ended_at: int = 0
    attempts: list[AttemptRecord] = []
    tries: int = 0
    reason: str = ""
    by: str = ""
    recovered: bool = False
    error: ErrorInfo | None = None
    outputs: Any = None
    seconds: float | None = None
    performed: bool = False
    artifacts: tuple[Artifact, ...] = ()


class StepRecord(Struct, kw_only=True):
    """One instance with its activations, oldest first; asked itself it answers for the latest."""

    path: str
    step: str
    activations: list[Activation]

    @property
    def latest(self) -> Activation:
        """The newest activation."""
        return self.activations[-1]

    @property
    def activation(self) -> int:
        """Its number."""
        return self.latest.number

    @property
    def status(self) -> str:
        """Its status; `interrupted` and `pending` where nobody runs the run."""
        return self.latest.status

    @property
    def started_at(self) -> int:
        """When its first attempt began."""
        return self.latest.started_at

    @property
    def ended_at(self) -> int:
        """When it ended."""
        return self.latest.ended_at

    @property
    def attempts(self) -> int:
        """How many there were."""
        return self.latest.tries

    @property
    def reason(self) -> str:
        """Why it ended so, in words."""
        return self.latest.reason

    @property
    def by(self) -> str:
        """The step that caused that."""
        return self.latest.by

    @property
    def recovered(self) -> bool:
        """Whether its `rescue` made it good."""
        return self.latest.recovered

    @property
    def error(self) -> ErrorInfo | None:
        """Why it failed."""
        return self.latest.error

    @property
    def outputs(self) -> Any:
        """What it gave."""
        return self.latest.outputs

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return self.latest.seconds

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The files that are kept of it: those of the latest attempt that began."""
        begun = (one for one in reversed(self.activations) if one.started_at)
        return next((one.artifacts for one in begun), ())


class RunRecord(Struct, kw_only=True):
    """One run with all its instances, in the order in which they became ready, those inside after what they are in.

    `reason`: why it waits. `sessions`: when a process ran it.
    """

    summary: RunSummary
    inputs: dict[str, Any]
    steps: list[StepRecord]
    outputs: Any = None
    error: ErrorInfo | None = None
    reason: str = ""
    sessions: list[Session] = []

    def worked(self, begin: int, end: int) -> float:
        """The seconds between two times in which a process ran the run."""
        shares = (min(end, one.end) - max(begin, one.begin) for one in self.sessions)
        return sum(share for share in shares if share > 0) / 1e6

    @property
    def seconds(self) -> float:
        """How long it has been run, all in all."""
        return sum(one.end - one.begin for one in self.sessions) / 1e6


def read_run(store: RunStore, run_id: str) -> RunRecord:
    """All of one run. Raises `UnknownRun`, `StateDamaged`, `StateError`."""
    with store.read(run_id) as journal:
        fold = _Fold()
        for _, event in journal.events():
            fold.take(event)
        inputs = journal.header.get("inputs", {})
    summary = store.summary(run_id)
    if summary.status == "running":
        fold.sessions[-1:] = [Session(begin=one.begin, end=now(), actor=one.actor) for one in fold.sessions[-1:]]
    elif summary.status != "waiting":
        fold.cut_off()
        for one in fold.steps.values():
            if one.status in _OPEN:
                one.latest.status = "pending" if one.status == "ready" else "interrupted"
    ended = fold.ended
    record = RunRecord(
        summary=summary, inputs=inputs, steps=nested(fold.steps), outputs=ended.outputs if ended else None,
        error=ended.error if ended else None, reason=fold.waits, sessions=fold.sessions,
    )  # fmt: skip
    _measure(record)
    return record


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

    def __init__(self) -> None:
        self.steps: dict[str, StepRecord] = {}
        self.sessions: list[Session] = []
        self.ended: RunEnded | None = None
        self.waits = ""
        self._serials: dict[int, Activation] = {}
        self._at_work: dict[int, AttemptRecord] = {}

    def take(self, event: AnyEvent) -> None:
        if isinstance(event, RunStarted | Resumed):
            self.cut_off()
            self.ended, self.waits = None, ""
            self.sessions.append(Session(begin=event.at, end=event.at, actor=getattr(event, "actor", "")))
        elif self.sessions:
            self.sessions[-1].end = max(event.at, self.sessions[-1].end)
        if isinstance(event, RunEnded):
            self.ended = event
        elif isinstance(event, RunWaiting):
            self.waits = event.reason
        else:
            self._of_instance(event)

    def _of_instance(self, event: AnyEvent) -> None:
        if isinstance(event, StepFact):
            self._step(event)
        elif isinstance(event, AttemptEnded):
            self._attempt_ended(event.instance, event.at, event.outcome, event.error)
            if event.instance in self._serials:
                self._serials[event.instance].performed = True
            if event.outcome == "succeeded":
                self._outputs(event.instance, event.outputs)
        elif isinstance(event, Answered) and event.question == "outputs":
            self._outputs(event.instance, event.value)
        elif isinstance(event, ArtifactsKept) and event.instance in self._serials:
            self._serials[event.instance].artifacts = event.files

    def cut_off(self) -> None:
        """The process is gone: what it was doing ended with the last that is known of it."""
        for attempt in self._at_work.values():
            attempt.ended_at, attempt.outcome = self.sessions[-1].end, "interrupted"
        self._at_work.clear()

    def _outputs(self, serial: int, value: Any) -> None:
        if serial in self._serials:
            self._serials[serial].outputs = value

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
        elif isinstance(event, StepEnded):
            one.status, one.ended_at, one.tries = event.status, event.at, event.attempts
            one.reason, one.by, one.error, one.recovered = event.reason, event.by, event.error, event.recovered
            self._attempt_ended(event.instance, event.at, _OUTCOMES.get(event.status, event.status), event.error)

    def _activation(self, event: StepFact) -> Activation:
        step = self.steps.get(event.path)
        if step is None:
            step = self.steps[event.path] = StepRecord(path=event.path, step=event.step, activations=[])
        if not step.activations or step.latest.number < event.activation:
            step.activations.append(Activation(number=event.activation, serial=event.instance))
        one = step.latest
        self._serials[event.instance] = one
        return one


_OUTCOMES = {"warning": "failed", "reused": "succeeded"}


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
