"""A run in the log of a CI system: what happens as lines, what steps write in groups that are folded.

A log is one stream and groups cannot interleave. While one step runs its lines come at once; while several run, those
of each are kept until it ends and come as one group.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from steplane.events import AnyEvent, StepEnded, StepRetry, StepStarted
from steplane.kernel import Instance
from steplane.plan.nodes import Node, Perform
from steplane.reporters.annotations import Annotation, of_run, of_step
from steplane.reporters.failures import Failures
from steplane.reporters.paint import visible
from steplane.reporters.plain import PlainReporter, Style
from steplane.reporters.stamps import stamp, stamped_lines
from steplane.reporters.subject import Result, Subject
from steplane.reporters.words import clean

PART = 1 << 20
"""Characters of a step that are kept; with more a part of them is printed as a group of its own."""


class FoldedLog(Protocol):
    """How one CI system writes: all methods give text to print."""

    def begin(self, title: str) -> str:
        """Open a group."""

    def body(self, text: str) -> str:
        """Lines within a group."""

    def end(self) -> str:
        """Close the group."""

    def bare(self, line: str) -> bool:
        """Whether the line of a step is to be printed as it is, with nothing before it."""

    def outside(self, text: str) -> str:
        """Lines outside of groups."""

    def annotations(self, found: Sequence[Annotation], rest: str) -> str:
        """Messages beside lines of files."""


class FoldingReporter:
    """Everything goes to one stream (`write`), so that the order holds. A line is written whole.

    `root` is the folder of the repository; paths of annotations are relative to it.
    """

    def __init__(
        self, subject: Subject, write: Callable[[str], None], style: Style, log: FoldedLog, root: str = "",
        *, stamps: bool = False,
    ) -> None:  # fmt: skip
        self.subject = subject
        self._write, self._log, self._root = write, log, root
        self._quiet, self._stamps = style.quiet, stamps
        self._plain = PlainReporter(subject, self._outside, self._outside, style, style.color)
        self._lock = threading.RLock()
        self._running: dict[str, int] = {}  # with the attempt
        self._kept: dict[str, list[str]] = {}
        self._sizes: dict[str, int] = {}
        self._printed: set[str] = set()  # of what runs, that whose output has begun to be printed
        self._open = ""
        self._failures = Failures()
        self._nodes: dict[str, Node | None] = {}
        self._warnings: list[Annotation] = []

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Print what the step has written when it ends, then the line of the event."""
        with self._lock:
            if isinstance(event, StepEnded | StepRetry):
                self._over(event.path)
            if isinstance(event, StepEnded):
                self._note(event, instance)
            self._plain.event(event, instance)
            if isinstance(event, StepStarted) and _is_attempt(instance):
                self._running[event.path] = event.attempt
                if event.attempt > 1:
                    self._failures.forget_below(event.path)

    def log(self, path: str, stream: str, text: str) -> None:
        """Print the lines of a step that runs alone, keep those of others."""
        if self._quiet:
            return
        before = (stamp() if self._stamps else "") + ("warning: " if stream == "warning" else "")
        with self._lock:
            lines = "".join(self._line(before, line) for line in text.split("\n"))
            self._kept.setdefault(path, []).append(lines)
            self._sizes[path] = self._sizes.get(path, 0) + len(lines)
            if len(self._running) == 1 and path in self._running:
                self._print(path)
            elif self._sizes[path] > PART:
                self._print(path)
                self._close()

    def finish(self, result: Result) -> None:
        """Annotations, then the last words."""
        with self._lock:
            for path in tuple(self._kept):
                self._print(path)
            self._close()
            self._write(self._log.annotations(self._found(result), self.subject.show))
            self._plain.finish(result)

    def _line(self, before: str, line: str) -> str:
        return (line if self._log.bare(line) else f"{before}{clean(line)}".rstrip()) + "\n"

    def _found(self, result: Result) -> list[Annotation]:
        """All annotations: of failures that nothing has caught, of the run itself, of warnings."""
        failed = self._failures.all if result.status not in {"succeeded", "warning"} else []
        found = [of_step(one, self._nodes.get(one.path), self.subject, self._root) for one in failed]
        if not failed and result.status == "failed" and result.error is not None:
            found.append(of_run(result.error, self.subject, self._root))
        return found + self._warnings

    def _note(self, event: StepEnded, instance: Instance | None) -> None:
        """Remember what is to be said of the end of a step when all is over."""
        node = instance.node if instance is not None else None
        tolerated = sum(one.path.startswith(f"{event.path}[") for one in self._failures.all)
        self._failures.ended(event)
        if event.status == "failed":
            self._nodes[event.path] = node
        elif event.status == "warning" and (event.error is not None or tolerated):
            self._warnings.append(of_step(event, node, self.subject, self._root, tolerated=tolerated))

    def _over(self, path: str) -> None:
        """An attempt has ended: print what is left of its output."""
        if path in self._kept:
            self._print(path)
        if self._open == path:
            self._close()
        self._running.pop(path, None)
        self._printed.discard(path)

    def _print(self, path: str) -> None:
        """Print what was kept of a step; its group stays open."""
        text = "".join(self._kept.pop(path))
        self._sizes.pop(path, None)
        if self._open == path:
            self._write(self._log.body(text))
            return
        self._close()
        begin = self._log.begin(self._title(path))
        self._open = path
        self._printed.add(path)
        self._write(begin + self._log.body(text))

    def _title(self, path: str) -> str:
        attempt = self._running.get(path, 1)
        title = f"output of {visible(path)}" + (f", attempt {attempt}" if attempt > 1 else "")
        return title + (", continued" if path in self._printed else "")

    def _close(self) -> None:
        if self._open:
            self._open = ""
            self._write(self._log.end())

    def _outside(self, text: str) -> None:
        """Write lines of ours, outside of any group."""
        with self._lock:
            self._close()
            self._write(self._log.outside(stamped_lines(text) if self._stamps else text))


def _is_attempt(instance: Instance | None) -> bool:
    """Whether what has begun performs something itself, and is not the loop around such instances."""
    if instance is None or not isinstance(instance.node.action, Perform):
        return False
    return instance.node.loop is None or instance.parent is not None
