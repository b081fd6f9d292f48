"""A resume on its way: what it keeps in mind, and what the end of the process means for one instance."""

from steplane.commands import SetTimer
from steplane.events import Resumed
from steplane.kernel import instances, lists, pool, repairing
from steplane.kernel.state import Instance, Scope, State


class Walk:
    """One resume: the event, the instances whose stopped attempt it took as ended, the lists that it goes through.

    `anew` are groups that run whole once more, `said` are the steps of a list that were taken as failed, `asked` are
    loops of which it was asked whether they are complete.
    """

    __slots__ = ("anew", "asked", "event", "said", "scopes", "settled")

    def __init__(self, event: Resumed) -> None:
        self.event = event
        self.settled: set[Instance] = set()
        self.anew: set[Instance] = set()
        self.asked: set[Instance] = set()
        self.scopes: list[Scope] = []
        self.said: dict[Scope, list[Instance]] = {}


def settle(state: State, one: Instance) -> None:
    """An attempt that was being stopped counts as ended. What follows in the list is looked at with the list."""
    assert one.scope is not None
    one.scope.frozen = True
    state.running -= 1
    one.phase = "new"
    instances.attempt_ended(state, one, None)
    one.scope.frozen = False


def close_late(state: State, scope: Scope) -> None:
    """A late branch of which nothing is left is over; the list around it is looked at later."""
    around = scope.owner.scope
    if around is None or scope.cancelled or scope not in around.late:
        return
    busy, around.busy = around.busy, True
    lists.close(state, scope)
    around.busy = busy
    close_late(state, around)


def make_again(state: State, one: Instance, event: Resumed) -> None:
    """The attempt died with the process: make it again, unless nobody knows whether that is allowed."""
    if one.phase == "attempt":
        state.running -= 1
        state.drop_timer(one, "timeout")
    if one.path in state.assumed or (one.node.at_most_once and one.path not in event.redo):
        one.phase = "undecided"
    else:
        one.restart = True
        pool.want_slot(state, one)


WAITING = frozenset({"undecided", "backoff", "listening", "sending"})
"""Phases in which nothing of an instance goes on until something comes."""


def wait_again(state: State, one: Instance) -> None:
    """Go on waiting in a new process."""
    if one.phase == "undecided":
        assume(state, one)
    elif one.phase == "backoff":
        wait_on(state, one, "retry")
    else:
        from steplane.kernel import waiting

        waiting.resume(state, one)


def wait_on(state: State, one: Instance, timer: str) -> None:
    """Set a timer again, with the time that remains."""
    due = state.timers.get((one.serial, timer))
    if due is not None:
        state.emit(SetTimer(one.serial, timer, (due - state.now) / 1_000_000))


def assume(state: State, one: Instance) -> None:
    """Somebody says how the attempt ended of which nobody knows."""
    said = state.assumed.pop(one.path, None)
    if said is None:
        return
    one.phase = "new"
    one.outputs = said.get("outputs")
    if said["status"] == "skipped":
        instances.end(state, one, "skipped", repairing.ASSUMED)
    else:
        failed = said["status"] == "failed"
        instances.attempt_ended(state, one, repairing.assumed_error(one) if failed else None)
