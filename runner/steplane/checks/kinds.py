"""The kind of value that a name holds, as far as the file tells: null bool integer number string list object any."""

from typing import Any

from steplane.checks.context import Context, is_spread
from steplane.expressions import Template, kind
from steplane.model import Workflow

JSON_KINDS = {
    "null": "null",
    "boolean": "bool",
    "integer": "integer",
    "number": "number",
    "string": "string",
    "array": "list",
    "object": "object",
}
"""The kinds of expressions for the types of JSON Schema."""

STEP_KINDS = {
    "status": "string",
    "attempts": "integer",
    "recovered": "bool",
    "started_at": "string",
    "instances": "list",
    "rounds": "integer",
}
FIXED_KINDS = {
    ("run", "id"): "string",
    ("run", "started_at"): "string",
    ("run", "status"): "string",
    ("workflow", "name"): "string",
    ("workflow", "hash"): "string",
    ("workflow", "file"): "string",
    ("loop", "index"): "integer",
    ("loop", "index0"): "integer",
    ("loop", "first"): "bool",
    ("loop", "last"): "bool",
    ("loop", "length"): "integer",
    ("error", "type"): "string",
    ("error", "message"): "string",
    ("attempt",): "integer",
}
WORDS = {
    "null": "null",
    "bool": "a boolean",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "list": "a list",
    "object": "a mapping",
}
"""Kinds in words."""


def schema_kind(schema: Any) -> str:
    """The kind that a JSON Schema allows; `any` where that is more than one."""
    if not isinstance(schema, dict):
        return "any"
    wanted = schema.get("type")
    if isinstance(wanted, str):
        return JSON_KINDS.get(wanted, "any")
    values = schema.get("enum")
    if isinstance(values, list) and values and all(isinstance(one, str) for one in values):
        return "string"
    return "any"


class Kinds:
    """The kinds of a file's names. What cannot be known is `any`."""

    def __init__(self, workflow: Workflow, context: Context) -> None:
        self._inputs = {one.name.text: "any" if one.optional else schema_kind(one.schema) for one in workflow.inputs}
        self._variables = {one.name.text: one.value.template for one in workflow.variables}
        self._busy: set[str] = set()
        self._context = context
        self._taken = {
            name
            for position in context.positions
            if position.step.loop is not None
            for name in [getattr(getattr(position.step.loop, "item", None), "text", "")]
        }

    def of(self, template: Template) -> str:
        """The kind of a value."""
        return kind(template, self.known)

    def known(self, path: tuple[str, ...]) -> str:
        """The kind of a name's path."""
        if path[0] in self._taken:
            return "any"
        if path in FIXED_KINDS:
            return FIXED_KINDS[path]
        if len(path) == 2:
            return self._second(path[0], path[1])
        if path[0] == "steps" and len(path) in {3, 4}:
            return self._step(path)
        return "any"

    def _second(self, root: str, name: str) -> str:
        if root == "inputs":
            return self._inputs.get(name, "any")
        if root in {"secrets", "env"}:
            return "string"
        if root == "vars" and name in self._variables and name not in self._busy:
            self._busy.add(name)
            found = self.of(self._variables[name])
            self._busy.discard(name)
            return found
        return "any"

    def _step(self, path: tuple[str, ...]) -> str:
        position = self._context.by_id.get(path[1])
        if position is None:
            return "any"
        if len(path) == 3:
            return STEP_KINDS.get(path[2], "any")
        if path[2] != "outputs":
            return "any"
        if is_spread(position.step):
            return "list"
        step = position.step
        if step.loop is not None:
            return "any"
        if step.outputs is not None:
            declared = next((one for one in step.outputs.items if one.name.text == path[3]), None)
            return schema_kind(declared.schema) if declared is not None else "any"
        described = self._context.type_of(step.action)
        properties = described.outputs.get("properties", {}) if described is not None and described.outputs else {}
        return schema_kind(properties.get(path[3]))
