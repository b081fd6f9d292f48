"""Cancelling instances and lists with all that they have begun: all are marked before anything follows from it."""

from collections.abc import Callable, Iterable
from functools import partial

from steplane.events import Status
from steplane.kernel import bodies, instances, lists, loops, members, pool, undoing
from steplane.kernel.state import Instance, Scope, State


def together(
    state: State, those: Iterable[Instance], unbegun: Status = "cancelled", by: str = "", branches: Iterable[Scope] = ()
) -> None:
    """Cancel them all, and late branches. What follows from the first meets the others as cancelled."""
    going = list(those)
    for one in going:
        mark(state, one, unbegun, by)
    late = [_mark_scope(state, branch, unbegun, by) for branch in branches if not branch.over]
    for one in going:
        instance(state, one, unbegun, by)
    for follow in late:
        follow()


def scopes(state: State, those: Iterable[Scope], unbegun: Status = "cancelled", by: str = "") -> None:
    """Nothing more starts in the lists; what has begun is cancelled, what has not becomes `cancelled` or `skipped`."""
    for follow in [_mark_scope(state, scope, unbegun, by) for scope in those if not scope.over]:
        follow()


def _mark_scope(state: State, one: Scope, unbegun: Status, by: str) -> Callable[[], None]:
    """Mark all of the list; what is to be done then."""
    one.cancelled = "skipped" if unbegun == "skipped" else "cancelled"
    begun = [each for each in members.everyone(one) if each.begun and not each.ended]
    for position in range(len(one.current)):
        for held in lists.unbegun_at(state, one, lists.node_at(state, one, position)):
            instances.conclude(state, held, unbegun, by=by)
            one.open -= 1
    for each in [*begun, *one.strays]:
        mark(state, each, unbegun, by)
    late = [_mark_scope(state, branch, unbegun, by) for branch in one.late if not branch.over]
    return partial(_follow, state, one, (begun, late, list(one.strays)), unbegun, by)


def _follow(
    state: State,
    one: Scope,
    marked: tuple[list[Instance], list[Callable[[], None]], list[Instance]],
    unbegun: Status,
    by: str,
) -> None:
    """What has begun in the list is cancelled; late branches and strays then."""
    begun, late, strays = marked
    busy, one.busy = one.busy, True  # a resume that has yet to come to it goes through it all the same
    for each in begun:
        instance(state, each, unbegun, by)
    for follow in late:
        follow()
    for stray in strays:
        instance(state, stray, unbegun, by)
    one.busy = busy
    lists.close(state, one)


def mark(state: State, one: Instance, unbegun: Status, by: str) -> None:
    """Say of it, and of all in it, that it is being cancelled: it meets what follows from the cancel of others so."""
    unreached = one.ended or one.phase in {"ending", "finally"} or undoing.hears_later(one)
    if unreached or one.cancelling or not one.begun:
        return
    one.unbegun, one.cancelling = unbegun, True
    for item in one.loop.instances if one.loop is not None else ():
        if item is not None:
            mark(state, item, unbegun, by)
    for each in _inside(one):
        if not each.over:
            _mark_scope(state, each, unbegun, by)


def _inside(one: Instance) -> list[Scope]:
    """The lists that it is in and that a cancel reaches."""
    if one.phase == "rescue":
        return [] if one.after is None else [one.after]
    return one.body if one.phase == "body" else []


def instance(state: State, one: Instance, unbegun: Status = "cancelled", by: str = "") -> None:
    """Cancel it. What it has not begun becomes `unbegun`; what cleans up (`finally`) goes on."""
    if one.ended or one.phase == "finally" or undoing.hears_later(one):
        return
    one.unbegun = unbegun = one.unbegun if one.cancelling else unbegun
    if one.loop is not None:
        loops.cancel(state, one, unbegun, by)
    elif not one.begun:
        instances.end(state, one, unbegun, by=by)
    elif one.phase in {"body", "rescue"}:
        one.cancelling = True
        scopes(state, _inside(one), unbegun, by)
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
