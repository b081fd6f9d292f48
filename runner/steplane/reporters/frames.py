"""The frame of a diagnostic: its lines of source with the places marked."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Span
from steplane.reporters.paint import Paint, visible, width

_TAB = "    "
_WIDEST = 140
_BEFORE = 60


class _Mark(NamedTuple):
    """A place with the words under it; `sign` is `^` for the place itself and `-` for related ones."""

    span: Span
    label: str
    sign: str


def frame(
    diagnostic: Diagnostic, lines: Mapping[str, Sequence[str]], notes: Sequence[tuple[str, str]], paint: Paint
) -> list[str]:
    """The lines below the message: place, source with marks, related places, then the notes (`= help: ...`)."""
    marks = [_Mark(diagnostic.span, diagnostic.label, "^")]
    marks += [_Mark(related.span, related.label, "-") for related in diagnostic.related]
    files = list(dict.fromkeys(mark.span.file for mark in marks))
    gutter = len(str(max(mark.span.line for mark in marks)))
    framed: list[str] = []
    for number, file in enumerate(files):
        here = [mark for mark in marks if mark.span.file == file]
        arrow = "-->" if number == 0 else ":::"
        first = here[0].span
        framed.append(f"{' ' * gutter}{paint.rule(arrow)} {visible(file)}:{first.line}:{first.column}")
        framed += _source(here, lines.get(file), gutter, diagnostic.severity, paint)
    edge = " " * gutter
    return [*framed, *(f"{edge} {_note(name, text, paint)}" for name, text in notes)]


def _note(name: str, text: str, paint: Paint) -> str:
    title = paint.good(f"{name}:") if name == "fix" else paint.bold(f"{name}:")
    return f"{paint.rule('=')} {title} {visible(text)}"


def _source(marks: list[_Mark], lines: Sequence[str] | None, gutter: int, severity: str, paint: Paint) -> list[str]:
    """The marked lines, that of the place itself first, the others in the order of the file."""
    edge = f"{' ' * gutter} {paint.rule('|')}"
    if lines is None:
        return [f"{' ' * gutter} {paint.rule('=')} {visible(mark.label)}" for mark in marks if mark.label]
    own = marks[0].span.line if marks[0].sign == "^" else 0
    framed = []
    for number in sorted({mark.span.line for mark in marks}, key=lambda line: (line != own, line)):
        on_line = [mark for mark in marks if mark.span.line == number]
        cut = _cut(lines[number - 1] if number <= len(lines) else "", on_line[0].span.column)
        framed += [edge, f"{paint.rule(f'{number:>{gutter}} |')} {_expanded(cut.text)}".rstrip()]
        framed += [f"{edge} {_underline(mark, cut, severity, paint)}" for mark in on_line]
    return framed


class _Cut(NamedTuple):
    """The shown part of a line; `shift` is what to take from a column to find it there."""

    text: str
    shift: int


def _cut(text: str, column: int) -> _Cut:
    """The line, or the part around the column where it is very long."""
    if len(text) <= _WIDEST:
        return _Cut(text, 0)
    start = min(max(0, column - 1 - _BEFORE), max(0, len(text) - _WIDEST))
    end = start + _WIDEST
    left, right = "…" if start else "", "…" if end < len(text) else ""
    return _Cut(f"{left}{text[start:end]}{right}", start - len(left))


def _expanded(text: str) -> str:
    return visible(text.replace("\t", _TAB))


def _underline(mark: _Mark, cut: _Cut, severity: str, paint: Paint) -> str:
    """Signs below the place up to the end of its first line, then the label."""
    span = mark.span
    length = len(cut.text)
    begin = min(max(span.column - 1 - cut.shift, 0), length)
    end = length if span.end_line > span.line else min(span.end_column - 1 - cut.shift, length)
    marked = cut.text[begin : max(end, begin)]
    marked = marked.rstrip() if span.end_line > span.line else marked
    signs = mark.sign * max(width(_expanded(marked)), 1)
    below = f"{signs} {visible(mark.label)}".rstrip()
    painted = paint.severity(severity, below) if mark.sign == "^" else paint.rule(below)
    return " " * width(_expanded(cut.text[:begin])) + painted
