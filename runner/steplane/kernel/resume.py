"""Going on after the process died, or after the run had failed or was cancelled."""

from steplane.commands import Ask
from steplane.events import OK, Resumed
from steplane.kernel import (
    answers,
    branches,
    cancel,
    completing,
    instances,
    jumping,
    leaving,
    lists,
    loops,
    members,
    pool,
    recounting,
    repairing,
    rounds,
    runs,
    walking,
)
from steplane.kernel.bounds import bounds
from steplane.kernel.state import Instance, Scope, State
from steplane.kernel.walking import Walk
from steplane.plan.nodes import Rounds


def resumed(state: State, event: Resumed) -> None:
    """What was in flight is made again; what was not ok gets a new activation; what succeeded stays."""
    root = state.root
    if root is None:
        return
    if not root.ended:
        repairing.begin_past_again(state, event)
    if root.ended:
        repairing.take_in(state, event)
        if root.status in OK and root not in state.again:
            return
    state.pool = event.pool
    state.queue.clear()
    pool.ask_again(state)
    here = bounds(state.selected, event.selection.part if event.selection is not None else None)
    if root.ended:
        state.again.discard(root)
        state.root = state.create(root.node, None, "")
        state.root.bounds = here
        state.root.continue_from(root)
        runs.join_group(state, state.root)
        pool.acquire(state, state.root)
    else:
        root.bounds = here
        _go_on(state, root, Walk(event))
    if event.cancel and state.root is not None:
        cancel.instance(state, state.root)


def _go_on(state: State, root: Instance, walk: Walk) -> None:
    """All that is live is prepared before anything follows from it."""
    stopped = sorted(state.live("stopping"), key=lambda one: one.place)
    walk.settled.update(stopped)
    for one in stopped:
        walking.settle(state, one)
    for one in stopped:
        if one.scope is not None:
            walking.close_late(state, one.scope)
    repairing.take_in(state, walk.event)
    _prepare(state, root, walk)
    _go_by_policy(state, walk)
    _walk(state, root, walk)
    for scope in walk.scopes:
        if scope.busy:  # taken over by a new activation before its turn came
            _walk_scope(state, scope, walk)


# ---------------------------------------------------------------- first: what the end of the process means


def _prepare(state: State, one: Instance, walk: Walk) -> None:
    """Take a live instance out of the dead process; in its lists, put aside what was not ok."""
    if one.ended or one in walk.settled:
        return
    if one.scope is not None:
        one.bind()
    if one.loop is not None:
        _prepare_loop(state, one, walk)
    elif one.phase == "queue":
        pool.want_slot(state, one)
    elif one.phase in {"attempt", "undecided"}:
        walking.make_again(state, one, walk.event)
    elif one.phase == "body":
        _prepare_body(state, one, walk)
    elif one.phase in repairing.AFTER and one.after is not None:
        _prepare_scope(state, one.after, walk)


def _prepare_body(state: State, one: Instance, walk: Walk) -> None:
    if one.node.restart and not (one.cancelling or one.timed_out):
        _begin_again(state, one, walk)
        return
    leaving.bind_lists(one)
    told, decided = bool(state.again or state.assumed), branches.are_decided(one)
    for scope in one.body:
        cut = scope.cancelled or one.cancelling or one.timed_out or decided
        if not scope.over or ((told or _is_to_do_again(state, scope)) and not cut):
            _prepare_scope(state, scope, walk)


def _is_to_do_again(state: State, scope: Scope) -> bool:
    """Whether a list that is over is to be gone on with; a step that its own child has cancelled leaves it well."""
    return scope.result != "succeeded" or any(repairing.is_to_do_again(state, one) for one in members.everyone(scope))


def _begin_again(state: State, one: Instance, walk: Walk) -> None:
    """A group that runs whole on a resume: what was in it is gone; a lock that it holds stays held."""
    leaving.put_down_body(state, one, repairing.ANEW)
    state.drop_timer(one, "timeout")
    one.phase, one.attempt = "new", 0
    walk.anew.add(one)


def _prepare_loop(state: State, outer: Instance, walk: Walk) -> None:
    assert outer.loop is not None
    live = [one for one in outer.loop.instances if one is not None and not one.ended]
    outer.loop.news = outer.phase == "complete"  # what it is asked about is looked at first
    if outer.loop.news:
        walk.asked.add(outer)
    if outer.loop.news or (outer.phase == "item" and outer.bounds is not None):
        instances.leave_question(state, outer)
        outer.phase = "looping"
    if not outer.cancelling and not outer.loop.completed:
        loops.reopen(state, outer)
        loops.take_items(state, outer)
    for one in live:
        _prepare(state, one, walk)


def _prepare_scope(state: State, scope: Scope, walk: Walk) -> None:
    walk.scopes.append(scope)
    scope.busy, scope.walked = True, state.moment
    if not scope.cancelled:
        scope.over = False
        leaving.hold_back(state, scope)
        _recount(state, scope, walk)
    leaving_here = members.leaving(scope)
    for position in range(len(scope.current)):
        for one in [*leaving_here.get(position, ()), *members.at(scope, position)]:
            _prepare(state, one, walk)
    for branch in scope.late:
        branch.owner.bind()
        branch.bounds = branch.owner.bounds
        if branch.over:  # an earlier resume had ended it at once: it is not being cancelled any more
            branch.cancelled = ""
        if not leaving.is_held_back(scope, branch.owner.node):
            _prepare_scope(state, branch, walk)
    for stray in list(scope.strays):
        if not leaving.hold_back_stray(state, stray):
            _prepare(state, stray, walk)


def _recount(state: State, scope: Scope, walk: Walk) -> None:
    """Put aside what is to do again, take as ended what was said to be, and count anew."""
    said = []
    for position in range(len(scope.current)):
        taken = repairing.take(state, scope, position) if state.assumed else None
        if taken is not None:
            said.append(taken)
        if taken is None or scope.queues is not None:
            _put_aside(state, scope, position, taken)
    scope.failed, scope.blocked, scope.stopped = None, False, False
    scope.tallies.clear()
    scope.waiting.clear()
    scope.blocked_from = len(scope.current)
    scope.open = members.count_open(scope)
    scope.frontier = 0
    if scope.queues is not None:
        recounting.recount(state, scope)
    if lists.follow(scope) < len(scope.current) and scope.queues is None:
        cut = (at for at, one in enumerate(scope.current) if one is not None and one.cut)
        scope.blocked_from = next((at for at in cut if not leaving.is_left_out(scope, at)), scope.blocked_from)
    leaving.count_left(scope)
    failed = [one for one in said if one.status == "failed" and not leaving.is_left_out(scope, one.node.position)]
    if failed:
        scope.failed = failed[0]
        walk.said[scope] = failed


def _put_aside(state: State, scope: Scope, position: int, taken: Instance | None) -> None:
    """What is to do again begins as a new activation, with what the old one had begun, or without."""
    if scope.queues is not None:
        recounting.put_aside(state, scope, position, taken)
        return
    one = scope.current[position]
    if one is None:
        put_aside = scope.old.get(position)
        if put_aside is not None and put_aside.forgotten:
            del scope.old[position]
    elif one.ended and repairing.is_to_do_again(state, one) and not leaving.is_left_out(scope, position):
        if not one.forgotten:
            scope.old[position] = one
        scope.current[position] = None
        state.again.discard(one)


# ---------------------------------------------------------------- then: what follows


def _go_by_policy(state: State, walk: Walk) -> None:
    """What was taken as failed is a failure of its list."""
    for scope, failed in walk.said.items():
        for one in failed:
            if scope.queues is None:
                lists.settle(state, scope, one)
        if lists.policy_of(state, scope) != "continue" and not scope.cancelled:
            lists.block_rest(state, scope, failed[0])


def _walk(state: State, one: Instance, walk: Walk) -> None:
    """Go on with a live instance."""
    if one.ended or one in walk.settled:
        return
    if one in walk.anew:
        instances.approach(state, one)
    elif one.phase in {"looping", "item"}:
        _walk_loop(state, one, walk)
    elif one.phase in walking.WAITING:
        walking.wait_again(state, one)
    elif one.phase == "body":
        walking.wait_on(state, one, "timeout")
        _close_done(state, one)
        for scope in list(one.body):
            _walk_scope(state, scope, walk)
    elif one.phase in repairing.AFTER and one.after is not None:
        _walk_scope(state, one.after, walk)
    elif one.phase == "trailing":
        walking.wait_on(state, one, "timeout")
    elif instances.asks(one):
        walking.wait_on(state, one, "timeout")
        state.emit(Ask(one.serial, answers.open_question(one)))


def _walk_loop(state: State, outer: Instance, walk: Walk) -> None:
    """Go on with the live instances and begin others, in the order of the items."""
    loop = outer.loop
    assert loop is not None
    if isinstance(outer.node.loop, Rounds):
        last = rounds.latest(outer)
        if last is not None and not last.ended:
            _walk(state, last, walk)
        else:
            rounds.go_on(state, outer)
        return
    if outer.phase == "item":  # what is asked of it comes before what the ends of its instances bring
        _ask_of_item(state, outer, walk)
        return
    loop.held = True
    loops.hold_to_budget(state, outer)
    for index, one in enumerate(list(loop.instances)):
        if one is not None:
            _walk(state, one, walk)
        while (
            not (loop.news or (loop.inbox and outer.bounds is None))
            and loop.todo
            and loop.todo[0] <= index
            and loops.begin_next(state, outer)
        ):
            pass
    loop.held = False
    if outer in walk.asked and not outer.cancelling:  # also where more are said to have failed than may
        completing.ask_again(state, outer)
        return
    if outer.phase == "looping":
        loops.proceed(state, outer)


def _ask_of_item(state: State, outer: Instance, walk: Walk) -> None:
    assert outer.loop is not None
    for one in list(outer.loop.instances):
        if one is not None:
            _walk(state, one, walk)
    if outer.phase == "item":
        state.emit(Ask(outer.serial, answers.open_question(outer)))


def _close_done(state: State, one: Instance) -> None:
    """The lists of a body in which nothing is to do are over before the others go on."""
    for scope in list(one.body):
        if scope.busy and lists.is_done(state, scope):
            scope.busy = False
            lists.close(state, scope)
    branches.look_again(state, one)


def _walk_scope(state: State, scope: Scope, walk: Walk) -> None:
    """Go on with a list that is prepared: its live steps, those that begin anew, their late branches."""
    if not scope.busy:
        return
    if walk.said.pop(scope, None) and lists.policy_of(state, scope) == "cancel" and not scope.cancelled:
        lists.cancel_rest(state, scope)
    if scope.course is not None and not scope.cancelled:
        jumping.overdue(state, scope)
    late = _late(scope)
    superseded = members.leaving(scope)
    there = [list(members.at(scope, position)) for position in range(len(scope.current))]
    for position, those in enumerate(there):
        for one in [*superseded.get(position, ()), *those]:
            _walk(state, one, walk)
        if not scope.cancelled and (not those or scope.queues is not None):
            lists.advance(state, scope, [position])
        for other in late.get(position, ()):
            if isinstance(other, Scope):
                _walk_scope(state, other, walk)
            else:
                _walk(state, other, walk)
    scope.busy = False
    if scope.queues is not None and not scope.cancelled:
        lists.advance(state, scope, [])  # now that all of it has been looked at, a join may have to be reset
    lists.close(state, scope)


def _late(scope: Scope) -> dict[int, list[Scope | Instance]]:
    """What goes on after its step has ended, by the position of that: branches, and instances of loops."""
    found: dict[int, list[Scope | Instance]] = {}
    for branch in scope.late:
        found.setdefault(branch.owner.node.position, []).append(branch)
    for stray in scope.strays:
        found.setdefault(stray.node.position, []).append(stray)
    return found


def reopen_body(state: State, one: Instance) -> None:
    """The lists of an adopted instance begin again with what had not succeeded in them; one that is late goes on."""
    walk = Walk(Resumed())
    around = one.scope.late if one.scope is not None else []
    late = [scope for scope in one.body if scope in around]
    leaving.bind_lists(one)
    for scope in one.body:
        scope.owner = one
        if scope in late:
            around.remove(scope)
        elif scope.walked != state.moment:  # else this very resume has gone through it, and it is over
            scope.cancelled = ""
            _prepare_scope(state, scope, walk)
    _go_by_policy(state, walk)
    _close_done(state, one)
    for scope in one.body:
        if scope not in late:
            _walk_scope(state, scope, walk)
