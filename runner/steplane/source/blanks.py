"""Blanks of typesetting (such as the no-break space) that indent a line: people see blanks, and YAML takes letters."""

import re
from collections.abc import Sequence

from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.source.pieces import indent_of, key_column

TYPESET = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""These blanks, as the inside of a class of a pattern."""

_FIRST = re.compile(f"[{TYPESET}]")
_INDENT = re.compile(f"(?:[ \\t{TYPESET}]|-(?=[ \\t{TYPESET}]))*")
_HEADER = re.compile(r"(?:^|[ \t])[|>][+-]?[1-9]?[+-]?[ \t]*(?:#.*)?$")


def indented_by_blanks(lines: Sequence[str], file: str) -> tuple[list[str], list[Diagnostic]]:
    """The lines with plain blanks in their indentation instead, and what to say of each that had others.

    Lines of a block text (`|`, `>`) stay as they are: there such blanks are part of the text.
    """
    mended, found, block = list(lines), [], -1
    for number, line in enumerate(lines, 1):
        if not line.strip(" \t"):
            continue
        indent = indent_of(line)
        if block >= 0 and indent > block:
            continue
        indentation = _INDENT.match(line)[0]  # type: ignore[index]  # it matches nothing too
        first = _FIRST.search(indentation)
        if first is not None:
            mended[number - 1] = _FIRST.sub(" ", indentation) + line[len(indentation) :]
            found.append(_diagnostic(file, number, indentation, first))
        block = key_column(mended[number - 1]) - 1 if _HEADER.search(line) else -1
    return mended, found


def _diagnostic(file: str, line: int, indentation: str, first: re.Match[str]) -> Diagnostic:
    from unicodedata import name

    what = name(first[0]).lower()
    article = "an" if what[0] in "aeio" else "a"
    start, end = first.start() + 1, len(indentation) + 1
    message = f"{article} {what} (U+{ord(first[0]):04X}) in the indentation: YAML indents with spaces only"
    edit = Edit(Span(file, line, start, line, end), _FIRST.sub(" ", indentation[first.start() :]))
    fix = Fix("put spaces there", (edit,))
    return Diagnostic("hidden-character", message, Span(file, line, start, line, start + 1), label=what, fix=fix)
