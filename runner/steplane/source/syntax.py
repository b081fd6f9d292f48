"""Says what is wrong where the parser only says what it did not find.

`explain` tries the literal list of recognisers from the most to the least certain one; the first that knows the mistake
gives the place, the reason and the remedy.
"""

from collections.abc import Callable

from steplane.diagnostics import Diagnostic, Related, Span
from steplane.source import syntax_flow, syntax_indent, syntax_text
from steplane.source.complaint import Complaint, Mistake
from steplane.source.events import SyntaxProblem
from steplane.source.nodes import Scalar

__all__ = ["Mistake", "explain"]

_RECOGNISERS: tuple[Callable[[Complaint], Diagnostic | None], ...] = (
    syntax_indent.tab,
    syntax_text.unclosed_quote,
    syntax_text.bad_escape,
    syntax_text.reserved_start,
    syntax_text.block_header,
    syntax_flow.expression_in_flow,
    syntax_flow.template_habit,
    syntax_flow.second_document,
    syntax_flow.bracket,
    syntax_text.text_after_quote,
    syntax_indent.left_block,
    syntax_text.colon_in_value,
    syntax_text.no_colon,
    syntax_indent.level,
)


def explain(problem: SyntaxProblem, lines: tuple[str, ...], file: str, last: Scalar | None) -> Mistake:
    """The mistake behind the parser's problem; `last` is the last scalar that was read before it."""
    complaint = Complaint(problem, lines, file, last)
    for recogniser in _RECOGNISERS:
        diagnostic = recogniser(complaint)
        if diagnostic is not None:
            return Mistake(diagnostic, diagnostic.span.line)
    return Mistake(_plain_words(complaint), complaint.line)


def _plain_words(complaint: Complaint) -> Diagnostic:
    problem = complaint.problem
    related: tuple[Related, ...] = ()
    if problem.context_place is not None and problem.context_place != problem.place:
        related = (Related(_one(complaint.file, *problem.context_place), problem.context),)
    message = f"this is not YAML: {problem.problem}"
    return Diagnostic("syntax", message, _one(complaint.file, complaint.line, complaint.column), related=related)


def _one(file: str, line: int, column: int) -> Span:
    return Span(file, line, column, line, column + 1)
