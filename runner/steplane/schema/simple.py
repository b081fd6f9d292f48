"""Schemas that can be checked without a library: a kind, an enumeration, bounds, and lists of such."""

import operator
from collections.abc import Callable
from typing import Any

from steplane.expressions.durations import parse_duration
from steplane.schema.patience import tick
from steplane.schema.problems import Problem, Templated
from steplane.schema.words import ARTICLES, kind_of_value, length, listed, shown
from steplane.suggest import did_you_mean

NOTES = frozenset({"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"})
"""Keywords that say nothing of a value."""

CHECKED = frozenset(
    {
        "type",
        "enum",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "items",
        "format",
    }
)
FORMATS = frozenset({"path", "duration"})
LIMITS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "minimum": ("at least", operator.ge),
    "maximum": ("at most", operator.le),
    "exclusiveMinimum": ("more than", operator.gt),
    "minLength": ("at least", operator.ge),
    "maxLength": ("at most", operator.le),
    "minItems": ("at least", operator.ge),
    "maxItems": ("at most", operator.le),
}
"""The keywords that bound a number or a length, with their words."""

Path = tuple[str | int, ...]


def is_simple(schema: Any) -> bool:
    """Whether `simple_problems` knows every keyword of the schema, and each is used rightly."""
    return isinstance(schema, dict) and schema.keys() <= NOTES | CHECKED and all(map(_is_usual, schema.items()))


def _is_usual(item: tuple[str, Any]) -> bool:
    keyword, value = item
    if keyword in LIMITS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if keyword == "enum":
        return isinstance(value, list) and bool(value) and all(map(_is_scalar, value))
    if keyword in {"type", "format"}:
        return isinstance(value, str) and value in (ARTICLES if keyword == "type" else FORMATS)
    return is_simple(value) if keyword == "items" else True


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def simple_problems(schema: dict[str, Any], value: Any, path: Path) -> list[Problem]:
    """What is wrong with a value under a simple schema; the first thing on each level."""
    tick()
    if isinstance(value, Templated):
        return []
    own = _kind(schema, value, path) or _choice(schema, value, path) or _bounds(schema, value, path)
    own = own or format_problems(schema, value, path)
    if own or not isinstance(value, list) or "items" not in schema:
        return own
    return [one for index, item in enumerate(value) for one in simple_problems(schema["items"], item, (*path, index))]


def is_kind(value: Any, kind: str) -> bool:
    """Whether plain data is of a JSON Schema type; `3.0` is a whole number, `true` is no number."""
    own = kind_of_value(value)
    if own == kind or (own == "integer" and kind == "number"):
        return True
    return own == "number" and kind == "integer" and float(value).is_integer()


def _kind(schema: dict[str, Any], value: Any, path: Path) -> list[Problem]:
    kind = schema.get("type")
    if kind is None or is_kind(value, kind):
        return []
    message = f"must be {wanted_words(schema, kind)}, not {brief(value)}"
    return [Problem(path, message, "type", kind, schema.get("format", ""))]


def wanted_words(schema: dict[str, Any], kind: str) -> str:
    """A kind in words, or the format where it says more."""
    if schema.get("format") == "duration":
        return "a duration such as `30s`"
    return ARTICLES.get(kind, f"of type `{kind}`")


def same(left: Any, right: Any) -> bool:
    """Equality as JSON has it: `true` is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _choice(schema: dict[str, Any], value: Any, path: Path) -> list[Problem]:
    allowed = schema.get("enum")
    if allowed is None:
        return []
    tick(len(allowed) >> 4)
    return [] if any(same(value, one) for one in allowed) else [choice_problem(allowed, value, path)]


def choice_problem(allowed: list[Any], value: Any, path: Path) -> Problem:
    """The problem of a value that is none of those allowed."""
    names = [shown(one) for one in allowed]
    meant = (did_you_mean(value, names) if isinstance(value, str) else None) or ""
    return Problem(path, f"must be {listed(names)}, not {brief(value)}", "enum", allowed, suggestion=meant)


def _bounds(schema: dict[str, Any], value: Any, path: Path) -> list[Problem]:
    size: Any = len(value) if isinstance(value, str | list) else value
    unit = "character" if isinstance(value, str) else "item" if isinstance(value, list) else ""
    for keyword, (words, holds) in LIMITS.items():
        if keyword in schema and _bounded(keyword, value) and not holds(size, schema[keyword]):
            limit = length(schema[keyword], unit) if unit else schema[keyword]
            return [
                Problem(
                    path, f"must be {words} {limit}, not {size if unit else brief(value)}", keyword, schema[keyword]
                )
            ]
    return []


def _bounded(keyword: str, value: Any) -> bool:
    if keyword.endswith("Length"):
        return isinstance(value, str)
    if keyword.endswith("Items"):
        return isinstance(value, list)
    return isinstance(value, int | float) and not isinstance(value, bool)


def format_problems(schema: dict[str, Any], value: Any, path: Path) -> list[Problem]:
    """What is wrong with a text in one of our own formats."""
    kind = schema.get("format")
    if not isinstance(value, str):
        return []
    if kind == "duration":
        try:
            parse_duration(value)
        except ValueError as error:
            return [Problem(path, f"must be a duration: {error}", "format", kind, kind)]
    if kind == "path" and (not value or "\0" in value):
        return [Problem(path, f"must be a path, not {brief(value)}", "format", kind, kind)]
    return []


def brief(value: Any) -> str:
    """A value as it stands in a message: short, and never a whole document."""
    if isinstance(value, str):
        text = value if len(value) <= 40 else value[:37] + "..."
        return (
            f"`{text}`" if text and "\n" not in text and "`" not in text else "this text" if text else "an empty text"
        )
    if isinstance(value, list | dict):
        return ARTICLES[kind_of_value(value)]
    return f"`{shown(value)}`"
