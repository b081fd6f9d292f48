"""What an expression uses: the paths of names, filters and tests, each with its place."""

import re
from collections.abc import Collection, Iterator
from typing import Any, Literal

from msgspec import Struct

from steplane.expressions.faults import SyntaxFault
from steplane.expressions.paths import read_literal, read_path
from steplane.expressions.templates import Blocks, Expression, ListOf, MapOf, Template, Text


class Use(Struct, frozen=True):
    """One use of a name and the keys behind it, as far as they are literal.

    `offset` and `length` cover the whole path and `parts` (offset, length) each of its words, counted in the text of
    `expression`. `defaulted`: `default` or `is defined` stands by in case that it is missing. `whole`: nothing but this
    path makes up the expression.
    """

    path: tuple[str, ...]
    offset: int
    length: int
    parts: tuple[tuple[int, int], ...]
    expression: Expression | Blocks
    defaulted: bool = False
    whole: bool = False


class Called(Struct, frozen=True):
    """One use of a filter or test, counted in the text of `expression`."""

    kind: Literal["filter", "test"]
    name: str
    offset: int
    length: int
    expression: Expression | Blocks


def uses(template: Template) -> tuple[Use, ...]:
    """Every free name path that the template uses, in order. What cannot be parsed uses nothing."""
    found: list[Use] = []
    for expression in _expressions(template):
        found += _uses_of(expression)
    return tuple(found)


def calls(template: Template) -> tuple[Called, ...]:
    """Every filter and test that the template uses, in order."""
    found: list[Called] = []
    for expression in _expressions(template):
        tree = _tree(expression)
        if tree is not None:
            found += [Called(*one, expression) for one in _calls_in(expression.text, tree)]
    return tuple(found)


def _expressions(template: Template) -> Iterator[Expression | Blocks]:
    if isinstance(template, Expression | Blocks):
        yield template
    elif isinstance(template, Text):
        yield from (part for part in template.parts if isinstance(part, Expression))
    elif isinstance(template, ListOf):
        for item in template.items:
            yield from _expressions(item)
    elif isinstance(template, MapOf):
        for _, value in template.entries:
            yield from _expressions(value)


def _tree(expression: Expression | Blocks) -> Any:
    from steplane.expressions.grammar import parse_blocks, parse_meant

    if isinstance(expression, Expression) and (read_literal(expression.text) or read_path(expression.text)):
        return None
    try:
        return parse_meant(expression.text) if isinstance(expression, Expression) else parse_blocks(expression.text)
    except (SyntaxFault, RecursionError):
        return None


def _uses_of(expression: Expression | Blocks) -> list[Use]:
    steps = read_path(expression.text) if isinstance(expression, Expression) else None
    if steps is not None:
        literal = []
        for step in steps:
            if not isinstance(step.key, str):
                break
            literal.append(step)
        parts = tuple((step.offset, step.length) for step in literal)
        path = tuple(str(step.key) for step in literal)
        end = parts[-1][0] + parts[-1][1]
        return [Use(path, 0, end, parts, expression, whole=len(literal) == len(steps))]
    tree = _tree(expression)
    if tree is None:
        return []
    from steplane.expressions.walking import Walker

    try:
        return Walker(expression).walk(tree)
    except RecursionError:
        return []


_NAMES = {"Filter": re.compile(r"()(?P<name>\w+)"), "Test": re.compile(r"(is\s+(?:not\s+)?)?(?P<name>\w+|[=!<>]+)")}


_NAMED_INSIDE: dict[str, tuple[int, Literal["filter", "test"]]] = {
    "map": (0, "filter"), "select": (0, "test"), "reject": (0, "test"), "selectattr": (1, "test"),
    "rejectattr": (1, "test"),
}  # fmt: skip
"""Filters that name another filter or a test in an argument: which one."""


def _calls_in(text: str, tree: Any) -> Iterator[tuple[Literal["filter", "test"], str, int, int]]:
    from steplane.expressions.grammar import filters_and_tests

    for node in sorted(filters_and_tests(tree), key=lambda one: one.lineno):
        kind = type(node).__name__
        match = _NAMES[kind].match(text, node.lineno)
        offset = match.start("name") if match else node.lineno
        yield ("filter" if kind == "Filter" else "test"), node.name, offset, len(node.name)
        place, what = _NAMED_INSIDE.get(node.name, (len(node.args), "filter"))
        named: Any = node.args[place] if kind == "Filter" and place < len(node.args) else None
        if type(named).__name__ == "Const" and isinstance(named.value, str):
            yield what, named.value, named.lineno + 1, len(named.value)


_THERE_ARE = {
    "filter": "`steplane help expressions` lists the filters",
    "test": "there are `defined`, `none`, `string`, `number`, `boolean`, `list`, `mapping`, `even`, `odd` and more",
}


def unknown_calls(text: str, tree: Any, filters: Collection[str] | None) -> list[SyntaxFault]:
    """A fault for each filter or test that does not exist; filters only when those of plugins are given."""
    from steplane.expressions.calling import APPLICATION_FILTERS, unknown_message
    from steplane.expressions.filters import FILTERS
    from steplane.expressions.predicates import PREDICATES

    faults = []
    for kind, name, offset, length in _calls_in(text, tree):
        known = [*FILTERS, *APPLICATION_FILTERS, *(filters or ())] if kind == "filter" else list(PREDICATES)
        if name not in known and (kind == "test" or filters is not None):
            message = unknown_message(kind, name, known)
            remedy = "" if "did you mean" in message else _THERE_ARE[kind]
            faults.append(SyntaxFault(message, offset, length, remedy, code=f"unknown-{kind}"))
    return faults
