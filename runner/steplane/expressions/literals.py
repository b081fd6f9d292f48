"""Literals in the text of an expression that their filter cannot read: patterns and JSON."""

import json
from typing import Any


def fault_of(node: Any) -> tuple[Any, str] | None:
    """What is wrong with a literal that a filter reads: the literal's node and why; None where nothing is."""
    if node.name in ("regex_match", "regex_replace"):
        given = [*node.args[:1], *(one.value for one in node.kwargs if one.key == "pattern")]
        if given and _is_text(given[0]) and (why := _pattern(given[0].value)):
            return given[0], f"this pattern cannot be read: {why}"
    if node.name == "from_json" and node.node is not None and _is_text(node.node):
        try:
            json.loads(node.node.value)
        except ValueError as error:
            return node.node, f"this is no JSON: {error}"
    return None


def _is_text(node: Any) -> bool:
    return type(node).__name__ == "Const" and isinstance(node.value, str)


def _pattern(text: str) -> str:
    from steplane.patterns import compile_pattern

    try:
        compile_pattern(text)
    except ValueError as error:
        return str(error)
    return ""
