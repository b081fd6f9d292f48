"""Bars over time in the cells of a terminal, on an axis without the time in which nobody ran the run."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from steplane.expressions.durations import format_duration

Kind = Literal["wait", "group", "after", "failed", "work"]

KINDS: tuple[Kind, ...] = ("wait", "group", "after", "failed", "work")
"""What a cell can show; where several fall into one, the last of these is seen."""

UNICODE = {"wait": "┄", "group": "─", "after": "═", "failed": "×", "work": "━", "gap": "┊"}
ASCII = {"wait": ".", "group": "-", "after": "#", "failed": "x", "work": "=", "gap": ":"}
WORDS = {
    "work": "running", "failed": "a failed attempt", "wait": "waiting", "after": "rescue, finally", "group": "a group",
    "gap": "nobody ran it",
}  # fmt: skip
"""What each sign means."""

_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600,
    7200, 14400, 21600, 43200, 86400,
)  # fmt: skip
_LABEL = 10


class Stretch(NamedTuple):
    """A part of a bar: two times in µs since the epoch, and what went on."""

    begin: int
    end: int
    kind: Kind


class Axis:
    """Maps times to cells. `sessions` are the stretches of time (µs) that count, in order."""

    def __init__(self, sessions: Sequence[tuple[int, int]], width: int) -> None:
        self.width = max(width, 1)
        self._sessions = [one for one in sessions if one[1] >= one[0]]
        self.seconds = sum(end - begin for begin, end in self._sessions) / 1e6

    def place(self, at: int) -> float:
        """Where a time lies, in cells from the left; one in which nobody ran the run lies at the seam."""
        if self.seconds <= 0:
            return 0.0
        passed = sum(min(max(at - begin, 0), end - begin) for begin, end in self._sessions)
        return passed / 1e6 / self.seconds * self.width

    @property
    def seams(self) -> set[int]:
        """The cells between two sessions."""
        return {min(int(self.place(end)), self.width - 1) for _, end in self._sessions[:-1]}

    def cells(self, stretches: Iterable[Stretch]) -> list[str]:
        """The kind in each cell, `gap` at a seam, empty where there is nothing."""
        row = [""] * self.width
        for one in sorted(stretches, key=lambda one: KINDS.index(one.kind)):
            first = min(int(self.place(one.begin)), self.width - 1)
            last = max(first + 1, min(round(self.place(one.end)), self.width))
            row[first:last] = [one.kind] * (last - first)
        for seam in self.seams:
            row[seam] = row[seam] or "gap"
        return row

    def scale(self) -> str:
        """The line above the bars: lengths of time at their places."""
        if self.seconds <= 0:
            return ""
        most = max(self.width // _LABEL, 1)
        step = next((one for one in _STEPS if self.seconds / one <= most), _days(self.seconds / most))
        line, count = "", 0
        while count * step <= self.seconds:
            place = int(count * step / self.seconds * self.width)
            label = format_duration(count * step)
            if place + len(label) > self.width:
                break
            line = line.ljust(place) + label
            count += 1
        return line


def _days(seconds: float) -> float:
    return (seconds // 86400 + 1) * 86400.0
