"""Syntax errors of texts: quotes, escapes, what an unquoted text may not begin with or hold."""

import re

from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.source.complaint import Complaint
from steplane.source.flows import value_in_brackets
from steplane.source.mistakes import in_quotes
from steplane.source.pieces import block_end, indent_of, key_column

_KEY_LINE = re.compile(r"[ \t]*(?:- +)*[A-Za-z_][\w.-]*:(?:[ \t]|$)")
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'(?:''|[^'])*'""")
_NOT_TEXT = re.compile(r"[ \t]#|^[ \t]*(?:- |-$|[A-Za-z_][\w.-]*:(?:[ \t]|$))")
"""A line that may be something else than more of an unquoted text."""
_LONGEST_KEY = 1024
_GLUED_DASH = re.compile(r"[ \t]*(-)(?=[A-Za-z_][\w-]*:(?:[ \t]|$))")
_GLUED_KEY = re.compile(r"[ \t]*(?:- +)+[A-Za-z_][\w-]*(:)\S")
_GLUED = re.compile(r"[ \t]*(?:- +)*[A-Za-z_][\w-]*(:)\S")


def unclosed_quote(complaint: Complaint) -> Diagnostic | None:
    """A quote that is closed nowhere, or only by the opening quote of a later value."""
    problem, last = complaint.problem, complaint.last
    if "quoted scalar" in problem.context and complaint.says("unexpected (end of stream|document)"):
        if problem.context_place:
            return _unclosed(complaint, *problem.context_place)
        return None
    if last is None or last.plain or last.span.line == last.span.end_line:
        return None
    span = last.span
    opener = complaint.text_of(span.line)[span.column - 1 : span.column]
    inside = complaint.lines[span.line : span.end_line]
    if opener in {'"', "'"} and span.end_line == problem.place[0] and any(_KEY_LINE.match(line) for line in inside):
        return _unclosed(complaint, span.line, span.column)
    return None


def _unclosed(complaint: Complaint, line: int, column: int) -> Diagnostic:
    sign = complaint.text_of(line)[column - 1 : column]
    advice = f"add the closing {sign}" + ("; inside single quotes a ' is written ''" if sign == "'" else "")
    return Diagnostic("unclosed-quote", f"this {sign} is never closed", complaint.span(line, column), help=advice)


def bad_escape(complaint: Complaint) -> Diagnostic | None:
    """A backslash in double quotes before what is no escape."""
    if not complaint.says("unknown escape|hexdecimal|hexadecimal|Unicode character escape"):
        return None
    line, column = complaint.problem.place
    text = complaint.text_of(line)
    column = text.rfind("\\", 0, column) + 1
    if not column:
        return None
    written = text[column - 1 : column + 1]
    span = complaint.span(line, column, len(written))
    message = f"`{written}` is no escape in double quotes"
    if written in {"\\u", "\\U", "\\x"}:
        digits = {"\\x": 2, "\\u": 4, "\\U": 8}[written]
        message = f"`{written}` must be followed by {digits} hexadecimal digits of a character"
        return Diagnostic("bad-escape", message, span, help="an emoji and its like is `\\U` with eight digits")
    fix = Fix(f"write `\\{written}`", (Edit(complaint.span(line, column), "\\\\"),))
    return Diagnostic("bad-escape", message, span, fix=fix, help="in single quotes a backslash is just that")


def reserved_start(complaint: Complaint) -> Diagnostic | None:
    """A value that begins with a character that YAML keeps for itself."""
    problem = complaint.problem
    line, column = problem.place
    if problem.context_place and re.search("alias|anchor|directive|tag", problem.context):
        line, column = problem.context_place
    elif not complaint.says("cannot start any token"):
        column = complaint.value_column(line)
        if problem.place[1] <= column or not complaint.says("expected key|expected <block end>"):
            return None
    sign = complaint.text_of(line)[column - 1 : column]
    if not sign or sign not in "*&!@%`":
        return None
    message = f"a text that begins with {'a backtick' if sign == '`' else f'`{sign}`'} must be quoted"
    return Diagnostic("reserved-start", message, complaint.span(line, column), fix=_quoted(complaint, line, column))


def block_header(complaint: Complaint) -> Diagnostic | None:
    """A value that begins with `>` or `|`, which begins a block text."""
    place = complaint.problem.context_place
    if "block scalar" not in complaint.problem.context or place is None:
        return None
    line, column = place
    sign = complaint.text_of(line)[column - 1 : column]
    message = f"`{sign}` at the start of a value begins a block text on the lines below"
    fix = _quoted(complaint, line, column)
    return Diagnostic("reserved-start", message, complaint.span(line, column), fix=fix)


def sign_after_quote(complaint: Complaint) -> Diagnostic | None:
    """A sign that YAML keeps for itself behind a closing quote: `"./a b" && c`, which begins with a word in quotes."""
    line = complaint.line
    column = complaint.value_column(line)
    match = _QUOTED.match(complaint.text_of(line), column - 1)
    if match is None or "flow" in complaint.problem.context or complaint.column <= match.end():
        return None
    rest = complaint.rest(line, match.end() + 1)
    if not rest.strip() or rest.lstrip()[0] not in "&*!|>@%`":
        return None
    return _after_quote(complaint, line, match.end(), match.end() + len(rest) - len(rest.lstrip()) + 1)


def text_after_quote(complaint: Complaint) -> Diagnostic | None:
    """Text behind the closing quote of a value."""
    last = complaint.last
    line, column = complaint.problem.place
    if last is None or last.plain or not complaint.says("expected key|expected <block end>|expected ',"):
        return None
    end = last.span
    between = complaint.text_of(line)[end.end_column - 1 : column - 1]
    if end.end_line != line or column < end.end_column or between.strip():
        return None
    if complaint.text_of(line)[column - 1 : column] in {"", "]", "}", ":"}:
        return None
    sign = complaint.text_of(end.end_line)[end.end_column - 2 : end.end_column - 1]
    if sign not in {"'", '"'}:
        return None
    return _after_quote(complaint, line, end.end_column - 1, column)


def _after_quote(complaint: Complaint, line: int, quote: int, column: int) -> Diagnostic:
    """What stands at the column, behind the closing quote."""
    sign = complaint.text_of(line)[quote - 1 : quote]
    advice = "inside single quotes a ' is written ''" if sign == "'" else 'inside double quotes a " is written \\"'
    related = (Related(complaint.span(line, quote), "the text ends with this quote"),)
    message = "text follows the closing quote of the value"
    return Diagnostic("text-after-quote", message, complaint.span(line, column), related=related, help=advice)


def colon_in_value(complaint: Complaint) -> Diagnostic | None:
    """`: ` inside an unquoted value, or a key that is indented below a value."""
    if not complaint.says("mapping values are not allowed"):
        return None
    line, column = complaint.problem.place
    text = complaint.text_of(line)
    if column - indent_of(text) > _LONGEST_KEY:
        message = f"a key may not be longer than {_LONGEST_KEY:,} characters"
        return Diagnostic("too-long-key", message, complaint.span(line, indent_of(text) + 1))
    start = complaint.value_column(line)
    if start < column and start > indent_of(text) + 1:
        message = "`: ` inside an unquoted value begins another key"
        return Diagnostic("colon-in-value", message, complaint.span(line, column), fix=_quoted(complaint, line, start))
    above = complaint.last.span if complaint.last is not None else None
    related = (Related(complaint.span(above.line, above.column), "this value"),) if above else ()
    message = "this key is indented below a value that is complete"
    place = complaint.span(line, indent_of(text) + 1, max(column - indent_of(text) - 1, 1))
    advice = "align it with the keys above, or leave the value above it empty"
    return Diagnostic("indentation", message, place, related=related, help=advice)


def item_in_value(complaint: Complaint) -> Diagnostic | None:
    """`- ` right behind `key:`."""
    if not complaint.says("sequence entries are not allowed"):
        return None
    line, column = complaint.problem.place
    text = complaint.rest(line, column)
    message = "a list does not begin on the line of its key"
    advice = "put `- ` on the line below, or quote the value if it is a text"
    return Diagnostic("item-in-value", message, complaint.span(line, column, len(text)), help=advice)


def glued(complaint: Complaint) -> Diagnostic | None:
    """`-id: a` or `id:a` where a step begins, above the line that the parser stopped in."""
    if not complaint.says("mapping values are not allowed|expected key|expected <block end>|expected '-' indicator"):
        return None
    lines = [complaint.line]
    if complaint.last is not None and complaint.last.plain:
        lines.append(complaint.last.span.line)
    for line in lines:
        text = complaint.text_of(line)
        match = _GLUED_DASH.match(text) or (_GLUED_KEY.match(text) if line != complaint.line else None)
        if match is not None:
            at = match.end(1)
            fix = Fix(f"add a space after `{match[1]}`", (Edit(complaint.span(line, at + 1, 0), " "),), safe=False)
            message = f"a space is missing after `{match[1]}`"
            return Diagnostic("missing-space", message, complaint.span(line, at), fix=fix)
    return None


def no_colon(complaint: Complaint) -> Diagnostic | None:
    """A line without `: ` where a key must stand."""
    place = complaint.problem.context_place
    if "expected ':'" not in complaint.problem.problem or place is None:
        return None
    line, column = place
    text = complaint.rest(line, column)
    glued = _GLUED.match(complaint.text_of(line))
    if glued is not None:
        at = glued.start(1) + 1
        fix = Fix("add a space after `:`", (Edit(complaint.span(line, at + 1, 0), " "),))
        return Diagnostic("missing-space", "a space is missing after `:`", complaint.span(line, at), fix=fix)
    advice = "write `key: value`; a text over several lines begins with `|` or is indented below its key"
    message = "a key with `:` is wanted here; this is text"
    return Diagnostic("missing-colon", message, complaint.span(line, column, len(text)), help=advice)


def _quoted(complaint: Complaint, line: int, column: int) -> Fix | None:
    """Quote the unquoted value that begins at the place, on all its lines; None where it is not plain where it ends."""
    text = complaint.rest(line, column)
    span = complaint.span(line, column, len(text))
    if (inside := value_in_brackets(complaint.lines, line, column)) is not None:
        if "\n" in inside or not inside:
            return None
        text, span = inside, complaint.span(line, column, len(inside))
    elif (last := block_end(complaint.lines, line, key_column(complaint.text_of(line)))) > line:
        more = complaint.lines[line:last]
        if text != complaint.text_of(line)[column - 1 :].rstrip() or any(map(_NOT_TEXT.search, more)):
            return None
        text = "\n".join((text, *more)).rstrip()
        span = Span(complaint.file, line, column, last, len(more[-1].rstrip()) + 1)
    wanted = in_quotes(text)
    return Fix(f"quote the value: `{' '.join(wanted.split())}`", (Edit(span, wanted),))
