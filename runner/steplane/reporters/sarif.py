"""What the checker found as SARIF 2.1.0 (OASIS), which code hosts and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import steplane
from steplane.diagnostics import Diagnostic, Fix, Span
from steplane.reporters.annotations import repository_path

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "hint": "note"}


def sarif(diagnostics: Sequence[Diagnostic], root: str, rules: Mapping[str, str]) -> str:
    """The log, with one run. `rules` are the sentences that say what a code means, by code.

    Columns are counted in characters (`unicodeCodePoints`). Paths are relative to the repository, `root`.
    """
    import msgspec

    codes = list(dict.fromkeys(one.code for one in diagnostics))
    driver = {
        "name": "steplane",
        "version": steplane.__version__,
        "rules": [_rule(code, rules.get(code, "")) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.code), root) for one in diagnostics],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _rule(code: str, text: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code, "name": "".join(word.capitalize() for word in code.split("-"))}
    if text:
        rule["shortDescription"] = {"text": text}
        rule["help"] = {"text": f"{text}\n\nsteplane check --explain {code}"}
    return rule


def _result(diagnostic: Diagnostic, number: int, root: str) -> dict[str, Any]:
    words = diagnostic.message + (f" ({diagnostic.help})" if diagnostic.help else "")
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": number,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": words},
        "locations": [_location(diagnostic.span, root)],
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {**_location(one.span, root), "message": {"text": one.label}} for one in diagnostic.related
        ]
    if diagnostic.fix is not None and diagnostic.fix.edits:
        result["fixes"] = [_fix(diagnostic.fix, root)]
    return result


def _fix(fix: Fix, root: str) -> dict[str, Any]:
    files = dict.fromkeys(edit.span.file for edit in fix.edits)
    return {
        "description": {"text": fix.message},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(file, root)},
                "replacements": [
                    {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                    for edit in fix.edits
                    if edit.span.file == file
                ],
            }
            for file in files
        ],
    }


def _location(span: Span, root: str) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.file, root)}, "region": _region(span)}}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column,
    }  # fmt: skip


def _uri(file: str, root: str) -> str:
    return quote(repository_path(file, root), safe="/")
