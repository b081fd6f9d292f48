"""The marks that a version control system leaves where it could not merge two versions of a file."""

import re

from steplane.diagnostics import Diagnostic, Span

_BEGIN, _MIDDLE, _END = (re.compile(rf"{sign}{{7}}(?: .*)?") for sign in "<=>")
_MESSAGE = "this begins two versions of the lines below that were not merged"


def first_version(lines: list[str], file: str) -> list[tuple[Diagnostic, Span]]:
    """Each conflict with its stretch; in `lines` only its first version is left."""
    found: list[tuple[Diagnostic, Span]] = []
    if "\n<<<<<<<" not in "\n".join(("", *lines)):
        return found
    begin = middle = 0
    for number, line in enumerate(lines, 1):
        if _BEGIN.fullmatch(line):
            begin, middle = number, 0
        elif begin and _MIDDLE.fullmatch(line):
            middle = number
        elif middle and _END.fullmatch(line):
            found.append(_conflict(lines, file, begin, number))
            for blank in (begin, *range(middle, number + 1)):
                lines[blank - 1] = ""
            begin = middle = 0
    return found


def _conflict(lines: list[str], file: str, begin: int, end: int) -> tuple[Diagnostic, Span]:
    span = Span(file, begin, 1, begin, len(lines[begin - 1]) + 1)
    advice = f"keep one version and remove the marks, up to line {end}"
    stretch = Span(file, begin, 1, end, len(lines[end - 1]) + 1)
    return Diagnostic("syntax", _MESSAGE, span, label="merge conflict", help=advice), stretch
