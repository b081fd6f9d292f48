"""Lists in which arrivals are counted: joins that can start a step more than once, `split` and `collect`.

A join looks at nothing but its own arrivals. That a step can arrive no more goes from step to step, when it becomes so.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from steplane.events import Status
from steplane.kernel import cancel, instances, leaving, lists, turns
from steplane.kernel.queues import Arrivals, Queues
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Goto, Node


def queues_of(scope: Scope) -> Queues:
    """The queues of a list that has some."""
    assert scope.queues is not None
    return scope.queues


def advance(state: State, scope: Scope, candidates: list[int], first: Callable[[], None] | None = None) -> None:
    """Start, skip or block what can be decided, in list order, until nothing more follows; `first` before that."""
    queues = queues_of(scope)
    queues.todo += candidates
    heapify(queues.todo)
    busy, queues.busy = queues.busy, True
    if first is not None:
        first()
    if busy:
        return  # whoever is at it goes on
    _settle_ahead(state, scope, list(queues.todo))
    while not scope.cancelled:
        if queues.todo or turns.next_waiting(scope, queues.todo):
            followers = _look(state, scope, heappop(queues.todo))
        elif scope.waiting or scope.busy or not (followers := _unblock(state, scope)):
            break
        _note(state, scope, followers)
    queues.todo.clear()
    queues.busy = False


def catch_up(state: State, scope: Scope, position: int) -> None:
    """What is to be looked at above the position comes before what goes on there."""
    queues = queues_of(scope)
    while queues.busy and queues.todo and queues.todo[0] < position and not scope.cancelled:
        _note(state, scope, _look(state, scope, heappop(queues.todo)))


def _note(state: State, scope: Scope, followers: list[int]) -> None:
    """These are to be looked at."""
    for follower in followers:
        heappush(queues_of(scope).todo, follower)
    _settle_ahead(state, scope, followers)


def _settle_ahead(state: State, scope: Scope, positions: list[int]) -> None:
    """Of all these it is known whether they can arrive no more before any other step is decided by it."""
    while positions:
        position = positions.pop()
        if position >= len(scope.current) or (scope.course is not None and scope.course.holds(position)):
            continue
        for follower in settle_position(state, scope, position):
            heappush(queues_of(scope).todo, follower)
            positions.append(follower)


def _look(state: State, scope: Scope, position: int) -> list[int]:
    """Decide about one step; the positions that this may have decided."""
    if position >= len(scope.current) or (scope.course is not None and scope.course.holds(position)):
        return []
    queues, node = queues_of(scope), lists.node_at(state, scope, position)
    if queues.waiting[position]:
        status, by = lists.within(scope, node, *verdict(state, scope, node))
        if status == "ready":
            return _begin_in_turn(state, scope, node)
        return [] if status is None else _withdraw(state, scope, node, status, by)
    if _may_begin_again(state, scope, node):
        return _begin_in_turn(state, scope, node)
    return settle_position(state, scope, position)


# ---------------------------------------------------------------- what can be said of a step


def verdict(state: State, scope: Scope, node: Node) -> tuple[Status | None, str]:
    """What can be said of a pending step: `ready`, `skipped`, `blocked` (and by whom), or nothing yet."""
    if scope.stopped and not node.handler:
        return "blocked", scope.failed.path if scope.failed is not None else ""
    if queues_of(scope).is_led(node.position):
        return "ready", ""
    if node.needs is None:
        if scope.blocked_from < node.position:
            return "blocked", _first_bad(scope, range(node.position))
        return ("ready", "") if scope.frontier >= node.position else (None, "")
    found = arrivals_of(state, scope, node)
    if _is_enough(state, scope, node, found):
        return "ready", ""
    open_ = found.unsettled > 0 or _comes_back(state, scope, node)
    missing = int(open_) if node.active else found.missing
    if missing and len(found.filled) + missing >= found.wanted:
        return None, ""
    culprit = _first_bad(scope, [node.needs[index].position for index in found.named])
    if culprit:
        return "blocked", culprit
    return (None, "") if open_ else ("skipped", "")


def _first_bad(scope: Scope, positions: "range | list[int]") -> str:
    """The first of them that has ended not ok."""
    queues = queues_of(scope)
    for position in positions:
        if queues.bad[position] and not leaving.is_left_out(scope, position):
            return next(one.path for one in queues.lives[position] if one.ended and not one.ok)
    return ""


def _is_enough(state: State, scope: Scope, node: Node, found: Arrivals) -> bool:
    if not found.enough():
        return False
    return not node.active or (found.unsettled == 0 and not _comes_back(state, scope, node))


def _comes_back(state: State, scope: Scope, node: Node) -> bool:
    """Whether a `goto` that has not ended can bring back a step that an active join names: only its own cycle."""
    queues, gotos = queues_of(scope), scope.list.returning.get(node.position, ())
    open_ = [one for one in gotos if queues.waiting[one] or queues.going[one]]
    if open_ and scope.bounds is not None:
        named = [need.position for need in node.needs or () if not leaving.is_left_out(scope, need.position)]
        targets = [lists.node_at(state, scope, one).action for one in open_]
        return any(isinstance(one, Goto) and one.target <= max(named, default=-1) for one in targets)
    return bool(open_)


def _may_start(scope: Scope, node: Node) -> bool:
    return not scope.cancelled and (node.handler or not scope.stopped)


def _may_begin_again(state: State, scope: Scope, node: Node) -> bool:
    """Whether the arrivals let a step begin that has begun before."""
    if not queues_of(scope).often[node.position] or not _may_start(scope, node):
        return False
    if leaving.is_left_out(scope, node.position):
        return False
    return _is_enough(state, scope, node, arrivals_of(state, scope, node)) and not _is_blocked(state, scope, node)


def has_more(state: State, scope: Scope) -> bool:
    """Whether an arrival lets one more activation begin."""
    return any(_may_begin_again(state, scope, lists.node_at(state, scope, one)) for one in range(len(scope.current)))


def _is_blocked(state: State, scope: Scope, node: Node) -> bool:
    """Whether a join with `rest: block`, at which the step has arrived, waits for its reset."""
    for position, index in scope.list.dependents[node.position] if scope.list.dependents else ():
        found = queues_of(scope).arrivals.get(position)
        holds = found is not None and found.awaited and index not in found.awaited
        if holds and lists.node_at(state, scope, position).rest == "block":
            return True
    return False


def arrivals_of(state: State, scope: Scope, node: Node) -> Arrivals:
    """The arrivals at a step, made when first asked for."""
    queues = queues_of(scope)
    found = queues.arrivals.get(node.position)
    if found is None:
        needs = node.needs or ()
        named = [index for index, need in enumerate(needs) if not leaving.is_left_out(scope, need.position)]
        found = queues.arrivals[node.position] = Arrivals(node, named)
        for index in named:
            _count_all(state, scope, node, found, index)
    return found


def _count_all(state: State, scope: Scope, node: Node, found: Arrivals, index: int) -> None:
    """The arrivals so far of one of the steps that are needed."""
    assert node.needs is not None
    need = node.needs[index]
    split = lists.node_at(state, scope, need.position).split
    ended = [one for one in queues_of(scope).lives[need.position] if one.ended and one.status in need.words]
    found.arrive(index, split * len(ended))
    if queues_of(scope).settled[need.position]:
        found.settle(index)


# ---------------------------------------------------------------- begin and end


def _begin_in_turn(state: State, scope: Scope, node: Node) -> list[int]:
    """A new activation, unless the step has to wait for its turn; the positions that this may have decided."""
    if scope.owner.node.any_order and not turns.has_turn(scope, node.position):
        return []
    return [*_begin(state, scope, node), node.position]


def _begin(state: State, scope: Scope, node: Node) -> list[int]:
    """A new activation; the positions that this may have decided."""
    queues, position = queues_of(scope), node.position
    scope.open += not queues.waiting[position]
    one = turns.take(scope, lists.place(state, scope, node))
    followers = _fire(state, scope, one) if node.needs is not None else []
    instances.ready(state, one)
    return followers


def _fire(state: State, scope: Scope, one: Instance) -> list[int]:
    """Use up the arrivals that let the step start."""
    node = one.node
    found = arrivals_of(state, scope, node)
    taken = sorted(found.filled)[: 1 if node.each else None]
    queues_of(scope).used[one.serial] = found.round = list(taken)
    for index in taken:
        found.use(index)
    if node.each or node.active or node.wanted is None:
        return []
    if node.rest == "cancel":
        return _cancel_rest(state, scope, one, found)
    found.awaited = {index for index in found.named if index not in taken and not found.settled[index]}
    return []


def _cancel_rest(state: State, scope: Scope, one: Instance, found: Arrivals) -> list[int]:
    """Cancel what of the named steps has not ended; the positions that this may have decided."""
    queues, followers = queues_of(scope), []
    for index in found.named:
        position = (one.node.needs or ())[index].position
        going = list(queues.going[position].values())
        followers += _withdraw(state, scope, lists.node_at(state, scope, position), "cancelled", one.path, cut=True)
        for other in going:
            other.withdrawn = True
            cancel.instance(state, other, by=one.path)
    return followers


def _withdraw(state: State, scope: Scope, node: Node, status: Status, by: str, *, cut: bool = False) -> list[int]:
    """What is pending of the step ends without having begun; the positions that this may have decided."""
    followers = []
    while queues_of(scope).waiting[node.position]:
        one = lists.place(state, scope, node)
        one.withdrawn = cut
        instances.conclude(state, one, status, lists.why_skipped(status, by), by)
        scope.open -= 1
        followers += settle(state, scope, one)
    return followers


def settle(state: State, scope: Scope, instance: Instance) -> list[int]:
    """Count the end of an activation; the positions that it may have decided."""
    queues, position = queues_of(scope), instance.node.position
    queues.leave(position, instance)
    scope.blocked = scope.blocked or instance.status == "blocked"
    found = [position]
    for dependent, index in scope.list.dependents[position] if scope.list.dependents else ():
        node = lists.node_at(state, scope, dependent)
        arrivals = queues.arrivals.get(dependent)
        counts = arrivals is not None and node.needs is not None and instance.status in node.needs[index].words
        if counts and arrivals is not None and arrivals.arrive(index, instance.node.split):
            found += _named(node)
        found.append(dependent)
    if scope.list.milestones:
        from steplane.kernel import milestones

        found += milestones.after(scope, position)
    if isinstance(instance.node.action, Goto):
        found += [join for join, gotos in scope.list.returning.items() if position in gotos]
    return found


def _named(node: Node) -> list[int]:
    return [need.position for need in node.needs or ()]


def settle_position(state: State, scope: Scope, position: int) -> list[int]:
    """See whether the step can arrive no more; the positions that this may have decided."""
    queues = queues_of(scope)
    if queues.settled[position] or queues.waiting[position] or queues.going[position]:
        return []
    node = lists.node_at(state, scope, position)
    if queues.often[position] and _may_start(scope, node) and not leaving.is_left_out(scope, position):
        arrivals = arrivals_of(state, scope, node)
        if _is_enough(state, scope, node, arrivals) or arrivals.unsettled or _comes_back(state, scope, node):
            return []
    queues.settled[position] = True
    found = []
    for dependent, index in scope.list.dependents[position] if scope.list.dependents else ():
        known = queues.arrivals.get(dependent)
        if known is not None and known.settle(index):
            found += _named(lists.node_at(state, scope, dependent))
        found.append(dependent)
    return found + _follow(scope, position)


def _follow(scope: Scope, position: int) -> list[int]:
    """The steps without `needs` that this lets start or blocks."""
    if not queues_of(scope).bad[position] or leaving.is_left_out(scope, position):
        return [lists.follow(scope)]
    followers = list(range(position + 1, scope.blocked_from))
    scope.blocked_from = min(scope.blocked_from, position)
    return followers


def forget(scope: Scope, target: int) -> None:
    """What stands from the target on counts no more, and can arrive again at what stands above."""
    queues, pending = queues_of(scope), list(range(target, len(scope.current)))
    while pending:
        position = pending.pop()
        for dependent, index in scope.list.dependents[position] if scope.list.dependents else ():
            found = queues.arrivals.get(dependent) if dependent < target else None
            if found is None:
                continue
            if position >= target:
                found.forget(index)
                for one in queues.lives[dependent]:
                    used = queues.used.get(one.serial, [])
                    used[:] = [each for each in used if each != index]
            else:
                found.unsettle(index)
            if queues.settled[dependent] and queues.often[dependent]:
                queues.settled[dependent] = False
                scope.frontier = min(scope.frontier, dependent)
                pending.append(dependent)


def has_passed(scope: Scope, position: int) -> bool:
    """Whether the step can arrive no more and all its activations have ended well, or it is left out."""
    queues = queues_of(scope)
    if leaving.is_left_out(scope, position):
        return bool(queues.lives[position]) and not queues.going[position]
    return queues.settled[position] and not queues.bad[position]


def _unblock(state: State, scope: Scope) -> list[int]:
    """Where nothing else can go on, a join with `rest: block` is reset; the positions that this may have decided."""
    queues = queues_of(scope)
    if queues.alive or (scope.course is not None and scope.course.target is not None):
        return []
    for position in sorted(queues.arrivals):
        node, found = lists.node_at(state, scope, position), queues.arrivals[position]
        if node.rest == "block" and found.awaited:
            found.awaited.clear()
            return [position, *_named(node)]
    return []
