"""Which instances a resume can reach: do again, take as ended, go on with alone."""

from steplane.kernel import branches, members
from steplane.kernel.completing import has_strays, is_stray
from steplane.kernel.rounds import is_over
from steplane.kernel.state import Instance, Scope, State

OVER = "it belongs to an attempt that is over"
_BEFORE_BODY = frozenset({"new", "if", "loop", "enter", "lock"})


def obstacle(state: State, one: Instance) -> str:
    """Why a resume cannot do the instance again or take it as ended, in words; empty if it can."""
    now: Instance | None = one
    late = False  # it goes on after the instance that its branch belongs to
    while now is not None and now.scope is not None:
        why = _in_its_loop(now, late=late, inside=now is not one) or _in_its_list(state, now) or _whole(now.scope)
        if why:
            return why
        late = is_late(now.scope)
        now = _up(now)
    return "" if now is state.root else OVER


def list_obstacle(state: State, scope: Scope) -> str:
    """The same of a step that is still pending in the list."""
    if scope.over or scope.cancelled:
        return OVER
    return _list(state, scope) or _whole(scope) or obstacle(state, scope.owner)


def _in_its_loop(one: Instance, *, late: bool, inside: bool) -> str:
    outer = one.parent
    if outer is None:
        return ""
    if outer.loop is None or outer.loop.instances[one.index] is not one or (outer.ended and outer.forgotten):
        return OVER
    if outer.ended and has_strays(outer):
        mine = is_stray(one) and (inside or one.phase in {"attempt", "undecided"})
        return "" if mine else f"`{outer.path}` is complete, and others of its instances go on"
    if outer.loop.completed and not outer.ended:
        return f"`{outer.path}` is complete"
    if is_over(outer, one) and not late:
        return "another round has come after it"
    return f"`{outer.path}` is being cancelled" if outer.cancelling and not outer.ended else ""


def _in_its_list(state: State, one: Instance) -> str:
    scope = one.scope
    assert scope is not None
    outer = one.parent or one
    position = outer.node.position
    waits = scope.queues is not None and any(one is outer for one in scope.queues.waiting[position])
    if not (waits or members.counts(scope, outer) or _is_there(scope.current[position], outer)) and (
        scope.old.get(position) is not outer
    ):
        return OVER
    return _list(state, scope)


def _list(state: State, scope: Scope) -> str:
    owner = scope.owner
    if scope.list.role in {"rescue", "finally", "compensate"}:
        who = scope.around
        live = who.phase == scope.list.role and who.after is scope and not scope.cancelled
        return "" if live else f"the `{scope.list.role}` of {_named(owner)} is over"
    if is_late(scope):
        return f"the list that it stands in, of {_named(owner)}, is being cancelled" if scope.cancelled else ""
    if owner.ended or owner.phase in _BEFORE_BODY:
        if scope not in owner.body or owner.forgotten:
            return OVER
        enough = branches.remain_decided(state, owner, but=scope)
        return f"enough branches of {_named(owner)} have arrived, and its `join` cancels the rest" if enough else ""
    if owner.phase != "body" or scope not in owner.body:
        return f"the steps of {_named(owner)} are over, and it goes on after them"
    if branches.are_decided(owner):
        return f"enough branches of {_named(owner)} have arrived, and the rest is being cancelled"
    cut = scope.cancelled or owner.cancelling or owner.timed_out
    return f"{_named(owner)} is being cancelled" if cut else ""


def _whole(scope: Scope) -> str:
    """A list that no resume goes on in: it begins anew."""
    if scope.owner.node.restart and scope.list.role == "steps":
        return f"a resume runs {_named(scope.owner)} whole (`restart`)"
    return ""


def _named(one: Instance) -> str:
    return f"`{one.path}`" if one.path else "the workflow"


def _is_there(current: Instance | None, one: Instance) -> bool:
    """Whether the step stands in its list as this activation, or as one that will go on with what this one began."""
    if current is one:
        return True
    heir = current is not None and not current.ended and current.adopted and current.phase in _BEFORE_BODY
    return heir and current is not None and (current.body is one.body if one.loop is None else current.loop is one.loop)


def is_late(scope: Scope) -> bool:
    """Whether the list is a branch that goes on after its `parallel` has ended."""
    around = scope.owner.scope
    return around is not None and scope in around.late


def _up(one: Instance) -> Instance | None:
    """What the instance is in."""
    return one.parent if one.parent is not None else (one.scope.around if one.scope is not None else None)


def begins_often(one: Instance) -> bool:
    """Whether arrivals can begin the step more than once in its list."""
    scope = one.scope
    return scope is not None and bool(scope.list.often) and scope.list.often[(one.parent or one).node.position]


def around(one: Instance) -> list[Instance]:
    """Everything that the instance is in, from inside out, the workflow last."""
    found: list[Instance] = []
    now = _up(one)
    while now is not None:
        found.append(now)
        now = _up(now)
    return found
