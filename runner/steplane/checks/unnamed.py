"""Steps that history and resume know by their id, and that were given none."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.model import Call, Race, Step, Wait, Workflow


def check_unnamed(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Loops, calls, waits, races, and steps with `cache` or `compensate` whose id would change with their place."""
    for position in context.positions:
        step = position.step
        what = _what(step)
        if what and step.id_span is None and step.name is None:
            place = step.span
            start = Span(place.file, place.line, place.column, place.line, place.column)
            indent = " " * (place.column - 1)
            block = step.node.span.line != step.node.span.end_line or len(step.node.entries) == 1
            fix = Fix(f"give it `id: {step.id}`", (Edit(start, f"id: {step.id}\n{indent}"),)) if block else None
            message = f"{what} has no `id`: it is known by its place, and a resume would not find it elsewhere"
            yield Diagnostic("no-id", message, place, "warning", help="" if fix else "give it an `id`", fix=fix)


def _what(step: Step) -> str:
    if step.loop is not None:
        return "this loop"
    if isinstance(step.action, Call):
        return "this call"
    if isinstance(step.action, Wait):
        return "this wait"
    if isinstance(step.action, Race):
        return "this race"
    return "this step with `cache`" if step.cache else "this step with `compensate`" if step.compensate else ""
