"""Order: which step of a list may start, is skipped or blocked, and what a failure does to the others."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from steplane.events import OK, Status
from steplane.kernel import calls, cancel, instances, joins, jumping, leaving, members, turns
from steplane.kernel.counting import Tally
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Node, Policy


def enter(state: State, scope: Scope) -> None:
    """Begin the list: its first step, and those with `needs: []`; of a list of which not all runs, all that does."""
    plain = scope.bounds is None and scope.queues is None
    if scope.queues is not None:
        scope.queues.bind(scope)
    advance(state, scope, [0, *scope.list.starts] if plain else list(range(len(scope.current))))
    close(state, scope)


def node_at(state: State, scope: Scope, position: int) -> Node:
    """The step at the position."""
    return scope.plan.nodes[scope.list.nodes[position]]


def path_of(scope: Scope, node: Node) -> str:
    """The path of a step in the scope."""
    return f"{scope.owner.path}/{node.id}" if scope.owner.path else node.id


def step_ended(state: State, scope: Scope, instance: Instance) -> None:
    """A step of the list has ended: apply the failure policy, wake those that waited, see whether the list is over."""
    scope.open -= 1
    if scope.course is not None and jumping.is_left(scope, instance):
        if not scope.frozen:
            close(state, scope)
        return
    failed = instance.status == "failed"
    if scope.bounds is not None and leaving.note(scope, instance):
        failed = False
    if failed and scope.failed is None:
        scope.failed = instance
    jumps = scope.course is not None and jumping.has_jumped(instance)
    if scope.frozen:
        if jumps and scope.course is not None:
            scope.course.asked = instance
        return
    if not scope.cancelled:
        candidates = settle(state, scope, instance)
        if failed:
            busy, scope.busy = scope.busy, True  # what its end has decided is still to come
            candidates += stop(state, scope, instance)
            scope.busy = busy
        elif jumps:
            candidates += jumping.jump(state, scope, instance)
        advance(state, scope, candidates)
    close(state, scope)


def advance(state: State, scope: Scope, candidates: list[int], first: Callable[[], None] | None = None) -> None:
    """Start, skip or block what can be decided, in list order, until nothing more follows. `first` comes before that.

    What ends as soon as it begins decides more: that comes in its turn.
    """
    if scope.queues is not None:
        joins.advance(state, scope, candidates, first)
        return
    if scope.agenda is not None:
        for one in candidates:
            heappush(scope.agenda, one)
        if first is not None:
            first()
        return
    heapify(candidates)
    scope.agenda = candidates
    if first is not None:
        first()
    while (candidates or turns.next_waiting(scope, candidates)) and not scope.cancelled:
        _decide(state, scope, candidates)
    scope.agenda = None


def _decide(state: State, scope: Scope, candidates: list[int]) -> None:
    """Look at the first that is to be looked at."""
    position = heappop(candidates)
    if position >= len(scope.current) or scope.current[position] is not None:
        return
    node = node_at(state, scope, position)
    status, by = within(scope, node, *verdict(state, scope, node))
    if status == "ready" and scope.owner.node.any_order and not turns.has_turn(scope, position):
        return
    if status == "ready":
        instances.ready(state, turns.take(scope, place(state, scope, node)))
    elif status is not None:
        for follower in withdraw(state, scope, place(state, scope, node), status, by):
            heappush(candidates, follower)


def catch_up(state: State, scope: Scope, position: int) -> None:
    """What is to be looked at above the position comes before what goes on there."""
    if scope.queues is not None:
        joins.catch_up(state, scope, position)
        return
    while scope.agenda and scope.agenda[0] < position and not scope.cancelled:
        _decide(state, scope, scope.agenda)


def look_above(state: State, one: Instance) -> None:
    """What its beginning has decided above it, behind a milestone, comes before what it holds."""
    if one.scope is not None and one.scope.list.milestones and one.parent is None:
        catch_up(state, one.scope, one.node.position)


def within(scope: Scope, node: Node, status: Status | None, by: str) -> tuple[Status | None, str]:
    """What a milestone of the step makes of the verdict."""
    if node.milestone is None:
        return status, by
    from steplane.kernel import milestones

    before = milestones.passed(scope, node)
    if before is not None:
        return "skipped", before.path
    return milestones.verdict(scope, node) if status == "ready" else (status, by)


def verdict(state: State, scope: Scope, node: Node) -> tuple[Status | None, str]:
    """What can be said of a pending step: `ready`, `skipped`, `blocked` (and by whom), or nothing yet."""
    if scope.course is not None and scope.course.holds(node.position):
        return None, ""
    if scope.stopped and not node.handler:
        return "blocked", _culprit_path(scope.failed)
    if scope.course is not None and node.position in scope.course.forced:
        return "ready", ""
    if node.needs is None:
        if scope.blocked_from < node.position:
            return "blocked", _culprit_path(scope.current[scope.blocked_from])
        return ("ready", "") if scope.frontier >= node.position else (None, "")
    tally = tally_of(scope, node)
    if tally.holds >= tally.wanted:
        return "ready", ""
    if tally.holds + tally.undecided >= tally.wanted:
        return None, ""
    if tally.culprit is not None:
        return "blocked", _culprit_path(scope.current[node.needs[tally.culprit].position])
    return ("skipped", "") if tally.undecided == 0 else (None, "")


def tally_of(scope: Scope, node: Node) -> Tally:
    """The step's tally, made when first asked for."""
    tally = scope.tallies.get(node.position)
    if tally is None:
        needs = node.needs or ()
        tally = scope.tallies[node.position] = Tally(len(needs), len(needs) if node.wanted is None else node.wanted)
        if scope.bounds is not None:
            leaving.drop_needs(scope, node, tally)
        for index, need in enumerate(needs):
            other = scope.current[need.position]
            if other is not None and other.ended and not leaving.is_left_out(scope, need.position):
                _count(tally, index, other.status, need.words)
    return tally


def settle(state: State, scope: Scope, instance: Instance) -> list[int]:
    """Count the end of a step; the positions that it may have decided."""
    if scope.queues is not None:
        return joins.settle(state, scope, instance)
    position = instance.node.position
    candidates = []
    for dependent, index in scope.list.dependents[position] if scope.list.dependents else ():
        candidates.append(dependent)
        tally = scope.tallies.get(dependent)
        needs = node_at(state, scope, dependent).needs
        if tally is not None and needs is not None:
            _count(tally, index, instance.status, needs[index].words)
    if scope.list.milestones:
        from steplane.kernel import milestones

        candidates += milestones.after(scope, position)
    return candidates + _follow(scope, instance, position)


def _follow(scope: Scope, instance: Instance, position: int) -> list[int]:
    """The steps without `needs` that the end of the step at the position lets start or blocks."""
    if instance.status in OK:
        return [follow(scope)]
    scope.blocked = scope.blocked or instance.status == "blocked"
    followers = list(range(position + 1, scope.blocked_from))
    scope.blocked_from = min(scope.blocked_from, position)
    return followers


def follow(scope: Scope) -> int:
    """Move the frontier over the leading steps that have ended well; where it stands then."""
    while scope.frontier < len(scope.current) and _passed(scope, scope.frontier):
        scope.frontier += 1
    return scope.frontier


def stop(state: State, scope: Scope, failed: Instance) -> list[int]:
    """A step of the list has failed: what its group's policy says; the positions that this may have decided."""
    policy = policy_of(state, scope)
    if policy == "continue" or scope.stopped:
        return []
    candidates = block_rest(state, scope, failed)
    if policy == "cancel":
        cancel_rest(state, scope)
    return candidates


def policy_of(state: State, scope: Scope) -> Policy:
    """What a failure in the list does to the others."""
    return scope.owner.node.failure


def block_rest(state: State, scope: Scope, failed: Instance) -> list[int]:
    """Nothing new starts but handlers; the positions that this may have decided."""
    scope.stopped = True
    candidates: list[int] = []
    for position in range(len(scope.current)):
        node = node_at(state, scope, position)
        for held in [] if node.handler else unbegun_at(state, scope, node):
            status, by = within(scope, node, "blocked", failed.path)
            candidates += withdraw(state, scope, held, status or "blocked", by)
    return candidates if scope.queues is None else list(range(len(scope.current)))


def unbegun_at(state: State, scope: Scope, node: Node) -> list[Instance]:
    """The activations of the step that have not begun, those that are pending too."""
    found = [one for one in members.at(scope, node.position) if not (one.ended or one.begun)]
    while members.is_pending(scope, node.position):
        found.append(place(state, scope, node))
    return found


def cancel_rest(state: State, scope: Scope) -> None:
    """What has begun is cancelled."""
    cancel.together(state, [one for one in members.everyone(scope) if one.begun and not one.ended])


def close(state: State, scope: Scope) -> None:
    """If every step has ended and no late branch goes on, tell the owner."""
    if scope.course is not None and scope.course.target is not None:
        jumping.proceed(state, scope)
    if scope.open or scope.busy or scope.over or scope.strays or (scope.queues is not None and scope.queues.busy):
        return
    if not scope.late or all(branch.over for branch in scope.late):
        scope.over = True
        if scope.list.role == "call":
            calls.tell(state, scope)
        else:
            instances.list_over(state, scope)


def is_done(state: State, scope: Scope) -> bool:
    """Whether nothing in it goes on or is to do, though a resume may have yet to close it."""
    if scope.open or scope.late or scope.strays:
        return False
    return scope.queues is None or not joins.has_more(state, scope)


def place(state: State, scope: Scope, node: Node) -> Instance:
    """A new activation of the step in the list; it goes on with what a resume has put aside for it."""
    instance = state.create(node, scope, path_of(scope, node))
    scope.current[node.position] = instance
    if scope.bounds is not None:
        instance.bounds = scope.bounds.inner(node.number)
    if scope.queues is not None:
        old = scope.queues.enter(node.position, instance)
    else:
        old = scope.old.pop(node.position, None) if scope.old else None
    if old is not None:
        instance.continue_from(old)
    return instance


def withdraw(state: State, scope: Scope, instance: Instance, status: Status, by: str) -> list[int]:
    """The step ends without having begun; the positions that this may have decided."""
    instances.conclude(state, instance, status, why_skipped(status, by), by)
    scope.open -= 1
    return settle(state, scope, instance)


def why_skipped(status: Status, by: str) -> str:
    """The reason of an end before the beginning; empty where the status says enough."""
    return f"its milestone has passed: `{by}` has begun" if status == "skipped" and by else ""


def _count(tally: Tally, index: int, status: Status, words: frozenset[str]) -> None:
    tally.undecided -= 1
    if status in words:
        tally.holds += 1
    if status not in OK and (tally.culprit is None or index < tally.culprit):
        tally.culprit = index


def _passed(scope: Scope, position: int) -> bool:
    """Whether the step has ended well, or is left out."""
    if scope.queues is not None:
        return joins.has_passed(scope, position)
    instance = scope.current[position]
    return instance is not None and instance.ended and (instance.ok or leaving.is_left_out(scope, position))


def _culprit_path(instance: Instance | None) -> str:
    return "" if instance is None else instance.path
