"""What comes from outside, brought to the instance that waits for it."""

from collections.abc import Callable
from typing import Any

from steplane.events import Answered, AttemptEnded, ErrorInfo, LockAnswered, Question, Sent, SignalCame, TimerFired
from steplane.kernel import bodies, cancel, completing, instances, loops, pool, rounds, runs
from steplane.kernel.state import Instance, State
from steplane.plan.nodes import Call, Choice, End, Fork


def answered(state: State, event: Answered) -> None:
    """The answer to a question."""
    instance = state.instances.get(event.instance)
    if instance is None or not waits_for(instance, event.question):
        return
    rescued = instance.phase == "rescued"
    instances.leave_question(state, instance)
    if rescued:
        instance.outputs = event.value if event.error is None else {}
        instances.wind_up(state, instance, "succeeded")
    elif event.error is not None:
        _refused(state, instance, event.question, event.error)
    else:
        instance.seen = event.seen
        _TAKERS[event.question](state, instance, event.value)


def waits_for(instance: Instance, question: str) -> bool:
    """Whether the question is still open."""
    if question in {"switch", "branches", "call"}:
        return instance.phase == "choose"
    return instance.phase == question or (question == "outputs" and instance.phase == "rescued")


def _refused(state: State, instance: Instance, question: str, error: ErrorInfo) -> None:
    """The evaluation gave an error, or a condition of the step is not met."""
    if question in {"if", "loop", "while", "until"}:
        instance.error = instances.placed(instance, error)
        instances.end(state, instance, "failed")
    elif question == "complete":
        completing.refused(state, instance, error)
    elif question == "item":
        from steplane.kernel import opening

        opening.refused(state, instance, error)
    elif question in {"enter", "cache", "require", "retry"}:
        instances.give_up(state, instance, error)
    elif question in {"ensure", "outputs"}:
        bodies.abandon(state, instance, error)
    else:
        instances.attempt_ended(state, instance, error)


def _if(state: State, instance: Instance, value: Any) -> None:
    if value:
        instances.repeat(state, instance)
    else:
        instances.end(state, instance, "skipped", reason="`if` is false")


def _enter(state: State, instance: Instance, value: dict[str, Any]) -> None:
    lock = instance.node.lock
    if not instance.holding and instance.scope is not None:
        instance.lock = value.get("lock", lock.static if lock else None)
        instance.limit = value.get("limit", lock.limit if lock else 1)
    instance.timeout = value.get("timeout", instance.timeout)
    instance.attempts = value.get("attempts", instance.attempts)
    instance.delay = value.get("delay", instance.delay)
    pool.acquire(state, instance)


def _cache(state: State, instance: Instance, value: dict[str, Any]) -> None:
    if not value["hit"]:
        instances.go_in(state, instance)
        return
    instance.outputs = value.get("outputs")
    _keep_result(instance, instance.outputs)
    instances.end(state, instance, "reused", value.get("reason", ""))


def _require(state: State, instance: Instance, _: Any) -> None:
    instances.attempt(state, instance)


def _ensure(state: State, instance: Instance, _: Any) -> None:
    bodies.results(state, instance)


def _outputs(state: State, instance: Instance, value: Any) -> None:
    if isinstance(instance.node.action, End):
        runs.end_now(state, instance, value)
    else:
        instance.outputs = value
        instances.attempt_ended(state, instance, None)


def _retry(state: State, instance: Instance, value: dict[str, Any]) -> None:
    error = instance.error
    assert error is not None
    if value["again"]:
        instances.back_off(state, instance, value["delay"])
    else:
        instances.give_up(state, instance, error)


def _wait(state: State, instance: Instance, value: Any) -> None:
    from steplane.kernel import waiting

    waiting.listen(state, instance, value)


def _item(state: State, instance: Instance, value: Any) -> None:
    from steplane.kernel import opening

    opening.asked(state, instance, value)


def _signal(state: State, instance: Instance, value: Any) -> None:
    from steplane.kernel import waiting

    waiting.send(state, instance, value)


_TAKERS: dict[str, Callable[[State, Instance, Any], None]] = {
    "if": _if,
    "loop": loops.answered,
    "complete": completing.asked,
    "item": _item,
    "while": rounds.asked,
    "until": rounds.asked,
    "enter": _enter,
    "cache": _cache,
    "require": _require,
    "switch": bodies.chosen,
    "branches": bodies.chosen,
    "wait": _wait,
    "signal": _signal,
    "call": bodies.chosen,
    "ensure": _ensure,
    "outputs": _outputs,
    "retry": _retry,
}


def attempt(state: State, event: AttemptEnded) -> None:
    """An attempt has ended."""
    instance = state.instances.get(event.instance)
    if instance is None or instance.phase not in {"attempt", "stopping"} or instance.attempt != event.attempt:
        return
    state.running -= 1
    instance.phase = "new"
    error = event.error
    if event.outcome == "succeeded":
        instance.outputs = event.outputs
        _keep_result(instance, event.result)
    elif error is None:
        kind = "cancelled" if event.outcome == "cancelled" else "failed"
        error = ErrorInfo(kind, "the attempt was ended from outside")
    instances.attempt_ended(state, instance, error if event.outcome != "succeeded" else None)


def _keep_result(instance: Instance, result: Any) -> None:
    """What the action of a round gave, for the `until` that looks at it."""
    loop = instance.parent.loop if instance.parent is not None else None
    if loop is not None:
        loop.result = result


def lock(state: State, event: LockAnswered) -> None:
    """The store says what becomes of a lock that it was asked for."""
    instance = state.instances.get(event.instance)
    if instance is not None and instance.phase == "lock" and instance.asked:
        pool.given(state, instance, event.error)


def signal(state: State, event: SignalCame | Sent) -> None:
    """A signal has come, or one that a step sends has arrived."""
    from steplane.kernel import waiting

    if isinstance(event, Sent):
        waiting.sent(state, event)
    else:
        waiting.came(state, event)


def timer(state: State, event: TimerFired) -> None:
    """A timer is due."""
    instance = state.instances.get(event.instance)
    if instance is None or state.timers.pop((event.instance, event.timer), None) is None:
        return
    if event.timer.startswith("wait."):
        from steplane.kernel import waiting

        waiting.time_came(state, instance, int(event.timer.removeprefix("wait.")))
    elif event.timer == "retry":
        instances.attempt(state, instance)
    elif instance.phase == "attempt":
        pool.halt(state, instance, timed_out=True)
    elif instance.phase in {"listening", "sending"}:
        instances.stop_listening(state, instance)
        instance.timed_out = True
        instances.attempt_ended(state, instance, None)
    elif instance.phase == "body":
        instance.timed_out = True
        cancel.scopes(state, instance.body)
    elif instances.asks(instance):
        instances.leave_question(state, instance)
        instance.timed_out = True
        bodies.abandon(state, instance, None)


def open_question(one: Instance) -> Question:
    """What an instance that waits for an answer had asked."""
    if one.phase == "choose":
        return _CHOICES[type(one.node.action)]
    return "outputs" if one.phase == "rescued" else one.phase  # type: ignore[return-value]


_CHOICES: dict[type, Question] = {Choice: "switch", Fork: "branches", Call: "call"}
