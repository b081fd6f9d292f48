"""The columns of a table: which values they take, how these are compared, and how they are written."""

from collections.abc import Callable
from datetime import date, datetime
from math import inf
from typing import Any, Literal

from msgspec import Struct

from steplane.decisions.times import date_of, duration_text, moment_of, seconds

Kind = Literal["number", "integer", "boolean", "text", "date", "date-time", "duration", "any"]

WORDS: dict[Kind, str] = {
    "number": "numbers", "integer": "whole numbers", "boolean": "`true` or `false`", "text": "text", "date": "dates",
    "date-time": "dates with a time", "duration": "durations", "any": "any values",
}  # fmt: skip
"""What a column of each kind takes, in words."""

ORDERED = frozenset({"number", "integer", "date", "date-time", "duration", "any"})
"""The kinds whose values can be compared with `<`; of `any` values the numbers can."""

_JSON: dict[str, Kind] = {"number": "number", "integer": "integer", "boolean": "boolean", "string": "text"}
_FORMATS: dict[Any, Kind] = {"date": "date", "date-time": "date-time", "duration": "duration"}
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


class Column(Struct, frozen=True):
    """One column: its name, the kind of its values and its JSON Schema.

    `values` are the only ones, in their order, where the schema says so (`enum`, `const`). `null`: whether it takes
    null. `types` are the JSON types that it takes. `lowest` and `highest` bound numbers; with `open` the bound itself
    is left out.
    """

    name: str
    kind: Kind = "any"
    schema: dict[str, Any] = {}
    values: tuple[Any, ...] | None = None
    null: bool = False
    types: tuple[str, ...] = _TYPES
    lowest: int | float | None = None
    lowest_open: bool = False
    highest: int | float | None = None
    highest_open: bool = False

    @property
    def ordered(self) -> bool:
        """Whether its values can be compared with `<`."""
        return self.kind in ORDERED


def column_of(name: str, schema: Any) -> Column:
    """The column that a JSON Schema describes. What the schema says beyond kind, values and bounds is not looked at."""
    schema = schema if isinstance(schema, dict) else {}
    values = _values(schema)
    given = [kind_of(one) for one in values] if values is not None else schema.get("type", list(_TYPES))
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    types = tuple(one for one in _TYPES if one in names or (one == "integer" and "number" in names))
    kinds = {_JSON.get(one, "any") for one in types if one != "null"}
    if kinds == {"integer", "number"}:
        kinds = {"number"} if "number" in types else {"integer"}
    kind: Kind = kinds.pop() if len(kinds) == 1 else "any"
    if kind == "text" and values is None:
        kind = _FORMATS.get(schema.get("format"), kind)
    lowest, lowest_open = _bound(schema, "minimum", "exclusiveMinimum", max)
    highest, highest_open = _bound(schema, "maximum", "exclusiveMaximum", min)
    return Column(
        name, kind, schema, values, "null" in types, types or _TYPES, lowest, lowest_open, highest, highest_open
    )  # fmt: skip


def _values(schema: dict[str, Any]) -> tuple[Any, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    values = schema.get("enum")
    return tuple(values) if isinstance(values, list) and values else None


def _bound(schema: dict[str, Any], closed: str, opened: str, tighter: Callable[..., Any]) -> tuple[Any, bool]:
    one, other = (schema.get(key) if is_number(schema.get(key)) else None for key in (closed, opened))
    if one is None or other is None:
        return (one, False) if other is None else (other, True)
    return tighter(one, other), one == other or tighter(one, other) == other


def is_number(value: Any) -> bool:
    """Whether plain data is a finite number; `true` is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < inf


def kind_of(value: Any) -> str:
    """The JSON type of plain data; `3.0` is a `number`."""
    if value is None:
        return "null"
    for python, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, python):
            return name
    return "object"


class Other:
    """A value that equals none of a column's, and is in no interval."""

    __slots__ = ()


OTHER = Other()

Comparable = Any
"""A value as it is compared: number, boolean, text, `date`, `datetime`, seconds; None for null; `OTHER`."""


def comparable(column: Column, value: Any) -> Comparable:
    """The value as this column compares it."""
    if value is None:
        return None
    if column.kind in _READERS:
        found = _READERS[column.kind](value) if isinstance(value, str) else None
        return OTHER if found is None else found
    return value if isinstance(value, bool | int | float | str) else OTHER


_READERS: dict[Kind, Callable[[str], Any]] = {"date": date_of, "date-time": moment_of, "duration": seconds}


def plain(column: Column, value: Comparable) -> Any:
    """The plain value of a comparable one."""
    if column.kind == "duration" and value is not None:
        return duration_text(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def shown(value: Any) -> str:
    """A value as it stands in a message: text in quotes."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value) if isinstance(value, int | float) else "a list" if isinstance(value, list) else "a mapping"


__all__ = ["OTHER", "WORDS", "Column", "Comparable", "Kind", "column_of", "comparable", "kind_of", "plain", "shown"]
