"""Writes a part of an expression as an author would, for messages."""

import json
from typing import Any

from steplane.expressions.paths import describe

_SYMBOLS = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**"}


def path_of(node: Any) -> tuple[str | int, ...] | None:
    """The path that a node spells (`a.b['c'][0]`), or None."""
    kind = type(node).__name__
    if kind == "Name":
        return (node.name,)
    if kind not in ("Getattr", "Getitem"):
        return None
    inner = path_of(node.node)
    if inner is None:
        return None
    if kind == "Getattr":
        return (*inner, node.attr)
    key = getattr(node.arg, "value", None)
    if type(node.arg).__name__ == "Const" and isinstance(key, str | int) and not isinstance(key, bool):
        return (*inner, key)
    return None


def source_of(node: Any) -> str:
    """The text of a node, or an empty text where it would be too long to be of use."""
    path = path_of(node)
    if path is not None:
        return describe(path)
    kind = type(node).__name__
    if kind == "Const":
        return _constant(node.value)
    if kind == "Filter" and node.node is not None:
        inner = source_of(node.node)
        return f"{inner} | {node.name}{_arguments(node)}" if inner else ""
    if kind in _SYMBOLS:
        left, right = source_of(node.left), source_of(node.right)
        return f"{left} {_SYMBOLS[kind]} {right}" if left and right else ""
    return ""


def _constant(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'" if "'" not in value else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _arguments(node: Any) -> str:
    texts = [source_of(argument) for argument in node.args]
    if node.kwargs or not all(texts):
        return "(...)"
    return f"({', '.join(texts)})" if texts else ""
