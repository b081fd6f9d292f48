"""The attempts of steps that are no step types: groups, `parallel`, `switch`, `call`, `end`; what follows a body."""

from typing import Any

from steplane.events import ErrorInfo
from steplane.kernel import branches, calls, cancel, instances, jumping, leaving, lists, runs, undoing
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Body, Call, Choice, End, Fork, Goto, Undo
from steplane.plan.waits import Race, Reach, Send, Wait


def enter(state: State, instance: Instance) -> None:
    """Begin the action of a composite step."""
    action = instance.node.action
    if isinstance(action, Body):
        open_lists(state, instance, [action.list])
    elif isinstance(action, Choice):
        instances.ask(state, instance, "switch")
    elif isinstance(action, Fork) and any(branch.condition or branch.default for branch in action.branches):
        instances.ask(state, instance, "branches")
    elif isinstance(action, Fork):
        branches.take(state, instance, list(action.branches))
    elif isinstance(action, Call):
        calls.enter(state, instance)
    elif isinstance(action, Undo):
        undoing.undo(state, instance)
    elif isinstance(action, Goto):
        jumping.reach(state, instance, action)
    elif isinstance(action, End) and (action.message or action.outputs):
        instances.ask(state, instance, "outputs")
    elif isinstance(action, End):
        runs.end_now(state, instance, None)
    else:
        _enter_other(state, instance)


def _enter_other(state: State, instance: Instance) -> None:
    """What not every workflow has stands in modules of its own."""
    if isinstance(instance.node.action, Send):
        instances.ask(state, instance, "signal")
    elif isinstance(instance.node.action, Reach):
        from steplane.kernel import reaching

        reaching.reach(state, instance, instance.node.action)
    else:
        from steplane.kernel import waiting

        waiting.begin(state, instance)


def chosen(state: State, instance: Instance, value: Any) -> None:
    """The answer to `switch`, `branches` or `call`."""
    action = instance.node.action
    if isinstance(action, Choice):
        _arm(state, instance, action, value)
    elif isinstance(action, Fork):
        branches.choose(state, instance, action, value)
    else:
        calls.given(state, instance, value)


def _arm(state: State, instance: Instance, action: Choice, index: int | None) -> None:
    if index is None:
        message = "no `when` holds and there is no `default`"
        instances.attempt_ended(state, instance, ErrorInfo("switch.none", message, step=instance.path))
    else:
        instance.choice = index
        open_lists(state, instance, [action.arms[index].list])


def open_lists(state: State, instance: Instance, numbers: list[int]) -> None:
    """Begin the lists, in order."""
    open_scopes(state, instance, [Scope(instance.plan.lists[number], instance) for number in numbers])


def open_scopes(state: State, instance: Instance, scopes: list[Scope]) -> None:
    """Begin these lives of the lists, in order."""
    instance.phase = "body"
    instance.tainted = False
    instance.body = scopes
    if instance.bounds is not None:
        leaving.bind_lists(instance)
        for scope in instance.body:  # of all, before anything follows from the first
            leaving.leave_out(state, scope)
    lists.look_above(state, instance)
    for scope in instance.body:
        if not scope.cancelled:  # also where a branch before it has reached the join: it is late then
            lists.enter(state, scope)


def over(state: State, instance: Instance, scope: Scope) -> None:
    """One of the body's lists is over."""
    if instance.phase != "body" or scope not in instance.body:
        _late_over(state, instance, scope)
        return
    action = instance.node.action
    if isinstance(action, Fork):
        branches.over(state, instance, scope, action)
    elif isinstance(action, Call):
        calls.over(state, instance, scope)
    else:
        action_over(state, instance)


def _late_over(state: State, instance: Instance, scope: Scope) -> None:
    around = instance.scope
    if around is not None and scope in around.late:
        around.late.remove(scope)
        state.warned = state.warned or scope.result == "failed"
        if instance.phase == "trailing" and all(branch.over for branch in instance.body):
            instance.phase = "new"
            instances.attempt_ended(state, instance, instance.error)
        lists.close(state, around)


def abandon(state: State, instance: Instance, error: ErrorInfo | None) -> None:
    """The body has succeeded, but not what follows it; branches that still run are cancelled first."""
    late = [branch for branch in instance.body if not branch.over]
    if not late:
        instances.attempt_ended(state, instance, error)
        return
    instance.phase = "trailing"
    instance.error = error
    cancel.scopes(state, late, instance.unbegun)


def action_over(state: State, instance: Instance) -> None:
    """All lists of the body are over, without the join being reached where there is one."""
    results = [scope.result for scope in instance.body]
    if instance.cancelling or instance.timed_out:
        instances.attempt_ended(state, instance, None)
    elif any(scope.failed is not None for scope in instance.body):
        instances.attempt_ended(state, instance, instances.list_error(_first_failed(instance)))
    elif "failed" in results:
        leaving.lay_by(state, instance, next(scope for scope in instance.body if scope.left is not None))
    elif "cancelled" in results:
        instance.cancelling = True
        instances.attempt_ended(state, instance, None)
    else:
        postconditions(state, instance)


def _first_failed(instance: Instance) -> Scope:
    failed = [scope for scope in instance.body if scope.failed is not None]
    return min(failed, key=lambda scope: scope.failed.order if scope.failed else 0)


def postconditions(state: State, instance: Instance) -> None:
    """The body has succeeded: `ensure`, then `outputs`."""
    if instance.node.ensure:
        instances.ask(state, instance, "ensure")
    else:
        results(state, instance)


def results(state: State, instance: Instance) -> None:
    """`ensure` holds: the step's own outputs."""
    if instance.node.outputs is not None:
        instances.ask(state, instance, "outputs")
    else:
        if isinstance(instance.node.action, Call | Race):
            instance.outputs = given_back(instance)
        if instance.node.declared:
            instance.outputs = _named(instance, instance.outputs)
        instances.attempt_ended(state, instance, None)


def _named(instance: Instance, given: Any) -> Any:
    """With `outputs: [NAME, ...]` those and no others."""
    return {name: given[name] for name in instance.node.declared if name in given} if isinstance(given, dict) else given


def given_back(instance: Instance) -> Any:
    """What the action of a composite step has given: of a call what its child gives, of a `wait` or a `race` what has
    come; None of any other, and where that is not what the step has ended with.
    """
    if instance.recovered or instance.status == "warning":
        return None
    if isinstance(instance.node.action, Call):
        return calls.results(instance)
    if isinstance(instance.node.action, Wait | Race) and instance.choice is not None:
        return instance.choice[1]
    return None


def reopen(state: State, instance: Instance) -> None:
    """Go on in the lists of an earlier activation: what has not succeeded there begins anew."""
    from steplane.kernel import resume

    instances.begin(state, instance)
    instance.phase = "body"
    if branches.stay_decided(state, instance):
        return
    resume.reopen_body(state, instance)
    if calls.is_detached(instance) and instance.phase == "body":
        calls.go_on(state, instance)
