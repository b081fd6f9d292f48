"""Compensation: what was completed is undone, the newest first, one after the other.

Who undoes (the driver) is an instance that has failed, or is about to try again, an `undo` step, or the workflow when
somebody asks for it. Each `compensate` list is a life of the step that it undoes.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

from steplane.events import CompensateRequested, ErrorInfo, StepCompensated
from steplane.kernel import instances, lists, members, runs
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Undo

Then = Literal["retry", "give_up", "end", "undo", "demand"]
"""What the driver does afterwards."""

_COMPLETED = frozenset({"succeeded", "warning"})
_ENTERED = _COMPLETED | {"compensated"}
"""Of what has ended so, what is inside may be undone; of what is compensated: what was left."""


class Undoing:
    """What is still to be undone, and what follows. `error` is that of the first compensation that did not succeed."""

    __slots__ = ("delay", "done", "error", "then", "todo")

    def __init__(self, todo: list[Instance], then: Then, delay: float = 0.0) -> None:
        self.todo = deque(todo)
        self.then = then
        self.delay = delay
        self.error: ErrorInfo | None = None
        self.done = 0

    @property
    def is_whole(self) -> bool:
        """Whether all of it is undone."""
        return not self.todo and self.error is None


def completed(one: Instance | None, *, cut: bool = False) -> Iterator[Instance]:
    """What is to be undone of it: itself where it has `compensate`, else what is completed in it.

    With `cut` also what is completed in a step that was cancelled.
    """
    if one is None or one.undone:
        return
    if one.node.loop is not None and one.parent is None:
        for item in one.loop.instances if one.loop is not None else ():
            yield from completed(item, cut=cut)
    elif _is_entered(one, cut=cut):
        yield from in_body(one, cut=cut)
    elif one.ended and one.status in _COMPLETED:
        yield one


def _is_entered(one: Instance, *, cut: bool) -> bool:
    if cut and one.status == "cancelled":
        return one.begun
    return one.ended and one.node.compensate is None and one.status in _ENTERED


def in_body(one: Instance, *, cut: bool = False) -> Iterator[Instance]:
    """What is to be undone of the lists of its action."""
    for scope in one.body:
        for position in range(len(scope.current)):
            yield from _completed_at(scope, position, cut=cut)


def _completed_at(scope: Scope, position: int, *, cut: bool = False) -> Iterator[Instance]:
    """Of a loop that has yet to begin again too: what its items had done is done."""
    for one in members.at(scope, position):
        yield from completed(one, cut=cut)
    for one in members.put_aside(scope, position):
        if one.node.loop is not None:
            yield from completed(one, cut=cut)


def begin(state: State, driver: Instance, then: Then, found: Iterator[Instance], delay: float = 0.0) -> bool:
    """Undo these; whether there is anything to undo."""
    todo = sorted(found, key=lambda one: -one.order)
    if not todo:
        return False
    for one in todo:
        one.undone = "claimed"
    driver.phase = "compensate"
    driver.status = "running"
    driver.undoing = Undoing(todo, then, delay)
    _next(state, driver, driver.undoing)
    return True


def before(state: State, driver: Instance, then: Then, delay: float = 0.0) -> bool:
    """Undo what the last attempt had completed in the body; whether there is anything."""
    return bool(driver.body) and begin(state, driver, then, in_body(driver), delay)


def after_end(state: State, root: Instance) -> bool:
    """An `end` has failed the workflow: undo what is completed in it, in what the `end` cancelled too."""
    return begin(state, root, "end", in_body(root, cut=True))


def _next(state: State, driver: Instance, work: Undoing) -> None:
    if not work.todo:
        _finish(state, driver, work)
        return
    one = work.todo.popleft()
    number = one.node.compensate
    assert number is not None
    scope = driver.after = Scope(one.plan.lists[number], one)
    scope.driver = driver
    lists.enter(state, scope)


def over(state: State, scope: Scope) -> None:
    """A `compensate` list is over."""
    one, driver = scope.owner, scope.driver
    assert driver is not None
    work = driver.undoing
    if work is None:  # it was put down
        return
    one.undone = ""
    if scope.result == "succeeded":
        work.done += 1
        _undone(state, one, driver, work)
    else:
        error = instances.list_error(scope)
        work.error = work.error or error
        state.warned = True
        state.record(StepCompensated(**instances.name_of(one), ok=False, error=error, by=driver.path))
    _next(state, driver, work)


def _undone(state: State, one: Instance, driver: Instance, work: Undoing) -> None:
    """It is undone; so is what is around it, but for an `undo` step, which leaves the list as it is."""
    if work.then == "undo":
        one.undone = "undone"
        state.record(StepCompensated(**instances.name_of(one), by=driver.path))
        return
    around: Instance | None = one
    while around is not None and around.scope is not None and around.ended:
        if around.status in _COMPLETED:
            around.status = "compensated"
            state.record(StepCompensated(**instances.name_of(around), by=driver.path))
        elif around.loop is None:  # else a loop that has failed: what is around it may still be completed
            break
        around = around.parent if around.parent is not None else around.scope.owner


def _finish(state: State, driver: Instance, work: Undoing) -> None:
    """Everything is undone, as far as it could be."""
    driver.phase, driver.undoing, driver.after = "new", None, None
    if work.then == "undo":
        error = work.error
        instances.attempt_ended(state, driver, error)
    elif work.then == "end":
        instances.wind_up(state, driver, "failed")
    elif work.then == "demand":
        runs.ended_again(state, driver, work.done)
    elif driver.cancelling and (work.then == "retry" or driver.node.rescue is not None):
        instances.wind_up(state, driver, "cancelled")
    elif work.then == "retry":
        instances.wait_for_retry(state, driver, work.delay)
    else:
        instances.handle(state, driver)


def hears_later(driver: Instance) -> bool:
    """Whether it is undoing something: a cancel is heard when that is over, if it would go on then."""
    work = driver.undoing
    if work is None:
        return False
    driver.cancelling = driver.cancelling or work.then in {"retry", "give_up"}
    return True


def drop(driver: Instance) -> None:
    """The driver is put down: what it had not undone may be undone by another."""
    work, driver.undoing = driver.undoing, None
    if work is None:
        return
    for one in work.todo:
        one.undone = ""
    if driver.after is not None and driver.after.owner.undone == "claimed":
        driver.after.owner.undone = ""


# ---------------------------------------------------------------- by a step, on demand


def undo(state: State, instance: Instance) -> None:
    """An `undo` step: the named steps of its list."""
    action, scope = instance.node.action, instance.scope
    assert isinstance(action, Undo)
    assert scope is not None
    found = (done for position in action.positions for done in _completed_at(scope, position))
    if not begin(state, instance, "undo", found):
        instances.attempt_ended(state, instance, None)


def requested(state: State, event: CompensateRequested) -> None:
    """Somebody asks for it, of a run that has ended: of all that is completed, or of the named instances."""
    root = state.root
    if root is None or not root.ended:
        return
    state.pool = event.pool
    named: list[Any] = [state.paths.get(path) for path in event.steps]
    found = list(in_body(root) if not event.steps else (done for one in named for done in completed(one)))
    state.instances[root.serial] = root
    root.cancelling = root.timed_out = False
    if not begin(state, root, "demand", iter(dict.fromkeys(found))):
        root.phase = "new"
        runs.ended_again(state, root, 0)


def demanded(state: State) -> Undoing | None:
    """What somebody has asked for, while it is under way."""
    work = state.root.undoing if state.root is not None else None
    return work if work is not None and work.then == "demand" else None
