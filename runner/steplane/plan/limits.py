"""From the model to the plan: time limits, retries and locks."""

from steplane import model
from steplane.expressions.templates import Literal, Template
from steplane.plan.loops import count_of
from steplane.plan.nodes import Lock
from steplane.plan.retries import Retry


def dynamic(duration: model.Duration | None) -> Template | None:
    """The expression behind a duration that is not known before the run."""
    return duration.value.template if duration is not None and duration.seconds is None and duration.value else None


def _seconds(duration: model.Duration | None) -> float | None:
    return None if duration is None else duration.seconds


def retry_of(retry: model.Retry | None) -> Retry | None:
    """How often and when a step is tried again."""
    if retry is None:
        return None
    attempts, within = retry.attempts, _seconds(retry.within)
    number = attempts.number if attempts else (None if within is not None else 3)
    delay = _seconds(retry.delay)
    return Retry(
        attempts=number,
        within=within,
        delay=1.0 if delay is None else delay,
        backoff=retry.backoff,
        max_delay=_seconds(retry.max_delay),
        jitter=retry.jitter if isinstance(retry.jitter, int | float) else 0.0,
        full_jitter=retry.jitter == "full",
        when=retry.when.expression if retry.when else None,
        attempts_value=count_of(attempts) if attempts and attempts.number is None else None,
        delay_value=dynamic(retry.delay),
    )


def lock_of(lock: model.Lock | None) -> Lock | None:
    """The lock of a step."""
    if lock is None:
        return None
    template = lock.name.template
    return Lock(template, lock.limit, template.value if isinstance(template, Literal) else None, lock.scope)


def asks_on_entry(lock: Lock | None, retry: Retry | None, timeout: model.Duration | None) -> bool:
    """Whether something of these is to be evaluated before an instance begins."""
    dynamic_retry = retry is not None and (retry.attempts_value is not None or retry.delay_value is not None)
    return (lock is not None and lock.static is None) or dynamic_retry or dynamic(timeout) is not None
