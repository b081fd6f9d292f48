"""A plan as a tree of lines: what will happen, in which order, and under which conditions."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from steplane.expressions.durations import format_duration
from steplane.plan.nodes import Body, Choice, ForEach, Fork, InputSpec, Node, Plan, Retry
from steplane.reporters.paint import Paint, visible
from steplane.reporters.plan_data import loop_data, need_data
from steplane.reporters.words import action, count, shortened, shown_value, source


class Lines(NamedTuple):
    """The lines that draw the tree: to an item, to the last one, past one, under the last one."""

    item: str
    last: str
    past: str
    under: str


UNICODE = Lines("├─ ", "└─ ", "│  ", "   ")
ASCII = Lines("|- ", "`- ", "|  ", "   ")


class _Branch(NamedTuple):
    """One item of the tree: its line, its notes, what hangs below."""

    title: str
    notes: Sequence[str] = ()
    below: Sequence["_Branch"] = ()


def plan_text(plan: Plan, color: bool, unicode: bool) -> str:
    """The whole plan."""
    paint = Paint(color)
    root = plan.nodes[0]
    version = f" {visible(plan.version)}" if plan.version else ""
    head = f"{paint.bold(visible(plan.name) + version)} ({visible(plan.file)})"
    lines = [head + (f": {visible(plan.title)}" if plan.title else "")]
    if plan.inputs:
        wide = max(len(one.name) for one in plan.inputs)
        lines += ["", paint.bold("inputs"), *(f"  {_input(one, wide)}" for one in plan.inputs)]
    lines += ["", paint.bold("steps") + _policy(root, paint)]
    lines += _drawn(_list(plan, _body(root), paint), UNICODE if unicode else ASCII, paint)
    for name, number in (("rescue", root.rescue), ("finally", root.finally_)):
        if number is not None:
            lines += ["", paint.bold(name), *_drawn(_list(plan, number, paint), UNICODE if unicode else ASCII, paint)]
    if root.outputs:
        lines += ["", paint.bold("outputs")]
        lines += [f"  {one.name}: {visible(shown_value(source(one.value)))}" for one in root.outputs]
    return "\n".join(lines) + "\n"


def _policy(root: Node, paint: Paint) -> str:
    words = [f"failure: {root.failure}"] if root.failure != "stop" else []
    words += [f"timeout {format_duration(root.timeout)}"] if root.timeout is not None else []
    return paint.faint(f"  ({', '.join(words)})") if words else ""


def _body(root: Node) -> int:
    assert isinstance(root.action, Body)
    return root.action.list


def _input(one: InputSpec, wide: int) -> str:
    kind = one.schema.get("type") or ("one of " + ", ".join(map(shown_value, one.schema.get("enum", []))))
    words = [str(kind if kind != "one of " else "any")]
    words[0] += "" if one.required else f" = {shown_value(one.default)}"
    words += ["required"] if one.required else []
    words += [f"from {one.env}"] if one.env else []
    words += ["secret"] if one.secret else []
    about = visible(shortened(str(one.schema.get("description", ""))))
    return f"{one.name:{wide}}  {', '.join(words)}" + (f"   {about}" if about else "")


def _drawn(branches: Sequence[_Branch], lines: Lines, paint: Paint, prefix: str = "") -> Iterator[str]:
    for at, one in enumerate(branches):
        last = at == len(branches) - 1
        yield f"{paint.faint(prefix + (lines.last if last else lines.item))}{one.title}"
        inner = prefix + (lines.under if last else lines.past)
        rule = inner + (lines.past if one.below else lines.under)
        yield from (f"{paint.faint(rule)}{paint.faint(note)}" for note in one.notes)
        yield from _drawn(one.below, lines, paint, inner)


def _list(plan: Plan, number: int, paint: Paint) -> list[_Branch]:
    return [_step(plan, plan.nodes[one], paint) for one in plan.lists[number].nodes]


def _step(plan: Plan, node: Node, paint: Paint) -> _Branch:
    what = "" if isinstance(node.action, Body) else f"  {visible(action(node))}"
    title = f"  ({visible(node.title)})" if node.title else ""
    below = list(_inside(plan, node, paint))
    for name, number in (("rescue", node.rescue), ("finally", node.finally_), ("compensate", node.compensate)):
        if number is not None:
            below.append(_Branch(paint.faint(f"{name}:"), below=_list(plan, number, paint)))
    return _Branch(f"{paint.bold(node.id)}{what}{title}", list(_notes(plan, node)), below)


def _inside(plan: Plan, node: Node, paint: Paint) -> Iterator[_Branch]:
    act = node.action
    if isinstance(act, Body):
        yield from _list(plan, act.list, paint)
    elif isinstance(act, Fork):
        for branch in act.branches:
            condition = f" if {branch.condition.text}" if branch.condition else " (default)" if branch.default else ""
            yield _Branch(paint.faint(f"{visible(branch.name + condition)}:"), below=_list(plan, branch.list, paint))
    elif isinstance(act, Choice):
        for arm in act.arms:
            words = f"when {arm.condition.text}" if arm.condition else "default"
            yield _Branch(paint.faint(f"{visible(words)}:"), below=_list(plan, arm.list, paint))


def _notes(plan: Plan, node: Node) -> Iterator[str]:
    """What holds of the step beside its action, a line each, in the order in which it counts."""
    for say in _SAYINGS:
        words = say(plan, node)
        if words:
            yield visible(words)


def _needs(plan: Plan, node: Node) -> str:
    if node.needs is None:
        return ""
    if not node.needs:
        return "starts at once"
    named = []
    for need in node.needs:
        data = need_data(plan, node, need)
        words = "" if data["outcomes"] == ["ok"] else f" ({' or '.join(data['outcomes'])})"
        named.append(data["step"] + words)
    wanted = f" ({node.wanted} of them)" if node.wanted and node.wanted < len(named) else ""
    return f"after {', '.join(named)}{wanted}"


def _loop(_: Plan, node: Node) -> str:
    if node.loop is None:
        return ""
    data = loop_data(node.loop)
    if isinstance(node.loop, ForEach):
        words = f"for each {data['as']} of {shown_value(data['foreach'], 80)}"
    else:
        words = f"for each combination of {shown_value(data['matrix'], 80)}"
    words += f", key {data['key']}" if "key" in data else ""
    words += f", {data['concurrency']} at a time" if "concurrency" in data else ""
    return words + (f", {data['max_failures']} may fail" if "max_failures" in data else "")


def _retry(_: Plan, node: Node) -> str:
    one = node.retry
    if one is None or (one.attempts == 1 and one.within is None and one.attempts_value is None):
        return ""
    tries = source(one.attempts_value) if one.attempts_value is not None else one.attempts
    words = f"up to {tries} attempts" if tries is not None else "attempts"
    words += f" for {format_duration(one.within)}" if one.within is not None else ""
    return words + _pause(one) + (f", when {one.when.text}" if one.when else "")


def _pause(one: Retry) -> str:
    delay = source(one.delay_value) if one.delay_value is not None else format_duration(one.delay)
    growth = "" if one.backoff == "constant" else f" {one.backoff}"
    most = f" to {format_duration(one.max_delay)}" if one.max_delay is not None else ""
    return f",{growth} {'from ' if growth else ''}{delay}{most} apart"


def _limits(_: Plan, node: Node) -> str:
    words = [f"timeout {format_duration(node.timeout)}"] if node.timeout is not None else []
    words += [f"timeout {source(node.timeout_value)}"] if node.timeout_value is not None else []
    if node.lock is not None:
        limit = f" ({count(node.lock.limit, 'holder')})" if node.lock.limit > 1 else ""
        words.append(f"lock {source(node.lock.name)}{limit}")
    words += ["a failure is a warning"] if node.tolerant else []
    words += [f"failure: {node.failure}"] if node.failure != "stop" else []
    words += ["at most once"] if node.at_most_once else []
    words += ["in a process of its own"] if node.isolate else []
    words += [f"lane {node.lane}"] if node.lane else []
    return ", ".join(words)


_SAYINGS: tuple[Callable[[Plan, Node], str], ...] = (
    _needs,
    lambda _, node: f"if {node.condition.text}" if node.condition else "",
    _loop,
    lambda _, node: "requires " + " and ".join(one.text for one in node.require) if node.require else "",
    _retry,
    _limits,
    lambda _, node: "ensures " + " and ".join(one.text for one in node.ensure) if node.ensure else "",
)
"""What is said of a step, in this order."""
