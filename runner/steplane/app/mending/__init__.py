"""Edits that mend what the checks found and did not mend themselves. Loaded by `check` alone: a run needs none."""

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from steplane.app.mending import closing, evaluated, removing, writing
from steplane.app.mending.text import Source
from steplane.diagnostics import Diagnostic, Fix
from steplane.source import Document

Mender = Callable[[Diagnostic, Source], Fix | None]

MENDERS: Mapping[str, Mender] = {
    # YAML
    "duplicate-key": removing.second_key,
    "tag": removing.tag,
    "unused-anchor": removing.anchor,
    "control-character": removing.character,
    "hidden-character": removing.hidden,
    "unclosed-quote": closing.quote,
    "unclosed-bracket": closing.bracket,
    "bracket": removing.character,
    "text-after-quote": writing.quoted_value,
    "comment-in-expression": writing.quoted_value,
    "missing-colon": writing.with_colon,
    "indentation": writing.like_above,
    "swallowed-item": writing.like_above,
    "not-a-mapping": writing.list_of_steps,
    "unused-ignore": removing.ignore,
    # structure
    "empty": removing.empty,
    "range": writing.bound,
    "exclusive": removing.second,
    "contradiction": removing.entry,
    "wait-begins-anew": removing.entry,
    "missing-companion": removing.entry,
    "missing-key": writing.maximum,
    "no-list": removing.entry,
    "never-taken": removing.item,
    "not-first": writing.first_line,
    "duration": writing.in_order,
    "zero-duration": removing.entry,
    "unknown-timezone": writing.meant,
    "wrong-level": writing.under_key,
    "artifact-pattern": removing.item,
    "cache-pattern": removing.item,
    # the graph
    "duplicate-id": writing.another_id,
    "needs-itself": removing.need,
    "needs-twice": removing.safe_need,
    "needs-across": writing.named(r"name the step around it, `([^`]+)`"),
    "goto-across": writing.named(r"name the step around it, `([^`]+)`"),
    "redundant-need": removing.safe_need,
    "cycle": removing.need,
    "join-too-large": writing.fewer,
    "complete-too-large": writing.named(r"write at most (\d+)"),
    "unreachable": removing.item,
    "switch-without-default": writing.end_switch,
    "not-upstream": writing.need,
    "rule-kind": removing.entry,
    "rule-idle": removing.item,
    "duplicate-output": removing.safe_item,
    "may-be-missing": evaluated.filtered("default('')"),
    "may-be-null": evaluated.filtered("default('')"),
    "nothing-to-undo": removing.other_item,
    "unused-input": removing.entry,
    "unused-variable": removing.entry,
    "unused-output": removing.entry,
    "unused-id": removing.entry,
    # expressions
    "unclosed-expression": closing.expression,
    "nested-braces": evaluated.inner_braces,
    "condition-text": evaluated.unwrapped,
    "foreign-operator": evaluated.choice,
    "unknown-filter": writing.meant,
    "unknown-test": writing.meant,
    "unknown-attribute": writing.meant,
    "operands": evaluated.joined,
    "not-boolean": evaluated.compared,
    "constant-condition": removing.condition,
    "null-in-text": evaluated.filtered("default('')"),
    # inputs, secrets, scripts
    "bad-default": writing.default,
    "optional-default": removing.entry,
    "unknown-format": writing.meant,
    "reserved-env": writing.without_prefix,
    "secret-in-output": writing.secret_output,
    "expression-in-single-quotes": evaluated.double_quotes,
    "expression-in-quoted-heredoc": evaluated.open_heredoc,
    "expression-after-backslash": removing.before,
    "expression-after-dollar": removing.before,
    "shell-wants-number": evaluated.filtered("int"),
    # decision tables
    "table-never": removing.item,
    "table-rule-id": writing.another_id,
    # loops
    "duplicate-item": removing.item,
    "same-key": removing.entry,
    "exclude-nothing": removing.item,
    "two-timeouts": removing.entry,
    "race-timeout": removing.entry,
    "idle-region": removing.entry,
    "lock-held": removing.safe_entry,
}
"""What mends a code, where its check does not say it."""


def with_fixes(diagnostics: Iterable[Diagnostic], documents: Mapping[str, Document]) -> list[Diagnostic]:
    """The diagnostics, with a mend wherever one is known. `documents` are the files by name."""
    sources = {file: Source(document) for file, document in documents.items()}
    return [_with_fix(one, sources.get(one.span.file)) for one in diagnostics]


def _with_fix(diagnostic: Diagnostic, source: Source | None) -> Diagnostic:
    mender = MENDERS.get(diagnostic.code)
    if mender is None or source is None or (diagnostic.fix is not None and diagnostic.fix.edits):
        return diagnostic
    fix = mender(diagnostic, source)
    return diagnostic if fix is None else replace(diagnostic, fix=fix)
