"""What filters want of their value and arguments."""

from typing import Any

from steplane.expressions.faults import ExpressionError
from steplane.expressions.frames import Frame
from steplane.expressions.limits import SMALL
from steplane.expressions.values import in_words, is_number, kind_of, text_of


def text(frame: Frame, value: Any, name: str) -> str:
    """Text, or a number or boolean as text."""
    if isinstance(value, str):
        if len(value) > SMALL:
            frame.budget.spend(len(value))
            if not value.isascii():
                frame.budget.weigh(value)
        return value
    if kind_of(value) in ("list", "object", "null"):
        raise ExpressionError(f"the filter `{name}` wants text, and this is {in_words(value)}")
    return text_of(value, frame.budget)


def sequence(frame: Frame, value: Any, name: str) -> list[Any]:
    """The items of a list, the keys of a mapping."""
    kind = kind_of(value)
    if kind not in ("list", "object"):
        raise ExpressionError(f"the filter `{name}` wants a list, and this is {in_words(value)}")
    frame.budget.items(len(value))
    return list(value)


def number(value: Any, name: str) -> Any:
    """A number."""
    if not is_number(value):
        raise ExpressionError(f"the filter `{name}` wants a number, and this is {in_words(value)}")
    return value


def whole(value: Any, name: str, least: int, most: int) -> int:
    """A whole number within bounds, as an argument."""
    if kind_of(value) != "integer" or not least <= value <= most:
        raise ExpressionError(f"the filter `{name}` wants a whole number from {least:,} to {most:,} as its argument")
    return int(value)
