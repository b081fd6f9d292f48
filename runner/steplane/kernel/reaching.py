"""`cancel` and `finish`: what they reach is looked for downwards from the smallest list around that holds it all."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from steplane.events import Status
from steplane.kernel import bodies, cancel, instances, lists, members
from steplane.kernel.reach import around
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.waits import Reach

Target: TypeAlias = tuple[Scope, int, Instance | None]
"""A step that has not ended: its list, its position, its activation where it has one."""


def reach(state: State, instance: Instance, action: Reach) -> None:
    """Cancel all that is named, or force it to be complete. All is said before anything follows from it: first of what
    the step is in, then of the step itself, then of the others.
    """
    instance.phase = "finally"  # not to be cancelled with the others
    unbegun: Status = "skipped" if action.force else "cancelled"
    touched: dict[Scope, list[int]] = {}
    begun: list[Instance] = []
    for scope, position, one in list(_targets(instance, action)):
        if one is not None and one.begun:
            begun.append(one)
            continue
        held = one or lists.place(state, scope, lists.node_at(state, scope, position))
        held.withdrawn = not action.force
        instances.conclude(state, held, unbegun, _reason(instance, force=action.force), instance.path)
        scope.open -= 1
        touched.setdefault(scope, []).extend(lists.settle(state, scope, held))
    for one in begun:
        _mark(one, instance, force=action.force)
    outer = set(around(instance))
    for one in (one for one in begun if one in outer):
        cancel.instance(state, one, unbegun, instance.path)
    instance.phase = "new"
    bodies.postconditions(state, instance)
    for one in (one for one in begun if one not in outer):
        cancel.instance(state, one, unbegun, instance.path)
    for scope, candidates in touched.items():
        if not scope.cancelled:
            lists.advance(state, scope, candidates)
        lists.close(state, scope)


def _mark(one: Instance, instance: Instance, *, force: bool) -> None:
    """Say what becomes of it when it is cancelled; where something else cancels it already, that stands."""
    if one.cancelling or one.phase == "finally":
        return
    one.by, one.reason = instance.path, _reason(instance, force=force)
    if force:
        one.forced = True
    else:
        one.withdrawn = True


def _reason(instance: Instance, *, force: bool) -> str:
    return f"finished by `{instance.path}`" if force else ""


def _targets(instance: Instance, action: Reach) -> Iterator[Target]:
    """What is reached, in the order of the document; nothing of a workflow that is called."""
    scope = instance.scope
    while scope is not None and scope.list.role != "call" and scope.list.number != action.around:
        scope = scope.owner.scope
    if scope is not None and scope.list.role != "call":
        yield from _in_list(scope, action, set())
    else:
        yield from _inside(instance.workflow, action, set())


def _in_list(scope: Scope, action: Reach, seen: set[Scope]) -> Iterator[Target]:
    if scope in seen or scope.list.role == "call" or scope.list.number not in action.way:
        return
    seen.add(scope)
    for position, number in enumerate(scope.list.nodes):
        there = list(members.at(scope, position))
        for superseded in _at(position, scope.course.leaving if scope.course is not None else ()):
            yield from _inside(superseded, action, seen)
        if number in action.steps:
            yield from ((scope, position, one) for one in there if not one.ended)
            yield from ((scope, position, None) for _ in range(members.count_pending(scope, position)))
        for now in [*_at(position, scope.strays), *there]:
            yield from _inside(now, action, seen)
        for branch in scope.late:
            if branch.owner.node.position == position:
                yield from _in_list(branch, action, seen)


def _at(position: int, those: Sequence[Instance]) -> list[Instance]:
    return [one for one in those if one.node.position == position]


def _inside(one: Instance, action: Reach, seen: set[Scope]) -> Iterator[Target]:
    """The lists of an instance that has not ended; what goes on later is known to the list around it."""
    if one.ended:
        return
    for item in one.loop.instances if one.loop is not None else ():
        if item is not None:
            yield from _inside(item, action, seen)
    for scope in [*one.body, *([one.after] if one.after is not None else [])]:
        if not scope.over:
            yield from _in_list(scope, action, seen)
