"""The operators, on plain data and within the limits."""

import operator
from collections.abc import Callable
from typing import Any

from steplane.expressions.faults import ExpressionError
from steplane.expressions.limits import BITS, SMALL, Budget
from steplane.expressions.values import Solid, contains, equal, in_words, is_number, kind_of, less


def add(left: Any, right: Any, budget: Budget) -> Any:
    """Numbers are added; two texts or two lists are joined."""
    if is_number(left) and is_number(right):
        return _checked(operator.add, left, right, budget, "+")
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("string", "string"):
        if len(left) + len(right) > SMALL:
            budget.spend(len(left) + len(right))
        joined: str = left + right
        if len(joined) > SMALL and not joined.isascii():
            budget.weigh(joined)
        return joined
    if kinds == ("list", "list"):
        budget.items(len(left) + len(right))
        return [*left, *right]
    hint = "; `~` joins texts" if "string" in kinds else ""
    raise ExpressionError(f"`+` cannot add {in_words(left)} and {in_words(right)}{hint}")


def multiply(left: Any, right: Any, budget: Budget) -> Any:
    """Numbers are multiplied; a text or list is repeated."""
    if is_number(left) and is_number(right):
        return _checked(operator.mul, left, right, budget, "*")
    if kind_of(left) == "integer":
        left, right = right, left
    if kind_of(right) == "integer" and kind_of(left) == "string":
        budget.spend(len(left) * max(right, 0))
        repeated: str = left * right
        if not repeated.isascii():
            budget.weigh(repeated)
        return repeated
    if kind_of(right) == "integer" and kind_of(left) == "list":
        return _repeat(left, right, budget)
    raise ExpressionError(f"`*` cannot multiply {in_words(left)} and {in_words(right)}")


def _repeat(items: Any, times: int, budget: Budget) -> list[Any]:
    budget.items(len(items) * max(times, 0))
    Solid(budget).copy(items)
    return list(items) * times


def power(left: Any, right: Any, budget: Budget) -> Any:
    """A number to the power of a number, checked before it is computed."""
    _need_numbers(left, right, "**")
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > BITS and left not in (0, 1, -1):
        raise ExpressionError(f"this number is too large: at most {BITS} bits are allowed")
    return _checked(operator.pow, left, right, budget, "**")


def _arithmetic(symbol: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Budget], Any]:
    def run(left: Any, right: Any, budget: Budget) -> Any:
        if symbol == "%" and isinstance(left, str):
            raise ExpressionError("`%` does not format text: write `${{ }}` in the text, or join with `~`")
        _need_numbers(left, right, symbol)
        return _checked(function, left, right, budget, symbol)

    return run


def _need_numbers(left: Any, right: Any, symbol: str) -> None:
    for value in (left, right):
        if not is_number(value):
            raise ExpressionError(f"`{symbol}` needs numbers, and this is {in_words(value)}{_number_hint(value)}")


def _number_hint(value: Any) -> str:
    return ": `| int` or `| float` reads a number from text" if isinstance(value, str) else ""


def _checked(function: Callable[[Any, Any], Any], left: Any, right: Any, budget: Budget, symbol: str) -> Any:
    try:
        result = function(left, right)
    except ZeroDivisionError:
        raise ExpressionError(f"`{symbol}` by zero") from None
    except OverflowError:
        raise ExpressionError("the result is out of the range of numbers") from None
    if isinstance(result, int):
        return budget.integer(result)
    if isinstance(result, complex) or result != result or result in (float("inf"), float("-inf")):  # noqa: PLR0124
        raise ExpressionError("the result is not a finite number")
    return result


def negative(value: Any) -> Any:
    """Minus a number."""
    if not is_number(value):
        raise ExpressionError(f"`-` needs a number, and this is {in_words(value)}")
    return -value


def positive(value: Any) -> Any:
    """Plus a number: itself."""
    if not is_number(value):
        raise ExpressionError(f"`+` needs a number, and this is {in_words(value)}")
    return value


BINARY: dict[str, Callable[[Any, Any, Budget], Any]] = {
    "Add": add,
    "Sub": _arithmetic("-", operator.sub),
    "Mul": multiply,
    "Div": _arithmetic("/", operator.truediv),
    "FloorDiv": _arithmetic("//", operator.floordiv),
    "Mod": _arithmetic("%", operator.mod),
    "Pow": power,
}

COMPARE: dict[str, Callable[[Any, Any, Budget], bool]] = {
    "eq": equal,
    "ne": lambda left, right, budget: not equal(left, right, budget),
    "lt": lambda left, right, _budget: less(left, right),
    "gt": lambda left, right, _budget: less(right, left),
    "lteq": lambda left, right, _budget: not less(right, left),
    "gteq": lambda left, right, _budget: not less(left, right),
    "in": lambda left, right, budget: contains(right, left, budget),
    "notin": lambda left, right, budget: not contains(right, left, budget),
}
