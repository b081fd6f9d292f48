"""Filters on numbers."""

import math
from typing import Any

from steplane.expressions.faults import ExpressionError
from steplane.expressions.filters.wanted import number, whole
from steplane.expressions.frames import Frame
from steplane.expressions.limits import SMALL
from steplane.expressions.values import in_words

_NOT_GIVEN = "\0not given"
_LONGEST = 1000


def absolute(_frame: Frame, value: Any) -> Any:
    """Without its sign."""
    return abs(number(value, "abs"))


def to_integer(frame: Frame, value: Any, default: Any = _NOT_GIVEN, base: Any = 10) -> Any:
    """A whole number: of text, a boolean, or a number cut at its point; `default` when it cannot be one."""
    try:
        if isinstance(value, str) and len(value) < _LONGEST:
            radix = whole(base, "int", 2, 36)
            return frame.budget.integer(_read_integer(value, radix))
        if isinstance(value, bool | int | float):
            return frame.budget.integer(int(value))
    except (ValueError, OverflowError):
        pass
    return _otherwise(value, default, "int")


def _read_integer(value: str, radix: int) -> int:
    try:
        return int(value, radix)
    except ValueError:
        if radix != 10:
            raise
        return int(float(value))


def to_float(frame: Frame, value: Any, default: Any = _NOT_GIVEN) -> Any:
    """A number with a fraction: of text, a boolean or a number; `default` when it cannot be one."""
    try:
        if isinstance(value, str) and len(value) > SMALL:
            frame.budget.text(len(value))
        if isinstance(value, str | bool | int | float):
            result = float(value)
            if math.isfinite(result):
                return result
    except (ValueError, OverflowError):
        pass
    return _otherwise(value, default, "float")


def _otherwise(value: Any, default: Any, name: str) -> Any:
    if default != _NOT_GIVEN:
        return default
    shown = f"`{value[:40]}`" if isinstance(value, str) else in_words(value)
    raise ExpressionError(f"the filter `{name}` cannot read {shown} as a number; `| {name}(default=0)` says what then")


def round_(_frame: Frame, value: Any, precision: Any = 0, method: Any = "common") -> Any:
    """Rounded to that many decimals: half to even with `common`, or always `ceil` or `floor`. Gives a whole number
    where no decimals are wanted.
    """
    digits = whole(precision, "round", 0, 15)
    amount = number(value, "round")
    if method not in ("common", "ceil", "floor"):
        raise ExpressionError("the method of `round` is 'common', 'ceil' or 'floor'")
    if method == "common":
        return round(amount, digits) if digits else round(amount)
    cut = math.ceil if method == "ceil" else math.floor
    return cut(amount * 10**digits) / 10**digits if digits else cut(amount)
