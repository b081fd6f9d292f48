"""Whether a value of a known type is one that a parameter takes."""

from typing import Any

from steplane.expressions.types import Type, in_words, of_schema

KIND_OF_TYPE = {
    "string": "string",
    "array": "list",
    "object": "object",
    "boolean": "bool",
    "integer": "integer",
    "number": "number",
}


def wanted_kinds(schema: Any) -> set[str]:
    """The kinds that a parameter takes; empty where anything goes."""
    if not isinstance(schema, dict):
        return set()
    if "anyOf" in schema:
        parts = [wanted_kinds(one) for one in schema["anyOf"]]
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


def wrong_inside(given: Type, schema: Any) -> tuple[str, str] | None:
    """What a parameter takes, and why a value of the right kind is surely not that; None where it may be.

    The items of a list may all be of another kind, and a text may be none of those that are allowed.
    """
    wanted = of_schema(schema)
    if given.is_only("list") and wanted.is_only("list", "null") and given.item is not None and given.item.kinds:
        item = wanted.element
        if item.kinds and not any(fits(kind, set(item.kinds)) for kind in given.item.kinds):
            return f"a list, each item {in_words(item)}", f"has items each of which is {in_words(given.item)}"
    texts = given.is_only("string") and wanted.is_only("string", "null")
    if texts and given.values and wanted.values and not set(given.values) & set(wanted.values):
        allowed = " or ".join(f"`{one}`" for one in wanted.values if one is not None)
        return allowed, "is " + " or ".join(f"`{one}`" for one in given.values)
    return None
