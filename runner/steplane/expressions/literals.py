"""Literals in the text of an expression that their filter cannot read: patterns, JSON, Base64, durations and so on."""

import json
from collections.abc import Callable
from typing import Any

from steplane.expressions.durations import parse_duration


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
    if node.name in _READERS and node.node is not None and _is_text(node.node) and not (node.args or node.kwargs):
        try:
            _READERS[node.name](node.node.value)
        except ValueError as error:
            return node.node, str(error)
    return None


def _time(text: str) -> None:
    from datetime import datetime

    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("this is no time in ISO 8601, such as `2026-11-23T08:30:00Z`") from None


def _number(text: str) -> None:
    try:
        float(text)
    except ValueError:
        raise ValueError("this is no number") from None


def _base64(text: str) -> None:
    import base64

    try:
        base64.b64decode("".join(text.split()), validate=True).decode()
    except UnicodeDecodeError:
        raise ValueError("this is no Base64 of text: the bytes are no UTF-8") from None
    except ValueError:
        raise ValueError("this is no Base64") from None


_READERS: dict[str, Callable[[str], object]] = {
    "duration": parse_duration, "timestamp": _time, "int": _number, "float": _number, "b64decode": _base64,
}  # fmt: skip
"""What filters make of a text; each raises `ValueError` where it is not that."""


def _is_text(node: Any) -> bool:
    return type(node).__name__ == "Const" and isinstance(node.value, str)


def _pattern(text: str) -> str:
    from steplane.patterns import compile_pattern

    try:
        compile_pattern(text)
    except ValueError as error:
        return str(error)
    return ""
