"""Conditions: must give true or false."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.expressions import Expression
from steplane.expressions.judging import Finding
from steplane.expressions.types import WORDS
from steplane.model import Workflow

_JOINING = (" and ", " or ", " if ")
_COMPARE = "compare it with something, for example"


def check_conditions(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A condition that is sure to give something else than true or false."""
    types = context.types
    for site in context.sites:
        if not site.condition or not isinstance(site.template, Expression):
            continue
        if context.is_misshapen(site.scalar.span):
            continue
        given = types.kind(site.template, types.position_at(site))
        if given not in {"any", "bool"}:
            message = f"{site.key} must be true or false, and this is {WORDS[given]}"
            help_ = f"{_COMPARE} `... > 0` or `... != ''`"
            yield Diagnostic("not-boolean", message, site.scalar.span, help=help_)
        elif any(word in site.template.text for word in _JOINING):
            for finding in types.not_boolean(site.template, site):
                yield _part(finding, site, site.template, context)


def _part(finding: Finding, site: Site, expression: Expression, context: Context) -> Diagnostic:
    """What gives the answer, or may give it, and is no boolean."""
    span = context.place(site.scalar, site.offset_of(expression) + finding.offset, finding.length)
    message = f"{site.key} must be true or false, and {finding.message}"
    if finding.vain:
        message += ", which it is wherever that decides"
        return Diagnostic("not-boolean", message, span, "warning", help=f"{_COMPARE} `... != ''` or `... != null`")
    if not finding.meant:
        return Diagnostic("not-boolean", message, span, help=f"{_COMPARE} `... > 0` or `... != ''`")
    fix = Fix(f"write `{finding.meant}`", (Edit(span, finding.meant),), safe=False)
    return Diagnostic("not-boolean", message, span, label=f"did you mean `{finding.meant}`?", fix=fix)
