"""Diagnostics as text: `full` with a frame of the source, `concise` a line each, `json` as data; and for CI systems."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from steplane.diagnostics import Diagnostic, Span
from steplane.reporters.frames import frame
from steplane.reporters.paint import Paint, visible

DiagnosticFormat = Literal["full", "concise", "json", "sarif", "github", "gitlab", "junit"]


def render(
    diagnostics: Iterable[Diagnostic],
    documents: Mapping[str, str],
    format: DiagnosticFormat = "full",  # noqa: A002  # the option's name
    color: bool = False,
    root: str = "",
    *,
    rules: Mapping[str, str] | None = None,
) -> str:
    """All diagnostics in the order given, as text that ends with a line feed (empty where there are none).

    `documents` holds the text of each file, for the frames; a diagnostic of a file that is not in it has no frame.
    `root` is the folder of the repository, which the paths for CI systems are relative to; `rules` say what codes mean
    where the format has a place for it.
    """
    found = list(diagnostics)
    if format == "sarif":
        from steplane.reporters.sarif import sarif

        return sarif(found, root, rules or {})
    if format in _REPORTS:
        return _REPORTS[format](found, documents, root)
    if not found:
        return ""
    paint = Paint(color)
    if format == "concise":
        return "".join(f"{_concise(one, paint)}\n" for one in found)
    lines = {file: split(text) for file, text in documents.items()}
    for one in found:
        if one.hidden and one.span.file in lines:
            _hide(lines[one.span.file], one.span)
    blocks = [_full(one, lines, paint) for one in found]
    return "\n\n".join([*blocks, _count(found, paint)]) + "\n"


def _hide(lines: list[str], span: Span) -> None:
    """Put an asterisk for each character of a stretch."""
    for number in range(span.line, min(span.end_line, len(lines)) + 1):
        line = lines[number - 1]
        start = span.column - 1 if number == span.line else 0
        end = span.end_column - 1 if number == span.end_line else len(line)
        lines[number - 1] = line[:start] + "*" * len(line[start:end]) + line[end:]


def split(text: str) -> list[str]:
    """The lines of a file as YAML counts them: only line feed, carriage return or both end a line."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are of each severity: `2 errors, 1 warning`; empty where there are none."""
    found = [diagnostic.severity for diagnostic in diagnostics]
    counts = [(found.count(severity), severity) for severity in ("error", "warning", "hint")]
    return ", ".join(f"{count} {severity}{'s' if count > 1 else ''}" for count, severity in counts if count)


def _concise(diagnostic: Diagnostic, paint: Paint) -> str:
    span = diagnostic.span
    place = paint.bold(f"{visible(span.file)}:{span.line}:{span.column}:")
    return f"{place} {_title(diagnostic, paint)}: {visible(_with_label(diagnostic))}"


def _with_label(diagnostic: Diagnostic) -> str:
    """The message; with a suggestion that would otherwise stand under the place only."""
    if diagnostic.label.startswith("did you mean"):
        return f"{diagnostic.message}; {diagnostic.label}"
    return diagnostic.message


def _full(diagnostic: Diagnostic, lines: Mapping[str, list[str]], paint: Paint) -> str:
    head = f"{_title(diagnostic, paint)}{paint.bold(f': {visible(diagnostic.message)}')}"
    notes = [("help", diagnostic.help)] if diagnostic.help else []
    if diagnostic.fix is not None:
        notes.append(("fix", diagnostic.fix.message))
    return "\n".join([head, *frame(diagnostic, lines, notes, paint)])


def _title(diagnostic: Diagnostic, paint: Paint) -> str:
    return paint.severity(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")


def _count(diagnostics: list[Diagnostic], paint: Paint) -> str:
    worst = next(one for one in ("error", "warning", "hint") if any(one == each.severity for each in diagnostics))
    return paint.severity(worst, summary(diagnostics))


def _github(found: list[Diagnostic], _: Mapping[str, str], root: str) -> str:
    from steplane.reporters.github import diagnostics_text

    return diagnostics_text(found, root, lambda one: _concise(one, Paint(False)))


def _gitlab(found: list[Diagnostic], _: Mapping[str, str], root: str) -> str:
    from steplane.reporters.gitlab import code_quality

    return code_quality(found, root)


def _junit(found: list[Diagnostic], documents: Mapping[str, str], root: str) -> str:
    from steplane.reporters.junit_check import check_text

    return check_text(found, documents, root)


def _json(diagnostics: list[Diagnostic], _: Mapping[str, str], root: str) -> str:
    import msgspec

    data = {"diagnostics": [_as_data(diagnostic) for diagnostic in diagnostics]}
    return msgspec.json.encode(data).decode() + "\n"


def _as_data(diagnostic: Diagnostic) -> dict[str, object]:
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "label": diagnostic.label or None,
        **_place(diagnostic.span),
        "help": diagnostic.help or None,
        "fix": None
        if fix is None
        else {
            "message": fix.message,
            "safe": fix.safe,
            "edits": [{**_place(edit.span), "text": edit.text} for edit in fix.edits],
        },
        "related": [{**_place(related.span), "label": related.label} for related in diagnostic.related],
    }


def _place(span: Span) -> dict[str, object]:
    return {
        "file": span.file,
        "start": {"line": span.line, "column": span.column},
        "end": {"line": span.end_line, "column": span.end_column},
    }


_REPORTS: dict[str, Callable[[list[Diagnostic], Mapping[str, str], str], str]] = {
    "json": _json, "github": _github, "gitlab": _gitlab, "junit": _junit,
}  # fmt: skip
"""The formats for programs."""
