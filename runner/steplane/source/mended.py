"""Mistakes that one edit of one line mends: the file is read on as if it had been made, so that nothing is left out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Edit, Fix, Span

_CLOSERS = {"[": "]", "{": "}"}


class Mend(NamedTuple):
    """The `line` with its text after the edit of `fix`; `shifted`: where its columns are not those of the file."""

    line: int
    text: str
    fix: Fix
    shifted: tuple[Span, ...]


def mends(diagnostic: Diagnostic, lines: Sequence[str]) -> Iterator[Mend]:
    """What may be meant, the likelier first; only one that lets the file be read on is."""
    if diagnostic.code == "tab-indentation" and diagnostic.fix is not None:
        yield _mend(diagnostic.fix, lines)
    elif diagnostic.code == "bracket" and diagnostic.fix is None and diagnostic.related:
        span, opener = diagnostic.span, diagnostic.related[0].span
        closer = _CLOSERS.get(lines[opener.line - 1][opener.column - 1 : opener.column])
        wrong = lines[span.line - 1][span.column - 1 : span.column]
        if closer is not None and wrong in {"]", "}"} and wrong != closer:
            yield _mend(Fix(f"replace `{wrong}` with `{closer}`", (Edit(span, closer),), safe=False), lines)
            before = Span(span.file, span.line, span.column, span.line, span.column)
            yield _mend(Fix(f"add `{closer}`", (Edit(before, closer),), safe=False), lines)


def _mend(fix: Fix, lines: Sequence[str]) -> Mend:
    (edit,) = fix.edits
    span, line = edit.span, lines[edit.span.line - 1]
    text = line[: span.column - 1] + edit.text + line[span.end_column - 1 :]
    shifted = Span(span.file, span.line, span.column, span.line, max(len(text), len(line)) + 1)
    return Mend(span.line, text, fix, () if len(text) == len(line) else (shifted,))


__all__ = ["Mend", "mends"]
