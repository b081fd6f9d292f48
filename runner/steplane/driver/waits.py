"""What `wait`, `race` and `signal` need evaluated."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from steplane.driver.refusal import Refused
from steplane.expressions.durations import TooLong, parse_duration
from steplane.expressions.templates import Template
from steplane.kernel import Instance
from steplane.moments import within
from steplane.plan.waits import Awaited, Send, awaited

if TYPE_CHECKING:
    from steplane.driver.evaluate import Evaluator


def awaited_values(evaluator: "Evaluator", here: Instance) -> dict[str, Any]:
    """What the expressions in a wait give, by rank. Raises `Refused`, `ExpressionError`."""
    context = evaluator.context(here)
    found: dict[str, Any] = {}
    for rank, one in enumerate(awaited(here.node.action)):
        if one.asks:
            found[str(rank)] = _value(evaluator, one, context)
    return found


def _value(evaluator: "Evaluator", one: Awaited, context: Mapping[str, Any]) -> Any:
    if one.signal is not None:
        return _name(evaluator, one.signal, evaluator.engine.render_text(one.signal, context))
    if one.until is not None:
        return {"at": time_of(evaluator.engine.render(one.until, context), evaluator.zone)}
    assert one.duration is not None
    return evaluator.seconds(one.duration, context, "wait")


def _name(evaluator: "Evaluator", template: Template, name: str) -> str:
    masked = str(evaluator.told(template, name))
    evaluator.recordable("the name of the signal", masked)
    if not masked:
        raise Refused("input.invalid", "the name of the signal is empty")
    return masked


def seconds_of(value: Any, what: str) -> float:
    """The seconds of a duration; of a `timeout` they are some. Raises `Refused`."""
    try:
        seconds = parse_duration(value) if isinstance(value, str) else None
    except TooLong as error:
        raise Refused("input.invalid", f"`{what}`: {error}") from None
    except ValueError:
        seconds = None
    if seconds is None or (seconds <= 0 and what == "timeout"):
        raise Refused("input.invalid", f"`{what}` wants a duration such as `30s` or `1h30m`, this is {value!r}")
    return seconds


def time_of(text: Any, zone: tzinfo) -> int:
    """A time (ISO 8601; one without an offset is in the zone) in microseconds since the epoch. Raises `Refused`."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        if found is not None:
            at = round((found if found.tzinfo is not None else found.replace(tzinfo=zone)).timestamp() * 1_000_000)
            if at == within(at):
                return at
            reason = f"`until` wants a time in the years 1 to 9999 of UTC, this is {text!r}"
            raise Refused("input.invalid", reason)
    except (ValueError, OverflowError):
        pass
    raise Refused("input.invalid", f"`until` wants a time such as `2026-12-01T08:00:00Z`, this is {text!r}")


def signal_to_send(evaluator: "Evaluator", here: Instance) -> dict[str, Any]:
    """The answer to `signal`: see `Answered`. Raises `Refused`, `ExpressionError`."""
    action, context = here.node.action, evaluator.context(here)
    assert isinstance(action, Send)
    engine = evaluator.engine
    data = None if action.data is None else engine.render(action.data, context)
    name = engine.render_text(action.name, context)
    data = None if action.data is None else evaluator.told(action.data, data)
    evaluator.recordable("the data of the signal", data)
    found = {
        "name": _name(evaluator, action.name, name),
        "data": data,
        "transient": action.transient,
        "sender": f"{evaluator.run}/{here.path}",
        "time": evaluator.moment(evaluator.state.now),
    }
    if action.case is not None:
        case = _address(evaluator, "case", action.case, context)
        mine = case == evaluator.names["run"]["case"]
        return {**found, "case": case, "here": mine}
    to = evaluator.run if action.to is None else _address(evaluator, "run", action.to, context)
    return {**found, "here": True} if to == evaluator.run else {**found, "to": to, "here": False}


def _address(evaluator: "Evaluator", kind: str, template: Template, context: Mapping[str, Any]) -> str:
    """Where a signal goes, which is recorded and told as it is. Raises `Refused` where a secret stands in it."""
    text = evaluator.engine.render_text(template, context)
    if evaluator.told(template, text) != text:
        raise Refused("input.invalid", f"the {kind} that the signal is for holds a secret, and would be recorded")
    evaluator.recordable(f"the {kind} that the signal is for", text)
    return text
