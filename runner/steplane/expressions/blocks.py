"""Texts with `${% %}` blocks, as nested functions: `if`, `for`, `set`, `with`, `filter`."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from steplane.expressions.calling import filter_run
from steplane.expressions.compiling import begin_of, solid, used
from steplane.expressions.faults import ExpressionError, Missing, SyntaxFault
from steplane.expressions.frames import Frame, Run
from steplane.expressions.values import in_words, kind_of, text_of, truth

Emit: TypeAlias = Callable[[str], None]
Block: TypeAlias = Callable[[Frame, Emit], None]
"""A compiled block: it hands its text on piece by piece."""


@lru_cache(maxsize=512)
def compile_blocks(text: str) -> Run:
    """The function that renders a text with blocks; raises ExpressionError on a syntax error."""
    from steplane.expressions.grammar import parse_blocks

    try:
        return compile_tree(parse_blocks(text))
    except SyntaxFault as fault:
        raise ExpressionError(f"{fault}{fault.hint}", offset=fault.offset) from None
    except RecursionError:
        raise ExpressionError("these blocks are nested too deeply") from None


def compile_tree(tree: Any) -> Run:
    """The same for a tree that was parsed. Raises SyntaxFault."""
    body = _body(tree.body)
    return lambda frame: _captured(body, frame)


def _captured(block: Block, frame: Frame) -> str:
    pieces: list[str] = []
    size = 0

    def emit(piece: str) -> None:
        nonlocal size
        size += len(piece)
        frame.budget.text(size)
        pieces.append(piece)

    block(frame, emit)
    text = "".join(pieces)
    if frame.watch is not None:
        frame.watch.written(text)
    return text


def _value(node: Any) -> Run:
    """The function of an expression."""
    return _placed(node, used(node))


def _placed(node: Any, run: Run) -> Run:
    """The same; an error that knows no place of its own is put where the node begins."""
    offset = begin_of(node)

    def placed(frame: Frame) -> Any:
        try:
            return run(frame)
        except ExpressionError as error:
            error.offset = error.offset or offset
            raise

    return placed


def _body(nodes: list[Any]) -> Block:
    blocks = [_statement(node) for node in nodes]

    def run(frame: Frame, emit: Emit) -> None:
        for block in blocks:
            block(frame, emit)

    return run


def _statement(node: Any) -> Block:
    compiler = _COMPILERS.get(type(node).__name__)
    if compiler is None:
        raise SyntaxFault("this block is not part of the language", node.lineno or 0)
    return compiler(node)


def _output(node: Any) -> Block:
    parts = [_printed(part) for part in node.nodes]

    def run(frame: Frame, emit: Emit) -> None:
        for part in parts:
            emit(part(frame))

    return run


def _printed(node: Any) -> Callable[[Frame], str]:
    if type(node).__name__ == "TemplateData":
        data = str(node.data)
        return lambda _frame: data
    value = used(node)

    def printed(frame: Frame) -> str:
        one = value(frame)
        if frame.watch is not None:
            frame.watch.prints(one)
        return text_of(one, frame.budget)

    return _placed(node, printed)


def _if(node: Any) -> Block:
    arms = [(_value(arm.test), _body(arm.body)) for arm in (node, *node.elif_)]
    otherwise = _body(node.else_)

    def run(frame: Frame, emit: Emit) -> None:
        for test, body in arms:
            if truth(test(frame)):
                return body(frame, emit)
        return otherwise(frame, emit)

    return run


def _target(node: Any) -> Callable[[dict[str, Any], Any], None]:
    kind = type(node).__name__
    if kind == "Name":
        name = node.name

        def put(local: dict[str, Any], value: Any) -> None:
            local[name] = value

        return put
    if kind != "Tuple":
        raise SyntaxFault("only names can be set", node.lineno or 0)
    targets = [_target(one) for one in node.items]

    def unpack(local: dict[str, Any], value: Any) -> None:
        if kind_of(value) != "list" or len(value) != len(targets):
            wanted = f"{len(targets)} names want a list of {len(targets)} items"
            raise ExpressionError(f"{wanted}, and this is {in_words(value)}")
        for target, one in zip(targets, value, strict=True):
            target(local, one)

    return unpack


def _for(node: Any) -> Block:
    if node.recursive:
        raise SyntaxFault("recursive loops are not part of the language", node.lineno or 0)
    put, items_of = _target(node.target), _value(node.iter)
    test = _value(node.test) if node.test is not None else None
    body, otherwise = _body(node.body), _body(node.else_)

    def run(frame: Frame, emit: Emit) -> None:
        outer = frame.local
        try:
            items = _kept(frame, _items(frame, items_of(frame)), put, test)
            for index, one in enumerate(items):
                frame.budget.tick()
                frame.local = {**outer, "loop": _loop(items, index)}
                put(frame.local, one)
                body(frame, emit)
        finally:
            frame.local = outer
        if not items:
            otherwise(frame, emit)

    return run


def _kept(frame: Frame, items: list[Any], put: Callable[[dict[str, Any], Any], None], test: Run | None) -> list[Any]:
    if test is None:
        return items
    kept = []
    for one in items:
        frame.local = dict(frame.local)
        put(frame.local, one)
        frame.budget.tick()
        if truth(test(frame)):
            kept.append(one)
    return kept


def _items(frame: Frame, value: Any) -> list[Any]:
    if kind_of(value) not in ("list", "object"):
        raise ExpressionError(f"`for` wants a list or a mapping, and this is {in_words(value)}")
    frame.budget.items(len(value))
    return list(value)


def _loop(items: list[Any], index: int) -> dict[str, Any]:
    count = len(items)
    loop: dict[str, Any] = {
        "index": index + 1, "index0": index, "first": index == 0, "last": index == count - 1, "length": count,
        "revindex": count - index, "revindex0": count - index - 1,
    }  # fmt: skip
    loop["previtem"] = items[index - 1] if index else Missing("this is the first item")
    loop["nextitem"] = items[index + 1] if index < count - 1 else Missing("this is the last item")
    return loop


def _set(node: Any) -> Block:
    put, value = _target(node.target), _value(node.node)

    def run(frame: Frame, _emit: Emit) -> None:
        put(frame.local, solid(value(frame)))

    return run


def _set_block(node: Any) -> Block:
    put, value = _target(node.target), _filtered(node)

    def run(frame: Frame, _emit: Emit) -> None:
        put(frame.local, value(frame))

    return run


def _filtered(node: Any) -> Run:
    """The text of a body, through the block's filters if it has any."""
    body = _body(node.body)
    if node.filter is None:
        return lambda frame: _captured(body, frame)
    return _chain(node.filter, lambda frame: _captured(body, frame))


def _chain(node: Any, start: Run) -> Run:
    inner = start if node.node is None else _chain(node.node, start)
    return filter_run(node, inner)


def _filter_block(node: Any) -> Block:
    value = _filtered(node)
    return lambda frame, emit: emit(text_of(value(frame), frame.budget))


def _with(node: Any) -> Block:
    pairs = [(_target(target), _value(value)) for target, value in zip(node.targets, node.values, strict=True)]
    body = _body(node.body)

    def run(frame: Frame, emit: Emit) -> None:
        outer = frame.local
        inner = dict(outer)
        for put, value in pairs:
            put(inner, solid(value(frame)))
        frame.local = inner
        try:
            body(frame, emit)
        finally:
            frame.local = outer

    return run


_COMPILERS: dict[str, Callable[[Any], Block]] = {
    "Output": _output,
    "If": _if,
    "For": _for,
    "Assign": _set,
    "AssignBlock": _set_block,
    "FilterBlock": _filter_block,
    "With": _with,
}
