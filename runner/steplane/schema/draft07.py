"""A schema of draft 2020-12 as one of draft-07, which every editor reads.

https://json-schema.org/draft-07, https://json-schema.org/understanding-json-schema/reference (what changed since)
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

DRAFT = "http://json-schema.org/draft-07/schema#"

_MAPS = ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = (
    "items", "additionalItems", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains",
    "propertyNames", "not", "if", "then", "else",
)  # fmt: skip
_REMARKS = frozenset({"title", "description", "markdownDescription", "default", "examples", "$comment"})
_EDITOR_WORDS = frozenset({"defaultSnippets", "doNotSuggest", "errorMessage"})
_OURS = re.compile(r"x-")

Each = Callable[[dict[str, Any]], dict[str, Any]]


def each_schema(schema: Any, change: Each) -> Any:
    """The schema with `change` made of it and of every schema within it, the inner ones first."""
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for key, one in schema.items():
        if key in _MAPS and isinstance(one, dict):
            made[key] = {name: each_schema(inner, change) for name, inner in one.items()}
        elif key in _LISTS and isinstance(one, list):
            made[key] = [each_schema(inner, change) for inner in one]
        elif key in _SINGLE:
            made[key] = each_schema(one, change)
        else:
            made[key] = one
    return change(made)


def draft07(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in draft-07. Its own `$id` is left out: what refers to a part of it stays in the file.

    Draft-07 ignores what stands beside a `$ref`: it is joined with what the reference leads to. Editors read remarks
    there all the same; words of theirs alone are kept outside an `allOf`.
    """
    definitions = schema.get("$defs", {})
    joined = each_schema(schema, lambda one: _joined(one, definitions))
    made = each_schema(joined, _translated)
    return {"$schema": DRAFT, **{key: one for key, one in made.items() if key not in {"$schema", "$id"}}}


def _joined(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    more = set(schema) - {"$ref"} - _REMARKS
    if not isinstance(reference, str) or not more:
        return schema
    if more <= _EDITOR_WORDS:
        return {**{key: one for key, one in schema.items() if key != "$ref"}, "allOf": [{"$ref": reference}]}
    target = each_schema(definitions[reference.removeprefix("#/$defs/")], lambda one: _joined(one, definitions))
    beside = {key: one for key, one in schema.items() if key != "$ref"}
    whole = {**target, **beside}
    if "properties" in target and "properties" in schema:
        whole["properties"] = {**target["properties"], **schema["properties"]}
    return whole


def _translated(schema: dict[str, Any]) -> dict[str, Any]:
    made = {key: one for key, one in schema.items() if not _OURS.match(key)}
    for old, new in (("$defs", "definitions"), ("unevaluatedProperties", "additionalProperties")):
        if old in made:
            made[new] = made.pop(old)
    if "prefixItems" in made:
        if "items" in made:
            made["additionalItems"] = made.pop("items")
        made["items"] = made.pop("prefixItems")
    dependencies = {**made.pop("dependentSchemas", {}), **made.pop("dependentRequired", {})}
    if dependencies:
        made["dependencies"] = dependencies
    if isinstance(made.get("$ref"), str):
        made["$ref"] = made["$ref"].replace("#/$defs/", "#/definitions/")
    for unknown in ("unevaluatedItems", "minContains", "maxContains", "$anchor"):
        made.pop(unknown, None)
    return made
