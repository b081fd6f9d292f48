"""`foreach` and `matrix`: the instances of a looped step and its budget of failures. Rounds go their own way."""

from typing import Any

from msgspec import to_builtins

from steplane.events import ErrorInfo, Status
from steplane.kernel import cancel as cancelling
from steplane.kernel import completing, instances, leaving, lists, repairing, rounds
from steplane.kernel.loop_state import LoopState
from steplane.kernel.state import Instance, State
from steplane.plan.nodes import ForEach, Rounds


def answered(state: State, outer: Instance, value: dict[str, Any]) -> None:
    """The items are known: begin as many as may run at once."""
    keys, items = value["keys"], value.get("items") or []
    outer.loop = LoopState([*keys], [*items], value.get("concurrency"), value.get("allowed", 0))
    start(state, outer)


def start(state: State, outer: Instance) -> None:
    """Begin the loop, or go on with an adopted one."""
    if isinstance(outer.node.loop, Rounds):
        rounds.start(state, outer)
        return
    if outer.adopted:
        for one in _loop(outer).instances:
            if one is not None:
                one.parent = outer
        _take_back(outer)
        _loop(outer).news = False
        reopen(state, outer)
    outer.phase = "looping"
    outer.attempt = 1
    instances.started(state, outer)
    instances.has_begun(state, outer, _go_on)


def _go_on(state: State, outer: Instance) -> None:
    if outer.bounds is not None:
        leaving.leave_out_items(state, outer)
    take_items(state, outer)
    if _loop(outer).open or has_more(outer):  # without, it is over with its beginning
        lists.look_above(state, outer)
    proceed(state, outer)


def _take_back(outer: Instance) -> None:
    """Instances that went on after an earlier activation of the loop belong to this one."""
    if outer.scope is not None and outer.scope.strays:
        outer.scope.strays = [one for one in outer.scope.strays if one.parent is not outer]


def proceed(state: State, outer: Instance) -> None:
    """Begin further instances while the loop may have more at once; end the loop when all have ended."""
    loop = _loop(outer)
    if loop.held or outer.phase != "looping":
        return
    if outer.cancelling:
        close(state, outer)
        return
    hold_to_budget(state, outer)
    if loop.news and (loop.open or has_more(outer)) and completing.look(state, outer):
        return
    if has_more(outer) and _takes_in(state, outer):
        return
    while outer.phase == "looping" and begin_next(state, outer):  # what ends at once may ask, or end the loop
        pass
    close(state, outer)


def has_more(outer: Instance) -> bool:
    """Whether further items have come, or may come; a part of a loop has none."""
    return bool(outer.listens or _loop(outer).inbox) and outer.bounds is None


def _takes_in(state: State, outer: Instance) -> bool:
    """Add the items that have come; whether something is asked of them now."""
    from steplane.kernel import opening

    return opening.look(state, outer)


def take_items(state: State, outer: Instance) -> None:
    """A loop that is kept open takes items from now on."""
    spec = outer.node.loop
    if isinstance(spec, ForEach) and spec.open:
        from steplane.kernel import opening

        opening.listen(state, outer, spec.open)


def begin_next(state: State, outer: Instance) -> bool:
    """Begin the next instance if the loop may have one more; whether it did."""
    loop = _loop(outer)
    full = loop.concurrency is not None and loop.active >= loop.concurrency
    if full or loop.stopped or not loop.todo:
        return False
    one = item(state, outer, loop.todo.popleft())
    loop.active += 1
    instances.ready(state, one)
    return True


def item(state: State, outer: Instance, index: int) -> Instance:
    """A new activation of the item at the index; it goes on with what the one before it had begun."""
    loop = _loop(outer)
    before = loop.instances[index]
    one = state.create(outer.node, outer.scope, f"{outer.path}[{loop.keys[index]}]")
    one.parent, one.key, one.index = outer, loop.keys[index], index
    if outer.bounds is not None:
        one.bounds = outer.bounds.item(loop.keys[index])
    if before is not None and not before.forgotten:
        one.continue_from(before)
    loop.instances[index] = one
    return one


def instance_ended(state: State, outer: Instance, one: Instance) -> None:
    """One instance has ended."""
    if isinstance(outer.node.loop, Rounds):
        rounds.round_ended(state, outer, one)
        return
    if outer.scope is not None and completing.is_stray(one):
        completing.stray_ended(state, outer.scope, one)
        return
    loop = _loop(outer)
    loop.open -= 1
    loop.active -= 1
    if outer.scope is not None and outer.scope.frozen:
        return
    loop.news, loop.latest = True, one
    loop.well += one.well
    loop.warned = loop.warned or one.status == "warning"
    if outer.bounds is not None:
        leaving.note_item(outer, one)
    if one.status == "failed":
        loop.failures += 1
        loop.error = loop.error or one.error
        loop.culprit = loop.culprit or one.path
    proceed(state, outer)


def hold_to_budget(state: State, outer: Instance) -> None:
    """With more failures than may be, not counting those that a resume leaves, no further instance begins."""
    loop = _loop(outer)
    if loop.exceeded and loop.failures > loop.left and not loop.stopped:
        withdraw(state, outer, "blocked", loop.culprit)


def withdraw(state: State, outer: Instance, status: Status, by: str, reason: str = "") -> None:
    """No further instance begins."""
    loop = _loop(outer)
    loop.stopped = True
    if loop.inbox or outer.listens:
        from steplane.kernel import opening

        opening.leave(state, outer)
    waiting = [one for one in loop.instances if one is not None and not one.ended and not one.begun]
    loop.active -= len(waiting)
    waiting += [item(state, outer, index) for index in loop.todo]
    loop.todo.clear()
    for one in waiting:
        instances.conclude(state, one, status, reason, by)
        loop.open -= 1


def cancel(state: State, outer: Instance, unbegun: Status, by: str) -> None:
    """Cancel the loop: what has begun is cancelled, the rest never begins."""
    if isinstance(outer.node.loop, Rounds):
        rounds.cancel(state, outer, unbegun, by)
        return
    outer.cancelling = True
    if outer.phase in {"complete", "item"}:
        instances.leave_question(state, outer)
        outer.phase = "looping"
    withdraw(state, outer, unbegun, by)
    going = [one for one in _loop(outer).instances if one is not None and not one.ended]
    cancelling.together(state, going, unbegun, by)
    close(state, outer)


def close(state: State, outer: Instance) -> None:
    """End the loop if every instance has ended."""
    loop = _loop(outer)
    if loop.open or outer.phase != "looping" or has_more(outer):
        return
    if outer.cancelling and not outer.forced:
        instances.end(state, outer, "cancelled")
    elif loop.trouble is not None and not outer.forced:
        outer.error = loop.trouble
        instances.end(state, outer, "failed")
    elif loop.exceeded and not (loop.completed or outer.forced):
        outer.error = _too_many(outer, loop)
        outer.unfinished = loop.failures == loop.left
        instances.end(state, outer, "failed")
    elif loop.unfinished and not loop.completed:
        instances.end(state, outer, "cancelled")
    else:
        instances.end(state, outer, "warning" if loop.failures or loop.warned else "succeeded")


def _too_many(outer: Instance, loop: LoopState) -> ErrorInfo:
    message = f"{loop.failures} of {len(loop.keys)} instances failed, {loop.allowed} may"
    return ErrorInfo("loop.failures", message, detail=to_builtins(loop.error), step=outer.path)


def reopen(state: State, outer: Instance) -> None:
    """Count anew after a resume: what has not succeeded is to do again, but for what the resume leaves or has ended."""
    if isinstance(outer.node.loop, Rounds):
        rounds.reopen(state, outer)
        return
    loop = _loop(outer)
    leaving.hold_back_items(state, outer)
    said = repairing.take_items(state, outer)
    live = [one for one in loop.instances if one is not None and not one.ended]
    done = [one for one in loop.instances if one is not None and _stays(state, outer, one, said)]
    kept = {one.index for one in (*done, *live)}
    loop.todo.clear()
    loop.todo.extend(index for index in range(len(loop.keys)) if index not in kept)
    loop.active = len(live)
    loop.open = len(live) + len(loop.todo)
    loop.stopped = loop.completed = False
    loop.trouble = None
    loop.well = sum(one.well for one in done)
    loop.warned = any(one.status == "warning" for one in done)
    failed = sorted((one for one in done if one.status == "failed"), key=lambda one: one.order)
    mine = [one for one in failed if not leaving.is_left_item(outer, one)]
    loop.failures, loop.left = len(failed), len(failed) - len(mine)
    loop.error = failed[0].error if failed else None
    loop.culprit = mine[0].path if mine else ""
    loop.unfinished = any(not one.ok and one.status != "failed" for one in done)


def _stays(state: State, outer: Instance, one: Instance, said: list[Instance]) -> bool:
    """Whether the instance has ended, and is not to do again."""
    if not one.ended:
        return False
    return one in said or leaving.is_left_item(outer, one) or not repairing.is_to_do_again(state, one)


def _loop(outer: Instance) -> LoopState:
    assert outer.loop is not None
    return outer.loop
