"""Going on after the process died, or after the run had failed or was cancelled."""

from steplane.commands import Ask, SetTimer
from steplane.events import ErrorInfo, Question, Resumed
from steplane.kernel import cancel, instances, lists, loops, pool
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Choice

_AGAIN = frozenset({"failed", "blocked", "cancelled", "compensated"})


def resumed(state: State, event: Resumed) -> None:
    """What was in flight is made again; what was not ok gets a new activation; what succeeded stays."""
    root = state.root
    if root is None or (root.ended and root.status in {"succeeded", "warning"}):
        return
    state.pool = event.pool
    state.queue.clear()
    if root.ended:
        state.root = state.create(root.node, None, "")
        state.root.continue_from(root)
        if state.ending is not None:
            state.root.error = root.error
        pool.acquire(state, state.root)
    else:
        walk(state, root, event)
    if event.cancel and state.root is not None:
        cancel.instance(state, state.root)


def walk(state: State, one: Instance, event: Resumed) -> None:
    """Go on with a live instance."""
    if one.phase == "looping":
        _walk_loop(state, one, event)
    elif one.phase == "queue":
        pool.want_slot(state, one)
    elif one.phase in {"attempt", "undecided"}:
        _again(state, one, event)
    elif one.phase == "backoff":
        _wait_on(state, one, "retry")
    elif one.phase == "body":
        _walk_body(state, one, event)
    elif one.phase in {"rescue", "finally"} and one.after is not None:
        _walk_scope(state, one.after, event)
    elif instances.asks(one):
        _wait_on(state, one, "timeout")
        state.emit(Ask(one.serial, _question(one)))


def _question(one: Instance) -> Question:
    if one.phase == "choose":
        return "switch" if isinstance(one.node.action, Choice) else "branches"
    return "outputs" if one.phase == "rescued" else one.phase  # type: ignore[return-value]


def _wait_on(state: State, one: Instance, timer: str) -> None:
    """Set a timer again, with the time that remains."""
    due = state.timers.get((one.serial, timer))
    if due is not None:
        state.emit(SetTimer(one.serial, timer, max(0, due - state.now) / 1_000_000))  # type: ignore[arg-type]


def _again(state: State, one: Instance, event: Resumed) -> None:
    """The attempt died with the process: make it again, unless nobody knows whether that is allowed."""
    if one.phase == "attempt":
        state.running -= 1
        state.drop_timer(one, "timeout")
    if one.node.at_most_once and one.path in event.assume:
        one.phase = "new"
        assumed = event.assume[one.path]
        one.outputs = assumed.get("outputs")
        failed = assumed.get("status") == "failed"
        error = ErrorInfo("assumed", "taken as failed on resume", step=one.path) if failed else None
        instances.attempt_ended(state, one, error)
    elif one.node.at_most_once and one.path not in event.redo:
        one.phase = "undecided"
    else:
        one.restart = True
        pool.want_slot(state, one)


def _walk_body(state: State, one: Instance, event: Resumed) -> None:
    _wait_on(state, one, "timeout")
    for scope in one.body:
        if scope.over and scope.result != "succeeded" and not (scope.cancelled or one.cancelling or one.timed_out):
            scope.over = False  # all of them first: the end of one looks at the others
    for scope in list(one.body):
        if not scope.over:
            _walk_scope(state, scope, event)


def _walk_loop(state: State, outer: Instance, event: Resumed) -> None:
    assert outer.loop is not None
    live = [one for one in outer.loop.instances if one is not None and not one.ended]
    settled = [one for one in live if _settle_stopped(state, one)]
    if not outer.cancelling:
        loops.reopen(state, outer)
    if any(not one.ended for one in live):
        loops.proceed(state, outer)
    for one in live:
        if not one.ended and one not in settled:
            walk(state, one, event)
    if outer.phase == "looping":
        loops.proceed(state, outer)


def _settle_stopped(state: State, one: Instance) -> bool:
    """An attempt that was being stopped counts as ended; whether it was one."""
    if one.phase != "stopping" or one.scope is None:
        return False
    frozen, one.scope.frozen = one.scope.frozen, True
    state.running -= 1
    one.phase = "new"
    instances.attempt_ended(state, one, None)
    one.scope.frozen = frozen
    return True


def reopen_body(state: State, one: Instance) -> None:
    """The lists of an adopted instance begin again with what had not succeeded in them."""
    for scope in one.body:
        scope.owner = one
        scope.over = False
        scope.cancelled = ""
    for scope in list(one.body):
        if not scope.over:
            _walk_scope(state, scope, Resumed())


def _walk_scope(state: State, scope: Scope, event: Resumed) -> None:
    """Go on with a list: its live steps, then those that begin anew, then what these decide."""
    settled = [one for one in scope.current if one is not None and _settle_stopped(state, one)]
    scope.busy = True
    if not scope.cancelled:
        scope.over = False
        _recount(scope)
    for position, one in enumerate(list(scope.current)):
        if one is None and not scope.cancelled:
            lists.advance(state, scope, [position])
        elif one is not None and not one.ended and one not in settled:
            walk(state, one, event)
    for branch in list(scope.late):
        _walk_scope(state, branch, event)
    scope.busy = False
    lists.close(state, scope)


def _recount(scope: Scope) -> None:
    """Put aside what was not ok, and count anew."""
    for position, one in enumerate(scope.current):
        if one is not None and one.ended and one.status in _AGAIN:
            scope.old[position] = one
            scope.current[position] = None
            scope.late = [branch for branch in scope.late if branch.owner is not one]  # its own again when it goes on
    scope.failed, scope.blocked, scope.stopped = None, False, False
    scope.tallies.clear()
    scope.blocked_from = len(scope.current)
    scope.open = sum(one is None or not one.ended for one in scope.current)
    scope.frontier = 0
    lists.follow(scope)
