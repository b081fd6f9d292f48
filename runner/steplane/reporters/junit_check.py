"""What the checker found as JUnit XML: a suite for each file, a case for each mistake."""

from collections.abc import Iterable, Sequence

from steplane.diagnostics import Diagnostic
from steplane.reporters.annotations import of_diagnostic, repository_path
from steplane.reporters.junit import Suite, document

CLASS = "steplane.check"


def check_text(diagnostics: Sequence[Diagnostic], files: Iterable[str], root: str) -> str:
    """The document. Errors are failures, warnings and hints skipped cases; a file without any has one that passed."""
    found: dict[str, list[Diagnostic]] = {file: [] for file in files}
    for one in diagnostics:
        found.setdefault(one.span.file, []).append(one)
    return document("steplane check", [_suite(repository_path(file, root), found[file], root) for file in found])


def _suite(file: str, diagnostics: Sequence[Diagnostic], root: str) -> Suite:
    suite = Suite(file, file)
    for one in diagnostics:
        place = f"{file}:{one.span.line}:{one.span.column}"
        case = suite.case(CLASS, f"{place} {one.code}")
        kind = "failure" if one.severity == "error" else "skipped"
        suite.ended(case, kind, one.code, f"{one.severity}: {one.message}", of_diagnostic(one, root).message)
    if not diagnostics:
        suite.case(CLASS, file)
    return suite
