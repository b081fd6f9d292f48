"""`while` and `until`: the rounds of a looped step, one after the other."""

from collections.abc import Callable
from typing import Any

from steplane.events import ErrorInfo, Status
from steplane.kernel import cancel as cancelling
from steplane.kernel import instances, leaving, lists, loops, repairing
from steplane.kernel.bounds import NOT_SELECTED
from steplane.kernel.loop_state import LoopState
from steplane.kernel.state import Instance, State
from steplane.plan.nodes import Rounds


def begin(state: State, outer: Instance) -> None:
    """The step's `if` holds: the first round, where one is wanted."""
    _before(state, outer)


def start(state: State, outer: Instance) -> None:
    """Go on with the rounds of an earlier activation."""
    for one in _loop(outer).instances:
        if one is not None:
            one.parent = outer
    reopen(state, outer)
    _enter(state, outer, go_on)


def asked(state: State, outer: Instance, value: Any) -> None:
    """The answer to `while` or `until`."""
    spec = _spec(outer)
    if bool(value) is not spec.before:
        warned = outer.loop is not None and outer.loop.warned
        instances.end(state, outer, "warning" if warned else "succeeded")
    else:
        _next(state, outer)


def _before(state: State, outer: Instance) -> None:
    if _spec(outer).before:
        instances.ask(state, outer, "while")
    else:
        _next(state, outer)


def _next(state: State, outer: Instance) -> None:
    """The next round, if there may be one more."""
    spec = _spec(outer)
    number = len(outer.loop.keys) if outer.loop is not None else 0
    if outer.bounds is not None and outer.bounds.resume is not None:  # it goes on with a part of the latest round
        instances.end(state, outer, "cancelled", NOT_SELECTED)
        return
    if number >= spec.limit:
        outer.error = ErrorInfo("loop.max", _too_many(spec), step=outer.path)
        instances.end(state, outer, "failed")
        return
    loop = outer.loop = outer.loop or LoopState([], [], 1, 0)
    loop.keys.append(str(number))
    loop.items.append(None)
    loop.instances.append(None)
    loop.open = 1
    loop.result = None
    outer.phase = "looping"
    one = _due(state, outer, number)
    if outer.begun:
        instances.ready(state, one)
    else:
        _enter(state, outer, lambda state, _: _ready(state, outer, one))


def _too_many(spec: Rounds) -> str:
    held = "still holds" if spec.before else "does not hold"
    return f"`{spec.question}` {held} after {spec.limit} round{'s' if spec.limit > 1 else ''}, and `max` allows no more"


def _ready(state: State, outer: Instance, one: Instance) -> None:
    """The first round begins, unless the loop is over before."""
    lists.look_above(state, outer)
    if not one.ended:
        instances.ready(state, one)


def _enter(state: State, outer: Instance, follow: Callable[[State, Instance], None]) -> None:
    outer.attempt = 1
    instances.started(state, outer)
    instances.has_begun(state, outer, follow)


def go_on(state: State, outer: Instance) -> None:
    """Begin the round that is due, or take in how the latest one has ended."""
    loop = _loop(outer)
    outer.phase = "looping"
    if loop.todo:
        instances.ready(state, _due(state, outer, loop.todo.popleft()))
        return
    last = latest(outer)
    if last is not None and last.ended:
        _round_over(state, outer, last)


def _due(state: State, outer: Instance, number: int) -> Instance:
    """The round that comes next."""
    _loop(outer).active = 1
    return loops.item(state, outer, number)


def round_ended(state: State, outer: Instance, one: Instance) -> None:
    """A round has ended."""
    loop = _loop(outer)
    loop.open = loop.active = 0
    if outer.scope is None or not outer.scope.frozen:
        _round_over(state, outer, one)


def _round_over(state: State, outer: Instance, one: Instance) -> None:
    """What follows from the end of the latest round."""
    loop = _loop(outer)
    loop.warned = loop.warned or one.status == "warning"
    if outer.cancelling:
        _cut(state, outer)
    elif one.status == "failed":
        outer.error = one.error
        outer.unfinished = one.unfinished
        instances.end(state, outer, "failed")
    elif not one.ok:
        instances.end(state, outer, "cancelled")
    elif _spec(outer).before:
        _before(state, outer)
    else:
        instances.ask(state, outer, "until")


def cancel(state: State, outer: Instance, unbegun: Status, by: str) -> None:
    """Cancel the loop with its round; where it is between two rounds, it ends at once."""
    if not outer.begun:
        instances.end(state, outer, unbegun, by=by)
        return
    outer.cancelling = True
    last = latest(outer)
    if _loop(outer).todo:  # a resume had made it due, and has not come to it yet
        instances.end(state, _due(state, outer, _loop(outer).todo.popleft()), unbegun, by=by)
    elif last is not None and not last.ended:
        cancelling.instance(state, last, unbegun, by)
    elif outer.phase != "looping":
        _cut(state, outer)


def _cut(state: State, outer: Instance) -> None:
    """It is cancelled, and nothing of it goes on; what a `finish` step has ended is complete."""
    rounds = _loop(outer).instances if outer.loop is not None else []
    warned = any(one is not None and one.status in {"failed", "warning"} for one in rounds)
    forced: Status = "warning" if warned else "succeeded"
    instances.end(state, outer, forced if outer.forced else "cancelled")


def reopen(state: State, outer: Instance) -> None:
    """At a resume: the latest round begins anew if it is to be done again. Those before it are over."""
    loop = _loop(outer)
    _forget_undone(loop)
    leaving.hold_back_items(state, outer)
    said = repairing.take_items(state, outer)
    last = latest(outer)
    if last is None or not last.ended:
        return
    again = last not in said and repairing.is_to_do_again(state, last) and not leaving.is_left_item(outer, last)
    if said or again:
        instances.leave_question(state, outer)
        outer.phase = "looping"
    if again:
        loop.todo.append(len(loop.keys) - 1)
        loop.open = 1
    kept = loop.instances[:-1] if again else loop.instances
    loop.warned = any(one is not None and one.status == "warning" for one in kept)


def _forget_undone(loop: LoopState) -> None:
    """What came after a round that was compensated came of it, and is over with it."""
    undone = [index for index, one in enumerate(loop.instances) if one is not None and one.status == "compensated"]
    if undone:
        for listed in (loop.keys, loop.items, loop.instances):
            del listed[undone[0] + 1 :]


def latest(outer: Instance) -> Instance | None:
    """The latest round."""
    rounds = _loop(outer).instances
    return rounds[-1] if rounds else None


def is_over(outer: Instance, one: Instance) -> bool:
    """Whether another round has come after this one."""
    return isinstance(outer.node.loop, Rounds) and latest(outer) is not one


def _loop(outer: Instance) -> LoopState:
    assert outer.loop is not None
    return outer.loop


def _spec(outer: Instance) -> Rounds:
    assert isinstance(outer.node.loop, Rounds)
    return outer.node.loop
