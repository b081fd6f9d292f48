"""`cancel` and `finish`: what they reach is looked for downwards from the smallest list around that holds it all."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from steplane.events import Status
from steplane.kernel import bodies, cancel, instances, lists, members
from steplane.kernel.reach import around
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.waits import Reach

Target: TypeAlias = tuple[Scope, int, Instance | None]
"""A step that has not ended: its list, its position, its activation where it has one."""
Consequence: TypeAlias = tuple[tuple[int, ...], Callable[[], None]]
"""What is to be done, and the place in the document of that with which it is done."""


def reach(state: State, instance: Instance, action: Reach) -> None:
    """Cancel all that is named, or force it to be complete. All is said before anything follows from it."""
    instance.phase = "finally"  # not to be cancelled with the others; with what it is in, only where it asks something
    unbegun: Status = "skipped" if action.force else "cancelled"
    touched: dict[Scope, list[int]] = {}
    begun: list[Instance] = []
    for scope, position, one in list(_targets(instance, action)):
        if one is not None and one.begun:
            begun += [one] if one is not instance else []
            continue
        held = one or lists.place(state, scope, lists.node_at(state, scope, position))
        held.withdrawn = not action.force
        instances.conclude(state, held, unbegun, _reason(instance, force=action.force), instance.path)
        scope.open -= 1
        touched.setdefault(scope, []).extend(lists.settle(state, scope, held))
    for one in begun:
        _mark(one, instance, force=action.force)
        cancel.mark(state, one, unbegun, instance.path)
    consequences: list[Consequence] = []
    if instance.node.ensure:
        instances.ask(state, instance, "ensure")
    else:
        consequences.append((instance.place, partial(_end, state, instance)))
    consequences += [(one.place, partial(cancel.instance, state, one, unbegun, instance.path)) for one in begun]
    for scope, found in touched.items():
        if not scope.frozen:  # else the resume that is on its way looks at the list itself
            consequences += _advances(state, scope, found)
    for _, follow in sorted(consequences, key=lambda one: one[0]):
        follow()


def _advances(state: State, scope: Scope, candidates: list[int]) -> Iterator[Consequence]:
    """What the ends of steps that had not begun have decided in their list, each at its place; where arrivals are
    counted, all of it at the place of the first.
    """
    place = scope.owner.place
    yield place, partial(lists.close, state, scope)
    found = sorted({position for position in candidates if position < len(scope.current)})
    for one in [found] if scope.queues is not None and found else [[position] for position in found]:
        yield (*place, scope.list.number, one[0]), partial(_advance, state, scope, one)


def _advance(state: State, scope: Scope, candidates: list[int]) -> None:
    if not scope.cancelled:
        lists.advance(state, scope, candidates)
    lists.close(state, scope)


def _end(state: State, instance: Instance) -> None:
    """The step itself is done."""
    above = [(one.scope, one.node.position) for one in [instance, *around(instance)] if one.scope is not None]
    for scope, position in reversed(above):
        lists.catch_up(state, scope, position)
    instance.phase = "new"
    bodies.results(state, instance)


def _mark(one: Instance, instance: Instance, *, force: bool) -> None:
    """Say what becomes of it when it is cancelled; where something else cancels it already, that stands."""
    if one.cancelling or one.phase in {"ending", "finally"}:
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
