"""What a recogniser of syntax errors has to go by."""

import re
from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Span
from steplane.source.events import SyntaxProblem
from steplane.source.nodes import Scalar

_KEY = r"""(?:"[^"]*"|'[^']*'|[^\s'"#{}\[\],][^#{}\[\],:]*(?::(?=\S)[^:]*)*)"""
_VALUE = re.compile(rf"[ \t]*(?:-[ \t]+)*(?:{_KEY}:[ \t]+)?")


def value_column(text: str) -> int:
    """The column where the value of a line's `key:` or `- ` begins."""
    match = _VALUE.match(text)
    return (match.end() if match else 0) + 1


class Around(NamedTuple):
    """Where the parser stopped: how many lists and mappings of lines are around, and the outermost bracket if any."""

    depth: int = 0
    outermost: tuple[int, int] | None = None


class Mistake(NamedTuple):
    """A diagnostic, and the line and column of what is left out to read the rest."""

    diagnostic: Diagnostic
    line: int
    column: int


class Complaint:
    """The parser's problem with the source around it. Lines and columns from 1; a line beyond the end is empty.

    `last` is the last scalar that was read before it.
    """

    def __init__(
        self,
        problem: SyntaxProblem,
        lines: tuple[str, ...],
        file: str,
        last: Scalar | None,
        around: Around | None = None,
    ) -> None:
        self.problem = problem
        self.lines = lines
        self.file = file
        self.last = last
        self.around = around or Around()
        self.line, self.column = problem.place
        while self.line > 1 and not self.text_of(self.line).strip():
            self.line -= 1
            self.column = len(self.text_of(self.line)) + 1

    def says(self, pattern: str) -> bool:
        """Whether the problem's words match."""
        return re.search(pattern, self.problem.problem) is not None

    def text_of(self, line: int) -> str:
        """The line's text."""
        return self.lines[line - 1] if 1 <= line <= len(self.lines) else ""

    def span(self, line: int, column: int, length: int = 1) -> Span:
        """A place on one line."""
        return Span(self.file, line, column, line, column + length)

    def value_column(self, line: int) -> int:
        """The column where the value of the line's `key:` or `- ` begins."""
        return value_column(self.text_of(line))

    def rest(self, line: int, column: int) -> str:
        """The line from the column on, without blanks and a comment at its end."""
        text = self.text_of(line)[column - 1 :]
        comment = re.search(r"[ \t]#", text)
        return (text[: comment.start()] if comment else text).rstrip()
