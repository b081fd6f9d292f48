"""From a plan to a graph."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from steplane.driver.loops import items_of
from steplane.driver.refusal import Refused
from steplane.events import OK
from steplane.expressions import Engine, ExpressionError
from steplane.expressions.durations import format_duration
from steplane.expressions.templates import Template
from steplane.plan.needing import outcomes
from steplane.plan.nodes import Body, Call, Choice, End, ForEach, Fork, Goto, Loop, Node, Perform, Plan, Rounds
from steplane.plan.waits import Race
from steplane.reporters.graph.order import Edge, order_of
from steplane.reporters.graph.shapes import Arrow, Box, Cluster, Graph, Kind, State
from steplane.reporters.words import (
    action,
    awaited_words,
    concurrency_words,
    count,
    milestone_words,
    shortened,
    shown_value,
    source,
)

PEERS = 7
"""So many steps that wait for the same and are waited for by the same stand in a frame of their own: an arrow to each
of them would hide the picture.
"""

_LONG = 60


def graph_of(plan: Plan, states: Mapping[str, State] | None = None) -> Graph:
    """The graph of a workflow; with `states` (by the ids of steps) of a run of it."""
    builder = _Builder(plan, states)
    root = plan.nodes[0]
    items = builder.whole(root)
    return Graph(
        name=plan.name, title=plan.title, version=plan.version, file=plan.file, items=items, arrows=builder.arrows,
        note=concurrency_words(plan.concurrency) if plan.concurrency is not None else "",
    )  # fmt: skip


class _Builder:
    def __init__(
        self, plan: Plan, states: Mapping[str, State] | None, around: "_Builder | None" = None, call: str = ""
    ) -> None:
        self.plan = plan
        self.states = states
        self.arrows: list[Arrow] = around.arrows if around is not None else []
        self.main: Plan = around.main if around is not None else plan
        self.within: tuple[str, ...] = (*(around.within if around is not None else ()), plan.file)
        self.prefix: str = f"{around.prefix}{call}c" if around is not None else ""  # of the keys
        self.way: str = f"{around.way}{call}/{plan.nodes[0].id}/" if around is not None else ""  # of the ids
        self._engine = Engine()

    def whole(self, node: Node) -> list[Box | Cluster]:
        """The inside of a composite step: its lists, then what handles its failure and its end."""
        items: list[Box | Cluster] = []
        act = node.action
        if isinstance(act, Body):
            items += self.steps(act.list)
        elif isinstance(act, Fork):
            for branch in act.branches:
                condition = branch.condition.text if branch.condition else "default" if branch.default else ""
                items.append(self._alternative("branch", branch.list, branch.name, condition))
        elif isinstance(act, Race):
            for one in act.branches:
                items.append(self._alternative("branch", one.list, one.name, f"wait: {awaited_words(one.awaited)}"))
        elif isinstance(act, Choice):
            for arm in act.arms:
                condition = arm.condition.text if arm.condition else "default"
                items.append(self._alternative("arm", arm.list, "", condition))
        elif isinstance(act, Call):
            items += self._called(node, act)
        return items + self._handlers(node, items)

    def _called(self, node: Node, act: Call) -> list[Box | Cluster]:
        """The inside of the called workflow; a box where it is being drawn already."""
        called = self.main.of_file(act.file)
        if called.file in self.within:
            return [Box(key=f"{self._key(node)}r", id=called.nodes[0].id, does="calls itself", line=node.line)]
        return _Builder(called, self.states, self, node.id).whole(called.nodes[0])

    def steps(self, number: int) -> list[Box | Cluster]:
        """The steps of a list; their arrows are added to the graph's."""
        order = order_of(self.plan, number)
        nodes = [self.plan.nodes[one] for one in self.plan.lists[number].nodes]
        framed = {
            one: f"{self.prefix}p{number}_{group[0]}" for group in order.peers if len(group) >= PEERS for one in group
        }
        items: dict[str, Box | Cluster] = {}
        for position in order.positions:
            item = self.step(nodes[position])
            frame = framed.get(position)
            if frame is None:
                items[item.key] = item
            else:
                around = items.setdefault(frame, Cluster(key=frame, role="peers", items=[]))
                assert isinstance(around, Cluster)
                around.items.append(item)
        for one in items.values():
            if isinstance(one, Cluster) and one.role == "peers":
                one.label = f"{len(one.items)} steps beside each other"
        keys = [framed.get(node.position, self._key(node)) for node in nodes]
        self.arrows += self._arrows(order.edges, keys)
        self.arrows += _jumps(nodes, keys)
        return list(items.values())

    def step(self, node: Node) -> Box | Cluster:
        """One step: a box, or a frame where there is something inside."""
        composite = isinstance(node.action, Body | Fork | Choice | Race | Call)
        handled = any(one is not None for one in (node.rescue, node.finally_, node.compensate))
        box = self._box(node)
        if not composite and not handled:
            return box
        cluster = Cluster(
            key=self._key(node), role=_role(node), id=node.id, label=_label(node), title=box.title, loop=box.loop,
            condition=box.condition, lane=box.lane, notes=box.notes, line=node.line, state=box.state,
        )  # fmt: skip
        if composite:
            cluster.items = self.whole(node)
        else:
            inner = Box(
                key=f"{self._key(node)}a", id=node.id, does=box.does, end=box.end, rule=box.rule, line=node.line,
                state=box.state,
            )  # fmt: skip
            cluster.items = [inner, *self._handlers(node, [inner])]
        return cluster

    def _box(self, node: Node) -> Box:
        does = "" if isinstance(node.action, Body) else shortened(action(node), _LONG)
        return Box(
            key=self._key(node), id=node.id, does=does, rule=_decides(node),
            title=shortened(node.title, _LONG), end=node.action.status if isinstance(node.action, End) else "",
            loop=self._loop(node.loop) if node.loop else "",
            condition=shortened(node.condition.text, _LONG) if node.condition else "",
            lane=node.lane, notes=tuple(_notes(node)), line=node.line, state=self._state(node.id),
        )  # fmt: skip

    def _key(self, node: Node) -> str:
        return f"{self.prefix}n{node.number}"

    def _state(self, step: str) -> State | None:
        if self.states is None:
            return None
        return self.states.get(self.way + step) or State(status="pending")

    def _alternative(self, role: Kind, number: int, name: str, condition: str) -> Box | Cluster:
        """A branch or an arm. One with a single step and nothing inside is that step, with the condition as its own."""
        items = self.steps(number)
        words = shortened(condition, _LONG)
        if len(items) == 1 and isinstance(items[0], Box) and not (items[0].condition and words):
            box = items[0]
            label = "" if name in {"", box.id} else f"branch {name}"
            box.notes = (*([label] if label else []), *box.notes)
            box.condition = words or box.condition
            return box
        return Cluster(key=f"{self.prefix}l{number}", role=role, label=name, condition=words, items=items)

    def _handlers(self, node: Node, items: Sequence[Box | Cluster]) -> list[Box | Cluster]:
        """The frames of `rescue`, `finally`, `compensate`, with the arrows that lead to them."""
        found: list[Box | Cluster] = []
        ends = self._ends(items)
        lists: tuple[tuple[Kind, int | None, str], ...] = (
            ("rescue", node.rescue, "failed"), ("finally", node.finally_, ""), ("compensate", node.compensate, "undo"),
        )  # fmt: skip
        for role, number, label in lists:
            if number is not None:
                cluster = Cluster(key=f"{self.prefix}l{number}", role=role, label=role, items=self.steps(number))
                self.arrows += [
                    Arrow(before=one.key, after=cluster.key, label=label, dashed=role != "finally") for one in ends
                ]
                ends = [*ends, cluster] if role == "rescue" else ends
                found.append(cluster)
        return found

    def _ends(self, items: Sequence[Box | Cluster]) -> list[Box | Cluster]:
        """Those that nothing of the same list waits for."""
        waited = {arrow.before for arrow in self.arrows if not arrow.jump}
        return [one for one in items if one.key not in waited]

    def _arrows(self, edges: Sequence[Edge], keys: Sequence[str]) -> Iterator[Arrow]:
        arrows = [
            Arrow(before=keys[edge.before], after=keys[edge.after], label=_outcomes(edge), dashed=_is_handler(edge))
            for edge in edges
        ]
        yield from dict.fromkeys(arrows)

    def _loop(self, loop: Loop) -> str:
        if isinstance(loop, Rounds):
            return f"{loop.question} {shortened(loop.condition.text.strip(), 40)}"
        try:
            number = len(items_of(self._engine, loop, {})[0])
        except (ExpressionError, Refused):
            number = None
        if isinstance(loop, ForEach):
            words = f"for each {loop.name}" + (f" of {number}" if number is not None else f" of {_short(loop.items)}")
            words += f" and of signal {loop.open}" if loop.open else ""
        else:
            axes = " × ".join(name for name, _ in loop.axes)
            words = f"matrix {axes}" + (f" ({count(number, 'combination')})" if number is not None else "")
        at_once = source(loop.concurrency) if loop.concurrency is not None else None
        return words + (f", {at_once} at a time" if at_once not in {None, 1} else "")


def _jumps(nodes: Sequence[Node], keys: Sequence[str]) -> Iterator[Arrow]:
    """The arrows from each `goto` to where it leads."""
    for node in nodes:
        if isinstance(node.action, Goto):
            before, after = keys[node.position], keys[node.action.target]
            label = f"at most {count(node.action.limit, 'time')}"
            yield Arrow(before=before, after=after, label=label, dashed=True, jump=True)


def _short(template: Template) -> str:
    value = source(template)
    text = value.removeprefix("${{").removesuffix("}}").strip() if isinstance(value, str) else shown_value(value)
    return shortened(text, 40)


def _role(node: Node) -> Kind:
    if isinstance(node.action, Fork):
        return "parallel"
    if isinstance(node.action, Choice | Race):
        return "switch"
    if node.loop is not None:
        return "loop"
    return "group" if isinstance(node.action, Body | Call) else "step"


def _label(node: Node) -> str:
    """What stands beside the id on a frame."""
    if isinstance(node.action, Fork):
        return action(node)
    if isinstance(node.action, Race):
        return "race: the first"
    if node.any_order:
        return "one at a time, in any order"
    if isinstance(node.action, Call):
        return action(node)
    return "switch: one of" if isinstance(node.action, Choice) else ""


def _notes(node: Node) -> Iterator[str]:
    if node.wanted is not None and node.needs and node.wanted < len(node.needs):
        yield f"any {node.wanted} of {len(node.needs)}" if node.wanted > 1 else f"any of {len(node.needs)}"
    if node.rest != "run":
        yield "the rest is cancelled" if node.rest == "cancel" else "the rest is held back"
    if node.each or node.active:
        yield "for each arrival" if node.each else "all that can still come"
    yield from (f"{word} {number}" for word, number in (("collect", node.collect), ("split", node.split)) if number > 1)
    if node.milestone is not None:
        yield milestone_words(node.milestone)
    if node.region:
        yield f"region {node.region}"
    if node.retry is not None and (node.retry.attempts is None or node.retry.attempts > 1):
        most = node.retry.attempts
        yield f"up to {most} attempts" if most is not None else "retried"
    if node.timeout is not None:
        yield f"timeout {format_duration(node.timeout)}"
    if node.lock is not None:
        yield f"lock {shortened(str(source(node.lock.name)), 30)}"
    yield from (word for said, word in _SAID if said(node))


_SAID: tuple[tuple[Callable[[Node], bool], str], ...] = (
    (lambda node: node.cache is not None, "a recorded result may be reused"),
    (lambda node: node.restart, "a resume runs it whole"),
    (lambda node: node.at_most_once, "at most once"),
    (lambda node: node.tolerant, "a failure is a warning"),
)


def _decides(node: Node) -> bool:
    return isinstance(node.action, Perform) and bool(node.action.table)


def _outcomes(edge: Edge) -> str:
    return "" if edge.words == OK else " or ".join(outcomes(edge.words))


def _is_handler(edge: Edge) -> bool:
    return not edge.words & OK
