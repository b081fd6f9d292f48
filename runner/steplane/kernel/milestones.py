"""Milestones: a step that may start only once another has ended ok, and while a third has not begun."""

from steplane.events import OK, Status
from steplane.kernel import leaving, lists
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Node


def passed(scope: Scope, node: Node) -> Instance | None:
    """The step that has begun, so that this one may not start any more."""
    milestone = node.milestone
    before = scope.current[milestone.before] if milestone is not None and milestone.before >= 0 else None
    return before if before is not None and before.begun else None


def verdict(scope: Scope, node: Node) -> tuple[Status | None, str]:
    """What its milestone says of a step whose needs hold: `ready`, `blocked`, or nothing yet."""
    milestone = node.milestone
    if milestone is None or milestone.after < 0 or leaving.is_left_out(scope, milestone.after):
        return "ready", ""
    after = scope.current[milestone.after]
    if after is None or not after.ended:
        return None, ""
    return ("ready", "") if after.status in OK else ("blocked", after.path)


def after(scope: Scope, position: int) -> list[int]:
    """The positions of the steps that may start only when the one at the position has ended, or before it begins."""
    found = ((at, scope.plan.nodes[scope.list.nodes[at]].milestone) for at in scope.list.milestones)
    return [at for at, one in found if one is not None and position in {one.after, one.before}]


def begun(state: State, one: Instance) -> None:
    """A step has begun: those that may start only before it are skipped, whatever they wait for."""
    scope = one.scope
    if scope is None or one.parent is not None or scope.current[one.node.position] is not one:
        return
    skipped = [at for at in scope.list.milestones if _is_withdrawn(scope, at, one)]
    candidates = []
    for at in skipped:
        held = scope.current[at] or lists.place(state, scope, lists.node_at(state, scope, at))
        candidates += lists.withdraw(state, scope, held, "skipped", one.path)
    if candidates and not scope.cancelled:
        lists.advance(state, scope, candidates)


def _is_withdrawn(scope: Scope, at: int, one: Instance) -> bool:
    held = scope.current[at]
    if held is not None and (held.ended or held.begun):
        return False
    return passed(scope, scope.plan.nodes[scope.list.nodes[at]]) is one
