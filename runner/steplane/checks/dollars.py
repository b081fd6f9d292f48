"""Expressions as other tools write them: `{{ x }}` without the `$`, which is plain text here.

Such a text may be meant for another program, a template of Go or Jinja: it is told only where it names what the file
declares.
"""

import re
from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.model import Run, Uses, Workflow
from steplane.source.nodes import Mapping, Node, Scalar, Sequence

_VALUES = frozenset({"case", "cwd", "env", "foreach", "matrix", "message", "outputs", "run", "timeout", "vars", "with"})
"""Keys whose values are evaluated; other text is static, or no such text can stand there."""
_BRACES = re.compile(r"(?<![${])\{\{ *(inputs|vars|secrets|steps)\.([A-Za-z_]\w*)[^{}\n]*\}\}(?!\})")
_OF_OTHERS = re.compile(r"<<|\{%|\{\{-? *(?:[.#/>$]|(?:block|define|else|end|if|range|template|with)\b)")
"""What stands in templates of other tools and in no expression; also a here-document, which may be such a template."""


def check_dollars(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Texts that were meant as expressions."""
    root = context.document.root
    if not isinstance(root, Mapping) or not _BRACES.search(context.document.text):
        return
    declared = {
        "inputs": {one.name.text for one in workflow.inputs},
        "vars": {one.name.text for one in workflow.variables},
        "secrets": {one.name.text for one in workflow.secrets},
        "steps": set(context.by_id),
    }
    others = {site.scalar.span for site in context.sites if site.condition} | set(_rendered(context))
    for entry in root.entries:
        if not entry.name.startswith("x-"):
            for scalar in _scalars(entry.value, entry.name in _VALUES):
                if scalar.span not in others:
                    yield from _in(scalar, declared, context)


def _rendered(context: Context) -> Iterator[Span]:
    """Parameters in which the step itself looks for expressions."""
    for position in context.positions:
        action = position.step.action
        names = context.rendered_by_step(action)
        if names and isinstance(action, Run | Uses):
            yield from (one.value.span for one in action.parameters if one.name.text in names)


def _scalars(node: Node, is_evaluated: bool) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        if is_evaluated and "{{" in node.text:
            yield node
    elif isinstance(node, Sequence):
        for one in node.items:
            yield from _scalars(one, is_evaluated)
    else:
        for entry in node.entries:
            if entry.name != "description":
                yield from _scalars(entry.value, is_evaluated or entry.name in _VALUES)


def _in(scalar: Scalar, declared: dict[str, set[str]], context: Context) -> Iterator[Diagnostic]:
    if _OF_OTHERS.search(scalar.text) or context.is_misshapen(scalar.span):
        return
    for match in _BRACES.finditer(scalar.text):
        before = scalar.text[: match.start()]
        if match[2] not in declared[match[1]] or before.rfind("${{") > before.rfind("}}"):
            continue
        span = context.place(scalar, match.start(), len(match[0]))
        line = context.document.lines[span.line - 1]
        is_here = line[span.column - 1 : span.end_column - 1] == match[0]  # not where the text is written otherwise
        edit = Edit(Span(span.file, span.line, span.column, span.line, span.column), "$")
        message = f"`{match[0]}` is text: an expression is written `${match[0]}`"
        fix = Fix("add the `$`", (edit,), safe=False) if is_here else None
        yield Diagnostic("missing-dollar", message, span, "warning", help="" if fix else "add the `$`", fix=fix)


__all__ = ["check_dollars"]
