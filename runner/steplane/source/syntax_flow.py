"""Syntax errors of flow collections (`{ }`, `[ ]`) and of documents."""

import re

from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.source.complaint import Complaint
from steplane.source.events import TOO_DEEP
from steplane.source.flows import offset_of, value_in_brackets
from steplane.source.limits import DEPTH
from steplane.source.mistakes import in_quotes, tag, too_deep_at, unquoted_template
from steplane.source.nodes import Scalar
from steplane.source.pieces import indent_of, key_column

_FAR = 200
_KEYS = frozenset({
    "default", "env", "foreach", "id", "if", "name", "needs", "run", "steps", "timeout", "type", "uses", "wait", "when",
    "with",
})  # fmt: skip
"""Words that are sooner a key than what stands before a colon in a text."""
_SIGN = re.compile(r""""(?:\\.|[^"\\])*"|'(?:''|[^'])*'|[\[\]{}]""")
_PARTNER = {"[": "]", "{": "}"}


def template_habit(complaint: Complaint) -> Diagnostic | None:
    """`{{ x }}` with text around it or with what YAML cannot read inside."""
    line = complaint.problem.place[0]
    place = complaint.problem.context_place
    if place is not None and "flow" in complaint.problem.context:
        line = place[0]
    column = complaint.value_column(line)
    text = complaint.rest(line, column)
    if text.startswith("{%"):
        message = "`{%` is read as a YAML mapping; a block of an expression is written `${% %}`"
        return Diagnostic("unquoted-template", message, complaint.span(line, column, 2), help="quote the value")
    if not text.startswith("{{") or "}}" not in text:
        return None
    span = complaint.span(line, column, len(text))
    return unquoted_template(span, text, quote=": " in text or " #" in text)


def text_in_brackets(complaint: Complaint) -> Diagnostic | None:
    """A text that begins with a bracket or brace, which YAML reads as a list or mapping: `[ -f x ] && make`."""
    line = complaint.line
    column = complaint.value_column(line)
    sign, text = complaint.text_of(line)[column - 1 : column], complaint.rest(line, column)
    if sign not in _PARTNER or "flow" in complaint.problem.context:
        return None
    end = closed_at(text)
    more = text[end:].strip()
    if not end or complaint.column < column + end or not more or more[0] in ":,]}" or ": " in text:
        return None
    message = f"a text that begins with `{sign}` must be quoted: YAML reads a {'list' if sign == '[' else 'mapping'}"
    wanted = in_quotes(text)
    fix = Fix(f"quote the value: `{wanted}`", (Edit(complaint.span(line, column, len(text)), wanted),))
    return Diagnostic("reserved-start", message, complaint.span(line, column), fix=fix)


def closed_at(text: str) -> int:
    """Behind the partner of the bracket that a text begins with; 0 where it has none."""
    depth = 0
    for match in _SIGN.finditer(text):
        depth += (match.group() in "[{") - (match.group() in "]}")
        if depth == 0:
            return match.end()
    return 0


def second_document(complaint: Complaint) -> Diagnostic | None:
    """Content behind `...`, the end of the document."""
    if not complaint.says("document start"):
        return None
    line = complaint.problem.place[0]
    above = next((text for text in reversed(complaint.lines[: line - 1]) if text.strip()), "")
    if indent_of(above) > 0:
        message = "this line is indented less than the first key of the file"
        advice = "begin the keys of the top level in the first column"
        return Diagnostic("indentation", message, complaint.span(line, 1), help=advice)
    message = "a file holds one workflow: a second document begins here"
    advice = "put it into a file of its own"
    return Diagnostic("several-documents", message, complaint.span(line, 1), help=advice)


def directive(complaint: Complaint) -> Diagnostic | None:
    """A line that begins with `%`, which is meant for the YAML parser, where it says nothing that one can heed."""
    places = (complaint.problem.context_place, complaint.problem.place)
    lines = [one[0] for one in places if one is not None]
    if complaint.says("document start"):
        above = range(min(complaint.line, len(complaint.lines)), 0, -1)
        lines += [one for one in above if complaint.text_of(one).strip()][:2]
    line = next((one for one in lines if complaint.text_of(one).startswith("%")), 0)
    if not line:
        return None
    message = "a line that begins with `%` is a directive for YAML, and none is wanted in a workflow file"
    text = complaint.text_of(line)
    fix = Fix("remove the line", (Edit(Span(complaint.file, line, 1, line + 1, 1), ""),), safe=False)
    return Diagnostic("reserved-start", message, complaint.span(line, 1, len(text.rstrip())), fix=fix)


def unknown_tag(complaint: Complaint) -> Diagnostic | None:
    """A tag with a handle that nothing declares: `!x!y`."""
    place = complaint.problem.context_place or complaint.problem.place
    if not complaint.says("undefined tag handle"):
        return None
    line, column = place
    written = complaint.rest(line, column).split()[0].rstrip(",]}")
    return tag(written, complaint.span(line, column, len(written)))


def too_deep(complaint: Complaint) -> Diagnostic | None:
    """More nesting than the parser itself takes: PyYAML has a limit of its own from 6.0.4 on."""
    if complaint.says(TOO_DEEP):
        return too_deep_at(complaint.span(*complaint.problem.place))
    if not complaint.says("maximum nesting depth"):
        return None
    return too_deep_at(complaint.span(*_passed(complaint)))


def _passed(complaint: Complaint) -> tuple[int, int]:
    """Where one bracket too many is opened: the parser looks further ahead than the limit here is."""
    end = offset_of(complaint.lines, *complaint.problem.place)
    line = complaint.problem.place[0]
    begin = complaint.around.outermost or (line, complaint.value_column(line))
    text, depth = "\n".join(complaint.lines), complaint.around.depth
    for match in _SIGN.finditer(text, offset_of(complaint.lines, *begin), end + 1):
        depth += (match.group() in "[{") - (match.group() in "]}")
        if depth > DEPTH:
            return text.count("\n", 0, match.start()) + 1, match.start() - text.rfind("\n", 0, match.start())
    return complaint.problem.place


def goes_on(complaint: Complaint) -> Diagnostic | None:
    """An unquoted text in brackets that goes on with a sign which ends it there: `if: x in [1]`, `run: echo a: b`."""
    line, column = complaint.problem.place
    last, text = complaint.last, complaint.text_of(line)
    sign = text[column - 1 : column]
    if last is None or not last.plain or not sign or sign not in "[{:" or not complaint.says("expected ',' or"):
        return None
    span = last.span
    if span.line != line or span.end_line != line or text[span.end_column - 1 : column - 1].strip():
        return None
    value = value_in_brackets(complaint.lines, line, span.column, colons=sign == ":")
    if not value or "\n" in value or len(value) < column - span.column:
        return None
    wanted = in_quotes(value)
    edit = Edit(complaint.span(line, span.column, len(value)), wanted)
    fix = Fix(f"quote the value: `{wanted}`", (edit,))
    if sign == ":":
        return _no_comma(complaint, last) or _colon(complaint, fix)
    kind = "list" if sign == "[" else "mapping"
    message = f"a text with `{sign}` must be quoted inside of brackets: YAML reads a {kind}"
    return Diagnostic("bracket", message, complaint.span(line, column), fix=fix)


def _colon(complaint: Complaint, fix: Fix) -> Diagnostic:
    message = "`: ` inside an unquoted value begins another key"
    return Diagnostic("colon-in-value", message, complaint.span(*complaint.problem.place), fix=fix)


def _no_comma(complaint: Complaint, last: Scalar) -> Diagnostic | None:
    """`{id: a run: make}`: behind the value a key of ours begins."""
    before, _, key = last.text.rpartition(" ")
    if not before.strip() or key not in _KEYS:
        return None
    line, column = last.span.line, last.span.end_column - len(key)
    end = len(complaint.text_of(line)[: column - 1].rstrip())
    fix = Fix("add the comma", (Edit(complaint.span(line, end + 1, 0), ","),), safe=False)
    message = f"`,` is wanted before `{key}`, if that is a key"
    return Diagnostic("bracket", message, complaint.span(line, column, len(key)), fix=fix)


def bracket(complaint: Complaint) -> Diagnostic | None:
    """A bracket that is never closed, closed by the wrong one, or closes nothing."""
    problem = complaint.problem
    line, column = problem.place
    sign = complaint.text_of(line)[column - 1 : column]
    if complaint.says("node content") and not complaint.text_of(line)[column - 1 :].strip():
        return _unclosed_at_end(complaint)
    if problem.context_place is None or "flow" not in problem.context:
        return _stray(complaint, line, column, sign)
    open_line, open_column = problem.context_place
    opener = complaint.text_of(open_line)[open_column - 1 : open_column]
    closer = _PARTNER.get(opener)
    if closer is None:
        return _stray(complaint, line, column, sign) if sign in {"]", "}"} else None
    if sign in {"]", "}"} and sign != closer:
        related = (Related(complaint.span(open_line, open_column), "opened here"),)
        message = f"`{closer}` is wanted here, not `{sign}`"
        return Diagnostic("bracket", message, complaint.span(line, column), related=related)
    missing_comma = open_line != line and _is_inside(complaint, open_line, line)
    if open_line != line and not missing_comma:
        return _unclosed(complaint, open_line, open_column)
    if missing_comma:
        column = indent_of(complaint.text_of(line)) + 1
    related = (Related(complaint.span(open_line, open_column), "opened here"),)
    message = f"`,` or `{closer}` is wanted {'before this' if missing_comma else 'here'}"
    advice = "" if missing_comma else "quote a value that holds brackets, braces or quotes"
    return Diagnostic("bracket", message, complaint.span(line, column), related=related, help=advice)


def _unclosed(complaint: Complaint, line: int, column: int) -> Diagnostic:
    opener = complaint.text_of(line)[column - 1 : column]
    message = f"this `{opener}` is never closed"
    advice = f"add `{_PARTNER[opener]}`, or quote the value if the bracket belongs to a text"
    return Diagnostic("unclosed-bracket", message, complaint.span(line, column), help=advice)


def _is_inside(complaint: Complaint, opener: int, line: int) -> bool:
    """Whether a line is indented as what stands in the brackets that the line `opener` opens."""
    text = complaint.text_of(line)
    return line == complaint.line and bool(text.strip()) and indent_of(text) >= key_column(complaint.text_of(opener))


def _unclosed_at_end(complaint: Complaint) -> Diagnostic | None:
    """The file ends where a value of a list or mapping in brackets is wanted: the last bracket without a partner."""
    closed = 0
    for line in range(len(complaint.lines), max(len(complaint.lines) - _FAR, 0), -1):
        text = complaint.text_of(line)
        for column in range(len(text), 0, -1):
            sign = text[column - 1]
            if sign in "]}":
                closed += 1
            elif sign in _PARTNER and closed:
                closed -= 1
            elif sign in _PARTNER:
                return _unclosed(complaint, line, column)
    return None


def _stray(complaint: Complaint, line: int, column: int, sign: str) -> Diagnostic | None:
    if not sign or sign not in "]},":
        return None
    if not complaint.says("node content|expected key|expected <block end>|expected '-' indicator"):
        return None
    message = f"this `{sign}` belongs to nothing"
    advice = "remove it, or quote the value"
    return Diagnostic("bracket", message, complaint.span(line, column), help=advice)
