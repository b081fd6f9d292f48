"""From the model to the plan: waits and signals."""

from steplane import model
from steplane.expressions.templates import Literal
from steplane.plan.waits import Awaited, Send, Wait


def awaited_of(wait: model.Wait) -> Awaited:
    """What is waited for."""
    if wait.signal is not None:
        template = wait.signal.template
        return Awaited(signal=template, name=template.value if isinstance(template, Literal) else None)
    if wait.until is not None:
        return Awaited(until=wait.until.template)
    duration = wait.duration
    if duration is None or duration.seconds is None:
        return Awaited(duration=duration.value.template if duration is not None and duration.value else None)
    return Awaited(seconds=duration.seconds)


def simple_wait(action: model.Wait | model.Signal) -> Wait | Send:
    """A `wait` or a `signal`."""
    if isinstance(action, model.Wait):
        return Wait(awaited_of(action))
    values = (action.to, action.case, action.data)
    to, case, data = (None if one is None else one.template for one in values)
    return Send(action.name.template, to, case, data, action.transient)
