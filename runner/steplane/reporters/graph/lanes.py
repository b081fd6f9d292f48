"""A graph in a terminal: a line for each step, and beside it the lanes that say what follows what.

Steps under each other on one lane follow each other. `├─●` hangs beside its like: such steps wait for the same, and
what comes next on the lane waits for all of them. Where that does not say it, a lane of its own branches off and joins.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from steplane.reporters.graph.palette import state_words
from steplane.reporters.graph.shapes import Arrow, Box, Cluster, Graph, State
from steplane.reporters.paint import Paint, visible, width
from steplane.reporters.signs import ASCII_SIGNS, SIGNS, colored
from steplane.reporters.words import clock


class Signs(NamedTuple):
    """What draws the lanes. `joints` by what a cell touches: up, down, left, right."""

    step: str
    frame: str
    end: str
    line: str
    across: str
    joints: dict[str, str]


UNICODE = Signs("●", "◆", "■", "│", "─", {
    "ud": "│", "lr": "─", "udl": "┤", "udr": "├", "udlr": "┼", "ul": "╯", "ur": "╰", "dl": "╮", "dr": "╭", "ulr": "┴",
    "dlr": "┬", "u": "╵", "d": "╷", "": " ", "l": "╴", "r": "╶",
})  # fmt: skip
ASCII = Signs("*", "#", "%", "|", "-", {
    **dict.fromkeys(UNICODE.joints, "+"), "ud": "|", "u": "|", "d": "|", "lr": "-", "": " ",
})  # fmt: skip

_ROLES = frozenset({"rescue", "finally", "compensate", "branch", "arm"})


def lanes_text(graph: Graph, columns: int, *, color: bool, unicode: bool) -> str:
    """The whole graph; lines are cut at `columns` (0: nowhere)."""
    writer = _Writer(graph, Paint(color), unicode=unicode)
    lines = [*writer.head(), "", *writer.items(graph.items, "")]
    return "".join(f"{_cut(line, columns, unicode)}\n" for line in lines)


class _Group(NamedTuple):
    """Steps beside each other: they wait for the same (`before`, indexes of groups) and are waited for by the same."""

    items: list[Box | Cluster]
    before: list[int]
    labels: list[str]


class _Writer:
    def __init__(self, graph: Graph, paint: Paint, *, unicode: bool) -> None:
        self.graph = graph
        self.paint = paint
        self.signs = UNICODE if unicode else ASCII
        self._states = SIGNS if unicode else ASCII_SIGNS
        self._unicode = unicode
        self._arrows = [arrow for arrow in graph.arrows if not arrow.jump]  # where a `goto` leads its own line says
        self._into: dict[str, list[Arrow]] = {}
        for arrow in self._arrows:
            self._into.setdefault(arrow.after, []).append(arrow)

    def head(self) -> Iterator[str]:
        graph = self.graph
        version = f" {visible(graph.version)}" if graph.version else ""
        yield f"{self.paint.bold(visible(graph.name) + version)} ({visible(graph.file)})" + (
            f": {visible(graph.title)}" if graph.title else ""
        )
        if graph.note:
            yield self.paint.faint(graph.note)
        if graph.run:
            took = f", {clock(graph.seconds)}" if graph.seconds is not None else ""
            yield f"run {graph.run} {colored(self.paint, graph.status, graph.status)}{took}"

    def items(self, items: Sequence[Box | Cluster], prefix: str) -> Iterator[str]:
        """One list with its handlers."""
        steps = [one for one in items if not (isinstance(one, Cluster) and one.role in _ROLES)]
        yield from self._list(steps, prefix)
        framed = [one for one in items if isinstance(one, Cluster) and one.role in _ROLES]
        for at, one in enumerate(framed):
            last = at == len(framed) - 1
            turn = self.signs.joints["ur" if last else "udr"]
            yield f"{prefix}{self.paint.faint(f'{turn}{self.signs.across}')} {self._heading(one)}"
            under = "   " if last else f"{self.signs.line}  "
            yield from self.items(one.items, prefix + self.paint.faint(under))

    # ------------------------------------------------------------ the lanes of one list

    def _list(self, items: Sequence[Box | Cluster], prefix: str) -> Iterator[str]:
        groups = list(self._groups(items))
        users = [sum(index in one.before for one in groups) for index in range(len(groups))]
        lanes: list[int | None] = []  # by column: the group whose followers the lane leads to
        above = -1
        for index, group in enumerate(groups):
            ended = []
            for before in group.before:
                users[before] -= 1
                if users[before] == 0:
                    ended.append(lanes.index(before))
            came = [lanes.index(one) for one in group.before]
            column = min(ended) if ended else _free(lanes)
            like = len(group.items) > 1 and index > 0 and len(groups[index - 1].items) > 1 and came == [column]
            if column == above and (like or not came):  # or it would seem to follow, or to stand beside, what is above
                yield f"{prefix}{self._lanes(lanes, -1, '', alone=True)}".rstrip()
            yield from self._joining(lanes, came, ended, column, prefix)
            for one in ended:
                lanes[one] = None
            _trim(lanes)
            lanes += [None] * (column + 1 - len(lanes))
            lanes[column] = index
            goes_on = users[index] > 0
            yield from self._group(group, lanes, column, prefix, begins=not came, goes_on=goes_on)
            above = column
            if not goes_on:
                lanes[column] = None
            _trim(lanes)

    def _groups(self, items: Sequence[Box | Cluster]) -> Iterator[_Group]:
        """The steps in order; a frame of peers is taken apart, it is how these are drawn here anyway."""
        keys = {one.key for one in items}
        after: dict[str, list[Arrow]] = {}
        for arrow in self._arrows:
            if arrow.before in keys:
                after.setdefault(arrow.before, []).append(arrow)
        found: dict[object, list[Box | Cluster]] = {}
        for one in items:
            into = [arrow for arrow in self._into.get(one.key, []) if arrow.before in keys]
            out = [arrow for arrow in after.get(one.key, []) if arrow.after in keys]
            signature = (
                frozenset((arrow.before, arrow.label) for arrow in into),
                frozenset((arrow.after, arrow.label) for arrow in out),
            )
            found.setdefault(signature, []).append(one)
        index = {one.key: number for number, group in enumerate(found.values()) for one in group}
        for group in found.values():
            into = [arrow for arrow in self._into.get(group[0].key, []) if arrow.before in keys]
            labels = [f"{self._id(arrow.before, items)} {arrow.label}" for arrow in into if arrow.label]
            members = [inner for one in group for inner in _members(one)]
            yield _Group(members, list(dict.fromkeys(index[arrow.before] for arrow in into)), labels)

    def _id(self, key: str, items: Sequence[Box | Cluster]) -> str:
        return next((one.id for one in items if one.key == key), key)

    def _joining(
        self, lanes: Sequence[int | None], came: Sequence[int], ended: Sequence[int], column: int, prefix: str
    ) -> Iterator[str]:
        """The line on which lanes come to the column of the next group, unless they are there already."""
        others = [one for one in came if one != column]
        if not others:
            return
        left, right = min([*others, column]), max([*others, column])
        cells = []
        for at in range(max(len(lanes), column + 1)):
            live = at < len(lanes) and lanes[at] is not None
            touches = "u" if live else ""
            touches += "d" if at == column or (live and at not in ended) else ""
            touches += "l" if left < at <= right else ""
            touches += "r" if left <= at < right else ""
            crossed = live and at not in {*came, column}
            sign = self.signs.line if crossed else self.signs.joints[touches]
            cells.append(sign + (self.signs.across if left <= at < right else " "))
        yield f"{prefix}{self.paint.faint(''.join(cells).rstrip())}"

    def _group(
        self, group: _Group, lanes: Sequence[int | None], column: int, prefix: str, *, begins: bool, goes_on: bool
    ) -> Iterator[str]:
        alone = len(group.items) == 1
        for at, one in enumerate(group.items):
            last = at == len(group.items) - 1
            touches = ("" if begins and at == 0 else "u") + ("" if last and not goes_on else "d") + "r"
            own = self._sign(one) if alone else self.paint.faint(self.signs.joints[touches] + self.signs.across)
            row = self._lanes(lanes, column, own, alone=alone) + ("" if alone else self._sign(one) + " ")
            yield f"{prefix}{row}{self._words(one, group.labels)}".rstrip()
            if isinstance(one, Cluster):
                below = self._lanes(
                    lanes, column, self.paint.faint(self.signs.line if "d" in touches or alone else " "), alone=True
                )
                inner = "" if alone else f"{self.paint.faint(self.signs.line)} "
                yield from self.items(one.items, f"{prefix}{below}{inner}")

    def _lanes(self, lanes: Sequence[int | None], column: int, own: str, *, alone: bool) -> str:
        """The lanes on the line of a step, its own cell given; its arm passes behind those right of it."""
        line, across = self.signs.line, self.signs.across
        cells = []
        for at, lane in enumerate(lanes):
            if at == column:
                cells.append(own if not alone else f"{own} ")
            elif not alone and at > column:
                cells.append(self.paint.faint(f"{line if lane is not None else across}{across}"))
            else:
                cells.append(self.paint.faint(line) + " " if lane is not None else "  ")
        return "".join(cells)

    # ------------------------------------------------------------ the words of one line

    def _sign(self, one: Box | Cluster) -> str:
        if one.state is not None:
            status = {"running": "started"}.get(one.state.status, one.state.status)
            sign = self._states.get(status, "·" if self._unicode else ".")
            return colored(self.paint, one.state.status, sign)
        if isinstance(one, Cluster):
            return self.signs.frame
        return self.signs.end if one.end else self.signs.step

    def _words(self, one: Box | Cluster, labels: Sequence[str]) -> str:
        failed = one.state is not None and one.state.status == "failed"
        name = colored(self.paint, "failed", visible(one.id)) if failed else self.paint.bold(visible(one.id))
        does = one.title or (one.does if isinstance(one, Box) else one.label)
        said = [f"after {', '.join(labels)}"] if labels else []
        said += [_condition(one.condition)] if one.condition else []
        said += [one.loop] if one.loop else []
        said += [*one.notes, *([f"lane {one.lane}"] if one.lane else [])]
        words = [name, visible(does), self._state(one.state), self.paint.faint(visible("; ".join(said)))]
        return "  ".join(word for word in words if word)

    def _state(self, state: State | None) -> str:
        if state is None:
            return ""
        return colored(self.paint, state.status, state_words(state).partition(" ")[2])

    def _heading(self, one: Cluster) -> str:
        condition = f" {_condition(one.condition)}" if one.condition and one.role == "branch" else ""
        words = _condition(one.condition, "when") if one.role == "arm" else f"{one.label}{condition}"
        return self.paint.faint(f"{visible(words)}:")


def _condition(text: str, word: str = "if") -> str:
    return text if text == "default" else f"{word} {text}"


def _members(one: Box | Cluster) -> list[Box | Cluster]:
    return one.items if isinstance(one, Cluster) and one.role == "peers" else [one]


def _trim(lanes: list[int | None]) -> None:
    while lanes and lanes[-1] is None:
        lanes.pop()


def _free(lanes: Sequence[int | None]) -> int:
    return next((at for at, lane in enumerate(lanes) if lane is None), len(lanes))


def _cut(line: str, columns: int, unicode: bool) -> str:
    """The line without what does not fit; escape sequences have no width."""
    if not columns or width(_plain(line)) <= columns:
        return line
    kept, cells, at = "", 0, 0
    while at < len(line):
        if line[at] == "\x1b":
            end = line.index("m", at) + 1
            kept, at = kept + line[at:end], end
            continue
        cells += width(line[at])
        if cells > columns - 1:
            break
        kept, at = kept + line[at], at + 1
    reset = "\x1b[0m" if "\x1b" in kept else ""
    return f"{kept}{reset}{'…' if unicode else '~'}"


def _plain(line: str) -> str:
    while "\x1b" in line:
        at = line.index("\x1b")
        line = line[:at] + line[line.index("m", at) + 1 :]
    return line
