"""Milestones: a step that may start only once another has ended ok, and while a third has not begun."""

from collections.abc import Callable
from functools import partial

from steplane.events import Status
from steplane.kernel import leaving, lists, members
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Node


def passed(scope: Scope, node: Node) -> Instance | None:
    """The step that has begun, so that this one may not start any more."""
    milestone = node.milestone
    there = members.at(scope, milestone.before) if milestone is not None and milestone.before >= 0 else []
    return next((one for one in there if one.begun), None)


def verdict(scope: Scope, node: Node) -> tuple[Status | None, str]:
    """What its milestone says of a step whose needs hold: `ready`, `blocked`, or nothing yet."""
    milestone = node.milestone
    if milestone is None or milestone.after < 0 or leaving.is_left_out(scope, milestone.after):
        return "ready", ""
    for one in members.at(scope, milestone.after):
        if not one.ok:
            return ("blocked", one.path) if one.ended else (None, "")
    return (None, "") if members.is_pending(scope, milestone.after) else ("ready", "")


def after(scope: Scope, position: int) -> list[int]:
    """The positions of the steps that may start only when the one at the position has ended, or before it begins."""
    found = ((at, scope.plan.nodes[scope.list.nodes[at]].milestone) for at in scope.list.milestones)
    return [at for at, one in found if one is not None and position in {one.after, one.before}]


def begun(state: State, scope: Scope, one: Instance, go_on: Callable[[State, Instance], None] | None) -> None:
    """A step of the list has begun: those that may start only before it are skipped, whatever they wait for. Then it
    goes on itself (`go_on`), and what those have decided follows.
    """
    candidates = _withdraw(state, scope, one) if one.parent is None and members.counts(scope, one) else []
    if candidates and not scope.cancelled:
        lists.advance(state, scope, candidates, None if go_on is None else partial(go_on, state, one))
    elif go_on is not None:
        go_on(state, one)
    if one.ended and not scope.frozen:
        lists.close(state, scope)


def _withdraw(state: State, scope: Scope, one: Instance) -> list[int]:
    """Skip what may start no more; the positions that this may have decided."""
    nodes = [lists.node_at(state, scope, at) for at in scope.list.milestones]
    candidates = []
    for node in [each for each in nodes if passed(scope, each) is one]:
        for held in lists.unbegun_at(state, scope, node):
            candidates += lists.withdraw(state, scope, held, "skipped", one.path)
    return candidates
