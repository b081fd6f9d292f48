"""The branches of a `parallel`: which are taken, when enough of them have arrived, what becomes of the rest."""

from steplane.events import ErrorInfo
from steplane.kernel import bodies, cancel, instances, leaving, lists, members, repairing
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Branch, Fork


def choose(state: State, instance: Instance, action: Fork, holds: list[bool]) -> None:
    """The answer to `branches`: which conditions hold."""
    taken = [b for b, held in zip(action.branches, holds, strict=True) if held and not b.default]
    taken = taken or [branch for branch in action.branches if branch.default]
    if taken:
        take(state, instance, taken)
    else:
        message = "no branch's `if` holds and there is no default"
        instances.attempt_ended(state, instance, ErrorInfo("parallel.none", message, step=instance.path))


def take(state: State, instance: Instance, branches: list[Branch]) -> None:
    """Enter the branches."""
    instance.choice = [branch.name for branch in branches]
    bodies.open_lists(state, instance, [branch.list for branch in branches])


def over(state: State, instance: Instance, scope: Scope, action: Fork) -> None:
    """A branch is over: go on where that is enough."""
    running = [branch for branch in instance.body if not _is_over(state, branch)]
    if _is_enough(state, instance, action, running):
        _decide(state, instance, action, running)
    elif not running:
        bodies.action_over(state, instance)
    elif scope.result == "failed" and instance.node.failure == "cancel":
        cancel.scopes(state, running, instance.unbegun)  # where all of it is being cancelled, as that says


def _decide(state: State, instance: Instance, action: Fork, running: list[Scope]) -> None:
    if running and action.rest == "cancel":
        _cancel_rest(state, instance, running)
    else:
        _go_on(state, instance, running)


def _is_enough(state: State, instance: Instance, action: Fork, running: list[Scope]) -> bool:
    if instance.cancelling or instance.timed_out or (action.active and running):
        return False
    if any(branch.unfinished for branch in instance.body) and not are_decided(instance):
        return False
    counted = _counted(instance)
    arrived = sum(_is_over(state, branch) and branch.result == "succeeded" for branch in counted)
    return arrived >= _wanted(action, counted)


def _wanted(action: Fork, counted: list[Scope]) -> int:
    return len(counted) if action.wanted is None else min(action.wanted, len(counted))


def _go_on(state: State, instance: Instance, running: list[Scope]) -> None:
    """Enough have arrived: the others are late."""
    instance.tainted = any(_is_over(state, branch) and branch.result == "failed" for branch in instance.body)
    if instance.scope is not None:
        instance.scope.late += running
    bodies.postconditions(state, instance)


def _cancel_rest(state: State, instance: Instance, running: list[Scope]) -> None:
    """Enough have arrived: it goes on once the others are cancelled."""
    fresh = [branch for branch in running if not branch.withdrawn]
    for branch in fresh:
        branch.withdrawn = True
    cancel.scopes(state, fresh, by=instance.path)


def _is_over(state: State, branch: Scope) -> bool:
    """Whether the branch is over; at a resume also one that is only to be closed, as nothing in it is to do."""
    return branch.over or (branch.busy and lists.is_done(state, branch))


def _counted(instance: Instance) -> list[Scope]:
    """The branches that count for the join: not one of which nothing runs, as long as there are others."""
    if instance.bounds is None:
        return instance.body
    return [branch for branch in instance.body if not branch.idle] or instance.body


# ---------------------------------------------------------------- at a resume


def are_decided(instance: Instance) -> bool:
    """Whether enough have arrived, and the rest is being cancelled."""
    return any(branch.withdrawn for branch in instance.body)


def look_again(state: State, instance: Instance) -> None:
    """Go on where enough had arrived already, but an earlier resume, of a part, had left the rest."""
    action = instance.node.action
    if instance.phase != "body" or not isinstance(action, Fork):
        return
    running = [branch for branch in instance.body if not _is_over(state, branch)]
    if running and _is_enough(state, instance, action, running):
        _decide(state, instance, action, running)


def stay_decided(state: State, instance: Instance) -> bool:
    """Whether the branches of an earlier activation stay as they are: its join had cancelled the rest, or would now."""
    leaving.bind_lists(instance)
    if not remain_decided(state, instance):
        for branch in instance.body:
            branch.withdrawn = False
        return False
    for branch in instance.body:
        branch.owner = instance
    running = [branch for branch in instance.body if not branch.over]
    if running:
        _cancel_rest(state, instance, running)
    else:
        _go_on(state, instance, [])
    return True


def remain_decided(state: State, instance: Instance, *, but: Scope | None = None) -> bool:
    """Whether enough branches (`but` this one) have arrived, and nothing of these is to do again.

    Then the rest is cancelled for good.
    """
    action = instance.node.action
    if not isinstance(action, Fork) or action.rest != "cancel":
        return False
    counted = _counted(instance)
    kept = sum(branch is not but and _stays(state, branch) for branch in counted)
    return kept >= _wanted(action, counted) > 0


def _stays(state: State, branch: Scope) -> bool:
    """Whether the branch has arrived, and nothing of it is to do again."""
    again = any(repairing.is_to_do_again(state, one) for one in members.everyone(branch))
    return branch.over and branch.open == 0 and branch.result == "succeeded" and not again
