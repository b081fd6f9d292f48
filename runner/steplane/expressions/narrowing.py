"""What a condition in an expression says of the names in it: that they are there, and not null."""

from typing import Any

from steplane.expressions.writing import path_of

Path = tuple[str, ...]


def asked_for(node: Any, *, holds: bool) -> frozenset[Path]:
    """The paths of names that are not null where a condition holds, or where it does not."""
    kind = type(node).__name__
    if kind == "Not":
        return asked_for(node.node, holds=not holds)
    if kind in ("And", "Or"):
        left, right = asked_for(node.left, holds=holds), asked_for(node.right, holds=holds)
        return left | right if (kind == "And") is holds else left & right
    if kind == "Test" and node.name in ("none", "null"):
        return frozenset() if holds else _path(node.node)
    if kind == "Compare" and len(node.ops) == 1 and _is_null(node.ops[0].expr):
        return _path(node.expr) if (node.ops[0].op == "ne") is holds and node.ops[0].op in ("eq", "ne") else frozenset()
    return _path(node) if holds and kind in ("Name", "Getattr", "Getitem") else frozenset()


def _is_null(node: Any) -> bool:
    return type(node).__name__ == "Const" and node.value is None


def _path(node: Any) -> frozenset[Path]:
    path = path_of(node) or ()
    names = tuple(one for one in path if isinstance(one, str))
    return frozenset({names}) if names and len(names) == len(path) else frozenset()
