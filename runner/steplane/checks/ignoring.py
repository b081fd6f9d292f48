"""Warnings that a comment beside them ignores: `# steplane: ignore[code]`."""

import re
from collections.abc import Iterable, Iterator

from steplane.diagnostics import Diagnostic, Span
from steplane.source import Document

COMMENT = re.compile(r"(?:^|(?<=\s))#\s*steplane: ignore\[(?P<codes>[^\]]*)\]")
"""A comment that ignores warnings."""
_VAIN = re.compile(r"(?:^|(?<=\s))#\s*steplane:\s*ignore\b(?!(?<=: ignore)\[[\s,]*[^\s,\]][^\]]*\])")
"""One that is meant to, and names no code or is spelled in another way."""
LATE = frozenset({"unused-input", "unused-variable", "unused-output", "unused-id", "redundant-need", "rule-proved"})
"""Codes that are looked for only when asked for, so that nothing can be said of an ignore of one."""


class _Ignore:
    """One code in one comment, which counts for `line`."""

    def __init__(self, code: str, span: Span, line: int) -> None:
        self.code, self.span, self.line = code, span, line
        self.used: Diagnostic | None = None


def without_ignored(document: Document, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is left where comments ignore some of it, and ignores that nothing was found for.

    A comment counts for its own line; one that has the line to itself, for the next. An error stays: it keeps the file
    from being run, whatever a comment says.
    """
    ignores = _ignores(document)
    kept = []
    for diagnostic in found:
        ignore = next((one for one in ignores if _covers(one, diagnostic)), None)
        if ignore is not None:
            ignore.used = diagnostic
        if ignore is None or diagnostic.severity == "error":
            kept.append(diagnostic)
    kept += [_unused(one) for one in ignores if _is_vain(one)]
    kept += _without_code(document)
    return kept


def _covers(ignore: _Ignore, diagnostic: Diagnostic) -> bool:
    return ignore.code == diagnostic.code and ignore.line == diagnostic.span.line


def _is_vain(ignore: _Ignore) -> bool:
    return ignore.code not in LATE and (ignore.used is None or ignore.used.severity == "error")


def _unused(ignore: _Ignore) -> Diagnostic:
    if ignore.used is not None:
        message, help_ = f"`{ignore.code}` is an error here, and errors cannot be ignored", "mend it"
    else:
        message, help_ = f"nothing is ignored: there is no `{ignore.code}` in line {ignore.line}", "take it out"
    return Diagnostic("unused-ignore", message, ignore.span, "warning", help=help_)


def _without_code(document: Document) -> Iterator[Diagnostic]:
    for number, line in enumerate(document.lines, 1):
        match = _VAIN.search(line) if "ignore" in line else None
        if match is not None:
            span = Span(document.file, number, match.start() + 1, number, match.end() + 1)
            help_ = "name in brackets what is to be ignored: `# steplane: ignore[no-id]`"
            yield Diagnostic(
                "unused-ignore", "this comment ignores nothing: it names no code", span, "warning", help=help_
            )


def _ignores(document: Document) -> list[_Ignore]:
    ignores = []
    for number, line in enumerate(document.lines, 1):
        if "steplane: ignore[" not in line:
            continue
        for match in COMMENT.finditer(line):
            alone = not line[: match.start()].strip()
            for code in re.finditer(r"[^\s,]+", match["codes"]):
                start = match.start("codes") + code.start() + 1
                span = Span(document.file, number, start, number, start + len(code[0]))
                ignores.append(_Ignore(code[0], span, number + 1 if alone else number))
    return ignores
