"""Random decision tables whose cells are told twice: as the text that a file holds, and as what it should mean."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from steplane.decisions import Column, Rule, Table, column_of
from steplane.decisions.cells import read_cell
from steplane.decisions.tables import Policy
from steplane.schema import validate_value

Holds = Callable[[Any], bool]

KINDS: Mapping[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "whole": ({"type": "integer", "minimum": 0, "maximum": 4}, tuple(range(5))),
    "open": ({"type": "integer", "exclusiveMinimum": -1, "exclusiveMaximum": 5}, tuple(range(5))),
    "free": ({"type": "number"}, tuple(number / 2 for number in range(-2, 11))),
    "above": ({"type": "number", "minimum": 1}, tuple(number / 2 for number in range(2, 11))),
    "flag": ({"type": "boolean"}, (False, True)),
    "word": ({"enum": ["a", "b", "c"]}, ("a", "b", "c")),
    "text": ({"type": "string"}, ("a", "b", "c", "something else")),
    "maybe": ({"type": ["string", "null"]}, ("a", "b", "something else", None)),
    "size": ({"enum": [1, 2, 4]}, (1, 2, 4)),
    "day": ({"type": "string", "format": "date"}, tuple(f"2026-01-0{number}" for number in range(1, 8))),
    "long": (
        {"type": "string", "format": "duration"},
        ("0s", "30s", "1m", "1m30s", "2m", "2m30s", "3m", "3m30s", "4m", "1h"),
    ),
}
"""Columns with their schema and, of each class of values that cells with small ends can tell apart, one."""


class Told(Struct, frozen=True):
    """A cell as text, and as what it means."""

    text: str
    holds: Holds


def _ends(kind: str) -> tuple[Callable[[int], str], Callable[[Any], float]]:
    """How an end of an interval is written, and how a value compares with the ends 0 … 4."""
    if kind == "day":
        return lambda end: f'date("2026-01-0{end + 2}")', lambda value: int(value[-2:]) - 2
    if kind == "long":
        seconds = {
            "0s": 0,
            "30s": 30,
            "1m": 60,
            "1m30s": 90,
            "2m": 120,
            "2m30s": 150,
            "3m": 180,
            "3m30s": 210,
            "4m": 240,
            "1h": 3600,
        }
        return lambda end: f'duration("{end}m")' if end % 2 else f"{end}m", lambda value: seconds[value] / 60
    return str, float


def cells(kind: str) -> st.SearchStrategy[Told]:
    """Cells of a column of that kind."""
    anything = st.just(Told("-", lambda _: True))
    if kind in {"flag", "word", "text", "maybe"}:
        names = {"flag": ["true", "false"]}.get(kind, ["a", "b"])
        values = st.lists(st.sampled_from(names), min_size=1, max_size=2)
        return anything | st.builds(_named, values, st.booleans(), st.just(kind))
    ranges = st.builds(
        _between, st.integers(0, 4), st.integers(0, 4), st.sampled_from("[(]"), st.sampled_from("])["), st.just(kind)
    )
    one = ranges | st.builds(_compared, st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 4), st.just(kind))
    several = st.builds(_several, st.lists(one, min_size=1, max_size=2), st.booleans())
    return anything | one | several


def _named(values: list[str], negated: bool, kind: str) -> Told:
    known = [value == "true" for value in values] if kind == "flag" else values
    text = ", ".join(values if kind == "flag" else [f'"{one}"' if one == "a" else one for one in values])
    return Told(f"not({text})" if negated else text, lambda value: (value in known) is not negated)


def _between(low: int, high: int, opening: str, closing: str, kind: str) -> Told:
    low, high = min(low, high), max(low, high)
    if low == high:
        opening, closing = "[", "]"
    write, of = _ends(kind)

    def holds(value: Any) -> bool:
        at = of(value)
        return (at >= low if opening == "[" else at > low) and (at <= high if closing == "]" else at < high)

    return Told(f"{opening}{write(low)}..{write(high)}{closing}", holds)


def _compared(sign: str, end: int, kind: str) -> Told:
    write, of = _ends(kind)
    compare: dict[str, Callable[[float], bool]] = {
        "<": lambda at: at < end, "<=": lambda at: at <= end, ">": lambda at: at > end, ">=": lambda at: at >= end,
    }  # fmt: skip
    return Told(f"{sign} {write(end)}", lambda value: compare[sign](of(value)))


def _several(tests: list[Told], negated: bool) -> Told:
    text = ", ".join(one.text for one in tests)
    return Told(
        f"not({text})" if negated else text, lambda value: any(one.holds(value) for one in tests) is not negated
    )


class Random(Struct, frozen=True):
    """A table, what its cells mean, and the values of each column."""

    table: Table
    rows: tuple[tuple[Holds, ...], ...]
    kinds: tuple[str, ...]

    def everything(self) -> list[tuple[Any, ...]]:
        """All inputs, one of each class."""
        return list(product(*(KINDS[kind][1] for kind in self.kinds)))

    def matching(self, values: tuple[Any, ...]) -> list[int]:
        """The positions of the rules that match, by what the cells mean."""
        return [
            place
            for place, row in enumerate(self.rows)
            if all(holds(value) for holds, value in zip(row, values, strict=True))
        ]

    def named(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """The values by column."""
        return dict(zip((one.name for one in self.table.inputs), values, strict=True))

    def completed(self, witness: Mapping[str, Any]) -> dict[str, Any]:
        """A witness with some value in the columns that it does not name."""
        return {**self.named(tuple(KINDS[kind][1][0] for kind in self.kinds)), **witness}


OUTPUTS = ({"enum": ["high", "low"]}, {"type": "integer"})


@st.composite
def tables(draw: st.DrawFn, *hits: Policy, most: int = 5, default: bool = False) -> Random:
    """Tables of one to three columns."""
    kinds = tuple(draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3)))
    inputs = tuple(column_of(f"c{place}", KINDS[kind][0]) for place, kind in enumerate(kinds))
    outputs = (column_of("level", OUTPUTS[0]), column_of("fee", OUTPUTS[1]))
    told = [[draw(cells(kind)) for kind in kinds] for _ in range(draw(st.integers(1, most)))]
    rules = tuple(
        Rule(
            number, tuple(read_cell(cell.text, column).cell for cell, column in zip(row, inputs, strict=True)),
            (draw(st.sampled_from(["high", "low"])), draw(st.integers(0, 2))),
        )
        for number, row in enumerate(told, 1)
    )  # fmt: skip
    otherwise = {"level": "low", "fee": 9} if default and draw(st.booleans()) else None
    table = Table("random", draw(st.sampled_from(hits)), inputs, outputs, rules, otherwise)
    return Random(table, tuple(tuple(cell.holds for cell in row) for row in told), kinds)


def valid(column: Column, value: Any) -> bool:
    """Whether the column takes the value."""
    return not validate_value(column.schema, value)
