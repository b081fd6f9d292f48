"""A plan as a tree of lines: what will happen, in which order, under which conditions, and how certain that is."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from steplane.expressions.durations import format_duration
from steplane.expressions.telling import cut
from steplane.forecast.fates import Forecast, InputForecast, StepForecast
from steplane.plan.inputs import InputSpec
from steplane.plan.nodes import Body, Call, Choice, End, Fork, Goto, Node, Perform, Plan, inner_lists
from steplane.plan.step_names import inside
from steplane.plan.waits import Race
from steplane.reporters.paint import Paint, visible, width
from steplane.reporters.plan_notes import command, held, notes
from steplane.reporters.words import action, awaited_words, concurrency_words, shortened, shown_value, source


class Signs(NamedTuple):
    """The lines that draw the tree: to an item, to the last one, past one, under the last one; and what is drawn."""

    item: str
    last: str
    past: str
    under: str
    run: str
    skip: str
    depends: str
    fails: str
    arrow: str


UNICODE = Signs("├─ ", "└─ ", "│  ", "   ", "▸", "○", "?", "✗", "→")
ASCII = Signs("|- ", "`- ", "|  ", "   ", ">", "o", "?", "x", "->")

FOLD = 3
"""Steps in a row that are skipped for one reason share a line from so many on."""

_UNKNOWN = Forecast({}, {})

_LIMIT = 200
"""Characters of a note; a terminal breaks what is longer than it is wide."""


class _Branch(NamedTuple):
    """One item of the tree: its line, its notes, what hangs below."""

    title: str
    notes: Sequence[str] = ()
    below: Sequence["_Branch"] = ()


def plan_text(plan: Plan, forecast: Forecast, color: bool, unicode: bool) -> str:
    """The whole plan, with what becomes of each step."""
    return _Tree(plan, forecast, Paint(color), UNICODE if unicode else ASCII).text()


class _Tree:
    """One drawing."""

    def __init__(  # noqa: PLR0917 - what is drawn, how, and where it stands
        self, plan: Plan, forecast: Forecast, paint: Paint, signs: Signs,
        whole: Plan | None = None, within: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.plan, self.forecast, self.paint, self.signs = plan, forecast, paint, signs
        self.whole = whole or plan  # the run's own, in a file that is called
        self.within = within or (plan.file,)  # the files around

    def text(self) -> str:
        plan, paint = self.plan, self.paint
        root = plan.nodes[0]
        version = f" {visible(plan.version)}" if plan.version else ""
        head = f"{paint.bold(visible(plan.name) + version)} ({visible(plan.file)})"
        lines = [head + (f": {visible(plan.title)}" if plan.title else "")]
        if plan.inputs:
            lines += ["", paint.bold("inputs"), *self._inputs()]
        assert isinstance(root.action, Body)
        lines += ["", paint.bold("steps") + self._policy(root), *self._drawn(self._list(root.action.list))]
        for name, number in (("rescue", root.rescue), ("finally", root.finally_)):
            if number is not None:
                lines += ["", paint.bold(name), *self._drawn(self._list(number))]
        if root.outputs:
            lines += ["", paint.bold("outputs")]
            lines += [f"  {one.name}: {visible(shown_value(source(one.value)))}" for one in root.outputs]
        return "\n".join([*lines, "", self._summary()]) + "\n"

    def _policy(self, root: Node) -> str:
        words = [f"failure: {root.failure}"] if root.failure != "stop" else []
        words += [f"timeout {format_duration(root.timeout)}"] if root.timeout is not None else []
        words += [concurrency_words(self.plan.concurrency)] if self.plan.concurrency is not None else []
        return self.paint.faint(f"  ({', '.join(words)})") if words else ""

    def _summary(self) -> str:
        counts = self.forecast.counts
        parts = [
            self.paint.good(f"{counts['run']} run"),
            self.paint.faint(f"{counts['skip']} skip"),
            self.paint.severity("warning", f"{counts['depends']} depend"),
        ]
        failing = sum(one.fails for one in self.forecast.steps.values())
        told = self.paint.severity("error", f"; {failing} of them would fail") if failing else ""
        return ", ".join(parts) + told

    def _inputs(self) -> Iterator[str]:
        rows = [(one, found, _value(found)) for one, found in zip(self.plan.inputs, self.forecast.inputs, strict=True)]
        names = max(len(one.name) for one, _, _ in rows)
        values = min(max(width(value) for _, _, value in rows), 40)
        for one, found, value in rows:
            filled = value + " " * (values - width(value))
            shown = self.paint.severity("warning", filled) if found.source == "missing" else filled
            yield f"  {one.name:{names}}  {shown}  {self.paint.faint(_kind(one, found))}".rstrip()

    def _drawn(self, branches: Sequence[_Branch], prefix: str = "") -> Iterator[str]:
        signs, paint = self.signs, self.paint
        for at, one in enumerate(branches):
            last = at == len(branches) - 1
            yield f"{paint.faint(prefix + (signs.last if last else signs.item))}{one.title}"
            inner = prefix + (signs.under if last else signs.past)
            rule = inner + (signs.past if one.below else signs.under)
            yield from (f"{paint.faint(rule)}{paint.faint(note)}" for note in one.notes)
            yield from self._drawn(one.below, inner)

    def _list(self, number: int) -> list[_Branch]:
        """The steps of a list; those in a row that are skipped for one reason share a line."""
        nodes = [self.plan.nodes[one] for one in self.plan.lists[number].nodes]
        rows = [list(row) for _, row in groupby(nodes, key=lambda node: self._shared(node) or node.number)]
        return [one for row in rows for one in self._row(row)]

    def _shared(self, node: Node) -> str:
        """The reason for which the step is skipped, where it is not its own."""
        found = self.forecast.steps.get(node.number)
        return found.reason if found is not None and self._is_shut(found) and found.condition is None else ""

    def _row(self, nodes: list[Node]) -> list[_Branch]:
        if len(nodes) < FOLD:
            return [self._step(node) for node in nodes]
        return [_Branch(self._marked(self.forecast.steps[nodes[0].number], _named(nodes)), [self._shared(nodes[0])])]

    def _step(self, node: Node) -> _Branch:
        found = self.forecast.steps.get(node.number)
        if self._is_shut(found):
            return self._shut(node, found)
        what = "" if isinstance(node.action, Body) else f"  {visible(command(node, found) or action(node))}"
        title = f"  ({visible(node.title)})" if node.title else ""
        said = [visible(cut(one, _LIMIT)) for one in notes(self.plan, node, found, self.signs.arrow)]
        line = f"{self.paint.bold(node.id)}{what}{title}"
        return _Branch(self._marked(found, line), said, list(self._inside(node)))

    def _shut(self, node: Node, found: StepForecast | None) -> _Branch:
        """A step that is skipped, with all that is in it, on a line and one for the reason."""
        within = _named([self.plan.nodes[one] for one in dict.fromkeys(inside(self.plan, node.number))])
        what = action(node) if isinstance(node.action, Perform | End | Goto) else within
        title = f"  ({visible(node.title)})" if node.title else ""
        line = f"{node.id}  {visible(what)}{title}"
        said = [visible(cut(one, _LIMIT)) for one in notes(self.plan, node, found, self.signs.arrow)]
        return _Branch(self._marked(found, line), said)

    def _inside(self, node: Node) -> Iterator[_Branch]:
        act = node.action
        if isinstance(act, Body):
            yield from self._list(act.list)
        elif isinstance(act, Fork):
            for branch in act.branches:
                otherwise = " (default)" if branch.default else ""
                words = f" if {branch.condition.text}" if branch.condition else otherwise
                yield self._arm(branch.list, f"{branch.name}{words}")
        elif isinstance(act, Race):
            yield from self._race(act)
        elif isinstance(act, Choice):
            for arm in act.arms:
                yield self._arm(arm.list, f"when {arm.condition.text}" if arm.condition else "default")
        elif isinstance(act, Call):
            yield from self._called(act)
        for name, number in (("rescue", node.rescue), ("finally", node.finally_), ("compensate", node.compensate)):
            if number is not None:
                yield _Branch(self.paint.faint(f"{name}:"), below=self._list(number))

    def _called(self, act: Call) -> Iterator[_Branch]:
        """The steps of the called workflow, unless they are being told already."""
        called = self.whole.of_file(act.file)
        if called.file in self.within:
            yield _Branch(self.paint.faint("(as above: it calls itself)"))
            return
        tree = _Tree(called, _UNKNOWN, self.paint, self.signs, self.whole, (*self.within, called.file))
        root = called.nodes[0]
        yield from tree._list(inner_lists(root)[0])
        for name, number in (("rescue", root.rescue), ("finally", root.finally_)):
            if number is not None:
                yield _Branch(self.paint.faint(f"{name}:"), below=tree._list(number))

    def _race(self, act: Race) -> Iterator[_Branch]:
        for one in act.branches:
            yield self._arm(one.list, f"{one.name}: wait for {awaited_words(one.awaited)}")

    def _arm(self, number: int, words: str) -> _Branch:
        """A branch or an arm: its condition, and whether it is taken."""
        found = self.forecast.lists.get(number)
        known = held(found.condition) if found is not None and found.condition is not None else ""
        why = known or (found.reason if found is not None else "")
        line = self.paint.faint(f"{visible(words)}:{f' {visible(why)}' if why else ''}")
        if found is not None and found.verdict == "skip":
            within = _named([self.plan.nodes[one] for one in self.plan.lists[number].nodes])
            return _Branch(self._marked(found, f"{line}{self.paint.faint(f'  {within}')}"))
        return _Branch(self._marked(found, line), below=self._list(number))

    def _marked(self, found: StepForecast | None, line: str) -> str:
        """The line behind the sign of its verdict."""
        if found is None:
            return line
        if found.fails:
            return f"{self.paint.severity('error', self.signs.fails)} {line}"
        if found.verdict == "run":
            return f"{self.paint.good(self.signs.run)} {line}"
        if found.verdict == "depends":
            return f"{self.paint.severity('warning', self.signs.depends)} {line}"
        return f"{self.paint.faint(self.signs.skip)} {self.paint.faint(line)}"

    def _is_shut(self, found: StepForecast | None) -> bool:
        return found is not None and found.verdict == "skip" and not found.fails


def _named(nodes: Sequence[Node]) -> str:
    """The ids of several steps, as many as a line takes."""
    return shortened(", ".join(node.id for node in nodes))


def _value(found: InputForecast) -> str:
    return "not given" if found.source == "missing" else shown_value(found.value, 38)


def _kind(one: InputSpec, found: InputForecast) -> str:
    """What an input takes, where it comes from, what it is for."""
    kind = one.schema.get("type") or ("one of " + ", ".join(map(shown_value, one.schema.get("enum", []))))
    words = [str(kind if kind != "one of " else "any")]
    words += ["required"] if one.required else []
    words += ["default"] if found.source == "default" else []
    words += [f"from {one.env}"] if one.env else []
    words += ["secret"] if one.secret else []
    about = visible(shortened(str(one.schema.get("description", ""))))
    return ", ".join(words) + (f"   {about}" if about else "")
