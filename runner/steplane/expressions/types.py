"""What a value can be, as far as it is known before a run: the types of expressions."""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from msgspec import Struct

from steplane.expressions.values import kind_of

KINDS = frozenset({"null", "bool", "integer", "number", "string", "list", "object"})
WORDS = {
    "bool": "a boolean",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "list": "a list",
    "object": "a mapping",
    "null": "null",
}
"""Kinds in words."""
_SCHEMA_KINDS = {
    "null": "null", "boolean": "bool", "integer": "integer", "number": "number", "string": "string", "array": "list",
    "object": "object",
}  # fmt: skip
_DEEPEST = 12
"""Levels of a schema that are looked at; below that anything may stand."""


class Type(Struct, frozen=True):
    """A set of values.

    `kinds`: what they can be, None where nothing is known. `values`: the only values, where they are known. `item`:
    what is in a list. `fields`: those of a mapping; with `open` it may have others, each a `rest` where that is known.
    """

    kinds: frozenset[str] | None = None
    values: tuple[Any, ...] | None = None
    item: "Type | None" = None
    fields: Mapping[str, "Type"] | None = None
    open: bool = True
    rest: "Type | None" = None

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return self.kinds is not None

    def can_be(self, *kinds: str) -> bool:
        """Whether it may be one of these kinds; a number may be a whole one."""
        return self.kinds is None or not self.kinds.isdisjoint(_wide(kinds))

    def is_only(self, *kinds: str) -> bool:
        """Whether it is known to be one of these kinds."""
        return self.kinds is not None and self.kinds <= set(kinds)

    @property
    def element(self) -> "Type":
        """What an item of it is."""
        return self.item if self.item is not None else ANY


ANY = Type()


def of(*kinds: str) -> Type:
    """Values of these kinds."""
    return Type(frozenset(kinds))


def list_of(item: Type) -> Type:
    """A list of such items."""
    return Type(frozenset({"list"}), item=item)


def mapping(fields: Mapping[str, Type], *, open: bool = False) -> Type:  # noqa: A002 - the field's own word
    """A mapping with these fields."""
    return Type(frozenset({"object"}), fields=fields, open=open)


def union(types: Iterable[Type]) -> Type:
    """What is one of these; null where there are none."""
    found = list(types)
    return reduce(_either, found) if found else of("null")


def _either(left: Type, right: Type) -> Type:
    if left.kinds is None or right.kinds is None:
        return ANY
    values = left.values + right.values if left.values is not None and right.values is not None else None
    items = [one.element for one in (left, right) if "list" in (one.kinds or ())]
    maps = [one for one in (left, right) if "object" in (one.kinds or ())]
    item = items[0] if len(items) == 1 or (items and items[0] == items[1]) else None
    kinds = left.kinds | right.kinds
    if len(maps) == 1 or (maps and maps[0] == maps[1]):
        return Type(kinds, values, item, maps[0].fields, maps[0].open, maps[0].rest)
    return Type(kinds, values, item)


def of_value(value: Any) -> Type:
    """The type of a literal value."""
    kind = kind_of(value)
    if kind == "list":
        return list_of(union(map(of_value, value)) if value else ANY)
    if kind == "object":
        return mapping({name: of_value(one) for name, one in value.items()})
    return Type(frozenset({kind}), values=(value,))


def of_schema(schema: Any, depth: int = 0) -> Type:
    """What a JSON Schema allows, as far as its `type`, `enum`, `const`, `properties` and `items` tell."""
    if not isinstance(schema, dict) or depth > _DEEPEST or "$ref" in schema:
        return ANY
    if (values := _values(schema)) is not None:
        kinds = frozenset(map(kind_of, values))
        return Type(kinds, values if kinds.isdisjoint({"list", "object"}) else None)
    for several in ("anyOf", "oneOf"):
        if isinstance(schema.get(several), list):
            return union(of_schema(one, depth + 1) for one in schema[several])
    wanted = schema.get("type")
    names = [str(name) for name in (wanted if isinstance(wanted, list) else [wanted])]
    if not names or not all(name in _SCHEMA_KINDS for name in names):
        return ANY
    kinds = frozenset(_SCHEMA_KINDS[name] for name in names)
    item = of_schema(schema.get("items"), depth + 1) if "list" in kinds else None
    fields = _fields(schema, depth) if "object" in kinds else None
    others = schema.get("additionalProperties", True)
    rest = of_schema(others, depth + 1) if fields is not None and isinstance(others, dict) else None
    return Type(kinds, None, item, fields, others is not False, rest)


def _values(schema: dict[str, Any]) -> tuple[Any, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    values = schema.get("enum")
    return tuple(values) if isinstance(values, list) and values else None


def _fields(schema: dict[str, Any], depth: int) -> Mapping[str, Type] | None:
    properties = schema.get("properties", {} if isinstance(schema.get("additionalProperties"), dict) else None)
    if not isinstance(properties, dict) or "patternProperties" in schema:
        return None
    return {name: of_schema(one, depth + 1) for name, one in properties.items()}


def in_words(given: Type) -> str:
    """The kinds of a known type: "text", "a list or null"."""
    kinds = given.kinds or frozenset()
    names = [WORDS[kind] for kind in WORDS if kind in kinds and not (kind == "integer" and "number" in kinds)]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _wide(kinds: Iterable[str]) -> set[str]:
    wanted = set(kinds)
    return wanted | {"integer", "number"} if wanted & {"integer", "number"} else wanted


__all__ = ["ANY", "KINDS", "WORDS", "Type", "in_words", "list_of", "mapping", "of", "of_schema", "of_value", "union"]
