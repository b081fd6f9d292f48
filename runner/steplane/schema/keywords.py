"""What keywords of JSON Schema ask, found out in linear time; jsonschema needs more, or uses Python's own patterns."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from math import inf, isfinite
from typing import Any

from steplane.patterns import compile_pattern
from steplane.schema.patience import tick


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """The pattern, compiled once for all the values that it is held against. Raises `ValueError`."""
    return compile_pattern(pattern)


def holds_twice(items: list[Any]) -> bool:
    """Whether two items are equal as JSON has it: 1 is 1.0, `true` is not 1, the order of keys says nothing."""
    seen: set[str] = set()
    for item in items:
        form = canonical(item)
        if form in seen:
            return True
        seen.add(form)
    return False


def canonical(value: Any) -> str:
    """A text that equal values share, and no others.

    A text, and no tuple with numbers in it: hashes of texts differ with each process, those of numbers are known, and
    so are lists of which all hashes are the same.
    """
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces)


def _write(value: Any, pieces: list[str]) -> None:
    tick()
    if isinstance(value, str):
        pieces.append(f"{len(value)}:{value}")
    elif isinstance(value, list | tuple):
        pieces.append("[")
        for one in value:
            _write(one, pieces)
        pieces.append("]")
    elif isinstance(value, Mapping):
        pieces.append("{")
        for name in sorted(value, key=str):
            _write(name, pieces)
            _write(value[name], pieces)
        pieces.append("}")
    else:
        pieces.append(_scalar(value))


def _scalar(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:x};"  # in base 16: it takes linear time, whatever the length
    return f"{type(value).__name__} {value!r};"


def is_multiple(value: float, of: float) -> bool:
    """Whether a number is a multiple of another one, also where their quotient is too large for a float."""
    if not isinstance(of, float):
        return value % of == 0
    try:
        quotient = value / of
    except OverflowError:
        quotient = inf
    return quotient.is_integer() if isfinite(quotient) else (Fraction(value) / Fraction(of)).denominator == 1


def extra_names(schema: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[str]:
    """The names that neither `properties` nor `patternProperties` beside it speak of."""
    known = schema.get("properties", {})
    patterns = [compiled(one) for one in schema.get("patternProperties", {})]
    for name in value:
        tick(len(patterns))
        if name not in known and not any(pattern.search(name) for pattern in patterns):
            yield name


def evaluated_items(validator: Any, value: list[Any], schema: Any) -> set[int]:
    """The places of the items that a schema speaks of, wherever in it."""
    if not isinstance(schema, Mapping):
        return set()
    if "items" in schema:
        return set(range(len(value)))
    found = set(range(len(schema.get("prefixItems", ()))))
    for keyword in ("contains", "unevaluatedItems"):
        if keyword in schema:
            inner = validator.evolve(schema=schema[keyword])
            found.update(place for place, one in enumerate(value) if inner.is_valid(one))
    for other, part in _applied(validator, value, schema):
        found |= evaluated_items(other, value, part)
    return found


def evaluated_names(validator: Any, value: Mapping[str, Any], schema: Any) -> set[str]:
    """The names that a schema speaks of, wherever in it."""
    if not isinstance(schema, Mapping):
        return set()
    found = {one for one in schema.get("properties", ()) if one in value}
    if "patternProperties" in schema:
        patterns = [compiled(one) for one in schema["patternProperties"]]
        tick(len(value) * len(patterns))
        found.update(name for name in value if any(pattern.search(name) for pattern in patterns))
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if keyword in schema:
            names = extra_names(schema, value) if keyword == "additionalProperties" else iter(value)
            inner = validator.evolve(schema=schema[keyword])
            found.update(name for name in names if inner.is_valid(value[name]))
    for name, part in schema.get("dependentSchemas", {}).items():
        if name in value:
            found |= evaluated_names(validator, value, part)
    for other, part in _applied(validator, value, schema):
        found |= evaluated_names(other, value, part)
    return found


def _applied(validator: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The schemas that a schema applies to the value as a whole, where it fits them, and what holds a part to them."""
    tick()
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            resolved = validator._resolver.lookup(schema[keyword])
            yield validator.evolve(schema=resolved.contents, _resolver=resolved.resolver), resolved.contents
    for keyword in ("allOf", "oneOf", "anyOf"):
        for part in schema.get(keyword, ()):
            if validator.evolve(schema=part).is_valid(value):
                yield validator, part
    if "if" in schema:
        fits = validator.evolve(schema=schema["if"]).is_valid(value)
        if fits:
            yield validator, schema["if"]
        following = "then" if fits else "else"
        if following in schema:
            yield validator, schema[following]
