"""Conditions that hold always or never: they decide nothing."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic
from steplane.expressions import Engine, Expression, ExpressionError, calls, uses
from steplane.model import Workflow

ROUNDS = {"`while`": True, "`until`": False}
"""With this constant a loop makes rounds until something else ends them, which is what one may want."""


def check_constants(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Conditions in which no name stands."""
    for site in context.sites:
        if site.condition and site.key != "`never`" and isinstance(site.template, Expression):
            yield from _constant(site, site.template)


def _constant(site: Site, expression: Expression) -> Iterator[Diagnostic]:
    if uses(expression) or calls(expression):
        return
    try:
        value = Engine().evaluate(expression, {})
    except ExpressionError:
        return
    if isinstance(value, bool) and value is not ROUNDS.get(site.key):
        always = "always" if value else "never"
        help_ = "take it out" if value else "take out what it guards, or name what it depends on"
        message = f"{site.key} {always} holds: there is no name in it"
        if site.key in ROUNDS:
            message = f"{message}, so that the loop makes {'one round' if value else 'no round'}"
            help_ = "take the loop out, or name what it depends on"
        yield Diagnostic("constant-condition", message, site.scalar.span, "warning", help=help_)
