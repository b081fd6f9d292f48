"""Says what is wrong where the parser only says what it did not find.

`explain` tries the literal list of recognisers from the most to the least certain one; the first that knows the mistake
gives the place, the reason and the remedy.
"""

from collections.abc import Callable

from steplane.diagnostics import Diagnostic, Related, Span
from steplane.source import syntax_flow, syntax_indent, syntax_text
from steplane.source.complaint import Around, Complaint, Mistake
from steplane.source.events import SyntaxProblem
from steplane.source.nodes import Scalar

__all__ = ["CERTAIN", "Around", "Mistake", "explain"]

_RECOGNISERS: tuple[Callable[[Complaint], Diagnostic | None], ...] = (
    syntax_flow.too_deep,
    syntax_flow.directive,
    syntax_flow.unknown_tag,
    syntax_indent.tab,
    syntax_text.unclosed_quote,
    syntax_text.bad_escape,
    syntax_flow.template_habit,
    syntax_flow.text_in_brackets,
    syntax_text.sign_after_quote,
    syntax_text.reserved_start,
    syntax_text.block_header,
    syntax_flow.second_document,
    syntax_text.text_after_quote,
    syntax_flow.goes_on,
    syntax_flow.bracket,
    syntax_indent.left_block,
    syntax_text.glued,
    syntax_text.colon_in_value,
    syntax_text.item_in_value,
    syntax_text.no_colon,
    syntax_indent.begin_of_list,
    syntax_indent.missing_dash,
    syntax_indent.level,
)


CERTAIN = frozenset(
    {
        "bad-escape",
        "block-indentation",
        "colon-in-value",
        "item-in-value",
        "reserved-start",
        "tab-indentation",
        "text-after-quote",
        "unquoted-expression",
        "unquoted-template",
    }
)
"""Codes of mistakes that are what they are wherever they stand; others may follow from what was left out before."""


_WORDS = {
    "node content": "a value is wanted here",
    "cannot start any token": "no value begins like this",
    "mapping keys are not allowed": "no key is wanted here",
    "expected '-' indicator": "a list item (`- `) is wanted here",
    "expected key": "this follows a value that is complete",
    "expected <block end>": "this follows a value that is complete",
    "unknown directive": "no document begins with this",
}


def explain(
    problem: SyntaxProblem, lines: tuple[str, ...], file: str, last: Scalar | None, around: Around | None = None
) -> Mistake:
    """The mistake behind the parser's problem; `last` was read before it, `around` is where."""
    complaint = Complaint(problem, lines, file, last, around)
    for recogniser in _RECOGNISERS:
        diagnostic = recogniser(complaint)
        if diagnostic is not None:
            return _mistake(diagnostic, complaint)
    return _mistake(_plain_words(complaint), complaint)


def _mistake(diagnostic: Diagnostic, complaint: Complaint) -> Mistake:
    """With the place to leave out: of a list or mapping in brackets the whole, from its opener."""
    opener = complaint.problem.context_place if "flow" in complaint.problem.context else None
    if diagnostic.code == "too-deep":
        opener = complaint.around.outermost
    if opener is not None and opener[0] < diagnostic.span.line:
        return Mistake(diagnostic, *opener)
    return Mistake(diagnostic, diagnostic.span.line, diagnostic.span.column)


def _plain_words(complaint: Complaint) -> Diagnostic:
    problem = complaint.problem
    related: tuple[Related, ...] = ()
    if problem.context_place is not None and problem.context_place != problem.place:
        related = (Related(_one(complaint.file, *problem.context_place), problem.context),)
    said = next((words for parser, words in _WORDS.items() if parser in problem.problem), problem.problem)
    message = f"this is not YAML: {said}"
    return Diagnostic("syntax", message, _one(complaint.file, complaint.line, complaint.column), related=related)


def _one(file: str, line: int, column: int) -> Span:
    return Span(file, line, column, line, column + 1)
