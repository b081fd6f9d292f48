"""What is shown of a tree where there is room for so many rows: running and failed first, then waiting, then counts."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from steplane.plan.nodes import Node
from steplane.reporters.live.lines import how_far
from steplane.reporters.live.state import Entry, Tree
from steplane.reporters.paint import visible, width
from steplane.reporters.words import clock, description, stated

LAST_LINES = 5
"""The most lines of a step's output that are shown while it runs."""

_FEWEST_LINES = 3
_TO_COME = 3
_NESTED = 5  # rows below which there is no room for what steps stand in
_FAILED, _RUNNING, _WAITING, _COMING, _DONE = range(5)
_HIDDEN = ("failed", "more running", "waiting", "to come", "done")
"""What is said of rows that there is no room for, by rank."""


class Row(NamedTuple):
    """One row: `status` is that of an entry, `coming`, `line` (of output) or `more`; `bar`, if any, goes from 0 to 1;
    `seconds` is how long it has been going on or took. `wide` is the width that labels beside it take.
    """

    status: str
    depth: int = 0
    label: str = ""
    words: str = ""
    bar: float | None = None
    seconds: float | None = None
    wide: int = 0


class _Candidate(NamedTuple):
    row: Row
    rank: int
    parent: int
    path: str = ""
    quiet: bool = False  # what it says of itself is less than what it wrote


class Chooser:
    """Makes the rows. `last_lines` gives the latest lines of output at a path, made harmless, the most that are wanted.

    `now` is in microseconds since the epoch, as the times of events.
    """

    def __init__(self, last_lines: Callable[[str, int], Sequence[str]]) -> None:
        self._last_lines = last_lines

    def rows(self, tree: Tree, room: int, now: int) -> list[Row]:
        """At most `room` rows, in the order of the tree."""
        if room <= 0:
            return []
        candidates: list[_Candidate] = []
        coming = self._inside(tree.root, 0, -1, candidates, now)
        if room < _NESTED:
            candidates = _flat(candidates)
        if len(candidates) + (coming > 0) <= room:
            chosen = set(range(len(candidates)))
        else:
            chosen = _chosen(candidates, room - 1)
        hidden = [0] * len(_HIDDEN)
        around = {one.parent for one in candidates}
        for number, one in enumerate(candidates):
            hidden[one.rank] += number not in chosen and number not in around
        hidden[_COMING] += coming
        more = [Row("more", words=_more(hidden))] if any(hidden) else []
        shown = [one for number, one in enumerate(candidates) if number in chosen]
        return [*self._with_lines(shown, room - len(shown) - len(more)), *more]

    def _with_lines(self, shown: list[_Candidate], spare: int) -> Iterator[Row]:
        """The rows, those that run with what they wrote last: in rows below, or beside where there is little room."""
        running = sum(bool(one.path) for one in shown)
        most = min(LAST_LINES, spare // running) if running else 0
        for one in shown:
            lines = self._last_lines(one.path, most if most >= _FEWEST_LINES else 1) if one.path else ()
            if most >= _FEWEST_LINES:
                yield one.row
                yield from (Row("line", one.row.depth + 1, words=line) for line in lines)
            else:
                yield one.row._replace(words=lines[-1]) if lines and one.quiet else one.row

    def _inside(self, entry: Entry, depth: int, parent: int, found: list[_Candidate], now: int) -> int:
        """Find the candidates inside of the entry; how many steps to come are not among them."""
        children = _shown(entry)
        shown = [_only_active(one) if one.key is not None else (one, one.label) for one in children]
        coming, left = self._coming(entry)
        entry.wide = wide = max([entry.wide, *(width(label) for _, label in (*shown, *coming))])
        for child, (inner, label) in zip(children, shown, strict=True):
            number = len(found)
            row, rank = self._row(child, inner, label, now)
            writes = inner.written if inner.acting and inner.status == "running" else ""
            quiet = inner.attempt <= 1 and inner.progress is None
            found.append(_Candidate(row._replace(depth=depth, wide=wide), rank, parent, writes, quiet))
            if inner.active > inner.acting or not (inner.ended or inner.leaf):
                left += self._inside(inner, depth + 1, number, found, now)
        for node, label in coming:
            row = Row("coming", depth, label, description(node, loop=node.loop is not None), wide=wide)
            found.append(_Candidate(row, _COMING, parent))
        return left

    def _coming(self, entry: Entry) -> tuple[list[tuple[Node, str]], int]:
        """The next steps inside that have not come up yet, with their labels, and how many there are beside these."""
        if entry.key is not None or entry.ended:
            return [], 0
        inside = (entry.plan.nodes[one] for number in entry.lists for one in entry.plan.lists[number].nodes)
        waiting = [one for one in inside if one.id not in entry.seen]
        named = [(one, visible(one.id)) for one in waiting[:_TO_COME]]
        return named, len(waiting) - len(named)

    def _row(self, entry: Entry, inner: Entry, label: str, now: int) -> tuple[Row, int]:
        """The row of an entry in which `inner` is the only one that does something."""
        seconds = ((entry.ended or now) - entry.begun) / 1e6 if entry.begun else None
        if entry.ended and not entry.active:
            return self._over(entry, label, seconds)
        if inner.loop:
            return Row(inner.status, 0, label, loop_words(inner), inner.fraction, seconds), _RUNNING
        status = inner.status if inner.status in {"retry", "waits"} or not inner.ended else "running"
        words, bar = self._doing(inner, now)
        rank = _WAITING if status == "ready" or not (inner.active or inner.leaf) else _RUNNING
        return Row(status, 0, label, words, bar, seconds), rank

    def _over(self, entry: Entry, label: str, seconds: float | None) -> tuple[Row, int]:
        """One that has ended, inside of one that has not."""
        if entry.status == "failed":
            below = entry.where.removeprefix(entry.path).lstrip("/") if entry.where.startswith(entry.path) else ""
            return Row(
                "failed", 0, f"{label} › {visible(below)}" if below else label, entry.why, None, seconds
            ), _FAILED
        words = entry.said or description(entry.node, loop=entry.loop)
        if entry.status not in {"succeeded", "reused"} or entry.why:
            words = stated(entry.status, entry.why)
        return Row(entry.status, 0, label, words, None, seconds), _DONE

    def _doing(self, entry: Entry, now: int) -> tuple[str, float | None]:
        """What is said of one that has not ended, and its bar."""
        if entry.status == "waits":
            return entry.why, None
        if entry.status == "retry":
            return f"{_attempt(entry, 1)} in {_countdown(entry.due - now)}: {entry.why}", None
        words = "" if _in_loop(entry) else description(entry.node, loop=False)  # it would be that of all items
        if entry.attempt > 1:
            words = _attempt(entry)
        if entry.progress is not None:
            return _progress(entry, words if entry.attempt > 1 else ""), _known_part(entry)
        return words, None


def loop_words(entry: Entry) -> str:
    """How far a loop is: `143 of 200, 2 failed, 8 running`."""
    failed = entry.counts.get("failed", 0)
    running = len(entry.busy)
    parts = [how_far(entry)]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{running} running"] if running else []
    return ", ".join(parts)


def _shown(entry: Entry) -> list[Entry]:
    """Those inside that may have rows: of a loop the failed items and then the active ones."""
    if not entry.loop:
        return list({**entry.children, **entry.busy}.values())  # a late branch may be active only
    return [*(one for one in entry.children.values() if one.path not in entry.busy), *entry.busy.values()]


def _only_active(entry: Entry) -> tuple[Entry, str]:
    """The one inside of an item that does something, as long as it is alone, and the way to it as a label."""
    label = entry.label
    while not entry.acting and len(entry.busy) == 1 and not entry.loop:
        (entry,) = entry.busy.values()
        label += f" › {entry.label}"
    return entry, label


def _in_loop(entry: Entry) -> bool:
    one: Entry | None = entry
    while one is not None and one.key is None:
        one = one.parent
    return one is not None


def _attempt(entry: Entry, later: int = 0) -> str:
    """`attempt 2 of 5`: the one that runs, or one later."""
    return f"attempt {entry.attempt + later}" + (f" of {entry.most}" if entry.most else "")


def _countdown(microseconds: float) -> str:
    """Whole seconds, rounded up: it does not say 0 before it is over."""
    seconds = max(0, math.ceil(microseconds / 1e6))
    return f"{seconds}s" if seconds < 60 else clock(seconds)


def _known_part(entry: Entry) -> float | None:
    progress = entry.progress
    return entry.fraction if progress is not None and progress.total and progress.total > 0 else None


def _progress(entry: Entry, before: str) -> str:
    """What a step says of its progress: `45 of 120 rows`."""
    progress = entry.progress
    assert progress is not None
    done = _number(progress.done)
    far = done if not progress.total else f"{done} of {_number(progress.total)}"
    return ", ".join(one for one in (before, f"{far} {visible(progress.text)}".strip()) if one)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "?"
    return f"{value:.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"


def _chosen(candidates: list[_Candidate], room: int) -> set[int]:
    """The numbers of those that there is room for, by rank and then in order, each with all that it stands in."""
    chosen: set[int] = set()
    for number in sorted(range(len(candidates)), key=lambda one: (candidates[one].rank, one)):
        needed, one = [], number
        while one >= 0 and one not in chosen:
            needed.append(one)
            one = candidates[one].parent
        if len(chosen) + len(needed) <= room:
            chosen.update(needed)
        if len(chosen) == room:
            break
    return chosen


def _flat(candidates: list[_Candidate]) -> list[_Candidate]:
    """Those that have nothing inside, each with the way to it as its label."""
    around = {one.parent for one in candidates}
    found = []
    for number, one in enumerate(candidates):
        label, place = one.row.label, one.parent
        while place >= 0:
            label, place = f"{candidates[place].row.label} › {label}", candidates[place].parent
        if number not in around:
            found.append(one._replace(row=one.row._replace(label=label, depth=0, wide=0), parent=-1))
    return found


def _more(hidden: list[int]) -> str:
    return ", ".join(f"{number} {word}" for number, word in zip(hidden, _HIDDEN, strict=True) if number)
