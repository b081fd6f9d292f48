"""Syntax errors of indentation."""

import re

from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.source.complaint import Complaint
from steplane.source.pieces import indent_of, item_indent, key_column, list_begins

_KEY = re.compile(r"[ \t]*([A-Za-z_][\w-]*):(?:[ \t]|$)")
_TAB_BEHIND_DASH = re.compile(r"[ ]*(?:-[ ]+)*-([ ]*\t[ \t]*)")
_BLOCK_HEADER = re.compile(r"(?:^|[ \t])([|>][+-]?[1-9]?[+-]?)[ \t]*(?:#.*)?$")


def tab(complaint: Complaint) -> Diagnostic | None:
    """A tab among the blanks that a line begins with."""
    for line in dict.fromkeys((complaint.problem.place[0], complaint.line)):
        text = complaint.text_of(line)
        column = text[: indent_of(text)].find("\t") + 1
        if column:
            width = _wanted_indent(complaint, line)
            span = complaint.span(line, 1, indent_of(text))
            fix = Fix(f"indent by {width} spaces", (Edit(span, " " * width),), safe=False)
            message = "a tab in the indentation: YAML indents with spaces only"
            return Diagnostic("tab-indentation", message, complaint.span(line, column), label="tab", fix=fix)
    line, column = complaint.problem.place
    dash = _TAB_BEHIND_DASH.match(complaint.text_of(line))
    if dash is None or not dash.start(1) < column <= dash.end(1) + 1:
        return None
    below = complaint.text_of(line + 1)
    width = (
        max(indent_of(below) - dash.start(1), 1) if _KEY.match(below) and "\t" not in below[: indent_of(below)] else 1
    )
    fix = Fix(
        "write blanks behind the dash", (Edit(complaint.span(line, dash.start(1) + 1, len(dash[1])), " " * width),)
    )
    message = "a tab behind the dash of an item: YAML indents with spaces only"
    tab_column = dash.start(1) + dash[1].find("\t") + 1
    return Diagnostic("tab-indentation", message, complaint.span(line, tab_column), label="tab", fix=fix)


def _wanted_indent(complaint: Complaint, line: int) -> int:
    above = next((text for text in reversed(complaint.lines[: line - 1]) if text.strip()), "")
    if above.rstrip().endswith((":", "|", ">")):
        return key_column(above) + 1
    return indent_of(above) if _is_item(complaint.text_of(line)) else key_column(above) - 1


def left_block(complaint: Complaint) -> Diagnostic | None:
    """A line that is indented less than the block text (`|`, `>`) above it, but more than what may follow the text."""
    place = complaint.problem.context_place
    line = place[0] if place is not None and complaint.says("expected ':'") else complaint.line
    header = _block_above(complaint, line)
    if header is None:
        return None
    number, sign_column, sign = header
    text = complaint.text_of(line)
    inside = indent_of(complaint.text_of(number + 1))
    related = (Related(complaint.span(number, sign_column, len(sign)), "the block text begins here"),)
    span = complaint.span(line, indent_of(text) + 1, len(text.strip()))
    edit = Edit(complaint.span(line, 1, indent_of(text)), " " * inside)
    message = "this line leaves the block text above it: it is indented less than the block's first line"
    fix = Fix(f"indent the line by {inside} spaces", (edit,), safe=False)
    return Diagnostic("block-indentation", message, span, related=related, fix=fix)


def _block_above(complaint: Complaint, line: int) -> tuple[int, int, str] | None:
    """Line, column and sign of the block text that ends right above the line, where the line is indented less."""
    indent = indent_of(complaint.text_of(line))
    number = line - 1
    deeper = False
    while number >= 1:
        text = complaint.text_of(number)
        match = _BLOCK_HEADER.search(text)
        if text.strip() and indent_of(text) <= indent:
            if deeper and match is not None and key_column(text) - 1 <= indent:
                return number, match.start(1) + 1, match.group(1)
            return None
        deeper = deeper or bool(text.strip())
        number -= 1
    return None


def level(complaint: Complaint) -> Diagnostic | None:
    """A line whose indentation is that of no level above it, or a list item among keys."""
    if not complaint.says("expected key|expected <block end>|expected '-' indicator"):
        return None
    line = complaint.line
    text = complaint.text_of(line)
    if complaint.column != indent_of(text) + 1:
        return None
    context = complaint.problem.context_place
    related = (Related(complaint.span(*context), "what it may belong to begins here"),) if context else ()
    if complaint.problem.context_place and complaint.column == complaint.problem.context_place[1]:
        message = "a list item stands among keys" if _is_item(text) else "a key stands among list items"
        advice = "indent it, or align it with what it belongs to"
    else:
        message = "the indentation of this line is that of no level above it"
        advice = "align it with the keys that it belongs to"
    span = complaint.span(line, complaint.column, len(complaint.rest(line, complaint.column)))
    return Diagnostic("indentation", message, span, related=related, help=advice)


def begin_of_list(complaint: Complaint) -> Diagnostic | None:
    """What stands before the first `- ` of a list in its column, and is indented more: a dash is missing there."""
    line = complaint.line
    indent = item_indent(complaint.text_of(line))
    if indent < 0 or not complaint.says("expected key|expected <block end>|expected '-' indicator"):
        return None
    above = range(line - 1, 0, -1)
    start = next(
        (one for one in above if complaint.text_of(one).strip() and list_begins(complaint.lines, one, indent)), 0
    )
    begin = indent_of(complaint.text_of(start))
    if not start or any(_leaves(complaint.text_of(one), begin) for one in range(start, line)) or begin < indent:
        return None
    dash = item_indent(complaint.text_of(start)) >= 0
    if dash and begin == indent:
        return None
    width = indent - begin + (0 if dash else 2)
    shifted = [one for one in range(start, line) if complaint.text_of(one).strip()]
    edits = [_shifted(complaint, one, width) for one in shifted]
    if not dash:
        edits[0] = Edit(edits[0].span, " " * indent + "- ")
    message = "this item is indented more than the next one" if dash else "a `- ` is missing before this key"
    fix = Fix("align the lines with the next item", tuple(edits), safe=False)
    related = (Related(complaint.span(line, indent + 1), "the list goes on here"),)
    span = complaint.span(start, begin + 1, len(complaint.rest(start, begin + 1)))
    return Diagnostic("indentation", message, span, related=related, fix=fix)


def missing_dash(complaint: Complaint) -> Diagnostic | None:
    """Keys between the dash of an item and its keys that repeat those: the dash of another item is missing."""
    line = complaint.line
    text = complaint.text_of(line)
    own, key = indent_of(text), _KEY.match(text)
    if key is None or not complaint.says("expected key|expected <block end>|expected '-' indicator"):
        return None
    item = line - 1
    while item > 0 and (not complaint.text_of(item).strip() or indent_of(complaint.text_of(item)) > own):
        item -= 1
    dash, width = item_indent(complaint.text_of(item)), key_column(complaint.text_of(item)) - 1 - own
    if not 0 <= dash <= own or width <= 0:
        return None
    column = own + width
    above = [complaint.text_of(item)[column:], *(complaint.text_of(one)[column:] for one in range(item + 1, line))]
    if key[1] not in {match[1] for one in above if (match := _KEY.match(one)) and indent_of(one) == 0}:
        return None
    last = line
    while last < len(complaint.lines) and _goes_on(complaint.text_of(last + 1), own):
        last += 1
    edits = [_shifted(complaint, one, width) for one in range(line, last + 1) if complaint.text_of(one).strip()]
    edits[0] = Edit(edits[0].span, " " * dash + "-".ljust(column - dash))
    message = "a `- ` is missing before this key: it is set above already"
    related = (Related(complaint.span(item, dash + 1), "the item above"),)
    fix = Fix("add the `- `", tuple(edits), safe=False)
    span = complaint.span(line, own + 1, len(complaint.rest(line, own + 1)))
    return Diagnostic("indentation", message, span, related=related, fix=fix)


def _goes_on(text: str, indent: int) -> bool:
    """Whether a line belongs to keys that stand at an indentation."""
    return not text.strip() or indent_of(text) > indent or (indent_of(text) == indent and not _is_item(text))


def _leaves(text: str, indent: int) -> bool:
    return bool(text.strip()) and indent_of(text) < indent


def _shifted(complaint: Complaint, line: int, width: int) -> Edit:
    own = indent_of(complaint.text_of(line))
    return Edit(complaint.span(line, 1, own), " " * (own + width))


def _is_item(text: str) -> bool:
    return text.lstrip().startswith("- ") or text.strip() == "-"
