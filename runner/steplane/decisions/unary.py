"""Cells: unary tests as data, and whether a value passes them."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any, TypeAlias

from msgspec import Struct

from steplane.decisions.columns import Column, Comparable, comparable

Predicate = Callable[[Comparable], bool]


class Is(Struct, frozen=True, tag="is"):
    """The value is just this one."""

    value: bool | int | float | str | None


class Range(Struct, frozen=True, tag="range"):
    """The value lies between two ends (None: there is no end); an `open` end does not belong to it."""

    low: int | float | str | None = None
    low_open: bool = False
    high: int | float | str | None = None
    high_open: bool = False


Test: TypeAlias = Is | Range


class Cell(Struct, frozen=True):
    """One cell: a value passes if it passes one of the tests; `negated`, if it passes none of them."""

    tests: tuple[Test, ...] = ()
    negated: bool = False

    @property
    def anything(self) -> bool:
        """Whether every value passes (`-`)."""
        return self.negated and not self.tests


ANYTHING = Cell((), negated=True)
"""The cell `-`."""


def predicate(cell: Cell, column: Column) -> Predicate | None:
    """The cell as a function of a comparable value; None where everything passes."""
    if cell.anything:
        return None
    tests = [_predicate(one, column) for one in cell.tests]
    if len(tests) == 1 and not cell.negated:
        return tests[0]
    wanted = not cell.negated
    return lambda value: any(test(value) for test in tests) is wanted


def _predicate(test: Test, column: Column) -> Predicate:
    if isinstance(test, Is):
        return _equals(comparable(column, test.value))
    low, high = comparable(column, test.low), comparable(column, test.high)
    return _between(low, high, low_open=test.low_open, high_open=test.high_open)


def _equals(wanted: Comparable) -> Predicate:
    is_bool = isinstance(wanted, bool)
    return lambda value: value == wanted and isinstance(value, bool) is is_bool


def _between(low: Any, high: Any, *, low_open: bool, high_open: bool) -> Predicate:
    def holds(value: Comparable) -> bool:
        if value.__class__ is bool or not isinstance(value, int | float | date | Fraction):
            return False
        if low is not None and (value <= low if low_open else value < low):
            return False
        return high is None or (value < high if high_open else value <= high)

    return holds


__all__ = ["ANYTHING", "Cell", "Is", "Predicate", "Range", "Test", "predicate"]
