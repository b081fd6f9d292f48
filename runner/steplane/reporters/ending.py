"""The end of a run for people: its failures in full, how it all ended, what came of it, how to go on."""

import time
from collections import Counter
from collections.abc import Callable

from steplane.events import (
    AnyEvent,
    CancelRequested,
    CompensateRequested,
    Resumed,
    RunStarted,
    RunWaiting,
    StepCompensated,
    StepEnded,
    StepRetry,
    StepStarted,
)
from steplane.plan.nodes import Node, Perform
from steplane.reporters.failures import Failures, describe
from steplane.reporters.paint import Paint, visible
from steplane.reporters.signs import colored, counted
from steplane.reporters.subject import Result, Subject
from steplane.reporters.words import cause, clock, count, ended_reason, left_out, shown_value

Write = Callable[[str], None]

LOST = "state.lost"
"""The type of the error of a run that this process has lost: gone, or another's. How to go on is said by the error."""

_MOST_NAMED = 8
_FOLLOWED = frozenset({
    StepStarted, StepRetry, StepEnded, StepCompensated, RunStarted, Resumed, CompensateRequested,
})  # fmt: skip


class Ending:
    """Follows a run for the sake of its last words. `signs` are those of `steplane.reporters.signs`."""

    def __init__(self, subject: Subject, signs: dict[str, str], paint: Paint, err_paint: Paint) -> None:
        self.subject = subject
        self._signs, self._paint, self._err_paint = signs, paint, err_paint
        self._failures = Failures()
        self._ended: dict[str, tuple[str, Node | None]] = {}
        self._left_out: dict[str, str] = {}  # why, by path
        self._running: dict[str, None] = {}
        self._begun_at = 0
        self._now = 0
        self._zero = time.monotonic()

    def event(self, event: AnyEvent, node: Node | None) -> None:
        """Something has happened to the step of that node."""
        self._now = max(self._now, event.at)
        if event.__class__ not in _FOLLOWED:  # most
            return
        if isinstance(event, StepStarted):
            if event.attempt > 1:
                self._failures.forget_below(event.path)
            if node is not None and isinstance(node.action, Perform):
                self._running[event.path] = None
        elif isinstance(event, StepRetry):
            self._running.pop(event.path, None)
        elif isinstance(event, StepEnded):
            self._failures.ended(event)
            self._running.pop(event.path, None)
            self._step_ended(event, node)
        elif isinstance(event, StepCompensated):
            if event.ok and event.path:
                self._ended[event.path] = ("compensated", node)
        elif isinstance(event, RunStarted | Resumed | CompensateRequested):
            self._begun_at = event.at
            self._zero = time.monotonic()

    def lasted(self, event: StepEnded, begun: int) -> float:
        """The seconds that a step took which began at `begun` (µs), as far as this process ran it."""
        return (event.at - max(begun, self._begun_at)) / 1e6

    def _step_ended(self, event: StepEnded, node: Node | None) -> None:
        words = left_out(event)
        if words:
            self._left_out[event.path] = words
            self._ended.pop(event.path, None)
        else:
            self._left_out.pop(event.path, None)
            self._ended[event.path] = (event.status, node)

    def finish(self, result: Result, out: Write, err: Write) -> None:
        """Write the failures to `err`, then how it all ended to `out`, and how to go on to `err`."""
        if result.status == "failed":
            self._write_failures(err)
        out("\n" + self._summary(result))
        if result.status in {"failed", "waiting", "interrupted"} and not _is_lost(result):
            err(f"{self._err_paint.bold('Go on with:')} {self.subject.resume}\n")

    def _write_failures(self, err: Write) -> None:
        folder, plan = self.subject.folder, self.subject.plan
        for event in self._failures.first:
            node = self._ended[event.path][1] if event.path in self._ended else None
            err("\n" + describe(event, node, plan, folder.log_path(event.path), self._err_paint))
        if self._failures.more:
            more = count(self._failures.more, "more failed step")
            err(f"\n{more}: {self.subject.show}\n")

    def _summary(self, result: Result) -> str:
        name, status = visible(self.subject.plan.name), result.status
        word = "after" if status in {"waiting", "interrupted"} else "in"
        seconds = (self._now - self._begun_at) / 1e6
        if status == "interrupted":  # the latest event may be long ago
            seconds = max(seconds, time.monotonic() - self._zero)
        took = f" {word} {clock(seconds)}" if self._begun_at else ""
        words = {"warning": "ended with warnings", "waiting": "waits"}.get(status, status)
        sign = colored(self._paint, status, self._signs.get(status, " "))
        counts = counted(status for status, _ in self._ended.values())
        line = f"{sign} {self._paint.bold(name)} {colored(self._paint, status, words)}{took}"
        line += f" ({counts})\n" if counts else "\n"
        line += "".join(
            f"  {words}: {count(number, 'step')}\n" for words, number in Counter(self._left_out.values()).items()
        )
        if result.error is not None and not self._failures.first:
            line += f"  {cause(result.error)}\n"
        if result.status == "interrupted" and self._running and not _is_lost(result):
            cut_off = ", ".join(f"`{visible(one)}`" for one in list(self._running)[:_MOST_NAMED])
            line += f"  cut off, to run again: {cut_off}\n"
        outputs = result.outputs if isinstance(result.outputs, dict) else {}
        wide = max((len(name) for name in outputs), default=0)
        return line + "".join(f"  {visible(key):{wide}}  {shown_value(value)}\n" for key, value in outputs.items())


def _is_lost(result: Result) -> bool:
    return result.error is not None and result.error.type == LOST


def why(event: StepEnded, node: Node | None) -> str:
    """Why a step ended as it did, in words; empty where the status says it all."""
    words = cause(event.error) if event.error is not None else ended_reason(event, node)
    return words or ("its `rescue` succeeded" if event.recovered else "")


def heading(subject: Subject, paint: Paint) -> str:
    """The first line about a run: the workflow, its file, the run's id."""
    plan = subject.plan
    title = f"{visible(plan.name)}{' ' + visible(plan.version) if plan.version else ''}"
    word = "resumed run" if subject.resumed else "run"
    return f"{paint.bold(title)} ({visible(plan.file)}), {word} {paint.bold(subject.run)}\n"


def notice(event: CancelRequested | RunWaiting) -> tuple[str, str]:
    """What is said of the run as a whole while it runs: the kind of sign, and the words."""
    if isinstance(event, CancelRequested):
        who = f" by {visible(event.actor)}" if event.actor else ""
        because = f": {visible(event.reason)}" if event.reason else ""
        return "cancelled", f"cancel requested{who}{because}"
    steps = ", ".join(f"`{visible(one)}`" for one in event.steps[:_MOST_NAMED])
    if event.reason.startswith("`"):  # it says itself which steps wait
        return "waiting", f"waiting: {visible(event.reason)}"
    return "waiting", f"waiting{' in ' + steps if steps else ''}: {visible(event.reason)}"
