"""What a condition saw: the values of the parts that it compares."""

from collections.abc import Iterator
from typing import Any

from steplane.expressions.compiling import loose
from steplane.expressions.faults import ExpressionError, Missing, SyntaxFault
from steplane.expressions.frames import Frame
from steplane.expressions.values import json_text
from steplane.expressions.writing import source_of

_LONGEST = 80
_TRANSPARENT = {"And": ("left", "right"), "Or": ("left", "right"), "Not": ("node",)}


def explain(text: str, frame: Frame) -> tuple[str, ...]:
    """Sentences such as "`inputs.amount` is 250", each part once, in the order of the text."""
    from steplane.expressions.grammar import parse

    try:
        tree = parse(text)
    except SyntaxFault:
        return ()
    said = (_sentence(node, frame) for node in _parts(tree))
    return tuple(dict.fromkeys(sentence for sentence in said if sentence))


def _parts(node: Any) -> Iterator[Any]:
    kind = type(node).__name__
    if kind in _TRANSPARENT:
        for name in _TRANSPARENT[kind]:
            yield from _parts(getattr(node, name))
    elif kind == "Compare":
        for part in (node.expr, *(operand.expr for operand in node.ops)):
            yield from _parts(part)
    elif kind == "Test":
        for part in (node.node, *node.args):
            yield from _parts(part)
    elif kind == "Filter" and node.node is not None and not source_of(node):
        yield from _parts(node.node)
    elif kind != "Const":
        yield node


def _sentence(node: Any, frame: Frame) -> str:
    source = source_of(node)
    if not source:
        return ""
    try:
        value = loose(node)(frame)
        if value.__class__ is Missing:
            return f"`{source}` is missing: {value.reason}"
        shown = json_text(value, frame.budget)
    except (ExpressionError, SyntaxFault, RecursionError):
        return ""
    return f"`{source}` is {shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + '…'}"
