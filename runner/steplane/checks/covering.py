"""Whether the arms of a `switch` leave a case open, where what they ask of has few values."""

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from steplane.checks.context import Context, Position
from steplane.expressions import Engine, Expression, ExpressionError, uses
from steplane.expressions.deciding import only_compares
from steplane.expressions.types import Type
from steplane.model import Switch

_MOST_TEXT = 20_000
"""Characters of conditions that are evaluated, over all cases; of a `switch` that has more nothing is said."""

Path = tuple[str, ...]
Case = Mapping[Path, Any]


def open_case(switch: Switch, position: Position, context: Context) -> Case | None:
    """What the names in the conditions are where no arm holds: the first such case, none (empty) where all are taken.

    None where it cannot be told: a name in the conditions may be anything, or there are too many cases.
    """
    conditions = [arm.condition.expression for arm in switch.arms if arm.condition is not None]
    values: dict[Path, tuple[Any, ...]] = {}
    told = []
    for one in conditions:
        known = _values_in(one, position, context)
        if known is not None:
            values |= known
            told.append(one)
    if not values or _nested(values):
        return None
    if prod(map(len, values.values())) * sum(len(one.text) for one in told) > _MOST_TEXT:
        return None
    engine = Engine()
    for row in product(*values.values()):
        case = dict(zip(values, row, strict=True))
        names = _names(case)
        if not any(_holds(engine, one, names) for one in told):
            return case if len(told) == len(conditions) else None
    return {}


def _values_in(expression: Expression, position: Position, context: Context) -> dict[Path, tuple[Any, ...]] | None:
    """The values of every name in a condition; None where those of one are not known, or where it does more than
    compare.
    """
    if not only_compares(expression.text):
        return None
    found = {}
    for use in uses(expression):
        values = _values(context.types.of_path(use.path, position))
        if use.defaulted or values is None or not all(part.isidentifier() for part in use.path):
            return None
        found[use.path] = values
    return found


def _values(given: Type) -> tuple[Any, ...] | None:
    if given.values is not None:
        return given.values
    if given.kinds is None or not given.kinds <= {"bool", "null"}:
        return None
    return (*((True, False) if "bool" in given.kinds else ()), *((None,) if "null" in given.kinds else ()))


def _nested(paths: Mapping[Path, object]) -> bool:
    """Whether one of the paths leads through another."""
    return any(path[:length] in paths for path in paths for length in range(1, len(path)))


def _names(case: Case) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for path, value in case.items():
        inner = names
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = value
    return names


def _holds(engine: Engine, expression: Expression, names: Mapping[str, Any]) -> bool:
    try:
        return engine.evaluate(expression, names) is True
    except ExpressionError:
        return False


__all__ = ["Case", "open_case"]
