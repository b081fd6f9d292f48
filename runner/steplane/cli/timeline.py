"""The steps of a run as a timeline: what ran when, for how long, and what came of it."""

import textwrap
from collections.abc import Iterable, Iterator

from msgspec import Struct

from steplane.app.history import Activation, RunRecord, StepRecord
from steplane.cli.folding import Branch, Row, counted, rows
from steplane.moments import written
from steplane.reporters.bars import ASCII, UNICODE, WORDS, Axis, Stretch
from steplane.reporters.paint import Paint, visible, width
from steplane.reporters.signs import ASCII_SIGNS, SIGNS, colored
from steplane.reporters.words import IF_IS_FALSE, cause, clock, false_condition, reason, wait_words

_TIME = 7
_LEAST_BAR = 16


class Look(Struct, frozen=True):
    """How it is drawn: `columns` of the terminal, colour, signs beyond ASCII."""

    columns: int = 80
    color: bool = False
    unicode: bool = True


class Timeline:
    """Draws the rows of one run."""

    def __init__(self, record: RunRecord, look: Look) -> None:
        self.record = record
        self.look = look
        self.paint = Paint(look.color)
        self._signs = SIGNS if look.unicode else ASCII_SIGNS
        self._bars = UNICODE if look.unicode else ASCII
        self._used: dict[str, None] = {}
        self._until = record.sessions[-1].end if record.sessions else 0

    def lines(self, roots: list[Branch], *, everything: bool) -> Iterator[str]:
        """The scale, a line for each row with its notes below, and what the signs mean."""
        shown = rows(roots, everything=everything)
        named = [self._name(one) for one in shown]
        most = max(min(self.look.columns * 2 // 5, self.look.columns - _TIME - 8 - _LEAST_BAR), 8)
        wide = min(max((width(one) for one in named), default=0), most)
        axis = Axis([(one.begin, one.end) for one in self.record.sessions], self._room(wide))
        yield self.paint.faint(f"{' ' * (4 + wide + _TIME + 4)}{axis.scale()}".rstrip())
        for row, name in zip(shown, named, strict=True):
            yield from self._row(row, _cut(name, wide, self.look.unicode), wide, axis)
        words = [f"{self._bars[kind]} {WORDS[kind]}" for kind in WORDS if kind in self._used]
        words += ["+N folded inside"] if any(one.hidden for one in shown) else []
        if words:
            yield ""
            yield from (self.paint.faint(f"  {line}") for line in _packed(words, max(self.look.columns - 2, 20)))

    def _room(self, wide: int) -> int:
        return max(self.look.columns - 4 - wide - _TIME - 4, _LEAST_BAR)

    def _name(self, row: Row) -> str:
        indent = "  " * row.depth
        if row.branch is None:
            return f"{indent}{'…' if self.look.unicode else '...'} {counted(row.left)}"
        times = "×" if self.look.unicode else "x"
        loop = len(instances_of(row.branch))
        name = f"{indent}{visible(row.branch.name)}" + (f" {times}{loop}" if loop else "")
        return f"{name} +{row.hidden}" if row.hidden and not loop else name

    def _row(self, row: Row, name: str, wide: int, axis: Axis) -> Iterator[str]:
        if row.branch is None:
            yield from self._left(row, name, wide, axis)
            return
        one = row.branch.record
        sign = colored(self.paint, one.status, self._sign(one.status))
        inside = bool(row.branch.inside)
        stretches = list(_stretches(one, self._until, group=inside and not one.latest.performed, inside=inside))
        note = note_of(one, row.branch, self.record.conditions.get(one.path, ""))
        filled = f"{name}{' ' * (wide - width(name))}"
        head = f"  {sign} {self.paint.bold(filled) if one.status == 'failed' else filled}"
        if not stretches:
            room = axis.width
            first, *rest = _wrapped(note or one.status, room)
            yield f"{head} {' ' * _TIME}   {self.paint.faint(first)}".rstrip()
            yield from self._notes(rest, 4 + wide + _TIME + 4)
            return
        bar = self._bar(axis.cells(stretches), one.status)
        yield f"{head} {self._time(one):>{_TIME}}   {bar}".rstrip()
        if note:
            indent = 4 + 2 * (row.depth + 1)
            yield from self._notes(_wrapped(note, max(self.look.columns - indent, 20)), indent)

    def _left(self, row: Row, name: str, wide: int, axis: Axis) -> Iterator[str]:
        stretches = [
            each
            for one in row.left
            for each in _stretches(one.record, self._until, group=False, inside=False)
            if each.kind != "wait"
        ]
        bar = self._bar(axis.cells(stretches), row.left[0].record.status) if stretches else ""
        filled = f"{name}{' ' * (wide - width(name))}"
        yield f"    {self.paint.faint(filled)} {' ' * _TIME}   {bar}".rstrip()

    def _notes(self, lines: Iterable[str], indent: int) -> Iterator[str]:
        yield from (f"{' ' * indent}{self.paint.faint(line)}" for line in lines)

    def _bar(self, cells: list[str], status: str) -> str:
        """The signs of the cells; those of one kind are painted together."""
        self._used |= dict.fromkeys(one for one in cells if one)
        parts: list[tuple[str, str]] = []
        for kind in cells:
            sign = self._bars.get(kind, " ")
            if parts and parts[-1][0] == kind:
                parts[-1] = (kind, parts[-1][1] + sign)
            else:
                parts.append((kind, sign))
        return "".join(self._painted(kind, text, status) for kind, text in parts).rstrip()

    def _painted(self, kind: str, text: str, status: str) -> str:
        if kind == "failed":
            return self.paint.severity("error", text)
        if kind in {"work", "after"}:
            return self.paint.rule(text) if status == "running" else colored(self.paint, status, text)
        return self.paint.faint(text) if kind else text

    def _sign(self, status: str) -> str:
        return self._signs.get({"running": "started"}.get(status, status), " ")

    def _time(self, one: StepRecord) -> str:
        if one.seconds is None:
            return ""
        going = "" if one.ended_at or one.status == "interrupted" else "…" if self.look.unicode else "+"
        return clock(one.seconds) + going


def note_of(one: StepRecord, branch: Branch | None = None, condition: str = "") -> str:
    """What is to be said of an instance beside its sign and its time; nothing where all went well at once."""
    inner = one.error is not None and one.error.step.startswith((f"{one.path}/", f"{one.path}["))
    stated = "" if inner else cause(one.error) or _reason(one, condition)
    words = [one.status] if one.status not in {"succeeded", "ready"} else []
    words += [f"activation {one.activation}"] if one.activation > 1 else []
    words += [f"{one.attempts} attempts"] if one.attempts > 1 else []
    words += [_next_attempt(one.latest)] if one.status == "waiting" and one.latest.attempts else []
    words += ["rescued"] if one.recovered else []
    items = instances_of(branch) if branch is not None else []
    if any(each.record.status != "succeeded" for each in items):
        stated = f"{stated}; {counted(items)}" if stated else counted(items)
    if inner and branch is not None and branch.inside and not words[1:]:
        return ""  # what failed in it tells itself
    if stated.startswith("by "):
        return f"{', '.join(words)} {stated}"
    return ", ".join(words) + (": " if words and stated else "") + stated


def _reason(one: StepRecord, condition: str) -> str:
    if one.reason == IF_IS_FALSE and condition:
        return false_condition(condition, one.seen)
    return reason(one.status, one.reason, one.by, None, one.seen)


def _next_attempt(life: Activation) -> str:
    if life.waits is not None:
        return wait_words(life.waits)
    last = life.attempts[-1]
    if not last.delay:
        return "for its turn"
    due = life.due or (last.ended_at or last.started_at) + last.delay * 1e6
    return f"next attempt at {written(due, '%H:%M:%S')} UTC"


def instances_of(branch: Branch) -> list[Branch]:
    """The items of a loop, as far as they have begun; of anything else none."""
    return [one for one in branch.inside if one.name.startswith("[")]


def _stretches(one: StepRecord, until: int, *, group: bool, inside: bool) -> Iterator[Stretch]:
    for life in one.activations:
        if life.started_at:
            yield from _of_group(life, until) if group else _of_leaf(life, until, inside=inside)
        elif life.ready_at and not life.ended_at:
            yield Stretch(life.ready_at, until, "wait")


def _of_group(life: Activation, until: int) -> Iterator[Stretch]:
    yield Stretch(life.started_at, life.ended_at or until, "group")


def _of_leaf(life: Activation, until: int, *, inside: bool) -> Iterator[Stretch]:
    """Its attempts, and what lies between and behind them; `inside`: it has had a `rescue` or `finally`."""
    end = life.ended_at or until
    if life.ready_at and life.ready_at < life.started_at:
        yield Stretch(life.ready_at, life.started_at, "wait")
    for attempt, following in zip(life.attempts, [*life.attempts[1:], None], strict=True):
        over = attempt.ended_at or end
        if following is None and life.ended_at and not inside:  # what was asked after it is no part of its own
            over = end
        yield Stretch(attempt.started_at, over, "failed" if attempt.outcome == "failed" else "work")
        if following is not None:
            yield Stretch(over, following.started_at, "wait")
        elif attempt.ended_at and attempt.ended_at < end and attempt.outcome != "interrupted":
            yield Stretch(over, end, "wait" if life.status in {"waiting", "running"} and attempt.delay else "after")


def _packed(words: Iterable[str], columns: int) -> list[str]:
    """The words in as many lines as they need, each whole."""
    lines: list[str] = []
    for word in words:
        if lines and width(lines[-1]) + 2 + width(word) <= columns:
            lines[-1] += f"  {word}"
        else:
            lines.append(word)
    return lines


def _wrapped(text: str, columns: int) -> list[str]:
    return textwrap.wrap(text, columns, break_on_hyphens=False) or [""]


def _cut(name: str, wide: int, unicode: bool) -> str:
    """A name that is too long without its middle."""
    if width(name) <= wide:
        return name
    sign = "…" if unicode else "~"
    head, tail = (wide - 1) // 2, (wide - 1) - (wide - 1) // 2
    while width(name[:head]) > (wide - 1) // 2:
        head -= 1
    while width(name[-tail:]) > (wide - 1) - (wide - 1) // 2:
        tail -= 1
    return f"{name[:head]}{sign}{name[-tail:]}"
