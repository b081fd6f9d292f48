"""Which inputs of the workflow what cleans up a run uses: so much has to be given again for it, and no more."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from steplane.app.given_again import Given, inputs_again, inputs_to_clean_up
from steplane.driver.loops import sources
from steplane.expressions import uses
from steplane.expressions.templates import MapOf, Template
from steplane.kernel import Instance, Kernel, State, undoing
from steplane.plan.nodes import Call, ForEach, Matrix, Node, Plan, lists_of
from steplane.plan.templates import templates_of


def cleans_up(kernel: Kernel, *, cancel: bool) -> bool:
    """Whether nothing but what cleans up runs: after a cancel, or to undo on demand what a crash has cut off."""
    return cancel or undoing.demanded(kernel.state) is not None


def inputs_of(kernel: Kernel, given: Given, *, cancel: bool) -> Mapping[str, Any]:
    """Those with which a run goes on, or is wound up. Raises `UsageError`."""
    if not cleans_up(kernel, cancel=cancel):
        return inputs_again(*given)
    return inputs_to_clean_up(given, used_by_cancel(kernel.state) if cancel else used_by_undoing(kernel.state))


def used_by_cancel(state: State) -> frozenset[str]:
    """By what runs after a cancel of the run: `finally` of all that has begun, and what is being undone."""
    used = used_by_undoing(state)
    for one in state.instances.values():
        if not one.ended and one.begun and one.node.finally_ is not None:
            used |= _used_in(one, one.node.finally_)
    return used


def used_by_undoing(state: State) -> frozenset[str]:
    """By what undoes steps now, and those that are to be undone after them."""
    used: frozenset[str] = frozenset()
    for one in state.instances.values():
        if one.scope is not None and one.scope.list.role == "compensate" and not one.ended:
            used |= _used_in(one.scope.owner, one.scope.list.number)
        if one.undoing is not None:
            used |= used_to_undo(one.undoing.todo)
    return used


def used_to_undo(undone: Iterable[Instance]) -> frozenset[str]:
    """By what undoes these."""
    used: frozenset[str] = frozenset()
    for one in undone:
        if one.node.compensate is not None:
            used |= _used_in(one, one.node.compensate)
    return used


def _used_in(owner: Instance, number: int) -> frozenset[str]:
    """By a list of the instance, and by what is around it: items of loops, `env`, what its workflow was given."""
    plan = owner.plan
    found = list(_below(plan, number))
    around = owner
    while True:
        found += _of_surroundings(around.node, found)
        if around.scope is None:
            return _inputs(plan, found)
        if around.scope.list.role == "call":
            wanted = _inputs(plan, found)
            found = list(_given(around.scope.owner.node, wanted))
        around = around.scope.owner
        plan = around.plan


def _of_surroundings(node: Node, found: Collection[Template]) -> Iterator[Template]:
    """What processes inside the step get, and the items that are used."""
    yield from (value for _, value in node.env)
    if node.cwd is not None:
        yield node.cwd
    if isinstance(node.loop, ForEach | Matrix):
        name = node.loop.name if isinstance(node.loop, ForEach) else "matrix"
        if any(use.path[:1] == (name,) for one in found for use in uses(one)):
            yield from sources(node.loop)
            yield from node.loop.exclude if isinstance(node.loop, Matrix) else ()


def _given(call: Node, wanted: Collection[str]) -> Iterator[Template]:
    """What a call gives its child for these inputs."""
    assert isinstance(call.action, Call)
    given = call.action.given
    if isinstance(given, MapOf):
        yield from (value for name, value in given.entries if name in wanted)
    elif wanted:
        yield given


def _below(plan: Plan, number: int) -> Iterator[Template]:
    """What the steps of a list, and those inside them, evaluate."""
    for node in (plan.nodes[each] for each in plan.lists[number].nodes):
        yield from chain(templates_of(node), *(_below(plan, inner) for inner in lists_of(node)))


def _inputs(plan: Plan, templates: Iterable[Template]) -> frozenset[str]:
    """The inputs that these use, themselves or through `vars`."""
    used: set[tuple[str, ...]] = set()
    todo = list(templates)
    while todo:
        for use in uses(todo.pop()):
            path = use.path[:2]
            if path[:1] == ("vars",) and path not in used:
                todo += [value for name, value in plan.variables if path[1:] in {(), (name,)}]
            used.add(path)
    if ("inputs",) in used:
        return frozenset(one.name for one in plan.inputs)
    return frozenset(path[1] for path in used if path[:1] == ("inputs",))


__all__ = ["cleans_up", "inputs_of", "used_by_cancel", "used_by_undoing", "used_to_undo"]
