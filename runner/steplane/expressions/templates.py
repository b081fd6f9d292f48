"""Values that may hold expressions, parsed once and kept in the plan."""

from typing import Any, TypeAlias

from msgspec import Struct


class Expression(Struct, frozen=True, tag="expression"):
    """One expression without its `${{ }}`; `line` and `column` (from 1) tell where its text begins in the file."""

    text: str
    line: int = 0
    column: int = 0


class Literal(Struct, frozen=True, tag="literal"):
    """Plain data (JSON kinds) without any expression in it."""

    value: Any


class Text(Struct, frozen=True, tag="text"):
    """Text with expressions in it; their values are put in as text."""

    parts: tuple[str | Expression, ...]


class Blocks(Struct, frozen=True, tag="blocks"):
    """Text with `${% %}` blocks: a whole Jinja template."""

    text: str
    line: int = 0
    column: int = 0


class ListOf(Struct, frozen=True, tag="list"):
    """A list in which some item is not literal."""

    items: tuple["Template", ...]


class MapOf(Struct, frozen=True, tag="map"):
    """A mapping in which some value is not literal."""

    entries: tuple[tuple[str, "Template"], ...]


Template: TypeAlias = Expression | Literal | Text | Blocks | ListOf | MapOf
