"""What is done with values in expressions: operands, filters, fields, and comparisons that can never hold."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic, Edit, Fix, Severity
from steplane.expressions import Expression, Text
from steplane.expressions.judging import Finding
from steplane.model import Workflow


def check_operations(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What in an expression can never work, or never hold."""
    types = context.types
    for site in context.sites:
        parts = site.template.parts if isinstance(site.template, Text) else (site.template,)
        for one in parts:
            if isinstance(one, Expression):
                given, found = types.judge(one, site)
                if any(use.path[0] not in site.names for use in context.uses(site.template) if use.expression is one):
                    found = [finding for finding in found if not finding.vain]  # who knows what is meant
                yield from (_diagnostic(finding, one, site, context) for finding in found)
                wrong = any(not finding.vain for finding in found)
                if not wrong and given.is_only("null") and (isinstance(site.template, Text) or site.text):
                    yield _null(one, site, context)


def _null(expression: Expression, site: Site, context: Context) -> Diagnostic:
    span = context.place(site.scalar, site.offset_of(expression), len(expression.text))
    message = f"`{expression.text}` is null, and null cannot be put into text"
    return Diagnostic("null-in-text", message, span, help="say what stands for it: `| default('...')`")


def _diagnostic(finding: Finding, expression: Expression, site: Site, context: Context) -> Diagnostic:
    span = context.place(site.scalar, site.offset_of(expression) + finding.offset, finding.length)
    severity: Severity = "warning" if finding.vain else "error"
    if not finding.meant:
        return Diagnostic(finding.code, finding.message, span, severity, help=finding.help)
    written = expression.text[finding.offset : finding.offset + finding.length]
    quote = written[:1] if written[:1] in {"'", '"'} else ""
    fix = Fix(f"replace `{written}` with `{quote}{finding.meant}{quote}`",
              (Edit(span, f"{quote}{finding.meant}{quote}"),), safe=False)  # fmt: skip
    return Diagnostic(finding.code, finding.message, span, severity, label=f"did you mean `{finding.meant}`?", fix=fix)
