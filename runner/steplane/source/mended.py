"""Mistakes that one edit of one line mends: the file is read on as if it had been made, so that nothing is left out."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.source.flows import offset_of, region_end

_CLOSERS = {"[": "]", "{": "}"}
_QUOTED = r"""\"(?:\\.|[^"\\])*"|'(?:''|[^'])*'"""
_SIGN = re.compile(rf"{_QUOTED}|[\[\]{{}}]")
_COMMENT = re.compile(rf"{_QUOTED}|(?P<comment>(?<![^\s,\[\]{{}}])#[^\n]*)")


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
    elif diagnostic.code == "unclosed-bracket":
        yield from _closed(diagnostic.span, lines)


def _closed(opener: Span, lines: Sequence[str]) -> Iterator[Mend]:
    """With all that is open closed: at the end of the line of the opener, or of the last that is indented below it."""
    text = "\n".join(lines)
    end = region_end(text, offset_of(lines, opener.line, opener.column))
    for last in dict.fromkeys((opener.line, text.count("\n", 0, end) + 1)):
        inside = _COMMENT.sub(_blank, "\n".join(lines[opener.line - 1 : last])).rstrip()
        line = opener.line + inside.count("\n")
        column = len(inside) - inside.rfind("\n")
        closers = _still_open(inside)
        if closers:
            edit = Edit(Span(opener.file, line, column, line, column), closers)
            mend = _mend(Fix(f"add `{closers}`", (edit,), safe=False), lines)
            is_empty = (line, column) == (opener.line, opener.column + 1)  # of which nothing is said then
            yield mend._replace(shifted=(opener, *mend.shifted)) if is_empty else mend


def _blank(match: re.Match[str]) -> str:
    """The same, or blanks for a comment."""
    return " " * len(match[0]) if match["comment"] else match[0]


def _still_open(text: str) -> str:
    """What closes the brackets of a text that have no partner."""
    wanted: list[str] = []
    for match in _SIGN.finditer(text):
        if match[0] in _CLOSERS:
            wanted.append(_CLOSERS[match[0]])
        elif wanted and match[0] == wanted[-1]:
            wanted.pop()
    return "".join(reversed(wanted))


def _mend(fix: Fix, lines: Sequence[str]) -> Mend:
    (edit,) = fix.edits
    span, line = edit.span, lines[edit.span.line - 1]
    text = line[: span.column - 1] + edit.text + line[span.end_column - 1 :]
    shifted = Span(span.file, span.line, span.column, span.line, max(len(text), len(line)) + 1)
    return Mend(span.line, text, fix, () if len(text) == len(line) else (shifted,))


__all__ = ["Mend", "mends"]
