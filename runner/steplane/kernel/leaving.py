"""What of a list or a loop does not run: left out by the selection of the run, or by that of the resume.

What the run leaves out is `skipped`, or `reused` where an earlier run recorded it. What a resume leaves out keeps the
end that it has; what has none is `cancelled`, for a later resume to go on with.
"""

from steplane.events import Status
from steplane.kernel import instances, lists, loops, members, reusing, undoing
from steplane.kernel.bounds import NOT_SELECTED
from steplane.kernel.counting import Tally
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Node


def bind_lists(instance: Instance) -> None:
    """Give the instance's bounds to the lists of its body."""
    here = instance.bounds
    for scope in instance.body:
        scope.bounds = here
        scope.idle = here is not None and all(here.outside(number) == "run" for number in scope.list.nodes)


def is_left_out(scope: Scope, position: int) -> bool:
    """Whether the step at the position does not run."""
    return scope.bounds is not None and scope.bounds.outside(scope.list.nodes[position]) != ""


def leave_out(state: State, scope: Scope) -> None:
    """End at once what is left out of a list that is entered."""
    for position in range(len(scope.current)):
        if is_left_out(scope, position):
            end_left_out(state, scope, position)
    lists.follow(scope)


def end_left_out(state: State, scope: Scope, position: int) -> None:
    """End at once the step at the position, which is left out."""
    assert scope.bounds is not None
    one = lists.place(state, scope, lists.node_at(state, scope, position))
    scope.open -= 1
    if scope.bounds.outside(one.node.number) == "run":
        reusing.stand_in(state, one)
    else:
        instances.conclude(state, one, "cancelled", NOT_SELECTED)
        scope.unfinished = True
    if scope.queues is not None:
        scope.queues.leave(position, one)


def leave_out_items(state: State, outer: Instance) -> None:
    """End at once the items of a loop that are left out."""
    loop, here = outer.loop, outer.bounds
    assert loop is not None
    if here is None:
        return
    outside = [index for index in loop.todo if here.item_outside(loop.keys[index])]
    inside = [index for index in loop.todo if not here.item_outside(loop.keys[index])]
    loop.todo.clear()
    loop.todo.extend(inside)
    for index in outside:
        item = loops.item(state, outer, index)
        loop.open -= 1
        if here.item_outside(loop.keys[index]) == "run":
            reusing.stand_in(state, item)
        else:
            instances.conclude(state, item, "cancelled", NOT_SELECTED)
            loop.unfinished = True


def drop_needs(scope: Scope, node: Node, tally: Tally) -> None:
    """Ask for nothing of what is left out: as if `needs` did not name it."""
    named = sum(not is_left_out(scope, need.position) for need in node.needs or ())
    tally.undecided = named
    tally.wanted = min(tally.wanted, named)


def note(scope: Scope, instance: Instance) -> bool:
    """A step of the list has ended that a resume goes on with: keep in mind what that leaves unfinished in it.

    Whether it has failed for no more than that.
    """
    if scope.bounds is None or scope.bounds.resume is None or instance.ok or instance.cut:
        return False
    if instance.status != "failed":
        scope.unfinished = True
    elif instance.unfinished:
        scope.left = scope.left or instance
        return True
    return False


def lay_by(state: State, instance: Instance, scope: Scope) -> None:
    """What a resume went on with in the body is over, and what it left has failed: so has the instance, for now."""
    state.drop_timer(instance, "timeout")
    instance.unfinished = True
    instance.error = instances.list_error(scope)
    instances.wind_up(state, instance, "failed")


def note_item(outer: Instance, one: Instance) -> None:
    """The same of an item of a loop."""
    loop, here = outer.loop, outer.bounds
    assert loop is not None
    if here is not None and here.resume is not None and not one.ok:
        loop.unfinished = loop.unfinished or one.status != "failed"
        loop.left += one.unfinished and one.status == "failed"


def is_left_item(outer: Instance, one: Instance) -> bool:
    """Whether the item of the loop does not run."""
    return outer.bounds is not None and outer.bounds.item_outside(one.key or "") != ""


# ---------------------------------------------------------------- at a resume


def hold_back(state: State, scope: Scope) -> None:
    """Nothing of what the resume leaves out goes on: what is alive ends, what is pending never begins."""
    here = scope.bounds
    scope.left, scope.unfinished = None, False
    if here is None or here.resume is None:
        return
    for position in range(len(scope.current)):
        node = lists.node_at(state, scope, position)
        if here.outside(node.number) == "resume" and lists.path_of(scope, node) not in state.assumed:
            put_down_at(state, scope, node, NOT_SELECTED)
    for one in scope.course.leaving if scope.course is not None else ():
        if here.outside(one.node.number) == "resume":
            put_down(state, one, NOT_SELECTED)
    for branch in scope.late:
        if here.outside(branch.owner.node.number) == "resume" and not branch.over:
            put_down_list(state, branch, NOT_SELECTED)
            scope.unfinished = True


def hold_back_stray(state: State, stray: Instance) -> bool:
    """End an instance that goes on after its loop, where the resume leaves it out; whether it does."""
    scope, outer = stray.scope, stray.parent
    here = scope.bounds if scope is not None else None
    if here is None or scope is None or outer is None:
        return False
    inner = here.inner(stray.node.number)
    if here.outside(stray.node.number) != "resume" and (inner is None or not inner.item_outside(stray.key or "")):
        return False
    scope.strays.remove(stray)
    put_down(state, stray, NOT_SELECTED)
    return True


def is_held_back(scope: Scope, node: Node) -> bool:
    """Whether the resume leaves out that step of the list."""
    return scope.bounds is not None and scope.bounds.outside(node.number) == "resume"


def count_left(scope: Scope) -> None:
    """What is left of the list: the step that failed first, and whether others are not ok."""
    if scope.bounds is None or scope.bounds.resume is None:
        return
    left = [one for one in members.everyone(scope) if is_left_out(scope, one.node.position)]
    failed = [one for one in left if one.status == "failed"]
    scope.left = min(failed, key=lambda one: one.order, default=None)
    scope.unfinished = scope.unfinished or any(not (one.ok or one.cut) and one.status != "failed" for one in left)


def hold_back_items(state: State, outer: Instance) -> None:
    """The same for the items of a loop."""
    loop, here = outer.loop, outer.bounds
    assert loop is not None
    if here is None or here.resume is None:
        return
    pending = set(loop.todo)
    for index, key in enumerate(loop.keys):
        if here.item_outside(key) == "resume" and f"{outer.path}[{key}]" not in state.assumed:
            one = None if index in pending else loop.instances[index]
            put_down(state, one or loops.item(state, outer, index), NOT_SELECTED)


def put_down(state: State, one: Instance | None, reason: str, status: Status = "cancelled") -> None:
    """End an instance at once: as `status`, and all that is in it as `cancelled`; nothing of it cleans up."""
    if one is None or one.ended:
        return
    undoing.drop(one)
    _put_down_inside(state, one, reason)
    state.drop_timer(one, "retry")
    state.drop_timer(one, "timeout")
    instances.conclude(state, one, status, reason)


def put_down_at(state: State, scope: Scope, node: Node, reason: str) -> None:
    """End all activations of a step in the list at once, those that are pending too."""
    while members.is_pending(scope, node.position):
        lists.place(state, scope, node)
    for one in members.at(scope, node.position):
        put_down(state, one, reason)


def put_down_body(state: State, one: Instance, reason: str) -> None:
    """End all that is in the lists of its body; they are forgotten."""
    for scope in one.body:
        if not scope.over:
            put_down_list(state, scope, reason)
    one.body = []


def put_down_late(state: State, one: Instance, reason: str) -> None:
    """End the branches of the step that go on after its end; they are forgotten."""
    around = one.scope.late if one.scope is not None else []
    for branch in [branch for branch in around if _is_of(branch.owner, one)]:
        put_down_list(state, branch, reason)
        around.remove(branch)
    if one.scope is not None and one.scope.strays:
        for stray in [each for each in one.scope.strays if each.parent is not None and _is_of(each.parent, one)]:
            one.scope.strays.remove(stray)
            put_down(state, stray, reason)


def _is_of(owner: Instance, one: Instance) -> bool:
    """Whether the owner of a branch is the instance, an earlier activation of it, or an item of it."""
    return owner.node is one.node and (one.parent is None or owner.path == one.path)


def _put_down_inside(state: State, one: Instance, reason: str) -> None:
    if one.adopted and not one.begun:  # it has not come to the lists that it was to go on with
        return
    for scope in [*one.body, *([one.after] if one.after is not None else [])]:
        if not scope.over:
            put_down_list(state, scope, reason)
    if one.loop is not None:
        for index in list(one.loop.todo):
            loops.item(state, one, index)
        one.loop.todo.clear()
        for item in one.loop.instances:
            put_down(state, item, reason)
        one.loop.open = one.loop.active = 0


def put_down_list(state: State, scope: Scope, reason: str) -> None:
    """End all that is in the list at once; it is over."""
    for one in scope.course.leaving if scope.course is not None else ():
        put_down(state, one, reason)
    for position in range(len(scope.current)):
        put_down_at(state, scope, lists.node_at(state, scope, position), reason)
    for branch in scope.late:
        if not branch.over:
            put_down_list(state, branch, reason)
    for stray in scope.strays:
        put_down(state, stray, reason)
    scope.strays.clear()
    scope.open, scope.over, scope.busy, scope.unfinished = 0, True, False, True
