"""Lets YAML read a value that only wants quotes: its signs stand in disguise meanwhile, each as one that means nothing.

So the value keeps its length, all else its place, and the composer puts the signs back.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from msgspec.structs import replace

from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.source.complaint import Complaint
from steplane.source.events import SyntaxProblem
from steplane.source.flows import Unquoted, offset_of, unquoted_values
from steplane.source.mistakes import in_quotes
from steplane.source.nodes import Scalar

_SIGNS = "\t !\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"
_INDENT = re.compile(r"(?<=\n)[ \t]*|[ \t]+(?=\n)")
_MESSAGE = "an expression inside `{ }` or `[ ]` must be quoted: YAML takes its braces for a mapping"


class Disguise:
    """The signs of one file. `table` gives each back; it is empty until something was disguised."""

    def __init__(self, text: str) -> None:
        self.table: dict[int, str] = {}
        self._text = text

    def unquoted(
        self,
        lines: list[str],
        file: str,
        problem: SyntaxProblem,
        last: Scalar | None,
        outermost: tuple[int, int] | None,
    ) -> list[Diagnostic]:
        """The unquoted expressions in the list or mapping in brackets that the parser stopped in; `lines` are changed.

        `last` is the last scalar that was read before, `outermost` the place of the bracket if the parser got so far.
        """
        text = "\n".join(lines)
        for opener in _openers(lines, problem, last, outermost):
            values = unquoted_values(text, opener)
            if values:
                written = _Written(text, file)
                lines[:] = self._all_disguised(text, values).split("\n")
                return [_diagnostic(written, value) for value in values]
        return []

    def _all_disguised(self, text: str, values: list[Unquoted]) -> str:
        parts, at = [], 0
        for value in values:
            parts += [text[at : value.start], self._disguised(text[value.start : value.end])]
            at = value.end
        return "".join([*parts, text[at:]])

    def cover(self, lines: list[str], stretch: Span) -> bool:
        """Let a stretch of the lines stand for text; false where it does so already. `lines` are changed."""
        text = "\n".join(lines)
        start = offset_of(lines, stretch.line, stretch.column)
        end = offset_of(lines, stretch.end_line, stretch.end_column)
        disguised = self._disguised(text[start:end])
        lines[:] = f"{text[:start]}{disguised}{text[end:]}".split("\n")
        return disguised != text[start:end]

    def lifted(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with the signs that stand in the file."""
        if not self.table:
            return diagnostic
        words = {name: getattr(diagnostic, name).translate(self.table) for name in ("message", "label", "help")}
        fix = diagnostic.fix
        if fix is not None:
            edits = tuple(Edit(one.span, one.text.translate(self.table)) for one in fix.edits)
            fix = Fix(fix.message.translate(self.table), edits, fix.safe)
        return replace(diagnostic, **words, fix=fix)

    def _disguised(self, written: str) -> str:
        if not self.table:
            free = (code for code in range(0xE000, 0xF8FF) if chr(code) not in self._text)
            self.table = dict(zip(free, _SIGNS, strict=False))
            self._signs = {ord(sign): chr(code) for code, sign in self.table.items()}
        parts, at = [], 0
        for match in _INDENT.finditer(written):
            parts += [written[at : match.start()].translate(self._signs), match.group()]
            at = match.end()
        return "".join([*parts, written[at:].translate(self._signs)])


def _openers(
    lines: list[str], problem: SyntaxProblem, last: Scalar | None, outermost: tuple[int, int] | None
) -> Iterator[int]:
    """Offsets of the brackets in which the parser may have stopped.

    It looks ahead on a line: a bracket may stand behind what was read last.
    """
    if outermost is not None:
        yield offset_of(lines, *outermost)
        return
    complaint = Complaint(problem, tuple(lines), "", last)
    read = (last.span.end_line, last.span.end_column) if last is not None else (1, 1)
    context = problem.context_place or problem.place
    for line in dict.fromkeys((read[0], context[0], complaint.line)):
        column = complaint.value_column(line)
        while complaint.text_of(line)[column - 1 : column] in {"&", "!"}:
            column += len(complaint.text_of(line)[column - 1 :].split(" ", 1)[0]) + 1
        if (line, column) >= read and complaint.text_of(line)[column - 1 : column] in {"[", "{"}:
            yield offset_of(lines, line, column)


class _Written:
    """A text with the places of its offsets."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self._file = file
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def span(self, start: int, end: int) -> Span:
        return Span(self._file, *self._place(start), *self._place(end))

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_left(self._ends, offset)
        return line + 1, offset - (self._ends[line - 1] if line else -1)


def _diagnostic(written: _Written, value: Unquoted) -> Diagnostic:
    line = written.text.find("\n", value.expression, value.expression_end)
    span = written.span(value.expression, line if line >= 0 else value.expression_end)
    if not value.closed:
        return Diagnostic("unquoted-expression", _MESSAGE, span, help="quote the value")
    wanted = in_quotes(written.text[value.start : value.end])
    edit = Edit(written.span(value.start, value.end), wanted)
    shown = " ".join(wanted.split())
    return Diagnostic("unquoted-expression", _MESSAGE, span, fix=Fix(f"quote the value: `{shown}`", (edit,)))
