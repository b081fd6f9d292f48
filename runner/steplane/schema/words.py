"""Kinds of values and lists of names, in words."""

from collections.abc import Sequence
from typing import Any

from steplane.source.nodes import Mapping, Node, Scalar

ARTICLES = {
    "null": "nothing",
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
}
"""The words for each type of JSON Schema."""

_KINDS = {
    type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array",
}  # fmt: skip


def kind_of(node: Node) -> str:
    """The JSON Schema type of a node; a whole number is `integer`."""
    if isinstance(node, Scalar):
        return kind_of_value(node.value)
    return "object" if isinstance(node, Mapping) else "array"


def kind_of_value(value: Any) -> str:
    """The JSON Schema type of plain data; a whole number is `integer`."""
    return _KINDS.get(type(value), "object")


def length(count: Any, unit: str) -> str:
    """`1 item long`, `2 items long`."""
    return f"{count} {unit}{'' if count == 1 else 's'} long"


def what_it_is(node: Node) -> str:
    """A node as it stands in a message: the short text of a scalar, or its kind."""
    if not isinstance(node, Scalar):
        return ARTICLES[kind_of(node)]
    if node.value is None:
        return "empty"
    shown = as_written(node)
    if isinstance(node.value, str):
        return f"{shown}, which is text" if node.plain else f"the text {shown}" if shown != "this text" else shown
    return shown


def as_written(node: Scalar) -> str:
    """The text of a scalar as it stands in a message, without its kind."""
    text = node.text if len(node.text) <= 40 else node.text[:37] + "..."
    return f"`{text}`" if text.strip() and "\n" not in text and "`" not in text else "this text"


def listed(names: Sequence[str], joint: str = "or") -> str:
    """`a`, `b` or `c`."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}"


def expected(schema: dict[str, Any]) -> str:
    """What a schema asks for, in words."""
    if "x-expected" in schema:
        return str(schema["x-expected"])
    if "const" in schema:
        return f"`{shown(schema['const'])}`"
    if "enum" in schema:
        return listed([shown(one) for one in schema["enum"]])
    kinds = schema.get("type", "value")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    words = [ARTICLES.get(kind, "a value") for kind in kinds]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def shown(value: Any) -> str:
    """A scalar as it is written in a file."""
    return {True: "true", False: "false", None: "null"}[value] if isinstance(value, bool | None) else str(value)
