"""Conditions: must give true or false."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.expressions import Expression
from steplane.expressions.judging import Finding
from steplane.expressions.types import Type, in_words
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
        given, _ = types.judge(site.template, site)
        if given.kinds and not given.can_be("bool"):
            message = f"{site.key} must be true or false, and this is {in_words(given)}"
            yield Diagnostic("not-boolean", message, site.scalar.span, help=_asking(site.template.text, given))
        elif any(word in site.template.text for word in _JOINING):
            for finding in types.not_boolean(site.template, site):
                yield _part(finding, site, site.template, context)


def _asking(text: str, given: Type) -> str:
    """How a value is asked for something."""
    if not (given.can_be("null") and given.is_only("object", "null")) or not text.replace(".", "").isidentifier():
        return f"{_COMPARE} `... > 0` or `... != ''`"
    what = f", or for what it is: `{text}.type == 'timeout'`" if text.endswith("error") else ""
    return f"ask whether it is there: `{text} is not none`{what}"


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
