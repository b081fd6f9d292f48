"""Values that YAML cannot read but whose extent is plain: they are read as the texts that they were meant as.

So the key keeps a value, what stands beside it is read as well, and only of the value itself nothing can be said.
"""

from collections.abc import Sequence
from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Span
from steplane.source.complaint import value_column
from steplane.source.flows import value_in_brackets
from steplane.source.nodes import Scalar
from steplane.source.pieces import block_end, key_column
from steplane.source.syntax_flow import closed_at

_BY_FIX = frozenset({"bracket", "colon-in-value", "reserved-start"})
"""Codes of mistakes that are mended by quoting a value as a whole."""


class Covered(NamedTuple):
    """`text`: the stretch that stands for text; `value`: where what is wrong may follow from it."""

    text: Span
    value: Span


def covered(diagnostic: Diagnostic, lines: Sequence[str], last: Scalar | None) -> Covered | None:
    """What to read as text to go on behind a mistake; None where that is not known. `last` was read before it."""
    span, code = diagnostic.span, diagnostic.code
    if code == "bad-escape":
        return Covered(_on(span, span.column, span.column + 1), span)
    if code in _BY_FIX and diagnostic.fix is not None:
        (edit,) = diagnostic.fix.edits
        return Covered(edit.span, edit.span) if edit.text else None
    if code == "tag":
        return Covered(span, span)
    if code == "unclosed-quote":
        return _from_quote(span, lines)
    if code == "text-after-quote" and diagnostic.related[0].span.line == span.line:
        return _around_quotes(diagnostic, lines, last)
    return None


def _from_quote(span: Span, lines: Sequence[str]) -> Covered | None:
    """A quote that is never closed: in brackets the sign alone, else the rest of its line."""
    line = lines[span.line - 1]
    rest = _on(span, span.column, len(line.rstrip()) + 1)
    if value_in_brackets(lines, span.line, span.column) is not None:
        return Covered(_on(span, span.column, span.column + 1), rest)
    return Covered(rest, rest) if block_end(lines, span.line, key_column(line)) == span.line else None


def _around_quotes(diagnostic: Diagnostic, lines: Sequence[str], last: Scalar | None) -> Covered | None:
    """A value on one line that begins with a text in quotes and goes on behind them."""
    span, quote = diagnostic.span, diagnostic.related[0].span
    line = lines[span.line - 1]
    start = value_column(line)
    end = closed_at(line[start - 1 :].rstrip())
    if (
        line[start - 1 : start] in {"[", "{"} and end and line[start + end - 1 :].strip()
    ):  # a command: `[ "$x" = y ] || make`
        whole = _on(span, start, len(line.rstrip()) + 1)
        return Covered(whole, whole)
    if last is not None and (last.span.end_line, last.span.end_column) == (span.line, quote.column + 1):
        start = last.span.column if last.span.line == span.line else 0
    if not 0 < start <= len(line) or line[start - 1] != line[quote.column - 1]:
        return None
    inside = value_in_brackets(lines, span.line, start, quote.column)
    if inside is None:
        value = _on(span, start, len(line.rstrip()) + 1)
        return Covered(value, value) if block_end(lines, span.line, key_column(line)) == span.line else None
    value = _on(span, start, start + len(inside))
    return None if "\n" in inside else Covered(value, value)


def _on(span: Span, column: int, end: int) -> Span:
    return Span(span.file, span.line, column, span.line, end)


__all__ = ["Covered", "covered"]
