"""Walks a tree with its scopes and collects the free names."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from steplane.expressions.templates import Blocks, Expression
from steplane.expressions.usage import Use

_KEY = re.compile(r"\.\s*(\w+)|\[\s*(['\"])(.*?)\2", re.DOTALL)


class Walker:
    """Collects the uses of one expression."""

    def __init__(self, expression: Expression | Blocks) -> None:
        self.expression = expression
        self.text = expression.text
        self.found: list[Use] = []

    def walk(self, tree: Any) -> list[Use]:
        """All free name paths of the tree, in the order of the text."""
        self.visit(tree, frozenset())
        return sorted(self.found, key=lambda use: use.offset)

    def visit(self, node: Any, bound: frozenset[str], *, defaulted: bool = False) -> None:
        """One node, with the names that blocks around it have bound."""
        kind = type(node).__name__
        rule = _STATEMENTS.get(kind)
        if rule is not None:
            rule(self, node, bound)
        elif kind in ("Name", "Getattr", "Getitem"):
            self.path(node, bound, defaulted=defaulted)
        elif kind in ("Filter", "Test"):
            self.call(node, bound, defaulted=defaulted)
        else:
            for child in node.iter_child_nodes():
                self.visit(child, bound, defaulted=defaulted and kind in ("CondExpr", "And", "Or"))

    def template(self, node: Any, bound: frozenset[str]) -> None:
        """A whole text with blocks."""
        self.sequence(node.body, bound)

    def with_(self, node: Any, bound: frozenset[str]) -> None:
        """A `with` block."""
        self.visit_all(node.values, bound)
        self.sequence(node.body, bound | _names(node.targets))

    def captured(self, node: Any, bound: frozenset[str]) -> None:
        """A `filter` block, or a `set` block with a body."""
        if node.filter is not None:
            self.visit(node.filter, bound)
        self.sequence(node.body, bound)

    def if_(self, node: Any, bound: frozenset[str]) -> None:
        """An `if` block."""
        self.visit(node.test, bound)
        for body in (node.body, node.elif_, node.else_):
            self.sequence(body, bound)

    def function(self, node: Any, bound: frozenset[str]) -> None:
        """A call: the function's own name is none of the context, and that of a method no key of what stands before."""
        target = node.node
        if type(target).__name__ != "Name":
            self.visit(target.node if type(target).__name__ == "Getattr" else target, bound)
        self.visit_all([*node.args, *node.kwargs], bound)

    def assign(self, node: Any, bound: frozenset[str]) -> None:
        """A `set` block."""
        self.visit(node.node, bound)

    def visit_all(self, nodes: Iterable[Any], bound: frozenset[str]) -> None:
        """Several nodes of one scope."""
        for node in nodes:
            self.visit(node, bound)

    def sequence(self, nodes: Iterable[Any], bound: frozenset[str]) -> None:
        """Statements in order: what `set` binds is bound from there on."""
        for node in nodes:
            self.visit(node, bound)
            bound |= _set_by(node)

    def loop(self, node: Any, bound: frozenset[str]) -> None:
        """A `for` block."""
        self.visit(node.iter, bound)
        inner = bound | _names([node.target])
        if node.test is not None:
            self.visit(node.test, inner)
        self.sequence(node.body, inner | {"loop"})
        self.sequence(node.else_, bound)

    def call(self, node: Any, bound: frozenset[str], *, defaulted: bool) -> None:
        """A filter or test, with its arguments."""
        catches = node.name in (("default", "d") if type(node).__name__ == "Filter" else ("defined", "undefined"))
        if node.node is not None:
            self.visit(node.node, bound, defaulted=catches or (defaulted and node.name in ("default", "d")))
        if catches and type(node).__name__ == "Filter":  # whether both are missing at once cannot be known
            for one in [*node.args, *(each.value for each in node.kwargs)]:
                self.visit(one, bound, defaulted=True)
        else:
            self.visit_all([*node.args, *node.kwargs], bound)

    def path(self, node: Any, bound: frozenset[str], *, defaulted: bool) -> None:
        """A name with the keys behind it."""
        chain = [node]
        while type(chain[-1]).__name__ in ("Getattr", "Getitem"):
            chain.append(chain[-1].node)
        root = chain.pop()
        for one in chain:
            if type(one).__name__ == "Getitem" and type(one.arg).__name__ != "Const":
                self.visit(one.arg, bound)
        if type(root).__name__ != "Name":
            self.visit(root, bound, defaulted=defaulted)
        elif root.name not in bound and root.ctx == "load":
            self.add(root, list(reversed(chain)), defaulted=defaulted)

    def add(self, root: Any, chain: list[Any], *, defaulted: bool) -> None:
        """Record a free path."""
        path, parts = [root.name], [(root.lineno, len(root.name))]
        for one in chain:
            key = one.attr if type(one).__name__ == "Getattr" else getattr(one.arg, "value", None)
            match = _KEY.match(self.text, one.lineno)
            if not isinstance(key, str) or match is None:
                break
            group = 1 if match.group(1) is not None else 3
            path.append(key)
            parts.append((match.start(group), len(match.group(group))))
        end = parts[-1][0] + parts[-1][1]
        self.found.append(
            Use(tuple(path), root.lineno, end - root.lineno, tuple(parts), self.expression, defaulted=defaulted)
        )


_STATEMENTS: dict[str, Callable[[Walker, Any, frozenset[str]], None]] = {
    "Template": Walker.template,
    "For": Walker.loop,
    "With": Walker.with_,
    "AssignBlock": Walker.captured,
    "FilterBlock": Walker.captured,
    "If": Walker.if_,
    "Assign": Walker.assign,
    "Call": Walker.function,
}


def _names(targets: Iterable[Any]) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for target in targets:
        names |= {target.name} if type(target).__name__ == "Name" else _names(getattr(target, "items", ()))
    return names


def _set_by(node: Any) -> frozenset[str]:
    """Names that a statement binds for those after it, also from within `if`."""
    kind = type(node).__name__
    if kind in ("Assign", "AssignBlock"):
        return _names([node.target])
    if kind != "If":
        return frozenset()
    names: frozenset[str] = frozenset()
    for inner in (*node.body, *node.elif_, *node.else_):
        names |= _set_by(inner)
    return names
