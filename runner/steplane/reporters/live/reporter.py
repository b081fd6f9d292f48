"""The live view: gathers what happens, and draws it at a bounded rate from a thread of its own."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from steplane.events import AnyEvent, CompensateRequested, Resumed, RunStarted, StepEnded
from steplane.kernel import Instance
from steplane.reporters.ending import Ending, Write, heading
from steplane.reporters.live.lines import Lines
from steplane.reporters.live.notes import SHOWN, Note, Notes
from steplane.reporters.live.output import Written
from steplane.reporters.live.reasons import Reasons
from steplane.reporters.live.rows import Chooser
from steplane.reporters.live.screen import Screen
from steplane.reporters.live.state import Progress, Tree
from steplane.reporters.live.summary import Summary
from steplane.reporters.paint import Paint
from steplane.reporters.plain import Style
from steplane.reporters.signs import ASCII_SIGNS, SIGNS
from steplane.reporters.subject import Result, Subject

if TYPE_CHECKING:
    from steplane.reporters.live.drawing import Drawing

PERIOD = 0.1
"""Seconds between two frames, at least."""

SHARE = 0.02
"""The most of the time that is spent drawing: where a frame takes long, the next one comes later."""

SLOWEST = 2.0
"""Seconds between two frames, at most."""


_PATIENCE = 10  # times what a frame takes on the clock, where others need the processor or the terminal is slow
_ENOUGH = 16  # rows of the tree, where the window has them; in a tall one three quarters of it, not all


class LiveReporter:
    """Shows a run on the terminal at a descriptor that `out` writes to; failures go to `err`.

    `event`, `log` and `progress` only put down what they are told. All else is done by the thread that draws, and by
    `finish` once that has ended. Nothing is raised: a view that breaks (`failure` says why) shows no more than lines.
    """

    def __init__(
        self, subject: Subject, out: Write, err: Write, style: Style, *, err_color: bool, descriptor: int
    ) -> None:
        self.subject = subject
        self.failure: Exception | None = None
        signs, self._paint = SIGNS if style.unicode else ASCII_SIGNS, Paint(style.color)
        self._style, self._out, self._err, self._signs = style, out, err, signs
        self._screen = Screen(out, descriptor)
        self._ending = Ending(subject, signs, self._paint, Paint(err_color))
        self._summary = Summary()
        self._written = Written(self._summary)
        self._tree = Tree(subject.plan)
        self._chooser = Chooser(self._written.last)
        self._lines = Lines(self._paint, signs, self._tree.root.wide)
        self._reasons = Reasons()
        self._notes, self._queue = Notes(), deque[Note]()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._above = ""
        self._apart = "\n"  # before the first of the lines
        self._turn = self._stops = 0
        self._begun_at, self._zero = 0, 0.0

    # ------------------------------------------------------------ what is told, by the threads of the run

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Put down an event; the first one begins the view."""
        if type(event) not in SHOWN:
            return
        self._queue.extend(self._notes.of(event, instance))
        if self._thread is None and isinstance(event, RunStarted | Resumed | CompensateRequested):
            self._begin(event.at)

    def log(self, path: str, stream: str, text: str) -> None:
        """Keep the end of what a step writes."""
        self._written.take(path, stream, text)

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        """Keep how far a step is."""
        self._written.progress[path] = Progress(done, total, text)

    def interrupted(self) -> None:
        """A signal stops the run: say so until it has stopped."""
        self._stops += 1

    def finish(self, result: Result) -> None:
        """Take the view away; write what is left to say, and how it all ended."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._take_all()
        columns = self._screen.size.columns
        self._screen.leave()
        if result.status in {"interrupted", "waiting"}:
            for entry in [one for one in self._tree.root.children.values() if one.begun]:
                self._above += self._lines.unfinished(entry, columns)
        self._out(self._lines_to_write() + self._summary.text(self._paint, self._signs))
        if self.failure is not None:
            self._err(f"the live view broke: {type(self.failure).__name__}: {self.failure}\n")
        self._ending.finish(result, self._out, self._err)

    # ------------------------------------------------------------ the thread that draws

    def _begin(self, at: int) -> None:
        self._begun_at, self._zero = at, at / 1e6 - time.monotonic()
        self._out(heading(self.subject, self._paint))
        self._thread = threading.Thread(target=self._draw, name="steplane-live", daemon=True)
        self._thread.start()

    def _draw(self) -> None:
        """Frame after frame, until the end."""
        try:
            if self._stop.wait(PERIOD):  # a short run is over before there is something to be drawn
                return
            from steplane.reporters.live.drawing import Drawing

            drawing, pause = Drawing(color=self._style.color, unicode=self._style.unicode), 0.0
            while not self._stop.wait(pause):
                pause = self._timed(drawing)
        except Exception as error:  # noqa: BLE001 - a fault in the view must not take the lines with it
            self.failure = error
            self._screen.leave()

    def _timed(self, drawing: "Drawing") -> float:
        """Draw a frame; how long to wait then, so that neither this process nor the terminal has too much to do."""
        began, used = time.monotonic(), time.thread_time()
        self._frame(drawing)
        took, cost = time.monotonic() - began, time.thread_time() - used
        return min(SLOWEST, max(PERIOD, cost / SHARE, took * _PATIENCE))

    def _frame(self, drawing: "Drawing") -> None:
        self._take_all()
        above = self._lines_to_write()
        columns, lines = self._screen.size
        now = round((time.monotonic() + self._zero) * 1e6)
        room = max(lines - 3, 0)
        rows = self._chooser.rows(self._tree, min(room, max(_ENOUGH, room * 3 // 4)), now)
        foot = drawing.foot(self._tree.root.fraction, self._state(), (now - self._begun_at) / 1e6, columns)
        drawn = [*drawing.rows(rows, columns, self._turn), foot]
        self._screen.frame(above, ["", *drawn] if lines > 2 else drawn)
        self._turn += 1

    def _lines_to_write(self) -> str:
        """The lines that have come up since the last time."""
        above, self._above = self._above, ""
        if above:
            above, self._apart = self._apart + above, ""
        return above

    def _state(self) -> Sequence[tuple[str, str]]:
        """How the run stands: words, each with the status that colours it."""
        if self._stops:
            return [
                ("stopping: Ctrl-C again ends the steps at once" if self._stops == 1 else "stopping at once", "warning")
            ]
        tree, retrying = self._tree, len(self._tree.retrying)
        parts = [(f"{tree.root.done} of {tree.root.size or 0} steps", "")]
        parts += [(f"{tree.failed} failed", "failed")] if tree.failed else []
        parts += [(f"{tree.root.active - retrying} running", "running")] if tree.root.active > retrying else []
        return [*parts, (f"{retrying} retrying", "retry")] if retrying else parts

    def _take_all(self) -> None:
        """Bring the tree up to date with all that has been put down; make lines of what has ended."""
        columns = self._screen.size.columns
        while self._queue:
            note = self._queue.popleft()
            event, because = note.event, ""
            if not note.again:
                self._ending.event(event, note.node)
            if isinstance(event, StepEnded):
                because = self._reasons.of(event, note.node)
                self._summary.take(note, because)
                self._written.end(note.path, self._tree.at(event.path))
            self._tree.take(note, because)
        self._written.show_progress(self._tree)
        for kind, words in self._tree.said:
            self._above += self._lines.said(kind, words)
        self._above += self._lines.of(self._tree.finished, columns)
        self._tree.said.clear()
        self._tree.finished.clear()
