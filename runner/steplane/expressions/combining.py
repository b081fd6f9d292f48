"""The combinations of a `matrix` and their keys, of values that are known."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from steplane.expressions.limits import Budget
from steplane.expressions.values import equal, text_of

Row = dict[str, Any]


def combined(
    axes: Mapping[str, Sequence[Any]], excluded: Iterable[Row], included: Iterable[Row]
) -> tuple[list[Row], list[int]]:
    """The product of the axes, the last turning fastest; less `exclude`; then what each `include` extends or adds.

    Also the positions of those of `included` that were added, in order: theirs are the last combinations.
    """
    rows = [dict(zip(axes, row, strict=True)) for row in product(*axes.values())] if axes else []
    partials = list(excluded)
    rows = [row for row in rows if not any(_agrees(row, partial) for partial in partials)]
    grown, added = [dict(row) for row in rows], []
    for position, extra in enumerate(included):
        named = {name: value for name, value in extra.items() if name in axes}
        matching = [new for row, new in zip(rows, grown, strict=True) if _agrees(row, named)]
        for row in matching:
            row.update(extra)
        if not matching:
            added.append((position, dict(extra)))
    return [*grown, *(row for _, row in added)], [position for position, _ in added]


def _agrees(row: Row, partial: Row) -> bool:
    return all(name in row and equal(row[name], value, Budget()) for name, value in partial.items())


def row_key(axes: Iterable[str], row: Row, index: int) -> str:
    """`os=linux,py=3.12`: the axes; of an added combination that names none, all that it has."""
    names = [name for name in axes if name in row] or list(row)
    return ",".join(f"{name}={key_part(row[name])}" for name in names) or str(index)


def key_part(value: Any) -> str:
    """One value in such a key."""
    return "null" if value is None else text_of(value, Budget())


__all__ = ["combined", "key_part", "row_key"]
