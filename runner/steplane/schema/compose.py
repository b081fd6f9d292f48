"""The workflow schema with the parameters of step types in it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from steplane.schema.files import read_schema


def workflow_schema(parameters: Mapping[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """The schema of workflow files, a fresh copy.

    `parameters` gives the JSON Schema of `with` for each step type. Each is taken in by `if`/`then`, so that editors
    need no discriminator; a value that holds an expression is allowed wherever the parameter's schema asks for less.
    """
    schema = deepcopy(read_schema("workflow"))
    rules = [_rule(name, parameter) for name, parameter in sorted((parameters or {}).items())]
    if "shell" in (parameters or {}):
        rules.append(_run_rule((parameters or {})["shell"]))
    if rules:
        schema["$defs"]["step"]["allOf"] = rules
    return schema


def _rule(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {"properties": {"with": _templated(parameters)}}
    if parameters.get("required"):
        asked["required"] = ["with"]
    return {"if": {"required": ["uses"], "properties": {"uses": {"const": name}}}, "then": asked}


def _run_rule(parameters: dict[str, Any]) -> dict[str, Any]:
    """`run` is `shell` whose `script` or `argv` stands outside `with`."""
    own = {**parameters, "properties": {**parameters.get("properties", {})}, "required": []}
    for name in ("script", "argv"):
        own["properties"].pop(name, None)
    return {"if": {"required": ["run"]}, "then": {"properties": {"with": _templated(own)}}}


def _templated(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a mapping, each of whose values may be an expression instead. References are written out."""
    own = {key: value for key, value in schema.items() if key != "$defs"}
    defs = schema.get("$defs", {})
    template = {"$ref": "#/$defs/template"}
    own["properties"] = {
        name: {"anyOf": [_inlined(one, defs), template], **_said(one)}
        for name, one in own.get("properties", {}).items()
    }
    return own


def _said(schema: Any) -> dict[str, Any]:
    return {key: schema[key] for key in ("description", "default") if key in schema} if isinstance(schema, dict) else {}


def _inlined(schema: Any, defs: Mapping[str, Any], depth: int = 0) -> Any:
    """The schema with its own `$defs` written out; a definition within itself becomes anything."""
    if isinstance(schema, list):
        return [_inlined(one, defs, depth) for one in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        target = defs.get(reference.removeprefix("#/$defs/"), {})
        return {} if depth > 8 else _inlined(target, defs, depth + 1)
    return {key: _inlined(one, defs, depth) for key, one in schema.items()}
