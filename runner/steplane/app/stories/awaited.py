"""What a step waits for: the steps of its list, or the items of its loop, and which of them let it start."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from steplane.events import OK
from steplane.kernel import Instance, Scope
from steplane.kernel.leaving import is_left_item, is_left_out


class Enough(Struct, frozen=True):
    """So many of the steps that are named had to come, of so many."""

    wanted: int
    named: int


def around_of(one: Instance) -> Instance | None:
    """The loop or the step that an instance is in."""
    if one.parent is not None:
        return one.parent
    return one.scope.owner if one.scope is not None else None


def needs_of(one: Instance) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The steps that are named in the needs, how each stands, and the outcomes that would count."""
    if one.scope is None or one.node.needs is None:
        return ()
    found = []
    for need in one.node.needs:
        other = one.scope.current[need.position]
        if other is not None and not is_left_out(one.scope, need.position):
            found.append((other.path, other.status, tuple(need.outcomes)))
    return tuple(found)


def waits_for_nothing_selected(one: Instance) -> bool:
    """Whether it would wait for others, none of which is selected."""
    scope, node = one.scope, one.node
    if scope is None or one.parent is not None:
        return False
    positions = range(node.position) if node.needs is None else [need.position for need in node.needs]
    return bool(positions) and all(is_left_out(scope, position) for position in positions)


def let_start(one: Instance, ended: Sequence[Instance]) -> tuple[Instance | None, Enough | None]:
    """Which of those that have just ended, in that order, let it start; and with a `join`, how many had to come."""
    if one.parent is not None:
        beside = (other for other in reversed(ended) if other.parent is one.parent)
        return next((other for other in beside if not is_left_item(one.parent, other)), None), None
    scope = one.scope
    if scope is None:
        return None, None
    awaited = list(_awaited(scope, one))
    fresh = [other for other in ended if other in awaited]
    fresh = [other for other in fresh if not only_resets(one, other)] or fresh
    node = one.node
    if not fresh or node.needs is None or node.wanted is None:
        return (fresh[-1] if fresh else None), None
    named = sum(not is_left_out(scope, need.position) for need in node.needs)
    before = len(awaited) - len(fresh)
    nth = max(0, min(node.wanted - before, len(fresh)) - 1)
    return fresh[nth], Enough(min(node.wanted, named), named)


def only_resets(one: Instance, other: Instance) -> bool:
    """Whether the end of a step that it needs at most reset its join: what let it start had come before."""
    queues, needs = one.scope.queues if one.scope is not None else None, one.node.needs
    if queues is None or needs is None or one.serial not in queues.used:
        return False
    positions = [need.position for need in needs]
    taken = {positions[index] for index in queues.used[one.serial]}
    return other.scope is one.scope and other.node.position in set(positions) - taken


def led_here(one: Instance) -> Instance | None:
    """The `goto` that led to the activation, whatever its needs."""
    course = one.scope.course if one.scope is not None and one.parent is None else None
    return course.forced.get(one.node.position) if course is not None else None


def _awaited(scope: Scope, one: Instance) -> Iterator[Instance]:
    """The steps that it waits for and that count, as they have ended."""
    node = one.node
    if node.needs is None:
        words = [(position, OK) for position in range(node.position)]
    else:
        words = [(need.position, need.words) for need in node.needs]
    if node.milestone is not None and node.milestone.after >= 0:
        words.append((node.milestone.after, OK))
    for position, counting in words:
        other = scope.current[position]
        if other is not None and other.ended and other.status in counting and not is_left_out(scope, position):
            yield other
