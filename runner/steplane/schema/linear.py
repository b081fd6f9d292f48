"""Keywords of ours for jsonschema: in its own they take quadratic time, use Python's regular expressions, or raise."""

from collections.abc import Iterator
from typing import Any

from steplane.schema.keywords import compiled, evaluated_items, evaluated_names, extra_names, holds_twice, is_multiple
from steplane.schema.patience import tick
from steplane.schema.simple import is_kind


def _error(names: list[Any] | None = None) -> Any:
    """An error of a keyword of ours; the names, or places, that it is about are told with it."""
    from jsonschema import ValidationError

    error: Any = ValidationError("")
    error.names = names
    return error


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not compiled(pattern).search(instance):
        yield _error()


def _pattern_properties(validator: Any, patterns: dict[str, Any], instance: Any, _: Any) -> Iterator[Any]:
    for pattern, schema in patterns.items() if isinstance(instance, dict) else ():
        for name, value in instance.items():
            tick()
            if compiled(pattern).search(name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    names = list(extra_names(schema, instance))
    if wanted is False and names:
        yield _error(names)
    for name in names if isinstance(wanted, dict) else ():
        yield from validator.descend(instance[name], wanted, path=name)


def _unique_items(_: Any, wanted: Any, instance: Any, __: Any) -> Iterator[Any]:
    if wanted and isinstance(instance, list) and holds_twice(instance):
        yield _error()


def _unevaluated_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    others = {key: one for key, one in schema.items() if key != "unevaluatedProperties"}
    seen, inner = evaluated_names(validator, instance, others), validator.evolve(schema=wanted)
    if names := [name for name, value in instance.items() if name not in seen and not inner.is_valid(value)]:
        yield _error(names)


def _unevaluated_items(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, list):
        return
    others = {key: one for key, one in schema.items() if key != "unevaluatedItems"}
    seen, inner = evaluated_items(validator, instance, others), validator.evolve(schema=wanted)
    if any(place not in seen and not inner.is_valid(value) for place, value in enumerate(instance)):
        yield _error()


def _multiple_of(_: Any, wanted: Any, instance: Any, __: Any) -> Iterator[Any]:
    if is_kind(instance, "number") and not is_multiple(instance, wanted):
        yield _error()


OWN = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
    "unevaluatedProperties": _unevaluated_properties,
    "unevaluatedItems": _unevaluated_items,
    "multipleOf": _multiple_of,
}
"""Each keyword, as jsonschema calls it."""
