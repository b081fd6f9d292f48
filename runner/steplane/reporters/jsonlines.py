"""A run as JSON, one event a line: for programs that follow a run."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec

from steplane import moments
from steplane.events import (
    Answered,
    AnyEvent,
    ArtifactsKept,
    AttemptEnded,
    CancelRequested,
    CompensateRequested,
    ErrorInfo,
    ItemAdded,
    Resumed,
    RunStarted,
    RunWaiting,
    SignalCame,
    StepCompensated,
    StepEnded,
    StepFact,
    StepReady,
    StepRetry,
    StepStarted,
    StepWaiting,
    StepWoken,
)
from steplane.kernel import Instance
from steplane.parts import Hit
from steplane.reporters.subject import Result, Subject

Write = Callable[[str], None]


class JsonLinesReporter:
    """Writes a line for each event and each line of a log; the last one, of type `run.ended`, comes with `finish`.

    With `quiet` it writes the last one only.
    """

    def __init__(self, subject: Subject, write: Write, *, quiet: bool = False) -> None:
        self.subject = subject
        self._write = write
        self._quiet = quiet
        self._lock = threading.Lock()
        self._outputs: dict[int, Any] = {}
        self._decided: dict[int, tuple[Hit, ...]] = {}

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Write the event, if it is one that says something to others than the kernel."""
        if isinstance(event, AttemptEnded) and event.decided is not None:
            self._decided[event.instance] = event.decided
        if (isinstance(event, AttemptEnded) and event.outcome == "succeeded") or isinstance(event, StepWoken):
            self._outputs[event.instance] = event.outputs
        elif isinstance(event, Answered) and event.question == "outputs":
            self._outputs[event.instance] = event.value
        data = self._data(event, instance)
        if data is not None and not self._quiet:
            self._line({"type": event.__struct_config__.tag, "at": iso(event.at), "run": self.subject.run, **data})

    def log(self, path: str, stream: str, text: str) -> None:
        """Write what a step wrote, a line each."""
        if self._quiet:
            return
        at = iso(_now())
        for line in text.split("\n"):
            self._line({"type": "log", "at": at, "run": self.subject.run, "path": path, "stream": stream, "text": line})

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        """It is shown live, and is no event of the run."""

    def finish(self, result: Result) -> None:
        """Write the last line."""
        with self._lock:
            self._write(last_line(self.subject.run, result.status, result.outputs, result.error))

    def _line(self, data: dict[str, Any]) -> None:
        with self._lock:
            self._write(msgspec.json.encode(data).decode() + "\n")

    def _data(self, event: AnyEvent, instance: Instance | None) -> dict[str, Any] | None:
        """What stands on the line of an event beside its type and time; None if it has no line."""
        if isinstance(event, StepFact):
            return {**_identity(event), **self._fact(event, instance)}
        if isinstance(event, RunStarted | Resumed | CompensateRequested):
            plan = self.subject.plan
            return {"workflow": plan.name, "version": plan.version, "file": plan.file, "jobs": event.pool}
        if isinstance(event, SignalCame):
            return {"signal": event.name, "sender": event.sender, "transient": event.transient}
        if isinstance(event, CancelRequested):
            return {"actor": event.actor, "reason": event.reason}
        if isinstance(event, RunWaiting):
            return {"steps": list(event.steps), "reason": event.reason, "due": iso(event.due) if event.due else None}
        if isinstance(event, ArtifactsKept):
            files = [msgspec.to_builtins(one) for one in event.files]
            return {"step": event.step, "path": event.path, "activation": event.activation, "files": files}
        return None

    def _fact(self, event: StepFact, instance: Instance | None) -> dict[str, Any]:
        if isinstance(event, StepReady):
            return {"status": "ready"}
        if isinstance(event, StepStarted):
            return {"status": "running", "attempt": event.attempt}
        if isinstance(event, StepRetry):
            error = error_data(event.error)
            return {"status": "waiting", "attempt": event.attempt, "delay": event.delay, "error": error}
        if isinstance(event, StepWaiting):
            moments = {"until": event.until, "limit": event.limit}
            times = {name: iso(at) if at else None for name, at in moments.items()}
            return {"status": "waiting", "signals": list(event.signals), **times}
        if isinstance(event, StepWoken):
            heard = {"signal": event.signal, "sender": event.sender, "branch": event.branch}
            return {"status": "running", **{name: text or None for name, text in heard.items()}}
        if isinstance(event, ItemAdded):
            return {"signal": event.signal, "sender": event.sender or None, "key": event.key, "closed": event.closed}
        if isinstance(event, StepCompensated):
            status = "compensated" if event.ok else None
            return {"status": status, "ok": event.ok, "by": event.by or None, "error": error_data(event.error)}
        assert isinstance(event, StepEnded)
        begun = begun_at(event, instance)
        return {
            "status": event.status,
            "started_at": iso(begun) if begun else None,
            "duration": (event.at - begun) / 1e6 if begun else None,
            "attempts": event.attempts,
            "reason": event.reason or None,
            "seen": list(event.seen) or None,
            "by": event.by or None,
            "recovered": event.recovered,
            "outputs": self._outputs.pop(event.instance, None),
            **rules_data(self._decided.pop(event.instance, None)),
            "error": error_data(event.error),
        }


def rules_data(decided: tuple[Hit, ...] | None) -> dict[str, Any]:
    """The rules of a table that a step decided by; nothing of any other step."""
    if decided is None:
        return {}
    return {"rules": [{"rule": one.rule, "because": one.because or None} for one in decided]}


def _identity(event: StepFact) -> dict[str, Any]:
    return {"step": event.step, "path": event.path, "activation": event.activation}


def begun_at(event: StepEnded, instance: Instance | None) -> int:
    """When the first attempt of the activation that ended has begun (µs); 0 if none has."""
    return instance.first_at if instance is not None and instance.number == event.activation else 0


def error_data(error: ErrorInfo | None) -> dict[str, Any] | None:
    """An error with all its keys."""
    if error is None:
        return None
    return {
        "type": error.type, "message": error.message, "code": error.code, "detail": error.detail, "step": error.step,
    }  # fmt: skip


def last_line(run: str, status: str, outputs: Any, error: ErrorInfo | None) -> str:
    """The line that tells how a run has ended or why it stops, with its line feed."""
    data = {"type": "run.ended", "run": run, "status": status, "outputs": outputs, "error": error_data(error)}
    return msgspec.json.encode(data).decode() + "\n"


def iso(at: int) -> str:
    """Microseconds since the epoch as ISO 8601 in UTC: `2026-11-23T22:53:18.908128Z`."""
    return moments.iso(at)


def _now() -> int:
    import time

    return time.time_ns() // 1000
