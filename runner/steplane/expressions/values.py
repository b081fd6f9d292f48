"""The rules of plain data: kinds, truth, equality, order, and how a value becomes text."""

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from steplane.expressions.faults import ExpressionError, Missing
from steplane.expressions.limits import ITEMS, SMALL, TEXT, Budget, check_depth

if TYPE_CHECKING:
    from json import JSONEncoder

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "integer",
    float: "number",
    str: "string",
    list: "list",
    tuple: "list",
    dict: "object",
}
_WORDS = {
    "null": "null",
    "bool": "a boolean",
    "integer": "a number",
    "number": "a number",
    "string": "text",
    "list": "a list",
    "object": "a mapping",
    "any": "anything",
}


def kind_of(value: Any) -> str:
    """One of null bool integer number string list object; raises ExpressionError for what is not plain data."""
    kind = _KINDS.get(value.__class__)
    if kind is not None:
        return kind
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, Missing):
        raise ExpressionError(f"the value is missing: {value.reason}")
    for base in (str, bool, int, float, list, tuple):
        if isinstance(value, base):
            return _KINDS[base]
    raise ExpressionError(f"a value of type `{type(value).__name__}` is not plain data")


def in_words(value: Any) -> str:
    """The kind of a value for a message: "text", "a list", ..."""
    return _WORDS[kind_of(value)]


def is_number(value: Any) -> bool:
    """Whether it is a number; a boolean is none."""
    return kind_of(value) in ("integer", "number")


def truth(value: Any) -> bool:
    """What counts as true under `and`, `or`, `not` and `if`: all but null, false, 0 and what is empty."""
    kind_of(value)
    return bool(value)


def equal(left: Any, right: Any, budget: Budget, depth: int = 0) -> bool:
    """Equality of plain data: numbers by value, a boolean never equals a number, lists and mappings in depth."""
    kind, other = kind_of(left), kind_of(right)
    if kind in ("integer", "number"):
        return other in ("integer", "number") and bool(left == right)
    if kind != other:
        return False
    if kind in ("list", "object"):
        check_depth(depth)
        budget.tick(1 + len(left))
    if kind == "list":
        return len(left) == len(right) and all(
            equal(*pair, budget, depth + 1) for pair in zip(left, right, strict=True)
        )
    if kind == "object":
        return len(left) == len(right) and all(
            name in right and equal(left[name], right[name], budget, depth + 1) for name in left
        )
    if kind == "string" and len(left) > SMALL:
        budget.tick(len(left) >> 10)
    return bool(left == right)


def canonical(value: Any, budget: Budget, depth: int = 0) -> Hashable:
    """Something hashable that is the same for equal values, and only for them (see `equal`)."""
    kind = kind_of(value)
    if kind == "string":
        if len(value) > SMALL:
            budget.spend(len(value))
        return (kind, value)
    if kind in ("list", "object"):
        check_depth(depth)
        budget.tick(1 + len(value))
    if kind == "list":
        return (kind, *(canonical(one, budget, depth + 1) for one in value))
    if kind == "object":
        return (kind, frozenset((name, canonical(value[name], budget, depth + 1)) for name in value))
    return ("number" if kind == "integer" else kind, value)


def contains(container: Any, item: Any, budget: Budget) -> bool:
    """What `in` says: an item of a list, a key of a mapping, a part of a text."""
    kind = kind_of(container)
    if kind == "list":
        if len(container) > SMALL:
            budget.tick(len(container) >> 2)
        return any(equal(item, other, budget) for other in container)
    if kind == "object":
        return isinstance(item, str) and _has(container, item)
    if kind == "string":
        if not isinstance(item, str):
            raise ExpressionError(f"`in` looks for text in a text, and this is {in_words(item)}")
        if len(container) > SMALL:
            budget.text(len(container))
        return item in container
    raise ExpressionError(f"`in` needs a list, a mapping or text on its right, and this is {in_words(container)}")


def _has(container: Mapping[str, Any], name: str) -> bool:
    if container.__class__ is dict:
        return name in container
    try:
        return container[name].__class__ is not Missing
    except KeyError:
        return False


def less(left: Any, right: Any) -> bool:
    """The order of two numbers or two texts; anything else has none."""
    if is_number(left) and is_number(right):
        return bool(left < right)
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    raise ExpressionError(f"{in_words(left)} and {in_words(right)} have no order: compare two numbers or two texts")


def text_of(value: Any, budget: Budget) -> str:
    """A value within longer text: text as it is, JSON for the rest; null is an error."""
    kind = kind_of(value)
    if kind == "string":
        return str(value)
    if kind == "null":
        raise ExpressionError("null cannot be put into text: use `default(...)` to say what stands for it")
    if kind in ("list", "object"):
        return json_text(value, budget)
    text = scalar_text(value)
    if len(text) > SMALL:
        budget.spend(len(text))
    return text


def scalar_text(value: Any) -> str:
    """A number, boolean or null as JSON; a number that is not finite is an error."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError("the number is not finite")
    try:
        return float.__repr__(value) if isinstance(value, float) else int.__repr__(value)
    except ValueError:
        raise ExpressionError("this number is too large to be written") from None


def json_text(value: Any, budget: Budget, indent: int | None = None) -> str:
    """Compact JSON (or indented by that many blanks), within the limits of size."""
    import json

    copier = Solid(budget)
    solid = copier.copy(value)
    budget.text(copier.characters)  # the text is longer than all that stands in it
    try:
        if indent is None:
            text = json.dumps(solid, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        else:
            text = _indented(json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=indent), solid, budget)
    except (ValueError, RecursionError):
        raise ExpressionError("this cannot be written as JSON: a number in it is not finite or too large") from None
    budget.spend(len(text))
    return text


def _indented(encoder: "JSONEncoder", solid: Any, budget: Budget) -> str:
    """Piece by piece: what is indented deeply is far larger than what stands in it."""
    pieces: list[str] = []
    size = 0
    for piece in encoder.iterencode(solid):
        size += len(piece)
        budget.text(size)
        pieces.append(piece)
    return "".join(pieces)


class Solid:
    """Copies values into plain lists and dicts: lazy views are read, sharing is counted as often as it would print."""

    __slots__ = ("_budget", "_nodes", "characters")

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget
        self.characters = 0
        """Characters of the texts and keys that were copied."""
        self._nodes = 0

    def copy(self, value: Any, depth: int = 0) -> Any:
        """A plain copy; raises ExpressionError for what is missing, not plain data, too large or too deep."""
        kind = kind_of(value)
        if kind == "string":
            return self._text(value)
        if kind not in ("list", "object"):
            return value
        check_depth(depth)
        self._count(len(value))
        if kind == "list":
            return [self.copy(item, depth + 1) for item in value]
        return {self._key(name): self.copy(value[name], depth + 1) for name in value}

    def _count(self, nodes: int) -> None:
        self._nodes += nodes + 1
        if self._nodes > ITEMS * 5:
            raise ExpressionError(f"this value has more than {ITEMS * 5:,} parts")
        if self._budget is not None:
            self._budget.tick(1 + nodes)

    def _text(self, value: str) -> str:
        self.characters += len(value)
        if self.characters > TEXT * 10:
            raise ExpressionError(f"this value holds more than {TEXT * 10:,} characters")
        return str(value)

    def _key(self, name: Any) -> str:
        if not isinstance(name, str):
            raise ExpressionError(f"a key of a mapping is text, and this is {in_words(name)}")
        return self._text(name)
