"""What an instance, or a step that has not come about, waits for just now."""

from collections.abc import Iterable

from steplane.app.stories.causes import chain, link
from steplane.app.stories.replay import Replay
from steplane.app.stories.shapes import Waiting
from steplane.app.stories.timeline import Timeline
from steplane.kernel import Instance, Scope, clocks
from steplane.kernel.members import everyone, is_pending
from steplane.plan.nodes import Choice, Fork, Node
from steplane.plan.step_names import around, id_path
from steplane.plan.waits import Race, awaited
from steplane.uptime import boot

_SHOWN = 8


def waits_for(replay: Replay, one: Instance) -> tuple[Waiting, ...]:
    """What a live instance waits for; for one that holds others up, those."""
    state = replay.kernel.state
    if one.phase == "lock":
        holders = [each for each in state.instances.values() if each.holding and each.lock_key == one.lock_key]
        scope, name = one.lock_key
        return (Waiting(one.path, "lock", one.ready_at, _named(holders), {"lock": name, "scope": scope}),)
    if one.phase == "queue":
        return (Waiting(one.path, "slot", one.ready_at, _named(state.live("attempt")), {"pool": state.pool}),)
    if one.phase == "backoff":
        due = state.timers.get((one.serial, "retry"), 0)
        return (Waiting(one.path, "back-off", one.started_at, (), {"due": due, "attempt": one.attempt + 1}),)
    if one.phase == "listening":
        return (listening(replay, one),)
    if one.phase in {"attempt", "stopping"}:
        data = {"attempt": one.attempt, "at_most_once": one.node.at_most_once, "stopping": one.phase == "stopping"}
        return (Waiting(one.path, "attempt", one.started_at, (), data),)
    if one.phase == "undecided":
        return (Waiting(one.path, "decision", one.started_at),)
    inside = _live_inside(one)
    if one.listens and not inside:
        return (listening(replay, one),)
    if inside:
        return (Waiting(one.path, "steps", one.started_at, _named(inside)),)
    return (Waiting(one.path, "question", one.ready_at, (), {"question": one.phase}),)


def tell_now(replay: Replay, timeline: Timeline, set_by: int) -> None:
    """Bring what is waited for to the clock as it is now, which may have been set by so many microseconds since the
    latest process.
    """
    state = replay.kernel.state
    if by := timeline.set_by + (set_by if state.boot == boot() else 0):
        clocks.move_timers(state, by)


def listening(replay: Replay, one: Instance) -> Waiting:
    """The signals and the times that it waits for."""
    timers, ranks = replay.kernel.state.timers, range(len(awaited(one.node.action)))
    due = [timers[key] for rank in ranks if (key := (one.serial, f"wait.{rank}")) in timers]
    names = list(dict.fromkeys(name for _, name in one.listens))
    data = {"signals": names, "until": min(due, default=0), "limit": timers.get((one.serial, "timeout"), 0)}
    data["items"] = one.loop is not None
    return Waiting(one.path, "signal", one.started_at, (), data)


def _named(those: Iterable[Instance]) -> tuple[tuple[str, str], ...]:
    return tuple((each.path, each.status) for each in those)[:_SHOWN]


def _live_inside(one: Instance) -> list[Instance]:
    """The innermost instances in it that have not ended, those that have begun first."""
    if one.loop is not None:
        return [each for each in one.loop.instances if each is not None and not each.ended]
    scopes = [*one.body, *([one.after] if one.after is not None else [])]
    return [each for scope in scopes for each in everyone(scope) if not each.ended]


def pending(replay: Replay, node: Node, path: str = "") -> tuple[Waiting, ...]:
    """What a step waits for that has no activation: in each list in which it still may come, or why there is none.

    With a `path` only what leads to that.
    """
    for life in replay.lives.values():
        loop, one = life.instance.loop, life.instance
        if loop is not None and one.node is node and path.startswith(f"{one.path}["):
            return (Waiting(path, "item", one.started_at, (), {"outer": one.path, "at_once": loop.concurrency}),)
    scopes = [scope for scope in _scopes(replay, node) if path in {"", node.id} or _path(scope, node) == path]
    if scopes:
        return tuple(_needed(replay, scope, node) for scope in scopes[:_SHOWN])
    for number in around(replay.plan, node.number):
        outer = replay.plan.nodes[number]
        lives = [one for one in replay.kernel.state.paths.values() if one.node is outer and _leads(one, path)]
        if lives:
            return _not_reached(replay, node, [one for one in lives if _is_inner(one)] or lives)
        found = pending(replay, outer) if _scopes(replay, outer) else ()
        if found:
            return (Waiting(node.id, "inside", 0, ((outer.id, "pending"),)), *found)
    return _not_reached(replay, node, [replay.kernel.state.root] if replay.kernel.state.root is not None else [])


def _leads(one: Instance, path: str) -> bool:
    """Whether the path of an instance is inside of it; each is, where no item is named."""
    return "[" not in path or path.startswith((f"{one.path}/", f"{one.path}["))


def _is_inner(one: Instance) -> bool:
    """Whether it is what the step inside belongs to: the item, where it is a loop."""
    return one.loop is None


def _scopes(replay: Replay, node: Node) -> list[Scope]:
    """The live lists in which the step has not come about yet."""
    found: list[Scope] = []
    for one in replay.kernel.state.instances.values():
        late = one.scope.late if one.scope is not None else []
        for scope in [*one.body, *([one.after] if one.after is not None else []), *late]:
            if scope.list.number == node.list and not scope.over and scope not in found:
                found.append(scope)
    return [scope for scope in found if is_pending(scope, node.position)]


def _needed(replay: Replay, scope: Scope, node: Node) -> Waiting:
    """The steps of the list that are still waited for; or who has the turn, where one is at it after the other."""
    positions = range(node.position) if node.needs is None else [need.position for need in node.needs]
    open_ = []
    for position in positions:
        other = scope.current[position]
        if other is None or not other.ended:
            name = other.path if other is not None else _path(scope, scope.plan.nodes[scope.list.nodes[position]])
            open_.append((name, other.status if other is not None else "pending"))
    turn = scope.turn
    if scope.owner.node.any_order and turn is not None and not turn.ended and node.position in scope.waiting:
        return Waiting(_path(scope, node), "turn", 0, ((turn.path, turn.status),))
    return Waiting(_path(scope, node), "needs", 0, tuple(open_[:_SHOWN]), {"number": len(open_)})


def _path(scope: Scope, node: Node) -> str:
    return f"{scope.owner.path}/{node.id}" if scope.owner.path else node.id


def _not_reached(replay: Replay, node: Node, outer: list[Instance]) -> tuple[Waiting, ...]:
    """The list of the step was never entered, or is over: what is around it says why."""
    return tuple(_at(replay, node, one) for one in outer[-_SHOWN:])


def _at(replay: Replay, node: Node, one: Instance) -> Waiting:
    depth = 1 + len(around(replay.plan, one.node.number)) if one.node.number else 0
    path = "/".join([*filter(None, [one.path]), *id_path(replay.plan, node.number).split("/")[depth:]])
    data = {"outer": one.path, "status": one.status}
    if one.status == "reused":
        taken = replay.kernel.state.taken
        return Waiting(path, "reused", 0, (), {**data, "run": taken.run if taken is not None else ""})
    inner = node
    while inner.number and replay.plan.lists[inner.list].owner != one.node.number:
        inner = replay.plan.nodes[replay.plan.lists[inner.list].owner]
    steps = replay.plan.lists[inner.list]
    action = one.node.action
    if steps.role in {"rescue", "finally", "compensate"}:
        return Waiting(path, "role", 0, (), {**data, "role": steps.role})
    if isinstance(action, Choice) and one.choice is not None:
        arms = [arm.list for arm in action.arms]
        return Waiting(path, "arm", 0, (), {**data, "arm": arms.index(inner.list) + 1, "taken": one.choice + 1})
    if isinstance(action, Race) and one.choice is not None:
        taken = action.branches[one.choice[0]].name
        return Waiting(path, "branch", 0, (), {**data, "branch": steps.label, "taken": [taken]})
    if isinstance(action, Fork) and one.choice is not None:
        return Waiting(path, "branch", 0, (), {**data, "branch": steps.label, "taken": list(one.choice)})
    why = chain(replay, replay.life(one)) if one.scope is not None else ()
    return Waiting(path, "outside", 0, (), data, (link(replay.life(one)), *why) if one.scope is not None else ())
