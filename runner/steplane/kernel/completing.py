"""`complete`: a loop that has ended when enough of its instances have; what becomes of the others."""

from typing import Any

from steplane.events import ErrorInfo
from steplane.kernel import cancel as cancelling
from steplane.kernel import instances, lists, loops
from steplane.kernel.loop_state import LoopState
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import ForEach, Matrix

COMPLETE = "the loop is complete"


def look(state: State, outer: Instance) -> bool:
    """An instance has ended: see whether the loop is complete. Whether that is so, or is asked now."""
    loop, spec = _loop(outer), outer.node.loop
    loop.news = False
    if not isinstance(spec, ForEach | Matrix) or loop.stopped or loop.exceeded:  # by what a resume leaves failed
        return False
    if spec.complete is not None:
        instances.ask(state, outer, "complete")
        return True
    if spec.enough is None or loop.well < spec.enough:
        return False
    _complete(state, outer)
    return True


def ask_again(state: State, outer: Instance) -> None:
    """The question was open when the process ended."""
    _loop(outer).news = False
    instances.ask(state, outer, "complete")


def asked(state: State, outer: Instance, value: Any) -> None:
    """The answer to `complete`."""
    outer.phase = "looping"
    if value and not _loop(outer).exceeded:
        _complete(state, outer)
    else:
        loops.proceed(state, outer)


def refused(state: State, outer: Instance, error: ErrorInfo) -> None:
    """The question has no answer: no further instance begins, and the loop fails when the others have ended."""
    loop = _loop(outer)
    outer.phase = "looping"
    loop.trouble = instances.placed(outer, error)
    loops.withdraw(state, outer, "blocked", outer.path)
    loops.close(state, outer)


def _complete(state: State, outer: Instance) -> None:
    """What has not begun is skipped; what runs goes on, late, or is cancelled first."""
    loop, spec = _loop(outer), outer.node.loop
    assert isinstance(spec, ForEach | Matrix)
    assert outer.scope is not None
    loop.completed = True
    loops.withdraw(state, outer, "skipped", "", COMPLETE)
    running = [one for one in loop.instances if one is not None and not one.ended]
    if spec.cancel_rest:
        cancelling.together(state, running)
    else:
        outer.scope.strays += running
        loop.open -= len(running)
    loops.close(state, outer)


def stray_ended(state: State, scope: Scope, one: Instance) -> None:
    """An instance has ended after its loop: the list that waits for it may be over."""
    scope.strays.remove(one)
    state.warned = state.warned or one.status == "failed"
    if not scope.frozen:
        lists.close(state, scope)


def is_stray(one: Instance) -> bool:
    """Whether it is an instance that goes on after its loop has ended."""
    return one.parent is not None and one.parent.ended and one.scope is not None and one in one.scope.strays


def has_strays(outer: Instance) -> bool:
    """Whether instances of the loop go on after it has ended."""
    return outer.scope is not None and any(one.parent is outer for one in outer.scope.strays)


def _loop(outer: Instance) -> LoopState:
    assert outer.loop is not None
    return outer.loop
