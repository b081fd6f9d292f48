"""`open`: a loop that takes further items while it runs, each by a signal, until one without data closes it.

It takes every signal at once, also while something is asked of it, and adds them one after the other. Once no further
instance may begin it takes none.
"""

from typing import Any

from steplane.events import ErrorInfo, ItemAdded
from steplane.kernel import completing, instances, leaving, loops, waiting
from steplane.kernel.counting import Kept
from steplane.kernel.loop_state import LoopState
from steplane.kernel.state import Instance, State


def listen(state: State, outer: Instance, name: str) -> None:
    """Take items from now on, unless it does already or is closed for good. Not where only a part of it goes on."""
    loop = _loop(outer)
    if outer.bounds is not None:
        loop.unfinished = loop.unfinished or (outer.bounds.resume is not None and not loop.closed)
        if outer.listens:
            waiting.leave(state, outer)
        return
    closing = bool(loop.inbox) and loop.inbox[-1].data is None
    if not (loop.closed or closing or outer.listens):
        waiting.hear(state, outer, {0: name})


def came(state: State, outer: Instance, signal: Kept) -> None:
    """A signal for the loop: an item, or without data the end of them."""
    loop = _loop(outer)
    if signal.data is None:
        waiting.leave(state, outer)
    loop.inbox.append(signal)
    loops.proceed(state, outer)


def look(state: State, outer: Instance) -> bool:
    """Add what has come, one after the other: ask for its key. Whether that is asked now."""
    loop = _loop(outer)
    if not loop.inbox:
        return False
    if loop.inbox[0].data is not None:
        instances.ask(state, outer, "item")
        return True
    signal = loop.inbox.popleft()
    loop.closed = True
    state.record(ItemAdded(**instances.name_of(outer), signal=signal.name, sender=signal.sender, closed=True))
    return False


def asked(state: State, outer: Instance, value: dict[str, Any]) -> None:
    """The item has its key: it is the last of the loop by now."""
    loop = _loop(outer)
    outer.phase = "looping"
    signal = loop.inbox.popleft()
    loop.keys.append(value["key"])
    loop.items.append(signal.data)
    loop.allowed = value["allowed"]
    loop.instances.append(None)
    loop.todo.append(len(loop.keys) - 1)
    loop.open += 1
    name = instances.name_of(outer)
    state.record(ItemAdded(**name, signal=signal.name, sender=signal.sender, key=value["key"]))
    if outer.bounds is not None:
        leaving.leave_out_items(state, outer)
    loops.proceed(state, outer)


def refused(state: State, outer: Instance, error: ErrorInfo) -> None:
    """It cannot be an item: no further instance begins, and the loop fails when the others have ended."""
    _loop(outer).inbox.popleft()
    completing.refused(state, outer, error)


def leave(state: State, outer: Instance) -> None:
    """No further item is taken; what had come and was not added is dropped."""
    _loop(outer).inbox.clear()
    if outer.listens:
        waiting.leave(state, outer)


def _loop(outer: Instance) -> LoopState:
    assert outer.loop is not None
    return outer.loop
