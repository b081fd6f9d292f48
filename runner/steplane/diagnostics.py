"""What is wrong in a file, as data: where, what, why, and how to mend it.

Checking never raises on a user's mistake: it returns `Diagnostic` values. How they look is a reporter's concern.
"""

import re
from typing import Literal

from msgspec import Struct

_OWNER = r"step `[^`]*`|the step in line \d+"
"""Whose something is, in a message."""

Severity = Literal["error", "warning", "hint"]


class Span(Struct, frozen=True, order=True):
    """A stretch of a file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Edit(Struct, frozen=True):
    """Replace the text at `span` by `text`; an empty span inserts."""

    span: Span
    text: str


class Fix(Struct, frozen=True):
    """A mend in words and as edits. A `safe` one never changes the meaning of a correct file."""

    message: str
    edits: tuple[Edit, ...] = ()
    safe: bool = True


class Related(Struct, frozen=True):
    """A second place that belongs to a diagnostic, with the words that stand under it."""

    span: Span
    label: str


class Diagnostic(Struct, frozen=True):
    """One mistake: a stable `code`, a whole sentence, the place, and what stands under the place (`label`).

    `hidden`: what stands at the place must not be shown. `omittable`: the key at the place may be left out.
    """

    code: str
    message: str
    span: Span
    severity: Severity = "error"
    label: str = ""
    related: tuple[Related, ...] = ()
    help: str = ""
    fix: Fix | None = None
    hidden: bool = False
    omittable: bool = False


def in_file_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics by file, line and column, each said once.

    What stands under an anchor is wrong in every step that has it by an alias: it is said of the first one.
    """
    seen: dict[tuple[str, Span], set[str]] = {}
    ordered = []
    for diagnostic in sorted(diagnostics, key=lambda one: (one.span, one.code)):
        said = seen.setdefault((diagnostic.code, diagnostic.span), set())
        words = re.sub(_OWNER, "", diagnostic.message)
        if words not in said:
            said.add(words)
            ordered.append(diagnostic)
    return ordered


def has_errors(diagnostics: list[Diagnostic]) -> bool:
    """Whether any of them forbids a run."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)
