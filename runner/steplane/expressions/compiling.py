"""Turns the tree of an expression into nested functions over plain data.

No code is generated and no attribute of a Python object is ever read: what is not in these tables cannot be reached.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from steplane.expressions.calling import compile_call, compile_filter, compile_test
from steplane.expressions.faults import ExpressionError, Missing, MissingValue, SyntaxFault
from steplane.expressions.frames import DECLARED, Frame, Run, item, key_run, name_run
from steplane.expressions.limits import SMALL
from steplane.expressions.operators import BINARY, COMPARE, negative, positive
from steplane.expressions.paths import missing_message, path_run, read_literal, read_path
from steplane.expressions.values import Solid, in_words, kind_of, text_of, truth
from steplane.expressions.writing import source_of


@lru_cache(maxsize=8192)
def compile_text(text: str) -> Run:
    """The function of one bare expression; its result is never `Missing`. Raises ExpressionError on a syntax error."""
    literal = read_literal(text)
    if literal is not None:
        value = literal[0]
        return lambda _frame: value
    steps = read_path(text)
    if steps is not None:
        return strict(path_run(tuple(step.key for step in steps)), text)
    from steplane.expressions.grammar import parse

    try:
        return used(parse(text))
    except SyntaxFault as fault:
        raise ExpressionError(f"`{text}`: {fault.message}{fault.hint}", offset=fault.offset) from None
    except RecursionError:
        raise ExpressionError("this expression is nested too deeply") from None


def strict(run: Run, path: str, offset: int = 0) -> Run:
    """The same, but a missing value is an error that names `path`, which stands at `offset` of the text."""

    def checked(frame: Frame) -> Any:
        value = run(frame)
        if value.__class__ is Missing:
            raise MissingValue(missing_message(path, value.reason), offset=offset)
        return value

    return checked


def used(node: Any) -> Run:
    """The function of a node whose value is used: missing is an error."""
    return strict(loose(node), source_of(node), begin_of(node)) if type(node).__name__ in MAY_MISS else loose(node)


def begin_of(node: Any) -> int:
    """Where the text of a node begins; the parser puts a path at its last dot."""
    while type(node).__name__ in ("Getattr", "Getitem"):
        node = node.node
    return int(node.lineno or 0)


def loose(node: Any) -> Run:
    """The function of a node; it may give `Missing`."""
    compiler = _COMPILERS.get(type(node).__name__)
    if compiler is None:
        raise SyntaxFault("this is not part of the language", node.lineno or 0)
    return compiler(node)


def _constant(node: Any) -> Run:
    value = node.value
    return lambda _frame: value


def _name(node: Any) -> Run:
    return name_run(node.name)


def _getattr(node: Any) -> Run:
    declared = type(node.node).__name__ == "Name" and node.node.name in DECLARED
    return key_run(loose(node.node), node.attr, source_of(node.node), declared=declared)


def _getitem(node: Any) -> Run:
    inner, path = loose(node.node), source_of(node.node)
    kind = type(node.arg).__name__
    if kind == "Slice":
        return _slice(inner, node.arg, path)
    if kind in ("Tuple", "List", "Dict"):
        raise SyntaxFault("one key or number is expected between `[` and `]`", node.lineno or 0)
    if kind == "Const" and isinstance(node.arg.value, str):
        declared = type(node.node).__name__ == "Name" and node.node.name in DECLARED
        text = node.arg.value
        return key_run(inner, text, path, declared=declared)
    key = used(node.arg)
    declared = type(node.node).__name__ == "Name" and node.node.name in DECLARED

    def run(frame: Frame) -> Any:
        whole, at = inner(frame), key(frame)
        value = item(whole, at, path)
        if declared and value.__class__ is Missing:
            raise ExpressionError(value.reason)
        if frame.watch is not None and isinstance(whole, str):
            return frame.watch.made(value, whole, keeps=False)
        return value

    return run


def _slice(inner: Run, node: Any, path: str) -> Run:
    bounds = [used(part) if part is not None else None for part in (node.start, node.stop, node.step)]
    value_run = strict(inner, path)

    def run(frame: Frame) -> Any:
        value = value_run(frame)
        if kind_of(value) not in ("list", "string"):
            raise ExpressionError(f"`[a:b]` needs a list or text, and this is {in_words(value)}")
        cut = [bound(frame) if bound is not None else None for bound in bounds]
        if any(bound is not None and kind_of(bound) != "integer" for bound in cut) or cut[2] == 0:
            raise ExpressionError("the bounds of `[a:b]` are whole numbers, and its step is not 0")
        if len(value) > SMALL:
            frame.budget.spend(len(value))
        part = value[cut[0] : cut[1] : cut[2]]
        if len(part) > SMALL and part.__class__ is str and not part.isascii():
            frame.budget.weigh(part)
        return part if frame.watch is None else frame.watch.made(part, value, keeps=isinstance(part, list))

    return run


def _binary(node: Any) -> Run:
    operation = BINARY[type(node).__name__]
    left, right = used(node.left), used(node.right)

    def run(frame: Frame) -> Any:
        one, other = left(frame), right(frame)
        result = operation(one, other, frame.budget)
        if frame.watch is None:
            return result
        return frame.watch.made(result, one, other, keeps=isinstance(result, str | list))

    return run


def _unary(operation: Callable[[Any], Any]) -> Callable[[Any], Run]:
    def compile_(node: Any) -> Run:
        inner = used(node.node)

        def run(frame: Frame) -> Any:
            value = inner(frame)
            result = operation(value)
            return result if frame.watch is None else frame.watch.made(result, value, keeps=False)

        return run

    return compile_


def _and(node: Any) -> Run:
    left, right = used(node.left), loose(node.right)

    def run(frame: Frame) -> Any:
        value = left(frame)
        return right(frame) if truth(value) else value

    return run


def _or(node: Any) -> Run:
    left, right = used(node.left), loose(node.right)

    def run(frame: Frame) -> Any:
        value = left(frame)
        return value if truth(value) else right(frame)

    return run


def comparison(node: Any, operand: Callable[[Any], Run]) -> Run:
    """A chain of comparisons as in Python, its operands compiled by `operand`: what is not needed is not evaluated."""
    first = operand(node.expr)
    rest = [(COMPARE[one.op], operand(one.expr)) for one in node.ops]

    def run(frame: Frame) -> bool:
        left = first(frame)
        for operation, other in rest:
            right = other(frame)
            if not operation(left, right, frame.budget):
                return False
            left = right
        return True

    return run


def _condition(node: Any) -> Run:
    test, then = used(node.test), loose(node.expr1)
    otherwise = loose(node.expr2) if node.expr2 is not None else (lambda _frame: None)
    return lambda frame: then(frame) if truth(test(frame)) else otherwise(frame)


def _concat(node: Any) -> Run:
    parts = [used(part) for part in node.nodes]

    def run(frame: Frame) -> str:
        texts = []
        size = 0
        for part in parts:
            value = part(frame)
            text = value if value.__class__ is str else text_of(value, frame.budget)
            size += len(text)
            texts.append(text)
        if size > SMALL:
            frame.budget.spend(size)
        whole = "".join(texts)
        if size > SMALL and not whole.isascii():
            frame.budget.weigh(whole)
        return whole if frame.watch is None else frame.watch.made(whole, *texts, keeps=True)

    return run


def _list(node: Any) -> Run:
    parts = [used(part) for part in node.items]
    return lambda frame: [solid(part(frame)) for part in parts]


def _dict(node: Any) -> Run:
    pairs = [(used(pair.key), used(pair.value)) for pair in node.items]

    def run(frame: Frame) -> dict[str, Any]:
        result = {}
        for key_of, value_of in pairs:
            key = key_of(frame)
            if not isinstance(key, str):
                raise ExpressionError(f"a key of a mapping is text, and this is {in_words(key)}")
            result[key] = solid(value_of(frame))
        return result

    return run


def solid(value: Any) -> Any:
    """The value as it may stand in a list or mapping: a lazy view is read."""
    return value if value.__class__ is not tuple and value.__class__ in _PLAIN else Solid().copy(value)


_PLAIN = frozenset({type(None), bool, int, float, str, list, dict})
MAY_MISS = frozenset({"Getattr", "Getitem", "CondExpr", "And", "Or", "Filter", "Name"})
_COMPILERS: dict[str, Callable[[Any], Run]] = {
    "Const": _constant,
    "Name": _name,
    "Getattr": _getattr,
    "Getitem": _getitem,
    **dict.fromkeys(BINARY, _binary),
    "Neg": _unary(negative),
    "Pos": _unary(positive),
    "Not": _unary(lambda value: not truth(value)),
    "And": _and,
    "Or": _or,
    "Compare": lambda node: comparison(node, used),
    "CondExpr": _condition,
    "Concat": _concat,
    "List": _list,
    "Tuple": _list,
    "Dict": _dict,
    "Filter": compile_filter,
    "Test": compile_test,
    "Call": compile_call,
}
