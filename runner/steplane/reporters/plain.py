"""A run as lines of text: for people at a terminal and for readers of CI logs."""

import threading

from msgspec import Struct

from steplane.events import (
    AnyEvent,
    CancelRequested,
    CompensateRequested,
    ItemAdded,
    Resumed,
    RunStarted,
    RunWaiting,
    StepCompensated,
    StepEnded,
    StepRetry,
    StepStarted,
    StepWaiting,
    StepWoken,
)
from steplane.kernel import Instance
from steplane.plan.nodes import Node
from steplane.reporters.activations import shown_name
from steplane.reporters.ending import Ending, Write, heading, notice, why
from steplane.reporters.paint import Paint, visible
from steplane.reporters.signs import ASCII_SIGNS, SIGNS, colored
from steplane.reporters.subject import Result, Subject
from steplane.reporters.words import cause, clean, clock, description, item_words, left_out, wait_words


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
        self._quiet = style.quiet
        self._out = (lambda _: None) if style.quiet else out
        self._err = err
        self._paint = Paint(style.color)
        self._signs = SIGNS if style.unicode else ASCII_SIGNS
        self._lock = threading.Lock()
        self._ending = Ending(subject, self._signs, self._paint, Paint(err_color))

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Write the line of an event."""
        node = instance.node if instance is not None else None
        self._ending.event(event, node)
        if isinstance(event, StepStarted):
            self._started(event, node, instance)
        elif isinstance(event, StepRetry):
            self._retry(event, node, instance)
        elif isinstance(event, StepWaiting | StepWoken):
            sign = "waiting" if isinstance(event, StepWaiting) else "started"
            self._status(sign, event.path, f" {wait_words(event)}")
        elif isinstance(event, ItemAdded):
            self._status("started", event.path, f" {item_words(event)}")
        elif isinstance(event, StepEnded):
            self._step_ended(event, node, instance)
        elif isinstance(event, StepCompensated):
            self._compensated(event)
        elif isinstance(event, RunStarted | Resumed | CompensateRequested):
            self._write(heading(self.subject, self._paint) + "\n")
        elif isinstance(event, CancelRequested | RunWaiting):
            kind, words = notice(event)
            self._status(kind, "", words)

    def log(self, path: str, stream: str, text: str) -> None:
        """Write what a step wrote."""
        if self._quiet:
            return
        prefix = self._paint.faint(f"[{visible(path or 'run')}]")
        mark = self._paint.severity("warning", "warning: ") if stream == "warning" else ""
        self._write("".join(f"{prefix} {mark}{clean(line)}".rstrip() + "\n" for line in text.split("\n")))

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        """Lines are no place for it: it would be one for each change."""

    def finish(self, result: Result) -> None:
        """Write the failures, then how it all ended and how to go on."""
        self._ending.finish(result, self._write, self._err)

    def _started(self, event: StepStarted, node: Node | None, instance: Instance | None) -> None:
        again = f"  attempt {event.attempt}" if event.attempt > 1 else ""
        loop = node is not None and node.loop is not None and not event.path.endswith("]")
        what = description(node, loop=loop) if node is not None else ""
        self._status(
            "started",
            _name(event.path, instance),
            again + (self._paint.faint(f"  {what}") if what and not again else ""),
        )

    def _retry(self, event: StepRetry, node: Node | None, instance: Instance | None) -> None:
        most = node.retry.attempts if node is not None and node.retry is not None else None
        of = f" of {most}" if most else ""
        words = f" attempt {event.attempt}{of} failed: {cause(event.error)}; again in {clock(event.delay)}"
        self._status("retry", _name(event.path, instance), words)

    def _step_ended(self, event: StepEnded, node: Node | None, instance: Instance | None) -> None:
        if left_out(event):  # the end of the run tells how many there are
            return
        begun = instance.first_at if instance is not None and instance.number == event.activation else 0
        attempts = f" after {event.attempts} attempts" if event.attempts > 1 else ""
        took = f" in {clock(self._ending.lasted(event, begun))}" if begun and event.status != "reused" else ""
        words = why(event, node)
        word = self._colored(event.status, event.status)
        self._status(
            event.status, _name(event.path, instance), f" {word}{attempts}{took}{': ' + words if words else ''}"
        )

    def _compensated(self, event: StepCompensated) -> None:
        if event.ok:
            self._status("compensated", event.path, " compensated")
        else:
            self._status("failed", event.path, f": its compensation did not succeed: {cause(event.error)}")

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


def _name(path: str, instance: Instance | None) -> str:
    return path if instance is None else shown_name(instance)
