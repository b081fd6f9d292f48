"""Why an instance is cancelled: what in the event, or in what followed from it, ends it."""

from collections.abc import Sequence
from typing import Any

from steplane.app.stories.awaited import around_of
from steplane.events import Answered, CancelRequested, Input, Resumed, StepEnded, StepFact, StepReady, TimerFired
from steplane.kernel import Instance, Scope, State
from steplane.kernel.members import counts, everyone
from steplane.plan.nodes import End, ForEach, Fork, Matrix
from steplane.plan.waits import Reach

_AFTER = frozenset({"rescue", "finally", "ended"})
_ASKED_AFTER = frozenset({"ensure", "outputs"})


def cause_of(one: Instance, event: Input, state: State, facts: Sequence[StepFact]) -> dict[str, Any]:
    """Why an instance is cancelled at this event, from which these facts follow.

    `kind` is `cancel`, `timeout`, `failure` (of a step beside it, with `failure: cancel`), `end`, `goto`, `join`,
    `branches` (enough others of the `parallel` have arrived, and its `rest` is `cancel`), `complete` (the loop, and its
    `rest` is `cancel`), `reach` (a `cancel` or `finish` step), `after` (what it belongs to has failed afterwards),
    `unfinished` (a resume left something out of it), `within` (a step in it could not run, because others are
    cancelled, or is cancelled itself: of a call, or for a failure that a resume began anew) or `inside` (what is around
    it was ended).
    """
    if isinstance(event, CancelRequested) or (isinstance(event, Resumed) and event.cancel):
        return {"kind": "cancel", "actor": event.actor, "reason": event.reason}
    if _is_reached(state, one):
        return {"kind": "reach", "of": one.by}
    ender = next((fact for fact in facts if isinstance(fact, StepEnded) and _ends_the_run(state, fact)), None)
    if ender is not None:
        return {"kind": "end", "of": ender.path}
    enough = next((fact for fact in facts if isinstance(fact, StepReady) and _cancels_rest(state, fact, one)), None)
    if enough is not None:
        return {"kind": "join", "of": enough.path}
    failed = {fact.instance for fact in facts if isinstance(fact, StepEnded) and fact.status == "failed"}
    around: Instance | None = one
    while around is not None:
        found = _here(one, around, event, failed)
        if found is not None:
            return found
        around = around_of(around)
    if one.workflow.ending is not None:
        return {"kind": "end", "of": one.by}
    left = one.loop.unfinished if one.loop is not None else any(scope.unfinished for scope in one.body)
    held = None if left else _held_up(one)
    if held is not None:
        return {"kind": "within", "of": held.path, "status": held.status}
    return {"kind": "unfinished" if left else "inside"}


def _is_reached(state: State, one: Instance) -> bool:
    """Whether a `cancel` step ends just this one, whatever else happens in the event."""
    by = state.paths.get(one.by) if one.withdrawn and one.by else None
    return by is not None and isinstance(by.node.action, Reach)


def _held_up(one: Instance) -> Instance | None:
    """What in it makes it cancelled: a step that is blocked for others, or cancelled itself; or a round."""
    if one.loop is not None:
        latest = one.loop.instances[-1] if one.loop.instances else None
        return latest if latest is not None and latest.status == "cancelled" else None
    inside = [step for scope in one.body if scope.result == "cancelled" for step in everyone(scope)]
    blocked = (step for step in inside if step.status == "blocked")
    return next(blocked, None) or next((step for step in inside if step.status == "cancelled"), None)


def _cancels_rest(state: State, fact: StepReady, one: Instance) -> bool:
    """Whether the step that has become ready cancels the rest of those that it needs: the instance, or one around."""
    join = state.named(fact.path, fact.instance)
    if join is None or join.node.rest != "cancel":
        return False
    named = {need.position for need in join.node.needs or ()}
    around: Instance | None = one
    while around is not None:
        if around.scope is join.scope and around.node.position in named:
            return True
        around = around_of(around)
    return False


def _ends_the_run(state: State, fact: StepEnded) -> bool:
    one = state.named(fact.path, fact.instance)
    return one is not None and isinstance(one.node.action, End) and fact.status == "succeeded"


def _here(one: Instance, around: Instance, event: Input, failed: set[int]) -> dict[str, Any] | None:
    """Whether it is for something about this instance, which is the one or around it."""
    fired = isinstance(event, TimerFired) and event.timer == "timeout" and event.instance == around.serial
    if around.timed_out and (fired or (around is not one and around.phase not in _AFTER)):
        return {"kind": "timeout", "of": around.path, "seconds": around.timeout}
    if around.withdrawn or around.forced:
        return {"kind": "reach", "of": around.by}
    scope = around.scope
    if scope is None:
        return None
    if scope.withdrawn:
        return {"kind": "branches", "of": scope.owner.path}
    if around.parent is not None and _cuts_short(around.parent):
        return {"kind": "complete", "of": around.parent.path}
    if scope.course is not None and scope.course.latest is not None and is_superseded(scope, around):
        return {"kind": "goto", "of": scope.course.latest.path}
    first = scope.failed
    if first is not None and first.serial in failed and first is not around and _cancels(scope):
        return {"kind": "failure", "of": first.path}
    owner = scope.owner
    if not isinstance(owner.node.action, Fork):
        return None
    beside = [branch.failed for branch in owner.body if branch is not scope and branch.over and branch.failed]
    if owner.node.failure == "cancel" and beside:
        return {"kind": "failure", "of": beside[0].path}
    return {"kind": "after", "of": owner.path} if owner.phase == "trailing" or _fails_it(event, owner) else None


def _fails_it(event: Input, owner: Instance) -> bool:
    """Whether the event is that what is asked of a step after its action has gone wrong."""
    if not isinstance(event, Answered) or event.error is None:
        return False
    return event.instance == owner.serial and event.question in _ASKED_AFTER


def is_superseded(scope: Scope, one: Instance) -> bool:
    """Whether a `goto` has led back to or before the step."""
    return scope.course is not None and not counts(scope, one)


def _cuts_short(outer: Instance) -> bool:
    """Whether a loop is complete, and cancels the instances that run."""
    loop, spec = outer.loop, outer.node.loop
    return isinstance(spec, ForEach | Matrix) and spec.cancel_rest and loop is not None and loop.completed


def _cancels(scope: Scope) -> bool:
    """Whether a failure in the list cancels what runs in it."""
    return scope.owner.node.failure == "cancel"
