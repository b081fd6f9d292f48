"""What the judgement of an expression needs to know of operands: literals, results, words and places."""

from collections.abc import Iterable
from typing import Any

from steplane.expressions.types import ANY, Type, in_words, of, union
from steplane.expressions.values import kind_of

NO_LITERAL = object()
"""What a node that is no literal has for a value."""


def literal_value(literal: Type, node: Any) -> Any:
    """The value of a literal in the text."""
    if type(node).__name__ != "Const" or not literal.values:
        return NO_LITERAL
    return literal.values[0]


def among(value: Any, values: Iterable[Any]) -> bool:
    """Whether a value is one of these; a boolean is no number."""
    return any(value == one and (kind_of(value) == "bool") == (kind_of(one) == "bool") for one in values)


def shown(value: Any) -> str:
    """A value as an author writes it."""
    if value is None:
        return "`null`"
    return f"`{value}`" if isinstance(value, str) else f"`{str(value).lower()}`"


def this_is(given: Type) -> str:
    """What something is that has no name."""
    return f"this is {in_words(given)}"


def number_hint(*given: Type) -> str:
    """How to get a number where text is given."""
    texts = any(one.is_only("string") for one in given)
    return "`| int` or `| float` reads a number from text" if texts else ""


def quote_hint(mine: Type, other: Type) -> str:
    """A hint where a literal is of another kind than it looks."""
    value = other.values[0] if other.values and len(other.values) == 1 else None
    if isinstance(value, str) and mine.kinds is not None:
        if mine.kinds <= {"integer", "number"} and value.replace(".", "", 1).isdecimal():
            return f"without quotes it is a number: `{value}`"
        if mine.is_only("bool") and value in ("true", "false"):
            return f"without quotes it is a boolean: `{value}`"
    return ""


def start_of(node: Any) -> int:
    """Where the text of a node begins."""
    inner = next((getattr(node, name) for name in ("left", "expr", "expr1", "node") if hasattr(node, name)), None)
    if inner is None or type(node).__name__ in ("Neg", "Pos", "Not"):
        return node.lineno or 0
    return start_of(inner)


def arithmetic_result(name: str, left: Type, right: Type) -> Type:
    """The type of what an operator gives."""
    if left.kinds is None or right.kinds is None:
        return ANY if name in ("Add", "Mul") else of("number")
    kinds = left.kinds | right.kinds
    if kinds <= {"integer", "number"}:
        exact = kinds == {"integer"} and name not in ("Div", "Pow")
        return of("integer") if exact else of("number")
    if name == "Add" and left.kinds == right.kinds and kinds <= {"string"}:
        return of("string")
    if name == "Add" and left.is_only("list") and right.is_only("list"):
        return union([left, right])
    if name == "Mul":
        other = left.kinds if right.kinds <= {"integer"} else right.kinds if left.kinds <= {"integer"} else None
        return Type(other) if other is not None and (other <= {"string"} or other <= {"list"}) else ANY
    return ANY if name == "Add" else of("number")
