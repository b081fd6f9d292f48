"""`goto`: the list goes on elsewhere. Backward, all from the target on is superseded and begins again."""

from steplane.events import ErrorInfo
from steplane.kernel import cancel, instances, joins, leaving, lists, members
from steplane.kernel.course import Course
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Goto

JUMPED_OVER = "jumped over"


def reach(state: State, instance: Instance, action: Goto) -> None:
    """An attempt of a `goto`: it is done, unless it has jumped as often as it may. The jump follows its end."""
    scope = instance.scope
    assert scope is not None
    if scope.course is None:
        scope.course = Course()
    instance.phase = "new"
    made = scope.course.made.get(instance.node.position, 0)
    if made >= action.limit:
        times = "once" if made == 1 else f"{made} times"
        message = f"has jumped to `{action.name}` {times} already, as often as it may"
        instances.attempt_ended(state, instance, ErrorInfo("goto.max", message, step=instance.path))
        return
    scope.course.made[instance.node.position] = made + 1
    instance.choice = action.target
    instances.attempt_ended(state, instance, None)


def is_left(scope: Scope, instance: Instance) -> bool:
    """Whether the step that has ended is a superseded one: it counts for nothing."""
    if scope.queues is not None:
        return instance.serial not in scope.queues.going[instance.node.position]
    return scope.current[instance.node.position] is not instance


def has_jumped(instance: Instance) -> bool:
    """Whether it is a `goto` that has ended well, by itself."""
    made = isinstance(instance.node.action, Goto) and instance.choice is not None
    return made and instance.status == "succeeded" and not instance.recovered


def jump(state: State, scope: Scope, instance: Instance) -> list[int]:
    """Go on at the target; the positions that this may have decided."""
    target = instance.choice
    assert scope.course is not None
    scope.course.latest = instance
    if target > instance.node.position:
        return _forward(state, scope, instance, target)
    _supersede(state, scope, instance, target)
    return []


def _lead(scope: Scope, goto: Instance, target: int) -> None:
    """The needs of the target are taken as held."""
    assert scope.course is not None
    scope.course.forced[target] = goto
    if scope.queues is not None:
        scope.queues.led.add(target)


def _forward(state: State, scope: Scope, instance: Instance, target: int) -> list[int]:
    """What stands between and has not begun is skipped."""
    assert scope.course is not None
    skipped = []
    for position in range(instance.node.position + 1, target):
        for one in lists.unbegun_at(state, scope, lists.node_at(state, scope, position)):
            instances.conclude(state, one, "skipped", JUMPED_OVER, instance.path)
            scope.open -= 1
            skipped.append(one)
    if members.is_pending(scope, target):
        _lead(scope, instance, target)
    candidates = [position for one in skipped for position in lists.settle(state, scope, one)]
    return [*candidates, target]


def _supersede(state: State, scope: Scope, goto: Instance, target: int) -> None:
    """All from the target on counts no more; what goes on there is cancelled."""
    course, size = scope.course, len(scope.current)
    assert course is not None
    for position in range(target, size):
        for one in members.at(scope, position):
            course.before[position] = one
            if not one.ended:
                course.leaving.append(one)
        _renew(scope, position)
        _forget_arrivals(scope, position, target)
    if scope.queues is not None:
        joins.forget(scope, target)
    course.forced = {at: one for at, one in course.forced.items() if at < target}
    _lead(scope, goto, target)
    course.target = target
    _recount(scope, target)
    _leave_out(state, scope, target)
    _cancel(state, scope, target)


def _renew(scope: Scope, position: int) -> None:
    """The step is pending again, without anything of its past."""
    if scope.queues is not None:
        scope.open += 1 - len(scope.queues.waiting[position])
        scope.queues.renew(position)
    else:
        scope.open += scope.current[position] is not None
        scope.old.pop(position, None)
        scope.tallies.pop(position, None)
    scope.current[position] = None


def _forget_arrivals(scope: Scope, position: int, target: int) -> None:
    """A step above the target that is still pending looks at its needs anew."""
    for dependent, _ in scope.list.dependents[position] if scope.list.dependents else ():
        if dependent < target:
            scope.tallies.pop(dependent, None)


def _recount(scope: Scope, target: int) -> None:
    scope.frontier = min(scope.frontier, target)
    if scope.blocked_from >= target:
        scope.blocked_from = len(scope.current)
    noted = scope.failed is not None or scope.blocked
    above = [one for at in range(target) for one in members.at(scope, at)] if noted else []
    scope.blocked = any(one.status == "blocked" for one in above)
    if scope.failed is not None and scope.failed.node.position >= target:
        failed = [one for one in above if one.status == "failed" and not _is_laid_by(scope, one)]
        scope.failed = min(failed, key=lambda one: one.order, default=None)
        scope.stopped = scope.stopped and scope.failed is not None
    if scope.left is not None and scope.left.node.position >= target:
        scope.left = None
        leaving.count_left(scope)


def _is_laid_by(scope: Scope, one: Instance) -> bool:
    """Whether a resume of something else has left it failed."""
    return leaving.is_left_out(scope, one.node.position) or one.unfinished


def _leave_out(state: State, scope: Scope, target: int) -> None:
    if scope.bounds is not None:
        for position in range(target, len(scope.current)):
            if leaving.is_left_out(scope, position):
                leaving.end_left_out(state, scope, position)
        lists.follow(scope)


def _cancel(state: State, scope: Scope, target: int) -> None:
    """Cancel what is superseded and goes on; the list is not looked at meanwhile."""
    assert scope.course is not None
    busy, scope.busy = scope.busy, True
    going = [*scope.course.leaving, *_strays(scope, target)]
    cancel.together(state, going, branches=_late(scope, target))
    scope.busy = busy


def _late(scope: Scope, target: int) -> list[Scope]:
    """Branches that go on after their `parallel` has ended, of what is superseded."""
    return [branch for branch in scope.late if branch.owner.node.position >= target and not branch.over]


def _strays(scope: Scope, target: int) -> list[Instance]:
    """Instances that go on after their loop has ended, of what is superseded."""
    return [one for one in scope.strays if one.node.position >= target]


def proceed(state: State, scope: Scope) -> None:
    """Begin at the target if nothing of what is superseded goes on."""
    course = scope.course
    if course is None or course.target is None or scope.busy:
        return
    while not course.going and _is_free(scope, course):
        target, course.target = course.target, None
        course.going = True
        lists.advance(state, scope, list(range(target or 0, len(scope.current))))
        course.going = False


def _is_free(scope: Scope, course: Course) -> bool:
    if scope.cancelled:
        course.target = None
    if course.target is None:
        return False
    course.leaving = [one for one in course.leaving if not one.ended]
    return not course.leaving and not _late(scope, course.target) and not _strays(scope, course.target)


def overdue(state: State, scope: Scope) -> None:
    """A `goto` has ended as the process died: its jump follows now."""
    course = scope.course
    if course is not None and course.asked is not None:
        goto, course.asked = course.asked, None
        lists.advance(state, scope, jump(state, scope, goto))
