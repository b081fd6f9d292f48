"""What a value can be, as far as it is known before a run: the types of expressions."""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

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
_REFERENCE = 3
"""What a reference counts among the levels: a definition may hold itself, several times."""


class Type(Struct, frozen=True):
    """A set of values.

    `kinds`: what they can be, None where nothing is known. `values`: the only values, where they are known. `item`:
    what is in a list. `fields`: those of a mapping; with `open` it may have others, each a `rest` where that is known.
    `sure` are those of its fields that are always there.
    """

    kinds: frozenset[str] | None = None
    values: tuple[Any, ...] | None = None
    item: "Type | None" = None
    fields: Mapping[str, "Type"] | None = None
    open: bool = True
    rest: "Type | None" = None
    sure: frozenset[str] = frozenset()

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
    def there(self) -> "Type":
        """It without null."""
        if self.kinds is None or "null" not in self.kinds:
            return self
        values = None if self.values is None else tuple(one for one in self.values if one is not None)
        return replace(self, kinds=self.kinds - {"null"}, values=values)

    @property
    def element(self) -> "Type":
        """What an item of it is."""
        return self.item if self.item is not None and self.item != NOTHING else ANY


ANY = Type()
_MOST_VALUES = 1000
"""Values of which each is known; more are told by their kinds."""
NOTHING = Type(frozenset())
"""What the items of an empty list are: they say nothing of those of another."""


def of(*kinds: str) -> Type:
    """Values of these kinds."""
    return Type(frozenset(kinds))


def list_of(item: Type) -> Type:
    """A list of such items."""
    return Type(frozenset({"list"}), item=item)


def mapping(fields: Mapping[str, Type], *, open: bool = False, sure: bool = False) -> Type:  # noqa: A002 - its own word
    """A mapping with these fields; `sure`: all of them are always there."""
    return Type(frozenset({"object"}), fields=fields, open=open, sure=frozenset(fields) if sure else frozenset())


def union(types: Iterable[Type]) -> Type:
    """What is one of these; null where there are none."""
    found = list(types)
    return reduce(_either, found) if found else of("null")


def items_of(*lists: Type) -> Type | None:
    """What the items of these lists are, taken together; None where nothing is known."""
    known = [one.item if one.item is not None else ANY for one in lists]
    some = [one for one in known if one != NOTHING]
    return union(some) if some else NOTHING if known else None


def _either(left: Type, right: Type) -> Type:
    if left.kinds is None or right.kinds is None:
        return ANY
    values = left.values + right.values if left.values is not None and right.values is not None else None
    item = items_of(*(one for one in (left, right) if "list" in (one.kinds or ())))
    found = Type(left.kinds | right.kinds, values if len(values or ()) <= _MOST_VALUES else None, item)
    maps = [one for one in (left, right) if "object" in (one.kinds or ())]
    if not maps:
        return found
    whole = reduce(_either_mapping, maps)
    return replace(found, fields=whole.fields, open=whole.open, rest=whole.rest, sure=whole.sure)


def _either_mapping(left: Type, right: Type) -> Type:
    """One of two mappings: the fields of both, of which those are sure that both are sure to have."""
    if left == right or left.fields is None or right.fields is None:
        return left if left == right else of("object")
    mine, theirs = _others(left), _others(right)
    names = {**left.fields, **right.fields}
    fields = {name: _one_of(left.fields.get(name, mine), right.fields.get(name, theirs)) for name in names}
    rest = _one_of(mine, theirs)
    known = None if rest in (ANY, NOTHING) else rest
    return Type(frozenset({"object"}), None, None, fields, rest != NOTHING, known, left.sure & right.sure)


def _others(one: Type) -> Type:
    """What a field of a mapping is that is none of its known ones: nothing where it has no others."""
    return one.rest if one.rest is not None else ANY if one.open else NOTHING


def _one_of(left: Type, right: Type) -> Type:
    return union(one for one in (left, right) if one != NOTHING) if left != right else left


def of_value(value: Any) -> Type:
    """The type of a literal value."""
    kind = kind_of(value)
    if kind == "list":
        return list_of(union(map(of_value, value)) if value else NOTHING)
    if kind == "object":
        return mapping({name: of_value(one) for name, one in value.items()}, sure=True)
    return Type(frozenset({kind}), values=(value,))


def of_schema(schema: Any, depth: int = 0, defs: Mapping[str, Any] | None = None) -> Type:
    """What a JSON Schema allows, as far as its `type`, `enum`, `const`, `properties`, `items` and `$defs` tell."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return ANY
    defs = schema.get("$defs", defs)
    if "$ref" in schema:
        return of_schema(referred(schema, defs), depth + _REFERENCE, defs)
    if (values := _values(schema)) is not None:
        kinds = frozenset(map(kind_of, values))
        return Type(kinds, values if kinds.isdisjoint({"list", "object"}) else None)
    for several in ("anyOf", "oneOf"):
        if isinstance(schema.get(several), list):
            return union(of_schema(one, depth + 1, defs) for one in schema[several])
    wanted = schema.get("type")
    names = [str(name) for name in (wanted if isinstance(wanted, list) else [wanted])]
    if not names or not all(name in _SCHEMA_KINDS for name in names):
        return ANY
    kinds = frozenset(_SCHEMA_KINDS[name] for name in names)
    item = of_schema(schema.get("items"), depth + 1, defs) if "list" in kinds else None
    fields = _fields(schema, depth, defs) if "object" in kinds else None
    others = schema.get("additionalProperties", True)
    rest = of_schema(others, depth + 1, defs) if fields is not None and isinstance(others, dict) else None
    sure = frozenset(schema.get("required", ())) & frozenset(fields or ())
    return Type(kinds, None, item, fields, others is not False, rest, sure)


def _values(schema: dict[str, Any]) -> tuple[Any, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    values = schema.get("enum")
    return tuple(values) if isinstance(values, list) and values else None


def referred(schema: Mapping[str, Any], defs: Mapping[str, Any] | None) -> Any:
    """The schema that stands for one with a `$ref` into the definitions; None where it is none of them."""
    start, _, name = str(schema["$ref"]).rpartition("/")
    return (defs or {}).get(name) if start == "#/$defs" and isinstance(defs, Mapping) else None


def _fields(schema: dict[str, Any], depth: int, defs: Mapping[str, Any] | None) -> Mapping[str, Type] | None:
    properties = schema.get("properties", {} if isinstance(schema.get("additionalProperties"), dict) else None)
    if not isinstance(properties, dict) or "patternProperties" in schema:
        return None
    return {name: of_schema(one, depth + 1, defs) for name, one in properties.items()}


def in_words(given: Type) -> str:
    """The kinds of a known type: "text", "a list or null"."""
    kinds = given.kinds or frozenset()
    names = [WORDS[kind] for kind in WORDS if kind in kinds and not (kind == "integer" and "number" in kinds)]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _wide(kinds: Iterable[str]) -> set[str]:
    wanted = set(kinds)
    return wanted | {"integer", "number"} if wanted & {"integer", "number"} else wanted


__all__ = [
    "ANY",
    "KINDS",
    "WORDS",
    "Type",
    "in_words",
    "list_of",
    "mapping",
    "of",
    "of_schema",
    "of_value",
    "referred",
    "union",
]
