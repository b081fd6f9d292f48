"""Conditions: must give true or false."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic
from steplane.expressions import Expression
from steplane.expressions.types import WORDS
from steplane.model import Workflow


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
            help_ = "compare it with something, for example `... > 0` or `... != ''`"
            yield Diagnostic("not-boolean", message, site.scalar.span, help=help_)
