"""Mends of expressions, and of values in shell scripts."""

import re
from collections.abc import Callable

from steplane.app.mending.text import Source
from steplane.diagnostics import Diagnostic, Fix
from steplane.source.nodes import Entry, Scalar

_TERNARY = re.compile(
    r"(?P<test>[^?{}]+?)\s*\?\s*(?P<yes>[^?:{}]+?)\s*:\s*(?P<no>[^?:{}]+?)(?=\s*(?:\}\}|$|['\"]\s*$))"
)
_SIMPLE = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def filtered(filter_: str) -> Callable[[Diagnostic, Source], Fix | None]:
    """Put a filter behind the expression that stands at the place, or that the place is within."""

    def mend(diagnostic: Diagnostic, source: Source) -> Fix | None:
        span = diagnostic.span
        if span.line != span.end_line:
            return None
        end = span.end_column
        written = source.text(span)
        if written.startswith("${{"):
            end -= len(re.search(r"\s*\}\}$", written)[0]) if written.endswith("}}") else 0  # type: ignore[index]
        written = filter_.replace("'", "''") if _is_single_quoted(diagnostic, source) else filter_
        return Fix(f"write `| {filter_}` behind it", (source.insert(span.line, end, f" | {written}"),), safe=False)

    return mend


def _is_single_quoted(diagnostic: Diagnostic, source: Source) -> bool:
    """Whether the value at the place is one in single quotes of YAML, in which those of its text stand twice."""
    path = source.path(diagnostic.span)
    part = path[-1].part if path else None
    node = part.value if isinstance(part, Entry) else part
    if not isinstance(node, Scalar) or node.plain:
        return False
    return source.line(node.span.line)[node.span.column - 1 : node.span.column] == "'"


def compared(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Make a condition of a number, text or list."""
    span, written = diagnostic.span, source.text(diagnostic.span)
    how = {
        "a number": " > 0", "a whole number": " > 0", "text": " != ''", "a list": " | length > 0",
        "a mapping or null": " is not none",
    }  # fmt: skip
    kind = next((kind for kind in how if diagnostic.message.endswith(f"this is {kind}")), "")
    if not kind or not re.fullmatch(r"[\w.]+", written):
        return None
    return Fix(f"write `{written}{how[kind]}`", (source.insert(span.line, span.end_column, how[kind]),), safe=False)


def joined(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Join texts with `~` where `+` cannot add."""
    if "`~` joins" not in diagnostic.help:
        return None
    span = diagnostic.span
    before = source.line(span.line)[: span.column - 1]
    place = before.rfind("+")
    if place < 0 or before[place + 1 :].strip():
        return None
    return Fix("write `~`", (source.edit(span.line, place + 1, 1, "~"),), safe=False)


def choice(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """`a ? b : c` as `b if a else c`."""
    span = diagnostic.span
    text = source.line(span.line)
    start = max(text.rfind("${{", 0, span.column) + 3, re.match(r"\s*(?:- )*(?:\w+:\s*)?['\"]?", text).end())  # type: ignore[union-attr]
    found = _TERNARY.match(text, start)
    if source.text(span) != "?" or found is None:
        return None
    words = f"{found['yes']} if {found['test'].strip()} else {found['no']}"
    lead = len(found["test"]) - len(found["test"].lstrip())
    edit = source.edit(span.line, start + lead + 1, found.end() - start - lead, words)
    return Fix(f"write `{words}`", (edit,), safe=False)


def unwrapped(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Leave the marks out of a condition that is a text with expressions."""
    span, written = diagnostic.span, source.text(diagnostic.span)
    bare = _SIMPLE.sub(r"\1", written)
    if not written or bare == written or ": " in bare or " #" in bare or bare[0] in "'\"[{!&*>|%@`#-?":
        return None
    return Fix(f"write `{bare}`", (source.edit(span.line, span.column, len(written), bare),), safe=False)


def inner_braces(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Leave the inner marks out of an expression."""
    span = diagnostic.span
    match = re.compile(r"\$?\{\{\s*([^{}]*?)\s*\}\}").match(source.line(span.line), span.column - 1)
    if match is None:
        return None
    return Fix(
        "leave the inner braces out", (source.edit(span.line, span.column, len(match[0]), match[1]),), safe=False
    )


def double_quotes(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Double quotes of the shell for single ones around an expression, where that changes nothing else."""
    span = diagnostic.span
    text = source.line(span.line)
    start, end = text.rfind("'", 0, span.column - 1), text.find("'", span.end_column - 1)
    inside = text[start + 1 : end]
    rest = _SIMPLE.sub("", inside)
    if start < 0 or end < 0 or re.search(r"[\"\\$`!]", rest) or '"' in inside or re.search(r":\s+'", text[: start + 1]):
        return None
    edits = (source.edit(span.line, start + 1, 1, '"'), source.edit(span.line, end + 1, 1, '"'))
    return Fix("use double quotes", edits, safe=False)


def open_heredoc(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """Take the quotes off the delimiter of a here-document that holds nothing else that would be expanded."""
    line = diagnostic.span.line
    for number in range(line - 1, max(line - 200, 0), -1):
        match = re.search(r"<<-?\s*(['\"])(\w+)\1", source.line(number))
        if match is None:
            continue
        body = []
        for below in range(number + 1, len(source.lines) + 1):
            if source.line(below).strip() == match[2]:
                break
            body.append(_SIMPLE.sub("", source.line(below)))
        if re.search(r"[$`\\]", "\n".join(body)):
            return None
        start = match.start(1)
        edit = source.edit(number, start + 1, len(match[2]) + 2, match[2])
        return Fix("take the quotes off the delimiter", (edit,), safe=False)
    return None
