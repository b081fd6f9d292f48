"""The values of a column, compressed: each class of values that no cell of the column can tell apart is one atom.

A set of values is then a number with a bit for each atom, and whether two cells have a value in common is `a & b`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any

from steplane.decisions.columns import OTHER, Column, Comparable, comparable, is_number, plain
from steplane.decisions.unary import Cell, Is, Range

Valid = Callable[[Column, Any], bool]
"""Whether a plain value satisfies the column's schema."""

_TEXTS = (
    "other",
    "x",
    "zz",
    "Other",
    "OTHER",
    "1",
    "a@b.example",
    "https://other.example",
    "00000000-0000-4000-8000-000000000000",
)


class Domain:
    """The atoms of a column, each with one value that stands for it. `sure` are those whose value the column takes.

    An atom that is not sure may hold values that the column takes: nothing is claimed of it.
    """

    def __init__(self, column: Column, cells: Iterable[Cell], valid: Valid) -> None:
        self.column = column
        ends, values = _points(column, cells)
        self._line = _line(column, ends | {one for one in values if _is_ordered(one)})
        others = _others(column, values, valid)
        self.atoms: list[Comparable] = [*self._line, *others]
        self._exact = {(isinstance(one, bool), one): place for place, one in enumerate(self.atoms) if one is not OTHER}
        self.full = (1 << len(self.atoms)) - 1
        self.sure = sum(1 << place for place, one in enumerate(self.atoms) if self._is_sure(one, valid))

    def mask(self, cell: Cell) -> int:
        """The atoms whose values pass the cell."""
        found = 0
        for test in cell.tests:
            found |= self._is(test) if isinstance(test, Is) else self._range(test)
        return self.full & ~found if cell.negated else found

    def witness(self, mask: int) -> Any:
        """A plain value of one of the atoms."""
        return self._plain(self.atoms[(mask & -mask).bit_length() - 1])

    def _is_sure(self, one: Comparable, valid: Valid) -> bool:
        value = self._plain(one)
        return (one is OTHER or comparable(self.column, value) == one) and valid(self.column, value)

    def _plain(self, one: Comparable) -> Any:
        return [] if one is OTHER else plain(self.column, one)

    def _is(self, test: Is) -> int:
        value = comparable(self.column, test.value)
        place = None if value is OTHER else self._exact.get((isinstance(value, bool), value))
        return 0 if place is None else 1 << place

    def _range(self, test: Range) -> int:
        low, high = (comparable(self.column, one) for one in (test.low, test.high))
        start, end = 0, len(self._line)
        if low is not None:
            start = (bisect_right if test.low_open else bisect_left)(self._line, low)
        if high is not None:
            end = (bisect_left if test.high_open else bisect_right)(self._line, high)
        return ((1 << (end - start)) - 1) << start if end > start else 0


def _is_ordered(one: Comparable) -> bool:
    return is_number(one) or isinstance(one, date | Fraction)


def _points(column: Column, cells: Iterable[Cell]) -> tuple[set[Any], list[Any]]:
    """The ends of intervals, and the literal values, of all cells."""
    ends: set[Any] = set()
    values: dict[tuple[bool, Any], Any] = {}
    for test in {one for cell in cells for one in cell.tests}:
        if isinstance(test, Is):
            one = comparable(column, test.value)
            values[isinstance(one, bool), one] = one
        else:
            ends |= {comparable(column, one) for one in (test.low, test.high) if one is not None}
    return ends, [one for one in values.values() if one is not OTHER]


def _line(column: Column, points: set[Any]) -> list[Any]:
    """The ordered atoms, lowest first: the points, and one value between each two, below the first, above the last."""
    if column.values is not None:
        return sorted({one for value in column.values if _is_ordered(one := comparable(column, value))})
    if not column.ordered or (column.kind == "any" and not {"integer", "number"} & set(column.types)):
        return []
    points = points | {one for one in (column.lowest, column.highest) if one is not None and column.kind in _NUMERIC}
    marks: list[Any] = [None, *sorted(points), None]
    found: list[Any] = []
    for low, high in pairwise(marks):
        if low is not None and _holds(column, low):
            found.append(low)
        between = _between(column, low, high)
        if between is not None and _holds(column, between):
            found.append(between)
    return found


_NUMERIC = frozenset({"number", "integer", "any"})


def _holds(column: Column, value: Any) -> bool:
    """Whether the value can be one of the column's, as far as its kind and bounds tell."""
    if column.kind == "duration":
        return bool(value >= 0)
    if column.kind not in _NUMERIC:
        return True
    if column.kind == "integer" and value != floor(value):
        return False
    low, high = column.lowest, column.highest
    if low is not None and (value <= low if column.lowest_open else value < low):
        return False
    return high is None or bool(value < high if column.highest_open else value <= high)


def _between(column: Column, low: Any, high: Any) -> Any:
    """A value between two others (None: there is no end), None where there is none; as short a one as there is."""
    if column.kind == "date":
        return _day_between(low, high)
    if column.kind == "date-time":
        return _moment_between(low, high)
    if column.kind == "duration":
        return _fraction_between(Fraction(0) if low is None else low, high) if low is not None or high != 0 else None
    return _number_between(low, high, whole=column.kind == "integer")


def _number_between(low: Any, high: Any, *, whole: bool) -> Any:
    if low is None:
        return 0 if high is None else ceil(high) - 1
    if high is None or floor(low) + 1 < high:
        return floor(low) + 1
    middle = low + (high - low) / 2
    if whole or not low < middle < high:
        return None
    return next((short for digits in range(1, 17) if low < (short := round(middle, digits)) < high), middle)


def _fraction_between(low: Fraction, high: Any) -> Any:
    if high is None or low + 1 < high:
        return low + 1
    middle = low + (high - low) / 2
    return next((short for digits in range(4) if low < (short := round(middle, digits)) < high), middle)


def _day_between(low: Any, high: Any) -> date | None:
    day = timedelta(days=1)
    if low is None:
        return date(2026, 1, 1) if high is None else high - day if high > date.min else None
    if low == date.max or (high is not None and low + day >= high):
        return None
    return date.fromordinal(low.toordinal() + 1)


def _moment_between(low: Any, high: Any) -> Any:
    try:
        if low is None:
            return datetime.fromisoformat("2026-01-01T00:00:00+00:00") if high is None else high - timedelta(days=1)
        for step in (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)):
            if high is None or low + step < high:
                return low + step
        middle = low + (high - low) / 2
    except OverflowError:
        return None
    return middle if low < middle < high else None


def _others(column: Column, values: Sequence[Any], valid: Valid) -> list[Any]:
    """The atoms that stand in no order: texts, true and false, null, and whatever else there may be."""
    if column.values is not None:
        found = [comparable(column, one) for one in column.values]
        distinct = {(isinstance(one, bool), one): one for one in found if not _is_ordered(one)}
        return list(distinct.values())
    types = set(column.types)
    found = [None] if "null" in types else []
    if "boolean" in types:
        found += [False, True]
    if "string" in types and column.kind in {"text", "any"}:
        texts = [one for one in values if isinstance(one, str)]
        found += [*texts, _other_text(column, texts, valid)]
    if column.kind == "any" and types & {"array", "object"}:
        found.append(OTHER)
    return found


def _other_text(column: Column, texts: Sequence[str], valid: Valid) -> str:
    """A text that no cell names; one that the column takes, if one is found."""
    longer = "other" * (max(map(len, texts), default=0) + 1)
    free = [one for one in (*_TEXTS, longer) if one not in texts]
    return next((one for one in free if valid(column, one)), free[0])


__all__ = ["Domain", "Valid"]
