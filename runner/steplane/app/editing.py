"""What an edited file means for a run that is to go on: compared step by step, with what the run has come to."""

from collections.abc import Iterator

from msgspec.structs import replace

from steplane.kernel import Instance, Scope, State, members
from steplane.plan.nodes import Plan, StepList
from steplane.plan.recipes import ANEW, Changes, Outside, compare
from steplane.plan.waits import Reach

Seeds = dict[str, dict[str, str]]


def changes_of(state: State, after: Plan, outside: Outside) -> Changes:
    """What becomes of each step that is not as it was, given how far the run has come."""
    found = compare(state.plan, after, outside)
    if state.root is None or not found:
        return found
    while more := _seeds(state, after, found):
        merged = {file: {**outside.seeds.get(file, {}), **more.get(file, {})} for file in {*outside.seeds, *more}}
        if merged == outside.seeds:  # what is left is a workflow itself, which is no step: nothing more follows
            break
        outside = replace(outside, seeds=merged)
        found = compare(state.plan, after, outside)
    return found


def _seeds(state: State, after: Plan, changes: Changes) -> Seeds:
    """Steps that cannot be gone on with where something else has changed, and are not known as such yet."""
    root = state.root
    assert root is not None
    found: Seeds = {}
    for one in everything(root):
        plan = one.scope.plan if one.scope is not None else state.plan
        told = [*_of_lists(one, after, changes), *_of_reach(one, root, plan, changes)]
        if _rescued_otherwise(one, after, changes):
            told.append(_rescued(one, plan))
        for where, name, why in told:
            known = changes.get(where.file, {}).get(name)
            if name and (known is None or known.word not in ANEW | {"new"}):
                found.setdefault(where.file, {})[name] = why
    return found


def _of_lists(one: Instance, after: Plan, changes: Changes) -> Iterator[tuple[Plan, str, str]]:
    """The steps of its lists in which arrivals are counted, or in which a `goto` has jumped."""
    for scope in [*one.body, *([one.after] if one.after is not None else [])]:
        if _cannot_be_kept(scope, after, changes):
            yield from ((scope.plan, scope.plan.nodes[number].id, "arrivals") for number in scope.list.nodes)


def _of_reach(one: Instance, root: Instance, plan: Plan, changes: Changes) -> Iterator[tuple[Plan, str, str]]:
    """What a `cancel` or `finish` step has reached that begins anew itself."""
    action = one.node.action
    if isinstance(action, Reach) and one.status == "succeeded" and _is_anew(plan, one.node.id, changes):
        for number in action.steps:
            if _was_reached(one, root, number):
                yield plan, plan.nodes[number].id, one.node.id


def _cannot_be_kept(scope: Scope, after: Plan, changes: Changes) -> bool:
    """A list in which steps can begin more than once, or in which a `goto` has jumped: all of it begins anew."""
    plan = after.of_file(scope.plan.file)
    if scope.list.role == "call" or not _is_touched(scope, plan, changes):
        return False
    now = _list_now(scope, plan)
    return bool(scope.queues or scope.course or (now is not None and now.often))


def _list_now(scope: Scope, plan: Plan) -> StepList | None:
    ids = {scope.plan.nodes[number].id for number in scope.list.nodes}
    return next((one for one in plan.lists if any(plan.nodes[number].id in ids for number in one.nodes)), None)


def _is_touched(scope: Scope, plan: Plan, changes: Changes) -> bool:
    then = [scope.plan.nodes[number].id for number in scope.list.nodes]
    now = _list_now(scope, plan)
    names = [] if now is None else [plan.nodes[number].id for number in now.nodes]
    return names != then or any(_is_anew(scope.plan, name, changes) for name in then)


def _rescued_otherwise(one: Instance, after: Plan, changes: Changes) -> bool:
    """Whether its result came of a `rescue` that is another now."""
    number = one.node.rescue
    if not one.recovered or number is None:
        return False
    names = [one.plan.nodes[each].id for each in one.plan.lists[number].nodes]
    plan = after.of_file(one.plan.file)
    now = next((node for node in plan.nodes if node.id == one.node.id), None)
    current = None if now is None else now.rescue
    then = [] if current is None else [plan.nodes[each].id for each in plan.lists[current].nodes]
    return names != then or any(name in changes.get(plan.file, {}) for name in names)


def _rescued(one: Instance, plan: Plan) -> tuple[Plan, str, str]:
    """The step that its `rescue` made good; of a child, whose `rescue` is its workflow's own, the call."""
    scope = one.scope
    if scope is not None and scope.list.role == "call":
        return scope.owner.plan, scope.owner.node.id, "rescue"
    return plan, one.node.id, "rescue"


def _was_reached(reach: Instance, root: Instance, number: int) -> bool:
    return any(
        one.node.number == number and one.plan is reach.plan and (one.withdrawn or one.forced)
        for one in everything(root)
    )


def _is_anew(plan: Plan, name: str, changes: Changes) -> bool:
    found = changes.get(plan.file, {}).get(name)
    return found is not None and found.word in ANEW


def everything(root: Instance) -> Iterator[Instance]:
    """The instance, and everything that stands in its lists and items."""
    pending, seen = [root], {root}
    while pending:
        one = pending.pop()
        yield one
        inner = [each for each in one.loop.instances if each is not None] if one.loop is not None else []
        for scope in [*one.body, *([one.after] if one.after is not None else [])]:
            inner += [*members.everyone(scope), *scope.old.values(), *scope.strays]
        pending += [each for each in inner if each not in seen]
        seen.update(inner)


__all__ = ["changes_of", "everything"]
