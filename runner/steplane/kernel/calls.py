"""`call`: another workflow as a child, which stands alone in a list of its own."""

import sys
from typing import Any

from steplane.events import ErrorInfo
from steplane.kernel import bodies, instances
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Call, Plan, StepList

DEPTH = 100
"""So many calls may be inside each other."""

_NESTED = 10
"""Calls that are told of their end from inside each other; functions would nest too deep otherwise."""


def make_room(plan: Plan) -> None:
    """Let functions be as many inside each other as calls, and what stands around them in a file, may need."""
    if any(isinstance(node.action, Call) for node in plan.nodes):
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 4_000))


def enter(state: State, instance: Instance) -> None:
    """Ask for what the child is given, unless too many calls are inside each other."""
    if depth_of(instance) > DEPTH:
        message = f"more than {DEPTH} calls are inside each other"
        instances.attempt_ended(state, instance, ErrorInfo("call.depth", message, step=instance.path))
    else:
        instances.ask(state, instance, "call")


def depth_of(instance: Instance) -> int:
    """How many calls there are from the workflow down to this one, itself counted."""
    depth, around = 1, instance.scope
    while around is not None:
        depth += around.list.role == "call"
        around = around.owner.scope
    return depth


def given(state: State, instance: Instance, value: Any) -> None:
    """What the child is given is known: it begins."""
    action = instance.node.action
    assert isinstance(action, Call)
    instance.choice = value
    steps = StepList(number=-1, owner=instance.node.number, role="call", label="", nodes=(0,))
    bodies.open_scopes(state, instance, [Scope(steps, instance, state.plan.of_file(action.file))])


def begun(state: State, child: Instance) -> None:
    """A child has begun, or goes on: a call that is detached waits no longer."""
    scope = child.scope
    assert scope is not None
    call = scope.owner
    if is_detached(call) and call.phase == "body" and scope in call.body and not (call.cancelling or call.timed_out):
        if call.scope is not None and not scope.over:
            call.scope.late.append(scope)
        bodies.postconditions(state, call)


def go_on(state: State, call: Instance) -> None:
    """After a resume: its child may have begun before."""
    child = call.body[0].current[0]
    if child is not None and child.begun:
        begun(state, child)


def is_detached(call: Instance) -> bool:
    """Whether the call does not wait for the end of its child."""
    action = call.node.action
    return isinstance(action, Call) and action.detach


def tell(state: State, scope: Scope) -> None:
    """Tell the call that its child is over: at once, but for those that are many inside each other."""
    if state.telling < _NESTED:
        state.telling += 1
        instances.list_over(state, scope)
        state.telling -= 1
    else:
        state.over.append(scope)


def over(state: State, call: Instance, scope: Scope) -> None:
    """The child has ended."""
    if is_detached(call) and not (call.cancelling or call.timed_out):  # it has ended without having begun
        state.warned = state.warned or scope.result == "failed"
        bodies.postconditions(state, call)
    else:
        bodies.action_over(state, call)


def results(call: Instance) -> Any:
    """What the child gives: its outputs, or those of its `end`."""
    if is_detached(call) or not call.body:
        return None
    child = call.body[0].current[0]
    return child_outputs(child) if child is not None else None


def child_outputs(child: Instance) -> Any:
    """The outputs of a workflow that has ended."""
    return child.outputs if child.end_outputs is None else child.end_outputs
