"""Begin and end of the whole run."""

from typing import Any

from steplane.events import ErrorInfo, RunEnded, Status
from steplane.kernel import cancel, instances, undoing
from steplane.kernel.bounds import bounds
from steplane.kernel.state import Instance, State
from steplane.plan.nodes import End


def begin(state: State) -> None:
    """Enter the workflow itself."""
    state.root = state.create(state.plan.nodes[0], None, "")
    state.root.bounds = bounds(state.selected, None)
    join_group(state, state.root)
    instances.approach(state, state.root)


def join_group(state: State, root: Instance) -> None:
    """The run itself has to be let in, before anything of it begins."""
    if state.group is not None:
        root.lock, root.limit = state.group.name, state.group.limit


def refused(state: State, root: Instance, error: ErrorInfo) -> None:
    """The run is not let in: that is no failure where it was to be left out then."""
    if error.type == "concurrency.full" and state.group is not None and state.group.when_full == "skip":
        instances.end(state, root, "succeeded", error.message)
        return
    root.error = error
    instances.end(state, root, "failed")


def end_now(state: State, instance: Instance, value: dict[str, Any] | None) -> None:
    """An `end` step: what runs of its workflow is cancelled, what has not begun is skipped, `finally` follows."""
    root, action = instance.workflow, instance.node.action
    assert isinstance(action, End)
    if root.ending is not None:
        instances.attempt_ended(state, instance, None)
        return
    root.ending = action.status
    state.endings += 1
    root.end_outputs = (value or {}).get("outputs")
    if action.status == "failed":
        message = (value or {}).get("message") or f"ended by step `{instance.node.id}`"
        root.error = ErrorInfo("end", message, step=instance.path)
    if root.phase == "finally":
        root.outcome = action.status
    instance.phase = "ending"  # not to be cancelled with the rest: it ends where the cancel comes to it
    inside = [root.after] if root.phase in {"rescue", "finally"} else root.body
    cancel.scopes(state, [scope for scope in inside if scope is not None], "skipped", instance.path)
    if instance.phase == "ending":  # in a `finally`, which no cancel reaches
        instances.attempt_ended(state, instance, None)


def close(state: State, root: Instance) -> None:
    """Everything that an `end` cancelled is over: a failure is undone, after a success the outputs are asked for."""
    assert root.ending is not None
    state.drop_timer(root, "timeout")
    if root.cancelling:
        instances.wind_up(state, root, "cancelled")
    elif root.ending == "succeeded" and root.node.outputs is not None and root.end_outputs is None:
        instances.ask(state, root, "outputs")
    elif root.ending != "failed" or root.phase == "rescue" or not undoing.after_end(state, root):
        instances.wind_up(state, root, root.ending)


def status(state: State) -> Status:
    """The run's status as far as it is known: `running` before `finally`."""
    root = state.root
    if root is None or root.phase not in {"finally", "ended"}:
        return "running"
    known = root.status if root.ended else root.outcome
    return "warning" if known == "succeeded" and state.warned else known


def ended(state: State, root: Instance) -> None:
    """The workflow's own instance has ended."""
    root.status = status(state)
    outputs = root.outputs if root.status in {"succeeded", "warning"} else None
    outputs = root.outputs = outputs if root.end_outputs is None else root.end_outputs
    error = root.error if root.status == "failed" else None
    state.record(RunEnded(status=root.status, outputs=outputs, error=error))  # type: ignore[arg-type]


def ended_again(state: State, root: Instance, undone: int) -> None:
    """What somebody wanted undone is: a run that had done its work has not any more, and a resume does it again."""
    known = root.outcome if undone == 0 or root.outcome not in {"succeeded", "warning"} else "cancelled"
    root.outcome = known
    instances.end(state, root, known)


def cancel_requested(state: State) -> None:
    """Somebody asked for the end of the run."""
    if state.root is not None and not state.root.ended:
        cancel.instance(state, state.root)
