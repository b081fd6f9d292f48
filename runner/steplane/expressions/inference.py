"""The kind that an expression is sure to have, as far as a simple look tells."""

from collections.abc import Callable
from typing import Any, TypeAlias

from steplane.expressions.faults import SyntaxFault
from steplane.expressions.filters import RESULTS
from steplane.expressions.templates import Blocks, Expression, ListOf, Literal, MapOf, Template, Text
from steplane.expressions.values import kind_of
from steplane.expressions.writing import path_of

Known: TypeAlias = Callable[[tuple[str, ...]], str]
_NUMBERS = ("integer", "number")


def kind(template: Template, known: Known) -> str:
    """One of any null bool integer number string list object; `known` tells that of a name's path ("any": unknown)."""
    if isinstance(template, Literal):
        return kind_of(template.value)
    if isinstance(template, Text | Blocks):
        return "string"
    if isinstance(template, ListOf):
        return "list"
    if isinstance(template, MapOf):
        return "object"
    assert isinstance(template, Expression)
    from steplane.expressions.grammar import parse

    try:
        return _of(parse(template.text), known)
    except (SyntaxFault, RecursionError):
        return "any"


def _of(node: Any, known: Known) -> str:
    name = type(node).__name__
    fixed = _FIXED.get(name)
    if fixed is not None:
        return fixed
    if name == "Const":
        return kind_of(node.value)
    if name in ("Name", "Getattr", "Getitem"):
        return _of_path(node, known)
    rule = _RULES.get(name)
    return rule(node, known) if rule is not None else "any"


def _of_path(node: Any, known: Known) -> str:
    path = path_of(node)
    if path is not None and all(isinstance(part, str) for part in path):
        return known(tuple(str(part) for part in path))
    if type(node).__name__ == "Getitem" and type(node.arg).__name__ == "Slice":
        return _one_of(_of(node.node, known), ("string", "list"))
    if type(node).__name__ == "Getitem" and _of(node.node, known) == "string":
        return "string"
    return "any"


def _one_of(found: str, allowed: tuple[str, ...]) -> str:
    return found if found in allowed else "any"


def _arithmetic(node: Any, known: Known) -> str:
    left, right = _of(node.left, known), _of(node.right, known)
    name = type(node).__name__
    if left in _NUMBERS and right in _NUMBERS:
        exact = left == right == "integer" and name not in ("Div", "Pow")
        return "integer" if exact else "number"
    if name == "Add" and left == right and left in ("string", "list"):
        return left
    if name == "Mul" and "integer" in (left, right):
        return _one_of(right if left == "integer" else left, ("string", "list"))
    # Whatever they are, these give a number or fail.
    return "number" if name in ("Sub", "Div", "FloorDiv", "Mod", "Pow") else "any"


def _unary(node: Any, known: Known) -> str:
    return "integer" if _of(node.node, known) == "integer" else "number"


def _either(left: str, right: str) -> str:
    if left == right:
        return left
    return "number" if left in _NUMBERS and right in _NUMBERS else "any"


def _choice(node: Any, known: Known) -> str:
    return _either(_of(node.left, known), _of(node.right, known))


def _condition(node: Any, known: Known) -> str:
    otherwise = _of(node.expr2, known) if node.expr2 is not None else "null"
    return _either(_of(node.expr1, known), otherwise)


def _filter(node: Any, known: Known) -> str:
    if node.node is None:
        return "any"
    if node.name in ("int", "float"):
        given = [*node.args[:1], *(one.value for one in node.kwargs if one.key == "default")]
        return _either(RESULTS[node.name], _of(given[0], known)) if given else RESULTS[node.name]
    if node.name in ("default", "d"):
        inner = _of(node.node, known)
        otherwise = _of(node.args[0], known) if node.args else "string" if not node.kwargs else "any"
        return otherwise if inner == "null" else _either(inner, otherwise)
    if node.name == "abs":
        return _unary(node, known)
    if node.name == "round":
        return "number" if node.args or node.kwargs else "integer"
    if node.name == "sum":
        return "number" if not node.args[1:] and all(one.key != "start" for one in node.kwargs) else "any"
    if node.name == "reverse":
        return _one_of(_of(node.node, known), ("string", "list"))
    return RESULTS.get(node.name, "any")


_FIXED = {
    **dict.fromkeys(["Compare", "Not", "Test"], "bool"),
    "Concat": "string",
    "List": "list",
    "Tuple": "list",
    "Call": "list",
    "Dict": "object",
}
_RULES: dict[str, Callable[[Any, Known], str]] = {
    **dict.fromkeys(["Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"], _arithmetic),
    **dict.fromkeys(["Neg", "Pos"], _unary),
    **dict.fromkeys(["And", "Or"], _choice),
    "CondExpr": _condition,
    "Filter": _filter,
}
