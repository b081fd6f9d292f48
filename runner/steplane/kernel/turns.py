"""`order: any`: the steps of a group one at a time, the first whose needs hold when the turn is free."""

from heapq import heappop, heappush

from steplane.kernel.state import Instance, Scope


def _is_free(scope: Scope) -> bool:
    return scope.turn is None or scope.turn.ended


def has_turn(scope: Scope, position: int) -> bool:
    """Whether the step at the position, whose needs hold, can have the turn; else it waits for it."""
    first = not scope.waiting or position <= scope.waiting[0]
    if scope.list.role != "steps" or (first and _is_free(scope)):
        return True
    heappush(scope.waiting, position)
    return False


def take(scope: Scope, one: Instance) -> Instance:
    """The step has the turn until it has ended."""
    scope.turn = one
    return one


def next_waiting(scope: Scope, candidates: list[int]) -> bool:
    """Let the first that waits try for the turn, where that is free; whether there is one."""
    if not scope.waiting or not _is_free(scope):
        return False
    candidates.append(heappop(scope.waiting))
    return True
