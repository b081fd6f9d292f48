"""What stays on the terminal of steps that have ended: a line for each at the top of the workflow, folded."""

from collections.abc import Sequence
from itertools import groupby

from steplane.reporters.live.state import Entry
from steplane.reporters.paint import Paint, cut, escaped, visible, width
from steplane.reporters.signs import colored
from steplane.reporters.words import clock, count, description, stated

WIDEST = 100
"""Columns at whose end times stand, in windows that have as many; as in the rows that are drawn anew."""

_LABELS = 24
_ALIKE = 3  # more steps that ended alike, one after the other, are one line
_MOST = 5  # failures that are named below a line
_QUIET = frozenset({"succeeded", "reused"})

Finished = tuple[Entry, Sequence[tuple[str, str]]]
"""An entry with the failures in it: path and cause."""


class Lines:
    """Makes the lines. `wide` is the width of the labels at the top of the workflow."""

    def __init__(self, paint: Paint, signs: dict[str, str], wide: int) -> None:
        self._paint, self._signs = paint, signs
        self._wide = min(wide, _LABELS)
        self._cut = "~" if signs["failed"].isascii() else "…"

    def of(self, finished: Sequence[Finished], columns: int) -> str:
        """The lines of what has ended, in a window of so many columns."""
        lines: list[str] = []
        for (status, because, own), alike in groupby(finished, key=_likeness):
            found = list(alike)
            if len(found) > _ALIKE and not own:
                lines.append(self._many(status, because, [one for one, _ in found]))
            else:
                lines += [line for entry, failures in found for line in self._one(entry, failures, columns)]
        return "".join(f"{line}\n" for line in lines)

    def said(self, kind: str, words: str) -> str:
        """A line about the run as a whole."""
        return f"{colored(self._paint, kind, self._signs[kind])} {words}\n"

    def unfinished(self, entry: Entry, columns: int) -> str:
        """The line of one that the end of this process has cut off, or that waits."""
        word = "waits for its next attempt" if entry.status == "retry" else "not ended"
        words = ", ".join(one for one in (word, inside(entry)) if one)
        return self._line("interrupted", entry.label, words, "", columns) + "\n"

    def _one(self, entry: Entry, failures: Sequence[tuple[str, str]], columns: int) -> list[str]:
        quiet = entry.status in _QUIET and not entry.why
        label, words = entry.label, _words(entry, failures)
        if len(failures) == 1 and not entry.loop:  # it stands for the only one in it
            (path, words), failures = failures[0], ()
            label = visible(path)
        again = f"after {entry.attempt} attempts" if entry.attempt > 1 and not entry.loop else ""
        took = clock((entry.ended - entry.begun) / 1e6) if entry.begun and entry.status != "reused" else ""
        words = ", ".join(one for one in (again, words) if one)
        lines = [self._line(entry.status, label, words, took, columns, faint=quiet)]
        sign = colored(self._paint, "failed", self._signs["failed"])
        lines += [f"  {sign} {visible(path)}  {why}" for path, why in failures[:_MOST]]
        if len(failures) > _MOST:
            lines.append(self._paint.faint(f"  {self._signs['waiting']} {len(failures) - _MOST} more failed"))
        return lines

    def _many(self, status: str, because: str, entries: Sequence[Entry]) -> str:
        sign = colored(self._paint, status, self._signs[status])
        names = ", ".join(one.label for one in entries[:2])
        return f"{sign} {names} and {len(entries) - 2} more  {self._paint.faint(stated(status, because))}"

    def _line(self, status: str, label: str, words: str, took: str, columns: int, *, faint: bool = False) -> str:
        """The sign, the label, the words; at the end of the row the time, where there is room for it."""
        sign = self._signs[status]
        if sign.isascii() and self._cut.isascii():
            label, words = escaped(label), escaped(words)
        padded = label + " " * (self._wide - width(label)) if words else label
        room = min(columns - 1, WIDEST) - width(f"{sign} {padded}  ") - len(took) - 2
        if faint:
            words = cut(words, max(room, 0), self._cut)
        gap = max(2, room + 2 - width(words))
        painted = f"  {self._paint.faint(words) if faint else words}" if words else "  "
        line = f"{colored(self._paint, status, sign)} {padded}{painted}"
        return f"{line}{' ' * gap}{self._paint.faint(took)}" if took else line.rstrip()


def how_far(entry: Entry) -> str:
    """How many instances of a loop have ended, and of how many, where that is known."""
    return count(entry.done, "round") if entry.size is None else f"{entry.done} of {entry.size}"


def inside(entry: Entry) -> str:
    """What has ended inside of a group or a loop; empty for a step."""
    if entry.loop:
        failed = entry.counts.get("failed", 0)
        return how_far(entry) + (f", {failed} failed" if failed else "")
    done = entry.done
    if not entry.lists:
        return ""
    return count(done, "step") if done == entry.size else f"{done} of {count(entry.size or 0, 'step')}"


def _words(entry: Entry, failures: Sequence[tuple[str, str]]) -> str:
    if entry.status in _QUIET and not entry.why:
        return inside(entry) or entry.said or description(entry.node, loop=entry.loop)
    if entry.status in {"failed", "warning"}:
        return inside(entry) if failures else entry.why or inside(entry)
    return stated(entry.status, entry.why)


def _likeness(one: Finished) -> tuple[str, str, str]:
    """What makes several steps one line: they never began, all for the same reason. Others are alike to none."""
    entry, failures = one
    alike = entry.status in {"skipped", "blocked", "cancelled"} and not entry.begun and not failures
    return entry.status, entry.why, "" if alike else entry.path
