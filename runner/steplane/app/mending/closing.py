"""Mends that close what is opened: brackets, quotes, expressions."""

import re

from steplane.app.mending.text import Source
from steplane.diagnostics import Diagnostic, Fix
from steplane.source.flows import value_in_brackets
from steplane.source.nodes import Entry, Scalar

_SINGLE_BRACE = re.compile(r"\$\{\{[^{}\"'$]*\}(?!\})")
_BEHIND_CODE = re.compile(r"\s*\}\}")
_CONTINUED = re.compile(r"\s*\\?$")
_LONG = 10_000
"""Characters of a line of which nobody looks at a guess."""
_CLOSERS = {"[": "]", "{": "}"}


def bracket(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """The partner of a bracket, at the end of its line."""
    span = diagnostic.span
    text = source.line(span.line)
    close = _CLOSERS.get(text[span.column - 1 : span.column])
    return None if close is None else _closed(source, span.line, len(text.rstrip()), close)


def quote(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """The second of two quotes: at the end of the expression, of the value in brackets, or of the line."""
    span = diagnostic.span
    text = source.line(span.line)
    sign, end = text[span.column - 1 : span.column], len(text.rstrip())
    if not sign:
        return None
    before = text[: span.column - 1]
    if before.rfind("${{") > before.rfind("}}"):
        closed = _BEHIND_CODE.search(text, span.column)
        end = closed.start() if closed is not None else end
    elif (inside := value_in_brackets(source.lines, span.line, span.column)) is not None:
        end = span.column - 1 + len(inside.split("\n", 1)[0].rstrip())
    return _closed(source, span.line, end, sign)


def expression(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """The second brace behind a single one; else both, within the quotes that the expression stands in."""
    span = diagnostic.span
    text = source.line(span.line)
    if len(text) > _LONG:
        return None
    single = _SINGLE_BRACE.match(text, span.column - 1)
    if single is not None:
        return _closed(source, span.line, single.end(), "}")
    start, end, mark = _value(diagnostic, source)
    if text[start : span.column - 1].count(mark) % 2:
        closed = text.find(mark, span.column, end)
        end = closed if closed >= 0 else end
    end -= len(_CONTINUED.search(text[span.column : end])[0])  # type: ignore[index]  # it matches anything
    return _closed(source, span.line, end, " }}")


def _value(diagnostic: Diagnostic, source: Source) -> tuple[int, int, str]:
    """Where the value at a place begins and ends on its line, and how a double quote is written in it."""
    span = diagnostic.span
    text = source.line(span.line)
    path = source.path(span)
    part = path[-1].part if path else None
    node = part.value if isinstance(part, Entry) else part
    if not isinstance(node, Scalar) or node.span.line != node.span.end_line:
        return 0, len(text.rstrip()), '"'
    start, end = node.span.column - 1, node.span.end_column - 1
    sign = text[start : start + 1]
    if node.plain or sign not in {'"', "'"}:
        return start, end, '"'
    return start + 1, end - 1, '\\"' if sign == '"' else '"'


def _closed(source: Source, line: int, end: int, sign: str) -> Fix:
    return Fix(f"add `{sign.strip()}`", (source.insert(line, end + 1, sign),), safe=False)


__all__ = ["bracket", "expression", "quote"]
