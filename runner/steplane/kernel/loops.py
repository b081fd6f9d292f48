"""`foreach` and `matrix`: the instances of a looped step and its budget of failures."""

from typing import Any

from msgspec import to_builtins

from steplane.events import OK, ErrorInfo, Status
from steplane.kernel import cancel as cancelling
from steplane.kernel import instances
from steplane.kernel.state import Instance, LoopState, State


def answered(state: State, outer: Instance, value: dict[str, Any]) -> None:
    """The items are known: begin as many as may run at once."""
    outer.loop = LoopState(value["keys"], value.get("items") or [], value.get("concurrency"), value.get("allowed", 0))
    start(state, outer)


def start(state: State, outer: Instance) -> None:
    """Begin the loop, or go on with an adopted one."""
    if outer.adopted:
        reopen(state, outer)
    outer.phase = "looping"
    outer.begun = True
    outer.attempt = 1
    instances.started(state, outer)
    proceed(state, outer)


def proceed(state: State, outer: Instance) -> None:
    """Begin further instances while the loop may have more at once; end the loop when all have ended."""
    if _loop(outer).held:
        return
    while begin_next(state, outer):
        pass
    close(state, outer)


def begin_next(state: State, outer: Instance) -> bool:
    """Begin the next instance if the loop may have one more; whether it did."""
    loop = _loop(outer)
    full = loop.concurrency is not None and loop.active >= loop.concurrency
    if full or loop.stopped or not loop.todo:
        return False
    item = _item(state, outer, loop.todo.popleft())
    loop.active += 1
    instances.ready(state, item)
    return True


def _item(state: State, outer: Instance, index: int) -> Instance:
    loop = _loop(outer)
    before = loop.instances[index]
    item = state.create(outer.node, outer.scope, f"{outer.path}[{loop.keys[index]}]")
    item.parent, item.key, item.index = outer, loop.keys[index], index
    if before is not None:
        item.continue_from(before)
    loop.instances[index] = item
    return item


def instance_ended(state: State, outer: Instance, item: Instance) -> None:
    """One instance has ended."""
    loop = _loop(outer)
    loop.open -= 1
    loop.active -= 1
    if outer.scope is not None and outer.scope.frozen:
        return
    loop.warned = loop.warned or item.status == "warning"
    if item.status == "failed":
        loop.failures += 1
        loop.error = loop.error or item.error
        if loop.failures > loop.allowed and not loop.stopped:
            _withdraw(state, outer, "blocked", item.path)
    proceed(state, outer)


def _withdraw(state: State, outer: Instance, status: Status, by: str) -> None:
    """No further instance begins."""
    loop = _loop(outer)
    loop.stopped = True
    waiting = [one for one in loop.instances if one is not None and not one.ended and not one.begun]
    loop.active -= len(waiting)
    waiting += [_item(state, outer, index) for index in loop.todo]
    loop.todo.clear()
    for item in waiting:
        instances.conclude(state, item, status, by=by)
        loop.open -= 1


def cancel(state: State, outer: Instance, unbegun: Status, by: str) -> None:
    """Cancel the loop: what has begun is cancelled, the rest never begins."""
    outer.cancelling = True
    _withdraw(state, outer, unbegun, by)
    for item in [one for one in _loop(outer).instances if one is not None and not one.ended]:
        cancelling.instance(state, item, unbegun, by)
    close(state, outer)


def close(state: State, outer: Instance) -> None:
    """End the loop if every instance has ended."""
    loop = _loop(outer)
    if loop.open or outer.phase != "looping":
        return
    if outer.cancelling:
        instances.end(state, outer, "cancelled")
    elif loop.failures > loop.allowed:
        outer.error = _too_many(outer, loop)
        instances.end(state, outer, "failed")
    else:
        instances.end(state, outer, "warning" if loop.failures or loop.warned else "succeeded")


def _too_many(outer: Instance, loop: LoopState) -> ErrorInfo:
    message = f"{loop.failures} of {len(loop.keys)} instances failed, {loop.allowed} may"
    return ErrorInfo("loop.failures", message, detail=to_builtins(loop.error), step=outer.path)


def reopen(_: State, outer: Instance) -> None:
    """Count anew after a resume: what has not succeeded is to do again."""
    loop = _loop(outer)
    done = [one for one in loop.instances if one is not None and one.ended and one.status in OK]
    live = [one for one in loop.instances if one is not None and not one.ended]
    kept = {one.index for one in done} | {one.index for one in live}
    loop.todo.clear()
    loop.todo.extend(index for index in range(len(loop.keys)) if index not in kept)
    loop.active = len(live)
    loop.open = len(live) + len(loop.todo)
    loop.failures, loop.error, loop.stopped = 0, None, False
    loop.warned = any(one.status == "warning" for one in done)


def _loop(outer: Instance) -> LoopState:
    assert outer.loop is not None
    return outer.loop
