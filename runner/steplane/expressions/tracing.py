"""Conditions that tell what they saw: each part that was evaluated and its value, in the order of evaluation.

What `and` and `or` do not come to is not told. Where a name is not known yet (`NotKnown`) they are decided by their
other side, if it decides: `x and false` is false whatever `x` will be.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from steplane.expressions.calling import MAY_BE_MISSING, filter_run, test_run
from steplane.expressions.compiling import MAY_MISS, begin_of, comparison, compile_text, loose, solid, strict
from steplane.expressions.faults import ExpressionError, NotKnown
from steplane.expressions.frames import Frame, Run
from steplane.expressions.paths import read_literal, read_path
from steplane.expressions.values import truth
from steplane.expressions.writing import source_of


@lru_cache(maxsize=8192)
def compile_traced(text: str) -> Run:
    """As `compile_text`, but what is evaluated is added to the frame's `seen`. Raises ExpressionError."""
    if read_literal(text) is not None:
        return compile_text(text)
    if read_path(text) is not None:
        return _told(text, compile_text(text))
    compile_text(text)  # says what is wrong with the text
    from steplane.expressions.grammar import parse

    return _needed(parse(text))


def _needed(node: Any) -> Run:
    """The function of a node whose value is used: missing is an error."""
    run = _traced(node)
    return strict(run, source_of(node), begin_of(node)) if type(node).__name__ in MAY_MISS else run


def _traced(node: Any) -> Run:
    """The function of a node; it may give `Missing`."""
    rule = _RULES.get(type(node).__name__)
    return rule(node) if rule is not None else _told(source_of(node), loose(node))


def _told(source: str, run: Run) -> Run:
    if not source:
        return run

    def told(frame: Frame) -> Any:
        value = run(frame)
        frame.seen.append((source, value))
        return value

    return told


def _either(decisive: bool) -> Callable[[Any], Run]:
    """`and` (decided by what is false) or `or` (by what is true)."""

    def rule(node: Any) -> Run:
        left, right = _needed(node.left), _traced(node.right)

        def run(frame: Frame) -> Any:
            try:
                value = left(frame)
            except NotKnown as unknown:
                return _other_side(frame, right, unknown)
            return value if truth(value) is decisive else right(frame)

        def _other_side(frame: Frame, other: Run, unknown: NotKnown) -> Any:
            try:
                value = other(frame)
                if truth(value) is decisive:
                    return value
            except NotKnown as second:
                raise unknown.joined(second) from None
            except ExpressionError:
                raise unknown from None
            raise unknown

        return run

    return rule


def _not(node: Any) -> Run:
    inner = _needed(node.node)
    return lambda frame: not truth(inner(frame))


def _test(node: Any) -> Run:
    return test_run(node, _traced(node.node) if node.name in MAY_BE_MISSING else _needed(node.node))


def _filter(node: Any) -> Run:
    """A filter is told as a whole, unless it cannot be written in short: then what it works on is."""
    if node.node is None or source_of(node):
        return _told(source_of(node), loose(node))
    return filter_run(node, _traced(node.node) if node.name in MAY_BE_MISSING else _needed(node.node))


def _list(node: Any) -> Run:
    parts = [_needed(part) for part in node.items]
    return lambda frame: [solid(part(frame)) for part in parts]


_RULES: dict[str, Callable[[Any], Run]] = {
    "And": _either(False),
    "Or": _either(True),
    "Not": _not,
    "Compare": lambda node: comparison(node, _needed),
    "Test": _test,
    "Filter": _filter,
    "List": _list,
    "Tuple": _list,
    "Const": loose,
}
