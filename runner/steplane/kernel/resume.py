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
        state.root.adopt(root)
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
        state.queue.append(one)
    elif one.phase == "attempt":
        _again(state, one, event)
    elif one.phase == "stopping":
        state.running -= 1
        one.phase = "new"
        instances.attempt_ended(state, one, None)
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
    if one.node.at_most_once and one.path in event.assume:
        state.running -= 1
        one.phase = "new"
        assumed = event.assume[one.path]
        one.outputs = assumed.get("outputs")
        failed = assumed.get("status") == "failed"
        error = ErrorInfo("assumed", "taken as failed on resume", step=one.path) if failed else None
        instances.attempt_ended(state, one, error)
    elif not one.node.at_most_once or one.path in event.redo:
        state.running -= 1
        state.drop_timer(one, "timeout")
        one.restart = True
        one.phase = "queue"
        state.queue.append(one)


def _walk_body(state: State, one: Instance, event: Resumed) -> None:
    _wait_on(state, one, "timeout")
    for scope in one.body:
        if one.ended:
            return
        if not scope.over:
            _walk_scope(state, scope, event)
        elif scope.result != "succeeded" and not (one.cancelling or one.timed_out):
            scope.over = False
            _walk_scope(state, scope, event)


def _walk_loop(state: State, outer: Instance, event: Resumed) -> None:
    live = [one for one in outer.loop.instances if one is not None and not one.ended] if outer.loop else []
    if not outer.cancelling:
        loops.reopen(state, outer)
    for one in live:
        walk(state, one, event)
    if outer.phase == "looping":
        loops.proceed(state, outer)


def reopen_body(state: State, one: Instance) -> None:
    """The lists of an adopted instance begin again with what had not succeeded in them."""
    for scope in one.body:
        scope.owner = one
    for scope in one.body:
        if one.phase == "body":
            scope.over = False
            scope.cancelled = ""
            _walk_scope(state, scope, Resumed())


def _walk_scope(state: State, scope: Scope, event: Resumed) -> None:
    """Go on with a list: its live steps, then those that begin anew, then what these decide."""
    if scope.cancelled:
        _walk_steps(state, scope, event)
    else:
        _recount(state, scope)
        scope.busy = True
        _walk_steps(state, scope, event)
        lists.advance(state, scope, list(range(len(scope.current))))
        scope.busy = False
    for branch in list(scope.late):
        _walk_scope(state, branch, event)
    lists.close(state, scope)


def _walk_steps(state: State, scope: Scope, event: Resumed) -> None:
    for one in list(scope.current):
        if one is not None and one.adopted and one.phase == "new":
            _enter_adopted(state, one)
        elif one is not None and not one.ended:
            walk(state, one, event)


def _enter_adopted(state: State, one: Instance) -> None:
    instances.announce(state, one)
    if one.loop is not None:
        loops.start(state, one)
    else:
        pool.acquire(state, one)


def _recount(state: State, scope: Scope) -> None:
    """Forget what was not ok, and count anew."""
    for position, one in enumerate(scope.current):
        if one is not None and one.ended and one.status in _AGAIN:
            scope.current[position] = _renewed(state, scope, one)
    scope.failed, scope.blocked, scope.stopped = None, False, False
    scope.tallies.clear()
    scope.blocked_from = len(scope.current)
    scope.open = sum(one is None or not one.ended for one in scope.current)
    scope.frontier = 0
    lists.follow(scope)


def _renewed(state: State, scope: Scope, old: Instance) -> Instance | None:
    """A new activation that goes on where the old one stood, or nothing where it had not come far."""
    if not old.begun or not (old.body or old.loop):
        return None
    new = state.create(old.node, scope, old.path)
    new.adopt(old)
    if new.loop is not None:
        loops.reopen(state, new)
    return new
