"""Filters on durations and times. None reads the clock: a run can be replayed."""

from typing import Any

from steplane.expressions.durations import parse_duration
from steplane.expressions.faults import ExpressionError
from steplane.expressions.frames import Frame
from steplane.expressions.limits import SMALL
from steplane.expressions.values import in_words


def duration(frame: Frame, value: Any) -> float:
    """The seconds of a duration such as `1h30m`."""
    if not isinstance(value, str):
        raise ExpressionError(f"the filter `duration` wants text such as `1h30m`, and this is {in_words(value)}")
    if len(value) > SMALL:
        frame.budget.text(len(value))
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ExpressionError(str(error)) from None


def timestamp(frame: Frame, value: Any) -> float:
    """Seconds since 1970 of a time in ISO 8601, such as `2026-11-23T08:30:00Z`.

    Without an offset it is in the workflow's zone.
    """
    from datetime import UTC, datetime

    if not isinstance(value, str):
        raise ExpressionError(f"the filter `timestamp` wants text in ISO 8601, and this is {in_words(value)}")
    if len(value) > SMALL:
        frame.budget.text(len(value))
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise ExpressionError(f"`{value[:40]}` is not a time in ISO 8601, such as `2026-11-23T08:30:00Z`") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=frame.engine.zone or UTC)).timestamp()
