"""The workflow schema with the parameters of step types in it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from steplane.schema.files import read_schema

_TEMPLATE: dict[str, Any] = {"$ref": "#/$defs/template"}
_SAID = ("description", "default", "examples")
_DEEP = 8
"""How deep a definition may stand in itself before it becomes anything."""


def workflow_schema(
    parameters: Mapping[str, dict[str, Any]] | None = None, one_of: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, Any]:
    """The schema of workflow files, a fresh copy.

    `parameters` gives the JSON Schema of `with` for each step type; `one_of` those parameters of which a step gives
    exactly one. Each is taken in by `if`/`then`, so that editors need no discriminator. A text that holds an expression
    is allowed wherever a parameter's schema, or a part of it, asks for something else.
    """
    schema = deepcopy(read_schema("workflow"))
    known = parameters or {}
    rules = [_rule(name, known[name], (one_of or {}).get(name, ())) for name in sorted(known)]
    if "shell" in known:
        rules.append(_run_rule(known["shell"]))
    if rules:
        schema["$defs"]["step"]["allOf"] = rules
    return schema


def _rule(name: str, parameters: dict[str, Any], one_of: tuple[str, ...]) -> dict[str, Any]:
    own = _templated(parameters)
    if one_of:
        own["oneOf"] = [{"required": [one]} for one in one_of]
    asked: dict[str, Any] = {"properties": {"with": own}}
    if parameters.get("required") or one_of:
        asked["required"] = ["with"]
    asked["properties"]["with"]["title"] = name
    meant = {"type": "object", "required": ["uses"], "properties": {"uses": {"const": name}}}
    return {"if": meant, "then": asked}


def _run_rule(parameters: dict[str, Any]) -> dict[str, Any]:
    """`run` is `shell` whose `script` or `argv` stands outside `with`."""
    own = {**parameters, "properties": {**parameters.get("properties", {})}, "required": []}
    for name in ("script", "argv"):
        own["properties"].pop(name, None)
    asked = {**_templated(own), "title": "run"}
    return {"if": {"type": "object", "required": ["run"]}, "then": {"properties": {"with": asked}}}


def _templated(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a mapping of parameters, each of whose values may be an expression instead, in part or in whole.

    References are written out, so that the schema may stand anywhere.
    """
    own = {key: value for key, value in schema.items() if key != "$defs"}
    whole: dict[str, Any] = _inlined(own, schema.get("$defs", {}))
    whole["properties"] = {name: _value(one) for name, one in whole.get("properties", {}).items()}
    return whole


def _value(schema: Any) -> Any:
    """The schema of a value that may be an expression, as may be what it holds. Program text may not."""
    if not isinstance(schema, dict) or _is_code(schema):
        return schema
    if schema.get("format") == "duration":
        return {**{key: one for key, one in schema.items() if key in _SAID}, "$ref": "#/$defs/duration_value"}
    inner = _held(schema)
    if _takes_text(schema):
        return inner
    said = {key: inner.pop(key) for key in _SAID if key in inner}
    choices = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    return {**said, "anyOf": [*choices, _TEMPLATE]}


def _is_code(schema: dict[str, Any]) -> bool:
    """Whether it is for program text, into which no value is ever put."""
    return bool(schema.get("x-steplane-code")) or any(
        isinstance(one, dict) and _is_code(one) for one in schema.get("anyOf", ())
    )


def _held(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what its value holds made such that it may be an expression."""
    inner = dict(schema)
    for key in ("properties", "patternProperties"):
        if key in inner:
            inner[key] = {name: _value(one) for name, one in inner[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(inner.get(key), dict):
            inner[key] = _value(inner[key])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in inner:
            inner[key] = [_held(one) if isinstance(one, dict) else one for one in inner[key]]
    if "prefixItems" in inner:
        inner["prefixItems"] = [_value(one) for one in inner["prefixItems"]]
    return inner


def _takes_text(schema: dict[str, Any]) -> bool:
    """Whether any text will do, an expression too."""
    if "anyOf" in schema:
        return any(isinstance(one, dict) and _takes_text(one) for one in schema["anyOf"])
    kinds = schema.get("type")
    narrow = {"enum", "const", "pattern", "format", "maxLength", "oneOf", "allOf", "not", "$ref"}
    return not narrow & set(schema) and (kinds is None or "string" in ([kinds] if isinstance(kinds, str) else kinds))


def _inlined(schema: Any, defs: Mapping[str, Any], depth: int = 0) -> Any:
    """The schema with its own `$defs` written out; a definition within itself becomes anything."""
    if isinstance(schema, list):
        return [_inlined(one, defs, depth) for one in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        if depth > _DEEP:
            return {}
        beside = {key: _inlined(one, defs, depth) for key, one in schema.items() if key != "$ref"}
        return {**_inlined(defs.get(reference.removeprefix("#/$defs/"), {}), defs, depth + 1), **beside}
    return {key: _inlined(one, defs, depth) for key, one in schema.items()}
