"""An instance from outside in: lock, finally, on_error, rescue, cache, require, retry, timeout, action, ensure."""

from collections.abc import Callable
from typing import Any

from steplane.commands import Ask
from steplane.events import ErrorInfo, Question, Status, StepEnded, StepReady, StepRetry, StepStarted
from steplane.kernel import bodies, calls, lists, loops, pool, rounds, runs, undoing
from steplane.kernel.state import Instance, Scope, State
from steplane.plan.nodes import Perform, Rounds

_ASKING = frozenset({
    "if", "loop", "complete", "item", "while", "until", "enter", "cache", "require", "choose", "wait", "signal",
    "ensure", "outputs", "retry", "rescued",
})  # fmt: skip
_FINAL_ERRORS = frozenset({"expression", "input.invalid", "require", "cancelled"})  # trying again cannot help


def ask(state: State, instance: Instance, question: Question) -> None:
    """Put the question and wait for its answer."""
    phase: Any = "choose" if question in {"switch", "branches", "call"} else question
    lenient = question == "outputs" and (instance.recovered or instance.ending is not None)
    instance.phase = "rescued" if lenient else phase
    state.asked += 1
    state.emit(Ask(instance.serial, question))


def ready(state: State, instance: Instance) -> None:
    """Its needs hold."""
    announce(state, instance)
    if instance.adopted and instance.loop is not None:
        loops.start(state, instance)
    elif instance.adopted:
        pool.acquire(state, instance)
    elif instance.node.condition is not None and instance.parent is None and not instance.unasked:
        ask(state, instance, "if")
    else:
        repeat(state, instance)


def announce(state: State, instance: Instance) -> None:
    """Record that it is ready."""
    instance.status = "ready"
    instance.ready_at = state.now
    state.record(StepReady(**name_of(instance)))


def repeat(state: State, instance: Instance) -> None:
    """Its condition holds: ask for the items of a loop, begin its rounds, or go in."""
    if instance.node.loop is None or instance.parent is not None:
        approach(state, instance)
    elif isinstance(instance.node.loop, Rounds):
        rounds.begin(state, instance)
    else:
        ask(state, instance, "loop")


def approach(state: State, instance: Instance) -> None:
    """Find out lock, timeout and retry, and take the lock."""
    if instance.node.enter:
        ask(state, instance, "enter")
        return
    if not instance.holding and instance.scope is not None:
        lock = instance.node.lock
        instance.lock, instance.limit = (lock.static, lock.limit) if lock else (None, 1)
    pool.acquire(state, instance)


def inside(state: State, instance: Instance) -> None:
    """The lock is held: go on with what was adopted, or ask whether a recorded result stands for it."""
    if instance.node.cache is not None and not instance.adopted:
        ask(state, instance, "cache")
    else:
        go_in(state, instance)


def go_in(state: State, instance: Instance) -> None:
    """Nothing stands for it: go on with what was adopted, or check the preconditions."""
    if isinstance(instance.node.action, Perform):
        _go_on_inside(state, instance)
    else:
        has_begun(state, instance, _go_on_inside)


def _go_on_inside(state: State, instance: Instance) -> None:
    if instance.adopted:
        bodies.reopen(state, instance)
    elif instance.node.require:
        ask(state, instance, "require")
    else:
        attempt(state, instance)
    if instance.node.number == 0 and instance.scope is not None:
        calls.begun(state, instance)


def attempt(state: State, instance: Instance) -> None:
    """Make an attempt: a step type waits for a slot, the others begin at once."""
    if isinstance(instance.node.action, Perform):
        if instance.attempt == 0:
            instance.status = "ready"
        pool.want_slot(state, instance)
    else:
        begin(state, instance)
        instance.body = []
        bodies.enter(state, instance)


def begin(state: State, instance: Instance) -> None:
    """Count and record a new attempt and start its clock."""
    instance.begun = True
    instance.timed_out = False
    if not instance.restart:
        instance.attempt += 1
    instance.restart = False
    started(state, instance)
    if instance.timeout is not None:
        state.set_timer(instance, "timeout", instance.timeout)


def has_begun(state: State, instance: Instance, go_on: Callable[[State, Instance], None] | None = None) -> None:
    """It has begun: what may start only before it is withdrawn; it goes on before anything follows from that."""
    instance.begun = True
    if instance.scope is not None and instance.scope.list.milestones:
        from steplane.kernel import milestones

        milestones.begun(state, instance.scope, instance, go_on)
    elif go_on is not None:
        go_on(state, instance)


def started(state: State, instance: Instance) -> None:
    """It runs from now on."""
    instance.status = "running"
    instance.started_at = state.now
    instance.first_at = instance.first_at or state.now
    if instance.scope is not None:
        state.record(StepStarted(**name_of(instance), attempt=instance.attempt))


def attempt_ended(state: State, instance: Instance, error: ErrorInfo | None) -> None:
    """The attempt is over: with an error it is tried again, rescued, or given up."""
    state.drop_timer(instance, "timeout")
    if instance.cancelling:
        wind_up(state, instance, "cancelled")
    elif instance.timed_out:
        failed(state, instance, ErrorInfo("timeout", pool.too_late(instance, error), step=instance.path))
    elif error is not None:
        failed(state, instance, error)
    else:
        instance.error = None
        wind_up(state, instance, "warning" if instance.tainted else "succeeded")


def failed(state: State, instance: Instance, error: ErrorInfo) -> None:
    """An attempt has failed: try again if that is allowed."""
    instance.error = placed(instance, error)
    retry = instance.node.retry
    if retry is None or error.type in _FINAL_ERRORS or not _attempts_left(state, instance):
        give_up(state, instance, instance.error)
    elif retry.when is not None or retry.jitter or retry.full_jitter:
        ask(state, instance, "retry")
    else:
        back_off(state, instance, retry.pause(instance.attempt, instance.delay))


def _attempts_left(state: State, instance: Instance) -> bool:
    if instance.attempts is not None and instance.attempt >= instance.attempts:
        return False
    return _fits(state, instance, 0.0)


def _fits(state: State, instance: Instance, delay: float) -> bool:
    """Whether an attempt that begins after `delay` seconds is within the retry's `for`."""
    retry = instance.node.retry
    if retry is None or retry.within is None:
        return True
    return state.now + delay * 1_000_000 - instance.first_at <= retry.within * 1_000_000


def placed(instance: Instance, error: ErrorInfo) -> ErrorInfo:
    """The error with the step that it belongs to."""
    return error if error.step else ErrorInfo(error.type, error.message, error.code, error.detail, instance.path)


def back_off(state: State, instance: Instance, delay: float) -> None:
    """Wait before the next attempt, if it still fits."""
    error = instance.error
    assert error is not None
    if not _fits(state, instance, delay):
        give_up(state, instance, error)
    elif not undoing.before(state, instance, "retry", delay):
        wait_for_retry(state, instance, delay)


def wait_for_retry(state: State, instance: Instance, delay: float) -> None:
    """What the last attempt had completed is undone: another follows after the delay."""
    error = instance.error
    instance.phase = "backoff"
    instance.status = "waiting"
    state.record(StepRetry(**name_of(instance), attempt=instance.attempt, delay=delay, error=error))
    state.set_timer(instance, "retry", delay)


def give_up(state: State, instance: Instance, error: ErrorInfo) -> None:
    """It has failed for good: rescue it if there is a rescue."""
    instance.begun = True
    instance.error = placed(instance, error)
    if not undoing.before(state, instance, "give_up"):
        handle(state, instance)
    has_begun(state, instance)


def handle(state: State, instance: Instance) -> None:
    """What it had completed is undone: rescue it if there is a rescue."""
    if instance.node.rescue is not None:
        open_after(state, instance, instance.node.rescue, "rescue")
    else:
        wind_up(state, instance, "warning" if instance.node.tolerant else "failed")


def open_after(state: State, instance: Instance, number: int, phase: Any) -> None:
    """Begin the rescue or the finally list."""
    instance.phase = phase
    instance.status = "running"
    instance.after = Scope(instance.plan.lists[number], instance)
    lists.enter(state, instance.after)


def wind_up(state: State, instance: Instance, outcome: Status) -> None:
    """The outcome is known but for `finally`."""
    if instance.forced and outcome == "cancelled":
        outcome, instance.error = "succeeded", None
    instance.outcome = outcome
    if instance.node.finally_ is not None and instance.begun:
        open_after(state, instance, instance.node.finally_, "finally")
    else:
        end(state, instance, outcome)


def list_over(state: State, scope: Scope) -> None:
    """A list of an instance is over: its body (or a branch of it), its rescue or its finally."""
    instance = scope.owner
    if instance.ending is not None and scope.list.role not in {"finally", "compensate"}:
        runs.close(state, instance)
    elif scope.list.role == "rescue":
        _rescue_over(state, instance, scope)
    elif scope.list.role == "compensate":
        undoing.over(state, scope)
    elif scope.list.role == "finally":
        _finally_over(state, instance, scope)
    else:
        bodies.over(state, instance, scope)


def _rescue_over(state: State, instance: Instance, scope: Scope) -> None:
    if instance.cancelling:
        wind_up(state, instance, "cancelled")
    elif scope.result == "succeeded":
        instance.recovered = True
        if instance.node.outputs is not None:
            ask(state, instance, "outputs")
        else:
            wind_up(state, instance, "succeeded")
    else:
        wind_up(state, instance, "warning" if instance.node.tolerant else "failed")


def _finally_over(state: State, instance: Instance, scope: Scope) -> None:
    if scope.result == "succeeded":
        end(state, instance, instance.outcome)
        return
    if instance.error is None or instance.recovered:
        instance.error = list_error(scope)
    end(state, instance, "failed")


def list_error(scope: Scope) -> ErrorInfo:
    """The error of the step of the list that failed first."""
    first = scope.failed or scope.left
    if first is not None and first.error is not None:
        return first.error
    return ErrorInfo("cancelled", "a step was cancelled and others stay blocked by it", step=scope.owner.path)


def end(state: State, instance: Instance, status: Status, reason: str = "", by: str = "") -> None:
    """It has ended; tell what it belongs to."""
    conclude(state, instance, status, reason, by)
    if instance.parent is not None:
        loops.instance_ended(state, instance.parent, instance)
    elif instance.scope is not None:
        lists.step_ended(state, instance.scope, instance)
    else:
        runs.ended(state, instance)


def conclude(state: State, instance: Instance, status: Status, reason: str = "", by: str = "") -> None:
    """Set and record the end, give back what it holds. Nobody is told."""
    pool.release(state, instance)
    leave_question(state, instance)
    stop_listening(state, instance)
    instance.phase = "ended"
    instance.status = status
    instance.ended_at = state.now
    instance.order = state.ended
    state.ended += 1
    seen = instance.seen if reason else ()
    if status != "failed":
        reason, by = reason or instance.reason, by or instance.by
    instance.reason, instance.by = reason, by
    state.warned = state.warned or status == "warning"
    state.instances.pop(instance.serial, None)
    if instance.serial in state.beside:
        state.gone.append(instance.serial)
    if instance.scope is not None:
        error = instance.error if status in {"failed", "warning"} else None
        state.record(
            StepEnded(
                **name_of(instance), status=status, reason=reason, seen=seen, by=by, attempts=instance.attempt,
                recovered=instance.recovered, error=error,
            )
        )  # fmt: skip


def asks(instance: Instance) -> bool:
    """Whether it waits for an answer."""
    return instance.phase in _ASKING


def leave_question(state: State, instance: Instance) -> None:
    """It waits for the answer no longer."""
    if instance.phase in _ASKING:
        state.asked -= 1
        instance.phase = "new"


def stop_listening(state: State, instance: Instance) -> None:
    """It waits for no signal and no time any more."""
    if instance.listens or instance.phase == "listening":
        from steplane.kernel import waiting

        waiting.leave(state, instance)


def name_of(instance: Instance) -> dict[str, Any]:
    """What facts say of which instance they are about."""
    return {"step": instance.node.id, "path": instance.path, "activation": instance.number, "instance": instance.serial}
