"""Cancelling one instance with all that it has begun."""

from steplane.events import Status
from steplane.kernel import bodies, instances, lists, loops, pool, undoing
from steplane.kernel.state import Instance, State


def instance(state: State, one: Instance, unbegun: Status = "cancelled", by: str = "") -> None:
    """Cancel it. What it has not begun becomes `unbegun`; what cleans up (`finally`) goes on."""
    if one.ended or one.phase == "finally" or undoing.hears_later(one):
        return
    one.unbegun = unbegun = one.unbegun if one.cancelling else unbegun  # the first cancel says what it is
    if one.loop is not None:
        loops.cancel(state, one, unbegun, by)
    elif not one.begun:
        instances.end(state, one, unbegun, by=by)
    elif one.phase in {"body", "rescue"}:
        one.cancelling = True
        for scope in [one.after] if one.phase == "rescue" else list(one.body):
            if scope is not None:
                lists.cancel_scope(state, scope, unbegun, by)
    elif one.phase in {"attempt", "stopping", "trailing"}:
        one.cancelling = True
        if one.phase == "attempt":
            pool.halt(state, one)
    elif one.phase in {"ensure", "outputs"}:
        instances.leave_question(state, one)
        one.cancelling = True
        bodies.abandon(state, one, None)
    else:
        _withdraw(state, one)


def _withdraw(state: State, one: Instance) -> None:
    """It has begun, but nothing of it runs just now: a question is open, a timer is set, a slot or lock is wanted."""
    if one.phase == "ending":  # the `end` that all this follows from
        instances.attempt_ended(state, one, None)
        return
    if one.phase == "undecided":
        state.assumed.pop(one.path, None)  # said of the attempt that is given up here, not of one that may follow
    instances.leave_question(state, one)
    instances.stop_listening(state, one)
    state.drop_timer(one, "retry")
    state.drop_timer(one, "timeout")
    instances.wind_up(state, one, "cancelled")
