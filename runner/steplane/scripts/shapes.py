"""A compiled `run`: what the plan stores, so that running an unchanged file needs no parser."""

from typing import Literal, TypeAlias

from msgspec import Struct

from steplane.expressions.templates import Expression

Place: TypeAlias = Literal["word", "glued", "text", "number"]


class Slot(Struct, frozen=True):
    """Where a value stands in a script.

    `word`: alone, outside quotes: one word, a list is one word per item.
    `glued`: outside quotes, joined to other text or where the shell takes one word only: one word, no list.
    `text`: in double quotes or a here-document: text, a list or mapping is compact JSON.
    `number`: where the shell computes: a whole number and nothing else.
    """

    expression: Expression
    place: Place


class Script(Struct, frozen=True, tag="script"):
    """The author's text in pieces; each slot stands for a value, counted from 0 in this order."""

    pieces: tuple[str | Slot, ...]


class Direct(Struct, frozen=True, tag="direct"):
    """A program with its arguments, executed without a shell.

    A word is made of literal text and values. A slot with the place `word` is alone in its own, and may be a list: an
    argument per item.
    """

    argv: tuple[tuple[str | Slot, ...], ...]


def slots_of(compiled: Script | Direct) -> tuple[Slot, ...]:
    """The places of values, in the order of the text."""
    pieces = compiled.pieces if isinstance(compiled, Script) else [part for word in compiled.argv for part in word]
    return tuple(piece for piece in pieces if isinstance(piece, Slot))


def expressions_of(compiled: Script | Direct) -> tuple[Expression, ...]:
    """The expressions to evaluate, in the order in which `assemble` and `arguments` take their values."""
    return tuple(slot.expression for slot in slots_of(compiled))
