"""What is told at the end of a run before its last words: the slowest steps, warnings, what was left out and why."""

import re
from heapq import heappush, heappushpop

from steplane.events import StepEnded
from steplane.plan.nodes import Perform
from steplane.reporters.live.notes import Note
from steplane.reporters.paint import Paint, visible
from steplane.reporters.signs import colored
from steplane.reporters.words import clean, clock, count, left_out, stated

_SLOWEST = 5
_MOST = 8  # rows of a section
_WORTH = 1.0  # seconds: nobody looks for lost time in steps that took less
_FEW = 3  # steps whose times can be seen at a glance
_KEY = re.compile(r"\[[^\[\]]*\]")
_NAMED = 3


class Summary:
    """Collects along the run."""

    def __init__(self) -> None:
        self._slow: list[tuple[float, str]] = []
        self._steps = 0
        self._warnings: dict[str, None] = {}
        self._more = 0
        self._left_out: dict[tuple[str, str, str], list[str]] = {}
        self._tolerated: dict[str, int] = {}

    def take(self, note: Note, because: str) -> None:
        """A step has ended, because of that."""
        event, node = note.event, note.node
        if not isinstance(event, StepEnded) or node is None or left_out(event):
            return
        if note.begun and isinstance(node.action, Perform) and (node.loop is None or note.key is not None):
            self._steps += 1
            self._time((event.at - note.begun) / 1e6, event.path)
        if note.key is not None and event.status == "failed" and note.inside is not None:
            self._tolerated[note.inside] = self._tolerated.get(note.inside, 0) + 1
        if event.status == "warning":
            because = because or self._of_loop(event.path)
            if because:
                self.warn(event.path, because)
        elif event.status in {"skipped", "blocked"}:
            place = _KEY.sub("[…]", event.path)  # the same step of all items is told once
            because, alike = (_KEY.sub("[…]", because), place) if place != event.path else (because, "")
            self._left_out.setdefault((event.status, because, alike), []).append(event.path)

    def warn(self, path: str, text: str) -> None:
        """A step warns, in one or several lines."""
        for line in text.split("\n"):
            if len(self._warnings) < _MOST:
                self._warnings[f"{visible(path)}: {clean(line)}"] = None
            else:
                self._more += 1

    def _of_loop(self, path: str) -> str:
        """Why a loop warns, which says so in no event: some items have failed, and might."""
        failed = self._tolerated.get(path, 0)
        return f"{count(failed, 'instance')} failed, as `max_failures` allows" if failed else ""

    def text(self, paint: Paint, signs: dict[str, str]) -> str:
        """All sections that have something to say, each after an empty line."""
        sections = [self._slowest(paint), self._warned(paint, signs), self._skipped(paint, signs)]
        return "".join(f"\n{section}" for section in sections if section)

    def _time(self, seconds: float, path: str) -> None:
        if seconds < _WORTH:
            return
        push = heappush if len(self._slow) < _SLOWEST else heappushpop
        push(self._slow, (seconds, path))

    def _slowest(self, paint: Paint) -> str:
        if self._steps <= _FEW or not self._slow:
            return ""
        found = sorted(self._slow, key=lambda one: -one[0])
        return f"{paint.bold('Slowest')}\n" + "".join(
            f"  {paint.faint(f'{clock(seconds):>6}')}  {visible(path)}\n" for seconds, path in found
        )

    def _warned(self, paint: Paint, signs: dict[str, str]) -> str:
        if not self._warnings:
            return ""
        sign = colored(paint, "warning", signs["warning"])
        rows = [f"  {sign} {line}\n" for line in self._warnings]
        return f"{paint.bold('Warnings')}\n" + "".join(rows) + _more(paint, self._more)

    def _skipped(self, paint: Paint, signs: dict[str, str]) -> str:
        if not self._left_out:
            return ""
        rows = []
        for (status, because, alike), paths in list(self._left_out.items())[:_MOST]:
            sign = colored(paint, status, signs[status])
            rows.append(f"  {sign} {_who(alike, paths)} {stated(status, because)}\n")
        return f"{paint.bold('Not run')}\n" + "".join(rows) + _more(paint, len(self._left_out) - len(rows))


def _who(alike: str, paths: list[str]) -> str:
    """The steps of one row: the step of several items, or a list of names."""
    if alike and len(paths) > 1:
        return f"{visible(alike)} ({len(paths)} times)"
    names = ", ".join(visible(one) for one in paths[:_NAMED])
    return names + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")


def _more(paint: Paint, number: int) -> str:
    return paint.faint(f"  {number} more\n") if number > 0 else ""
