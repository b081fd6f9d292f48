"""Where a character of a scalar's decoded text stands in the source.

The scalar is decoded again, this time with the index of each character; the result counts only if it equals the text.
"""

from bisect import bisect_right

from steplane.diagnostics import Span
from steplane.source.nodes import Scalar
from steplane.source.styles import Decoded, block, double_quoted, plain, single_quoted


class Places:
    """The places of one file. The last scalar stays decoded: a script may have a thousand mistakes."""

    __slots__ = ("_before", "_found", "_lines", "_scalar", "_written")

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._lines = lines
        self._scalar: Scalar | None = None
        self._found: _Found | None = None
        self._written: Scalar | None = None
        self._before: int | None = None

    def place(self, scalar: Scalar, offset: int, length: int = 1) -> Span:
        """The span of `length` characters from `offset`; the scalar's start (its first line) where it is not known."""
        span = scalar.span
        if self._written is not scalar:
            self._written, self._before = scalar, _written_as_it_is(self._lines, scalar)
        before = self._before
        if before is not None and 0 <= offset < offset + length <= len(scalar.text):
            column = span.column + before + offset
            return Span(span.file, span.line, column, span.line, column + length)
        found = self._find(scalar)
        if found is None or not 0 <= offset <= len(scalar.text):
            return _start(scalar)
        last = min(offset + max(length, 0), len(scalar.text))
        first_line, first_column = found.position(found.indexes[offset])
        if last <= offset:
            return Span(span.file, first_line, first_column, first_line, first_column)
        last_line, last_column = found.position(found.indexes[last - 1] + 1)
        if (last_line, last_column) <= (first_line, first_column):
            last_line, last_column = first_line, first_column + 1
        return Span(span.file, first_line, first_column, last_line, last_column)

    def is_written_here(self, scalar: Scalar) -> bool:
        """Whether the scalar's text stands at its place (an alias only points to it)."""
        return self._find(scalar) is not None

    def _find(self, scalar: Scalar) -> "_Found | None":
        if self._scalar is not scalar:
            indexes = _indexes(self._lines, scalar)
            self._found = None if indexes is None else _Found(indexes, self._lines, scalar.span)
            self._scalar = scalar
        return self._found


class _Found:
    """Where each character of a scalar is: `indexes` into its source, of each and of the end."""

    __slots__ = ("_column", "_ends", "_line", "indexes")

    def __init__(self, indexes: list[int], lines: tuple[str, ...], span: Span) -> None:
        self.indexes = indexes
        self._line, self._column = span.line, span.column
        self._ends: list[int] = []  # of each line, counted from the begin of the first
        number, end = span.line - 1, 0
        while number < len(lines) and end <= span.column + indexes[-1]:
            end += len(lines[number]) + 1
            self._ends.append(end)
            number += 1

    def position(self, index: int) -> tuple[int, int]:
        """Line and column of an index into the scalar's source."""
        offset = self._column - 1 + index
        at = max(min(bisect_right(self._ends, offset), len(self._ends) - 1), 0)
        return self._line + at, offset - (self._ends[at - 1] if at > 0 else 0) + 1


def _written_as_it_is(lines: tuple[str, ...], scalar: Scalar) -> int | None:
    """The characters (a quote or none) before a text of one line that stands in the source without an escape."""
    span, text = scalar.span, scalar.text
    quotes = span.end_column - span.column - len(text)
    if span.line != span.end_line or quotes not in {0, 2} or span.line > len(lines):
        return None
    source = lines[span.line - 1][span.column - 1 : span.end_column - 1]
    if quotes and source[:1] + source[-1:] not in {"''", '""'}:
        return None
    return quotes // 2 if source == text or (quotes and source[1:-1] == text) else None


def _start(scalar: Scalar) -> Span:
    span = scalar.span
    if span.end_line == span.line:
        return span
    return Span(span.file, span.line, span.column, span.line, span.column + 1)


def _source(lines: tuple[str, ...], span: Span) -> str:
    """The source from the scalar's start to its end, lines joined by one line feed each."""
    own = list(lines[span.line - 1 : span.end_line])
    if not own:
        return ""
    own[-1] = own[-1][: span.end_column - 1]
    own[0] = own[0][span.column - 1 :]
    return "\n".join(own)


def _indexes(lines: tuple[str, ...], scalar: Scalar) -> list[int] | None:
    """The index into the source of each character of the text, and of its end; None where they do not agree."""
    source = _source(lines, scalar.span)
    if source == scalar.text and "\n" not in source:
        return list(range(len(source) + 1))
    decoded = _decode(lines, scalar, source)
    if decoded is None or "".join(decoded.characters) != scalar.text:
        return None
    return [*decoded.indexes, decoded.end]


def _decode(lines: tuple[str, ...], scalar: Scalar, source: str) -> Decoded | None:
    if scalar.plain:
        return plain(source)
    if source.startswith('"'):
        return double_quoted(source)
    if source.startswith("'"):
        return single_quoted(source)
    return block(source + _below(lines, scalar.span), scalar.text)


def _below(lines: tuple[str, ...], span: Span) -> str:
    """The rest of a block text's last line and the blank lines below, which may belong to it."""
    end = span.end_line
    blank = end
    while blank < len(lines) and not lines[blank].strip():
        blank += 1
    return lines[end - 1][span.end_column - 1 :] + "".join(f"\n{line}" for line in lines[end:blank])
