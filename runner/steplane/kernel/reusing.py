"""Steps that stand in for what is not run: with the results that an earlier run recorded, or skipped."""

from steplane.events import Recorded
from steplane.kernel import instances
from steplane.kernel.bounds import NOT_SELECTED
from steplane.kernel.loop_state import LoopState
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Node, lists_of


def stand_in(state: State, one: Instance) -> None:
    """End a step (or an item) that the run leaves out: `reused` where there is a result of it, else `skipped`."""
    taken = state.taken
    recorded = taken.results.get(one.path) if taken is not None else None
    if taken is None or recorded is None:
        instances.conclude(state, one, "skipped", NOT_SELECTED)
        return
    one.attempt = recorded.attempts
    one.recovered = recorded.recovered
    instances.conclude(state, one, "reused", f"taken from run {taken.run}")
    one.taken = recorded.status
    _fill(state, one, recorded)


def _fill(state: State, one: Instance, recorded: Recorded) -> None:
    """Give it what was recorded, with all that is inside it. That was no step of this run: no fact tells of it."""
    one.attempt, one.recovered, one.tainted = recorded.attempts, recorded.recovered, recorded.tainted
    one.outputs, one.error = recorded.outputs, recorded.error
    one.first_at, one.ended_at = recorded.first_at, recorded.ended_at
    numbers = lists_of(one.node)
    for index, steps in sorted(recorded.lists.items()):
        scope = _list(state, one, numbers[index], steps)
        if scope.list.role in {"rescue", "finally", "compensate"}:
            one.after = scope
        else:
            one.body.append(scope)
    if recorded.items is not None:
        one.loop = _loop(state, one, recorded.items)


def _list(state: State, owner: Instance, number: int, steps: dict[int, Recorded]) -> Scope:
    scope = Scope(owner.plan.lists[number], owner)
    scope.open, scope.over = 0, True
    for position, recorded in steps.items():
        node = scope.plan.nodes[scope.list.nodes[position]]
        path = f"{owner.path}/{node.id}"
        scope.current[position] = _inner(state, node, scope, path, recorded)
    return scope


def _loop(state: State, outer: Instance, items: dict[str, Recorded]) -> LoopState:
    loop = LoopState(list(items), [None] * len(items), None, 0)
    loop.todo.clear()
    loop.open = 0
    for index, (key, recorded) in enumerate(items.items()):
        item = _inner(state, outer.node, outer.scope, f"{outer.path}[{key}]", recorded)
        item.parent, item.key, item.index = outer, key, index
        loop.instances[index] = item
    return loop


def _inner(state: State, node: Node, scope: Scope | None, path: str, recorded: Recorded) -> Instance:
    one = state.create(node, scope, path)
    del state.instances[one.serial]
    one.phase, one.status, one.begun = "ended", recorded.status, True
    _fill(state, one, recorded)
    return one
