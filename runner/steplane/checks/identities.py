"""Ids that are given twice."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic, Related, Span
from steplane.model import Workflow


def check_identities(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A second step of the same id; ids are unique in the file, branches and groups included."""
    given = [position.step for position in context.positions if position.step.id_span is not None]
    first: dict[str, Span] = {}
    for step in sorted(given, key=lambda one: (one.span.line, one.span.column)):
        assert step.id_span is not None
        if step.id in first:
            related = (Related(first[step.id], "first given here"),)
            message = f"the id `{step.id}` is given twice: an id is unique in the file"
            help_ = "give this step another id"
            if first[step.id] == step.id_span:
                message = f"the id `{step.id}` is given twice: an alias or a merge repeats it, and an id is unique"
                help_ = "give each step an `id` of its own beside `<<: *ANCHOR`"
            yield Diagnostic("duplicate-id", message, step.id_span, related=related, help=help_)
        first.setdefault(step.id, step.id_span)
