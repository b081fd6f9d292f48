"""Inputs that are null where nobody gives them, and errors where nothing failed, put where null cannot stand."""

import re
from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.missing_outputs import conditions_around
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic, Related
from steplane.expressions import Expression, Text
from steplane.expressions.usage import Use
from steplane.model import Input, Run, Uses, Workflow

_DECIDES = re.compile(r"\b(if|and|or|is|not|default|d|present|json|tojson|yaml)\b|[=!<>]=?|[\[{]")
"""What in an expression may look at a value before it uses it, or takes null."""


def check_nulls(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What may be null where null cannot stand, and nothing asks for it first."""
    yield from _inputs(workflow, context)
    for site in context.sites:
        if "error" in site.names and site.key != "`retry.when`" and _handler(site) == "finally":
            yield from _errors(site, context)


def _errors(site: Site, context: Context) -> Iterator[Diagnostic]:
    """The fields of `error` in a `finally`, which runs after a success too."""
    uses = list(context.uses(site.template))
    if any(use.path == ("error",) for use in uses) or any(
        use.path[0] in {"error", "steps"}
        for condition in conditions_around(site)
        if condition.expression is not site.template
        for use in context.uses(condition.expression)
    ):
        return
    for use in uses:
        if use.path[0] == "error" and not use.defaulted:
            span = context.place(site.scalar, site.offset_of(use.expression) + use.offset, use.length)
            message = f"`error` is null where nothing has failed, and `{'.'.join(use.path)}` is missing then"
            help_ = "ask for it first (`error is not none and ...`), or say what stands for it (`| default('')`)"
            yield Diagnostic("may-be-null", message, span, "warning", help=help_)


def _handler(site: Site) -> str:
    """What kind of list `error` is of."""
    chain = site.position.chain if site.position is not None else ()
    return next(
        (listed.role for listed, _ in reversed(chain) if listed.role in {"rescue", "finally", "compensate"}), ""
    )


def _inputs(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """An `optional` input that becomes text, or a parameter that must be there."""
    optional = {one.name.text: one for one in workflow.inputs if one.optional and not one.has_default}
    if not optional:
        return
    for site in context.sites:
        for use in context.uses(site.template):
            found = optional.get(use.path[1]) if use.path[0] == "inputs" and len(use.path) > 1 else None
            if found is not None and not use.defaulted and _counts(site, use, context):
                yield _diagnostic(site, use, found, context)


def _counts(site: Site, use: Use, context: Context) -> bool:
    """Whether null would be refused there, and nothing asks before."""
    expression = use.expression
    if site.condition or not isinstance(expression, Expression) or _DECIDES.search(expression.text):
        return False
    refused = site.text or isinstance(site.template, Text) or site.key == "`foreach`"
    if not refused and use.whole and not _is_required(site, context):
        return False  # null is a value like others there
    path = ("inputs", use.path[1])
    return not any(
        one.path[:2] == path for condition in conditions_around(site) for one in context.uses(condition.expression)
    )


def _is_required(site: Site, context: Context) -> bool:
    """Whether the site is a parameter that a step type cannot do without."""
    action = site.position.step.action if site.position is not None else None
    described = context.type_of(action) if isinstance(action, Run | Uses) else None
    return described is not None and site.key[6:-1] in described.parameters.get("required", ())


def _diagnostic(site: Site, use: Use, one: Input, context: Context) -> Diagnostic:
    span = context.place(site.scalar, site.offset_of(use.expression) + use.offset, use.length)
    message = f"`inputs.{one.name}` may be null: it is `optional`, and null cannot stand here"
    help_ = "say what stands for it (`| default(...)`), or ask for it in an `if`"
    related = (Related(one.name.span, "declared here"),)
    return Diagnostic("may-be-null", message, span, "warning", help=help_, related=related)


__all__ = ["check_nulls"]
