"""What is in a list, whether each step has one activation in it or several."""

from steplane.kernel.state import Instance, Scope


def at(scope: Scope, position: int) -> list[Instance]:
    """The activations at the position that count, oldest first."""
    if scope.queues is not None:
        return scope.queues.lives[position]
    one = scope.current[position]
    return [] if one is None else [one]


def put_aside(scope: Scope, position: int) -> list[Instance]:
    """The activations at the position that have yet to begin again, after a resume."""
    if scope.queues is not None:
        return [one for one in scope.queues.waiting[position] if one is not None]
    one = scope.old.get(position)
    return [] if one is None or scope.current[position] is not None else [one]


def is_pending(scope: Scope, position: int) -> bool:
    """Whether it is not decided yet whether the step begins (once more)."""
    if scope.queues is not None:
        return bool(scope.queues.waiting[position])
    return scope.current[position] is None


def count_pending(scope: Scope, position: int) -> int:
    """How many activations of the step are pending."""
    return len(scope.queues.waiting[position]) if scope.queues is not None else scope.current[position] is None


def everyone(scope: Scope) -> list[Instance]:
    """All activations that count, in the order of the list."""
    return [one for position in range(len(scope.current)) for one in at(scope, position)]


def counts(scope: Scope, one: Instance) -> bool:
    """Whether the activation, or the loop that it is an item of, counts in the list."""
    outer = one.parent or one
    return any(other is outer for other in at(scope, outer.node.position))


def leaving(scope: Scope) -> dict[int, list[Instance]]:
    """What a `goto` has superseded and has not ended, by position."""
    found: dict[int, list[Instance]] = {}
    for one in scope.course.leaving if scope.course is not None else ():
        found.setdefault(one.node.position, []).append(one)
    return found


def count_open(scope: Scope) -> int:
    """How many activations have not ended, those that are pending and those that are superseded too."""
    open_ = sum(not one.ended for one in everyone(scope))
    if scope.queues is not None:
        open_ += sum(len(one) for one in scope.queues.waiting)
    else:
        open_ += sum(one is None for one in scope.current)
    return open_ + (sum(not one.ended for one in scope.course.leaving) if scope.course is not None else 0)


def all_in(one: Instance) -> list[Instance]:
    """The instance, and everything that stands in its lists and items."""
    found, pending = [], [one]
    while pending:
        now = pending.pop()
        found.append(now)
        pending += [each for each in now.loop.instances if each is not None] if now.loop is not None else []
        scopes = [*now.body, *([now.after] if now.after is not None else [])]
        pending += [each for scope in scopes for each in everyone(scope)]
    return found


def is_superseded(one: Instance) -> bool:
    """Whether it, or the loop that it is an item of, is over and a `goto` has superseded it."""
    outer = one.parent or one
    course = outer.scope.course if outer.scope is not None else None
    return course is not None and outer.ended and course.before.get(outer.node.position) is outer
