"""From the model to the plan: waits and signals."""

from collections.abc import Sequence

from msgspec.structs import replace

from steplane import model
from steplane.expressions.templates import Literal
from steplane.model import all_steps
from steplane.plan.nodes import Node, StepList
from steplane.plan.waits import Awaited, Reach, Send, Wait


def awaited_of(wait: model.Wait) -> Awaited:
    """What is waited for."""
    if wait.signal is not None:
        template = wait.signal.template
        return Awaited(signal=template, name=template.value if isinstance(template, Literal) else None)
    if wait.until is not None:
        return Awaited(until=wait.until.template)
    duration = wait.duration
    if duration is None or duration.seconds is None:
        return Awaited(duration=duration.value.template if duration is not None and duration.value else None)
    return Awaited(seconds=duration.seconds)


def simple_wait(action: model.Wait | model.Signal) -> Wait | Send:
    """A `wait` or a `signal`."""
    if isinstance(action, model.Wait):
        return Wait(awaited_of(action))
    values = (action.to, action.case, action.data)
    to, case, data = (None if one is None else one.template for one in values)
    return Send(action.name.template, to, case, data, action.transient)


def reached(nodes: Sequence[Node], lists: Sequence[StepList], workflow: model.Workflow) -> tuple[Node, ...]:
    """The nodes, with those that each `cancel` and `finish` reaches."""
    if not any(isinstance(node.action, Reach) for node in nodes):
        return tuple(nodes)
    regions: dict[str, list[str]] = {}
    for step in all_steps(workflow):
        if step.region is not None:
            regions.setdefault(step.region.text, []).append(step.id)
    numbers = {node.id: node.number for node in nodes[1:]}
    found = []
    for node in nodes:
        action = node.action
        if isinstance(action, Reach):
            names = regions.get(action.region, []) if action.region else action.names
            action = _found(action, node, [numbers[name] for name in names if name in numbers], nodes, lists)
            found.append(replace(node, action=action))
        else:
            found.append(node)
    return tuple(found)


def _found(
    action: Reach, node: Node, targets: Sequence[int], nodes: Sequence[Node], lists: Sequence[StepList]
) -> Reach:
    ways = [_lists_around(nodes[number], nodes, lists) for number in targets]
    own = _lists_around(node, nodes, lists)
    around = next((number for number in own if all(number in way for way in ways)), -1)
    return replace(action, steps=frozenset(targets), around=around, way=frozenset().union(*ways))


def _lists_around(node: Node, nodes: Sequence[Node], lists: Sequence[StepList]) -> list[int]:
    """The numbers of the lists around a step, the innermost first."""
    found = []
    while node.list >= 0:
        found.append(node.list)
        node = nodes[lists[node.list].owner]
    return found
