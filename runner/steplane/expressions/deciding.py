"""Which parts of a condition give its answer, and are sure to be neither true nor false."""

from collections.abc import Iterator
from typing import Any

from steplane.expressions.comparing import start_of
from steplane.expressions.faults import SyntaxFault
from steplane.expressions.findings import Finding
from steplane.expressions.judgement import Judgement, Lookup
from steplane.expressions.templates import Expression
from steplane.expressions.types import Type
from steplane.expressions.writing import source_of


def not_boolean(expression: Expression, lookup: Lookup) -> list[Finding]:
    """The operands of `and` and `or`, and the choices of `a if b else c`, that are no boolean.

    An operand that need not give the answer, for `and` and `or` give their first one only where it decides, is `vain`.
    """
    from steplane.expressions.grammar import parse

    judgement = Judgement(expression.text, lookup)
    try:
        return list(_inside(judgement, parse(expression.text), sure=True))
    except (SyntaxFault, RecursionError):
        return []


def conjuncts(text: str) -> list[tuple[Any, int]]:
    """The parts that `and` joins, in their order, each with its offset; nothing where the text cannot be parsed."""
    from steplane.expressions.grammar import parse

    try:
        return _joined(parse(text))
    except (SyntaxFault, RecursionError):
        return []


_COMPARING = frozenset(
    {"And", "Or", "Not", "Compare", "Operand", "Const", "List", "Tuple", "Name", "Getattr", "Getitem"}
)
"""Nodes of an expression whose evaluation takes no more time than the reading of its text."""


def only_compares(text: str) -> bool:
    """Whether it is made of names, literals and comparisons alone, and so is quick to evaluate many times."""
    from steplane.expressions.grammar import parse

    try:
        pending = [parse(text)]
    except (SyntaxFault, RecursionError):
        return False
    while pending:
        node = pending.pop()
        kind = type(node).__name__
        if kind not in _COMPARING and not (kind == "Test" and node.name in ("none", "null")):
            return False
        pending += node.iter_child_nodes()
    return True


def held_at(text: str, offset: int) -> list[Any]:
    """What holds wherever the part at that offset is evaluated, part by part: it stands behind `and`, or is a choice of
    `a if b else c`; nothing where the text cannot be parsed.
    """
    from steplane.expressions.grammar import parse

    try:
        node, held = parse(text), []
    except (SyntaxFault, RecursionError):
        return []
    while (child := _child_at(node, offset)) is not None:
        kind = type(node).__name__
        if kind == "And" and child is node.right:
            held += _joined(node.left)
        elif kind == "CondExpr" and child is node.expr1:
            held += _joined(node.test)
        elif kind == "CondExpr" and child is node.expr2 and type(node.test).__name__ == "Not":
            held += _joined(node.test.node)
        node = child
    return [one for one, _ in held]


def _child_at(node: Any, offset: int) -> Any:
    """The part of a node that an offset is in."""
    before = [one for one in node.iter_child_nodes() if start_of(one) <= offset]
    return max(before, key=start_of, default=None)


def _joined(whole: Any) -> list[tuple[Any, int]]:
    pending, found = [whole], []
    while pending:
        node = pending.pop()
        if type(node).__name__ == "And":
            pending += [node.right, node.left]
        else:
            found.append((node, start_of(node)))
    return found


def _inside(judgement: Judgement, node: Any, *, sure: bool, compared: str = "") -> Iterator[Finding]:
    kind = type(node).__name__
    if kind in ("And", "Or"):
        first = judgement.type(node.left)
        if _may_decide(first, holds=kind == "Or"):
            yield from _inside(judgement, node.left, sure=False)
        yield from _inside(judgement, node.right, sure=sure, compared=_compared(node.left))
    elif kind == "CondExpr":
        for one in (node.expr1, node.expr2):
            yield from _inside(judgement, one, sure=sure) if one is not None else ()
    else:
        given = judgement.type(node)
        if given.kinds and not given.can_be("bool"):
            offset, length = judgement.stretch(node)
            written = judgement.text[offset : offset + length]
            meant = f"{compared} {written}" if kind == "Const" and compared else ""
            yield Finding("not-boolean", judgement.words(node, given), offset, length, meant=meant, vain=not sure)


def _may_decide(given: Type, *, holds: bool) -> bool:
    """Whether a first operand may be taken for true (`holds`) or for false."""
    return given.values is None or any(bool(one) is holds for one in given.values)


def _compared(node: Any) -> str:
    """`x ==`, where a comparison with `x` stands before a literal: `x == 'a' or 'b'`."""
    while type(node).__name__ in ("And", "Or"):
        node = node.right
    if type(node).__name__ != "Compare" or len(node.ops) != 1 or node.ops[0].op not in ("eq", "ne"):
        return ""
    return f"{source_of(node.expr)} {'==' if node.ops[0].op == 'eq' else '!='}"
