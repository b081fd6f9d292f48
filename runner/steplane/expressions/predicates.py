"""The allow-list of tests (`x is even`). Each takes the frame, the value, and its arguments."""

from collections.abc import Callable
from typing import Any

from steplane.expressions.faults import ExpressionError
from steplane.expressions.frames import Frame
from steplane.expressions.limits import SMALL
from steplane.expressions.operators import COMPARE
from steplane.expressions.values import in_words, kind_of


def _kind(*kinds: str) -> Callable[..., bool]:
    def check(_frame: Frame, value: Any) -> bool:
        return kind_of(value) in kinds

    return check


def _compared(name: str) -> Callable[..., bool]:
    operation = COMPARE[name]

    def check(frame: Frame, value: Any, other: Any) -> bool:
        return operation(value, other, frame.budget)

    return check


def _constant(wanted: bool) -> Callable[..., bool]:
    def check(_frame: Frame, value: Any) -> bool:
        return value is wanted

    return check


def _whole(value: Any, name: str) -> int:
    if kind_of(value) != "integer":
        raise ExpressionError(f"the test `{name}` wants a whole number, and this is {in_words(value)}")
    return int(value)


def _even(_frame: Frame, value: Any) -> bool:
    return _whole(value, "even") % 2 == 0


def _odd(_frame: Frame, value: Any) -> bool:
    return _whole(value, "odd") % 2 == 1


def _divisible(_frame: Frame, value: Any, num: Any) -> bool:
    by = _whole(num, "divisibleby")
    if by == 0:
        raise ExpressionError("the test `divisibleby` by zero")
    return _whole(value, "divisibleby") % by == 0


def _lower(frame: Frame, value: Any) -> bool:
    return _is_text(frame, value) and value.islower()


def _upper(frame: Frame, value: Any) -> bool:
    return _is_text(frame, value) and value.isupper()


def _is_text(frame: Frame, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if len(value) > SMALL:
        frame.budget.text(len(value))
    return True


def _always(_frame: Frame, _value: Any) -> bool:
    return True


def _never(_frame: Frame, _value: Any) -> bool:
    return False


PREDICATES: dict[str, Callable[..., bool]] = {
    "boolean": _kind("bool"),
    "defined": _always,
    "divisibleby": _divisible,
    "even": _even,
    "false": _constant(False),
    "float": _kind("number"),
    "integer": _kind("integer"),
    "iterable": _kind("list", "object", "string"),
    "list": _kind("list"),
    "lower": _lower,
    "mapping": _kind("object"),
    "none": _kind("null"),
    "null": _kind("null"),
    "number": _kind("integer", "number"),
    "odd": _odd,
    "sequence": _kind("list", "object", "string"),
    "string": _kind("string"),
    "true": _constant(True),
    "undefined": _never,
    "upper": _upper,
    **{name: _compared("eq") for name in ("eq", "equalto", "==")},
    **{name: _compared("ne") for name in ("ne", "!=")},
    **{name: _compared("lt") for name in ("lt", "lessthan", "<")},
    **{name: _compared("lteq") for name in ("le", "<=")},
    **{name: _compared("gt") for name in ("gt", "greaterthan", ">")},
    **{name: _compared("gteq") for name in ("ge", ">=")},
    "in": _compared("in"),
}
