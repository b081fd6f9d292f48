"""A run as lines of text: for people at a terminal and for readers of CI logs."""

import threading
from collections.abc import Callable

from msgspec import Struct

from steplane.events import (
    AnyEvent,
    CancelRequested,
    Resumed,
    RunStarted,
    RunWaiting,
    StepEnded,
    StepRetry,
    StepStarted,
)
from steplane.kernel import Instance
from steplane.plan.nodes import Body, ForEach, Node, Perform
from steplane.reporters.failures import Failures, describe
from steplane.reporters.paint import Paint, visible
from steplane.reporters.subject import Result, Subject
from steplane.reporters.words import action, cause, clean, clock, count, ended_reason, shortened, shown_value

Write = Callable[[str], None]

SIGNS = {
    "started": "▸", "succeeded": "✓", "reused": "✓", "warning": "!", "failed": "✗", "skipped": "○", "blocked": "⊘",
    "cancelled": "■", "compensated": "↩", "retry": "↻", "waiting": "…", "interrupted": "■",
}  # fmt: skip
"""What a line about a step begins with."""

ASCII_SIGNS = {
    "started": ">", "succeeded": "+", "reused": "+", "warning": "!", "failed": "x", "skipped": "o", "blocked": "-",
    "cancelled": "#", "compensated": "<", "retry": "~", "waiting": "~", "interrupted": "#",
}  # fmt: skip
"""The same where the stream takes ASCII only."""

_ORDER = ("succeeded", "reused", "warning", "failed", "skipped", "blocked", "cancelled", "compensated")
_BAD = {"failed": "error", "blocked": "error", "cancelled": "warning", "warning": "warning", "interrupted": "warning"}


def colored(paint: Paint, status: str, text: str) -> str:
    """The text in the colour of a status."""
    if status in {"succeeded", "reused"}:
        return paint.good(text)
    return paint.severity(_BAD[status], text) if status in _BAD else paint.faint(text)


def started_words(event: StepStarted, node: Node | None) -> str:
    """What stands beside the path of a step that begins: its name, its command, its kind; nothing for a plain group."""
    if node is None:
        return ""
    if node.title:
        return shortened(node.title)
    if node.loop is not None and not event.path.endswith("]"):
        return "foreach" if isinstance(node.loop, ForEach) else "matrix"
    return "" if isinstance(node.action, Body) else action(node)


class Style(Struct, frozen=True):
    """How lines look. `quiet`: nothing but failures."""

    color: bool = False
    unicode: bool = True
    quiet: bool = False


class PlainReporter:
    """Lines about steps begin with a sign, lines that steps write with `[path] `: neither can be taken for the other.

    `out` gets what happens, `err` the failures. A line is written whole, also from several threads.
    """

    def __init__(self, subject: Subject, out: Write, err: Write, style: Style, err_color: bool = False) -> None:
        self.subject = subject
        self._out = (lambda _: None) if style.quiet else out
        self._err = err
        self._paint = Paint(style.color)
        self._err_paint = Paint(err_color)
        self._signs = SIGNS if style.unicode else ASCII_SIGNS
        self._lock = threading.Lock()
        self._failures = Failures()
        self._ended: dict[str, tuple[str, Node | None]] = {}
        self._running: dict[str, None] = {}
        self._begun_at = 0
        self._now = 0

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Write the line of an event."""
        self._now = max(self._now, event.at)
        node = instance.node if instance is not None else None
        if isinstance(event, StepStarted):
            self._started(event, node)
        elif isinstance(event, StepRetry):
            self._retry(event, node)
        elif isinstance(event, StepEnded):
            self._step_ended(event, node, instance)
        elif isinstance(event, RunStarted | Resumed):
            self._begin(event.at)
        elif isinstance(event, CancelRequested):
            who = f" by {visible(event.actor)}" if event.actor else ""
            why = f": {visible(event.reason)}" if event.reason else ""
            self._status("cancelled", "", f"cancel requested{who}{why}")
        elif isinstance(event, RunWaiting):
            steps = ", ".join(f"`{visible(one)}`" for one in event.steps[:8])
            self._status("waiting", "", f"waiting{' in ' + steps if steps else ''}: {visible(event.reason)}")

    def log(self, path: str, stream: str, text: str) -> None:
        """Write what a step wrote."""
        prefix = self._paint.faint(f"[{visible(path)}]")
        mark = self._paint.severity("warning", "warning: ") if stream == "warning" else ""
        self._write("".join(f"{prefix} {mark}{clean(line)}".rstrip() + "\n" for line in text.split("\n")))

    def finish(self, result: Result) -> None:
        """Write the failures, then how it all ended and how to go on."""
        if result.status == "failed":
            self._write_failures()
        self._write("\n" + self._summary(result))
        if result.status in {"failed", "waiting", "interrupted"}:
            label = self._err_paint.bold("Go on with:")
            self._err(f"{label} {self.subject.resume}\n")

    def _begin(self, at: int) -> None:
        self._begun_at = at
        plan, subject = self.subject.plan, self.subject
        title = f"{visible(plan.name)}{' ' + visible(plan.version) if plan.version else ''}"
        word = "resumed run" if subject.resumed else "run"
        self._write(f"{self._paint.bold(title)} ({visible(plan.file)}), {word} {self._paint.bold(subject.run)}\n\n")

    def _started(self, event: StepStarted, node: Node | None) -> None:
        if event.attempt > 1:
            self._failures.forget_below(event.path)
        if node is not None and isinstance(node.action, Perform):
            self._running[event.path] = None
        again = f"  attempt {event.attempt}" if event.attempt > 1 else ""
        what = started_words(event, node)
        self._status("started", event.path, again + (self._paint.faint(f"  {what}") if what and not again else ""))

    def _retry(self, event: StepRetry, node: Node | None) -> None:
        self._running.pop(event.path, None)
        most = node.retry.attempts if node is not None and node.retry is not None else None
        of = f" of {most}" if most else ""
        words = f" attempt {event.attempt}{of} failed: {cause(event.error)}; again in {clock(event.delay)}"
        self._status("retry", event.path, words)

    def _step_ended(self, event: StepEnded, node: Node | None, instance: Instance | None) -> None:
        self._failures.ended(event)
        self._running.pop(event.path, None)
        self._ended[event.path] = (event.status, node)
        begun = instance.first_at if instance is not None and instance.number == event.activation else 0
        attempts = f" after {event.attempts} attempts" if event.attempts > 1 else ""
        took = f" in {clock((event.at - begun) / 1e6)}" if begun and event.status != "reused" else ""
        why = cause(event.error) if event.error is not None else ended_reason(event, node)
        if event.recovered and not why:
            why = "its `rescue` succeeded"
        word = self._colored(event.status, event.status)
        self._status(event.status, event.path, f" {word}{attempts}{took}{': ' + why if why else ''}")

    def _status(self, kind: str, path: str, words: str) -> None:
        sign = self._colored(kind, self._signs[kind])
        name = f" {self._paint.bold(visible(path))}" if path else ""
        separator = "" if path else " "
        self._write(f"{sign}{name}{separator}{words}\n")

    def _colored(self, status: str, text: str) -> str:
        return colored(self._paint, status, text)

    def _write(self, text: str) -> None:
        with self._lock:
            self._out(text)

    def _write_failures(self) -> None:
        folder, plan = self.subject.folder, self.subject.plan
        for event in self._failures.first:
            node = self._ended[event.path][1] if event.path in self._ended else None
            self._err("\n" + describe(event, node, plan, folder.log_path(event.path), self._err_paint))
        if self._failures.more:
            more = count(self._failures.more, "more failed step")
            self._err(f"\n{more}: steplane show {self.subject.run}\n")

    def _summary(self, result: Result) -> str:
        name, status = visible(self.subject.plan.name), result.status
        word = "after" if status in {"waiting", "interrupted"} else "in"
        took = f" {word} {clock((self._now - self._begun_at) / 1e6)}" if self._begun_at else ""
        words = {"warning": "ended with warnings", "waiting": "waits"}.get(status, status)
        sign = self._colored(status, self._signs.get(status, " "))
        line = f"{sign} {self._paint.bold(name)} {self._colored(status, words)}{took}{self._counts()}\n"
        if result.error is not None and not self._failures.first:
            line += f"  {cause(result.error)}\n"
        if result.status == "interrupted" and self._running:
            line += f"  cut off, to run again: {', '.join(f'`{visible(one)}`' for one in list(self._running)[:8])}\n"
        outputs = result.outputs if isinstance(result.outputs, dict) else {}
        wide = max((len(name) for name in outputs), default=0)
        return line + "".join(f"  {visible(key):{wide}}  {shown_value(value)}\n" for key, value in outputs.items())

    def _counts(self) -> str:
        found = [status for status, _ in self._ended.values()]
        parts = [f"{found.count(word)} {word}" for word in _ORDER if word in found]
        return f" ({', '.join(parts)})" if parts else ""
