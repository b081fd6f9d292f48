"""What somebody says by hand at a resume: do this again (`--redo`), take that as ended (`--assume`)."""

from typing import Any

from steplane.events import ErrorInfo, Resumed
from steplane.kernel import completing, leaving, lists, loops, members
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Node

AGAIN = frozenset({"failed", "blocked", "cancelled", "compensated"})
"""What every resume begins anew."""

ASSUMED = "assumed on resume"
ANEW = "begun anew on resume"
_IN_FLIGHT = frozenset({"attempt", "undecided"})

AFTER = frozenset({"compensate", "rescue", "finally"})
"""Phases in which a list after the body is gone through."""


def take_in(state: State, event: Resumed) -> None:
    """Keep what was said until its place is reached; what is around it goes on too, also where that had ended."""
    for path in (*event.redo, *event.assume):
        for inner in [one for one in state.assumed if one.startswith((f"{path}/", f"{path}["))]:
            del state.assumed[inner]  # said at an earlier resume, of what begins without its past now
    state.assumed.update(event.assume)
    for path in event.redo:
        one = state.paths.get(path)
        if one is not None and one.phase not in _IN_FLIGHT:  # an attempt that was cut off is made again
            leaving.put_down(state, one, ANEW)
            leaving.put_down_late(state, one, ANEW)
            one.forgotten = True
            mark(state, one)
    for path in event.assume:
        one = state.paths.get(path)
        if one is not None:
            mark(state, one)


def begin_past_again(state: State, event: Resumed) -> None:
    """What has gone past its body, in which something is done again, begins anew with what it has."""
    for path in event.redo:
        one = state.paths.get(path)
        for owner in past(one) if one is not None and one.ended else ():
            leaving.put_down(state, owner, ANEW)


def past(one: Instance) -> list[Instance]:
    """What the instance is in the body of and has gone past that, from inside out: it is compensated, rescued, tidied.

    Not what is to end in a way that is known: by a cancel, or because somebody wants it undone.
    """
    found: list[Instance] = []
    scope = one.scope
    while scope is not None:
        owner = scope.owner
        if (
            owner.phase in AFTER
            and scope in owner.body
            and scope.over
            and not owner.cancelling
            and not _is_demanded(owner)
        ):
            found.append(owner)
        scope = owner.scope
    return found


def _is_demanded(owner: Instance) -> bool:
    return owner.undoing is not None and owner.undoing.then == "demand"


def mark(state: State, one: Instance) -> None:
    """What is around it, and has ended, is to be gone on with; itself too."""
    around: Instance | None = one
    while around is not None:
        if around.ended:
            state.again.add(around)
        around = _around(around)


def _around(one: Instance) -> Instance | None:
    """What the instance is in; a branch that goes on after its `parallel` is in the list around that."""
    if one.parent is not None and not completing.is_stray(one):
        return one.parent
    scope = one.scope
    while scope is not None and scope.owner.scope is not None and scope in scope.owner.scope.late:
        scope = scope.owner.scope
    return None if scope is None else scope.around


def is_to_do_again(state: State, one: Instance) -> bool:
    """Whether a new activation follows the one that has ended; not of what was meant to end so."""
    return (one.status in AGAIN and not one.cut) or one in state.again


def take(state: State, scope: Scope, position: int) -> Instance | None:
    """End the step at the position as was said of it; None where nothing was, or where its attempt has ended so."""
    node = lists.node_at(state, scope, position)
    one = scope.current[position]
    left_out = leaving.is_left_out(scope, position)
    said = _said(state, lists.path_of(scope, node), one, left_out=left_out)
    if said is None:
        return None
    cut_off = None if left_out else next((each for each in members.at(scope, position) if _in_flight(each)), None)
    if cut_off is not None:  # of several activations, the one whose attempt was cut off
        one = cut_off
    elif one is None or one.ended or members.is_pending(scope, position):
        scope.old.pop(position, None)
        one = _in_its_place(state, scope, node, one)
    _end(state, one, said)
    return one


def _in_its_place(state: State, scope: Scope, node: Node, one: Instance | None) -> Instance:
    """A new activation, in the place of one that has ended, or of one that is pending."""
    queues = scope.queues
    if queues is None:
        return lists.place(state, scope, node)
    if queues.waiting[node.position]:
        queues.waiting[node.position][0] = None
        return lists.place(state, scope, node)
    found = lists.place(state, scope, node)
    if one is not None:
        queues.lives[node.position].remove(one)
        queues.forced |= {found.serial} if one.serial in queues.forced else set()
        queues.used[found.serial] = queues.used.pop(one.serial, [])
    return found


def take_items(state: State, outer: Instance) -> list[Instance]:
    """The same for the items of a loop; those that were ended."""
    loop, found = outer.loop, []
    assert loop is not None
    for index, key in enumerate(loop.keys) if state.assumed else ():
        one = loop.instances[index]
        left_out = outer.bounds is not None and outer.bounds.item_outside(key) != ""
        said = _said(state, f"{outer.path}[{key}]", one, left_out=left_out)
        if said is not None:
            if one is None or one.ended:
                loop.instances[index] = None
                one = loops.item(state, outer, index)
            _end(state, one, said)
            found.append(one)
    return found


def _said(state: State, path: str, one: Instance | None, *, left_out: bool) -> dict[str, Any] | None:
    """What was said of the path; not if its attempt was cut off, and it goes on from how that is said to have ended."""
    said: dict[str, Any] | None = state.assumed.get(path)
    if said is None:
        return None
    of_attempt = not left_out and said["status"] != "skipped"
    if of_attempt and _is_cut_off(state, path):
        return None
    del state.assumed[path]
    return said


def _is_cut_off(state: State, path: str) -> bool:
    """Whether an attempt of an activation of the path was cut off: then it is said of that."""
    return any(each.path == path and _in_flight(each) for each in state.instances.values())


def _in_flight(one: Instance) -> bool:
    return one.phase in _IN_FLIGHT


def _end(state: State, one: Instance, said: dict[str, Any]) -> None:
    one.outputs = said.get("outputs")
    status = said["status"]
    one.error = assumed_error(one) if status == "failed" else None
    one.forgotten = True
    leaving.put_down_late(state, one, ASSUMED)
    leaving.put_down(state, one, ASSUMED, status)


def assumed_error(one: Instance) -> ErrorInfo:
    """The error of what is taken as failed."""
    return ErrorInfo("assumed", "taken as failed on resume", step=one.path)
