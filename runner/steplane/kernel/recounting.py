"""At a resume: what is to do again in a list that counts arrivals, and the arrivals and who can still come anew."""

from steplane.kernel import joins, leaving, lists, repairing
from steplane.kernel.queues import Queues
from steplane.kernel.state import Instance, Scope, State


def put_aside(state: State, scope: Scope, position: int, taken: Instance | None) -> None:
    """What is to do again is pending, with what it had begun, or without; what had let it start is there again."""
    queues = joins.queues_of(scope)
    queues.waiting[position] = [None if one is not None and one.forgotten else one for one in queues.waiting[position]]
    for one in list(queues.lives[position]):
        again = one.ended and one is not taken and repairing.is_to_do_again(state, one)
        if again and not leaving.is_left_out(scope, position):
            queues.lives[position].remove(one)
            queues.waiting[position].append(None if one.forgotten else one)
            if one.forgotten and one.serial in queues.forced:
                queues.led.add(position)
            _give_back(queues, position, one)
            state.again.discard(one)
    queues.lead_first(position)
    scope.current[position] = queues.lives[position][-1] if queues.lives[position] else None


def _give_back(queues: Queues, position: int, one: Instance) -> None:
    used, found = queues.used.pop(one.serial, ()), queues.arrivals.get(position)
    if found is not None:
        found.awaited.clear()
        for index in used:
            found.taken[index] -= 1


def recount(state: State, scope: Scope) -> None:
    """Count the arrivals anew, and who can still come."""
    queues, size = joins.queues_of(scope), len(scope.current)
    queues.bind(scope)
    queues.todo.clear()
    for position in range(size):
        queues.going[position] = {one.serial: one for one in queues.lives[position] if not one.ended}
        queues.bad[position] = sum(one.ended and not one.ok for one in queues.lives[position])
        queues.settled[position] = False
    queues.alive = sum(len(one) for one in queues.going)
    before, queues.arrivals = queues.arrivals, {}
    for position, old in before.items():
        found = joins.arrivals_of(state, scope, lists.node_at(state, scope, position))
        found.keep(old)
    pending = list(range(size))
    while pending:
        pending += [one for one in joins.settle_position(state, scope, pending.pop(0)) if one < size]
