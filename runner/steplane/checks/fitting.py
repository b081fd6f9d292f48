"""Whether a value of a known type is one that a parameter takes."""

from collections.abc import Mapping
from typing import Any

from steplane.expressions.types import Type, in_words, of_schema, referred
from steplane.source.scalars import resolve

KIND_OF_TYPE = {
    "string": "string",
    "array": "list",
    "object": "object",
    "boolean": "bool",
    "integer": "integer",
    "number": "number",
}
Definitions = Mapping[str, Any] | None
"""The `$defs` of the schema in which another one stands."""


def wanted_kinds(schema: Any, defs: Definitions = None) -> set[str]:
    """The kinds that a parameter takes; empty where anything goes."""
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        return wanted_kinds(referred(schema, defs), defs)
    if "anyOf" in schema:
        parts = [wanted_kinds(one, defs) for one in schema["anyOf"]]
        return set().union(*parts) if all(parts) else set()
    if "enum" in schema:
        return {"string"} if all(isinstance(one, str) for one in schema["enum"]) else set()
    kinds = schema.get("type")
    if kinds is None:
        return set()
    names = [kinds] if isinstance(kinds, str) else kinds
    return {KIND_OF_TYPE.get(name, "null") for name in names}


def fits(given: str, wanted: set[str]) -> bool:
    """Whether a kind is taken: numbers for whole numbers (it may be one), and numbers and booleans for text."""
    if given in wanted or given == "null":
        return True
    if given in {"integer", "number"}:
        return bool(wanted & {"integer", "number", "string"})
    return given == "bool" and "string" in wanted


def wrong_inside(given: Type, schema: Any, defs: Definitions = None) -> tuple[str, str] | None:
    """What a parameter takes, and why a value of the right kind is surely not that; None where it may be.

    The items of a list may all be of another kind, a text may be none of those that are allowed, a mapping may lack
    what is needed, or have a field that is not taken or of another kind.
    """
    one = plain_schema(schema, defs)
    wanted = of_schema(one, 0, defs)
    if given.is_only("list") and wanted.is_only("list", "null") and given.item is not None and given.item.kinds:
        return _wrong_items(given.item, one.get("items"), defs)
    if given.is_only("object") and wanted.is_only("object", "null"):
        return _wrong_fields(given, one, defs, ())
    if given.is_only("string", "integer", "number", "bool") and wanted.is_only("string", "null") and wanted.values:
        return _wrong_choice(given, wanted.values)
    return None


def plain_schema(schema: Any, defs: Definitions) -> dict[str, Any]:
    """The schema itself where it refers to one, or takes null beside; empty where it takes several."""
    while isinstance(schema, dict) and ("$ref" in schema or "anyOf" in schema):
        if "$ref" in schema:
            schema = referred(schema, defs)
        else:
            several = [one for one in schema["anyOf"] if one != {"type": "null"}]
            schema = several[0] if len(several) == 1 else None
    return schema if isinstance(schema, dict) else {}


def _wrong_choice(given: Type, allowed: tuple[Any, ...]) -> tuple[str, str] | None:
    texts = " or ".join(f"`{one}`" for one in allowed if one is not None)
    if not given.can_be("string"):
        taken_as_text = any(isinstance(resolve(one), bool | int | float) for one in allowed if one is not None)
        return None if taken_as_text else (texts, f"is {in_words(given)}")
    if given.is_only("string") and given.values and not set(given.values) & set(allowed):
        return texts, "is " + " or ".join(f"`{one}`" for one in given.values)
    return None


def _wrong_items(item: Type, schema: Any, defs: Definitions) -> tuple[str, str] | None:
    wanted = wanted_kinds(schema, defs)
    if wanted and not any(fits(kind, wanted) for kind in item.kinds or ()):
        takes = in_words(of_schema(schema, 0, defs))
        return f"a list, each item {takes}", f"has items each of which is {in_words(item)}"
    inside = wrong_inside(item, schema, defs) if item.kinds and schema is not None else None
    return (f"a list, each item {inside[0]}", f"has items each of which {inside[1]}") if inside else None


def _wrong_fields(
    given: Type, schema: dict[str, Any], defs: Definitions, path: tuple[str, ...]
) -> tuple[str, str] | None:
    fields, known = given.fields or {}, given.fields is not None
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    needed = schema.get("required", ())
    for name in needed if known and not given.open and given.rest is None else ():
        if name not in fields:
            return f"a mapping with `{'.'.join((*path, name))}`", "has none"
    for name, one in fields.items():
        if name not in properties and others is False and name in given.sure:
            return f"a mapping without `{'.'.join((*path, name))}`", "has one"
        wanted = properties.get(name, others)
        if (name in given.sure or name in needed) and isinstance(wanted, dict) and one.kinds:
            reason = _wrong_field(one, wanted, defs, (*path, name))
            if reason:
                return reason
    return None


def _wrong_field(
    given: Type, schema: dict[str, Any], defs: Definitions, path: tuple[str, ...]
) -> tuple[str, str] | None:
    wanted = wanted_kinds(schema, defs)
    if wanted and not any(fits(kind, wanted) for kind in given.kinds or ()):
        return f"{in_words(of_schema(schema, 0, defs))} as `{'.'.join(path)}`", f"has {in_words(given)} there"
    one = plain_schema(schema, defs)
    if given.is_only("object") and of_schema(one, 0, defs).is_only("object"):
        return _wrong_fields(given, one, defs, path)
    inside = wrong_inside(given, schema, defs)
    return (f"{inside[0]} as `{'.'.join(path)}`", f"has one that {inside[1]}") if inside else None
