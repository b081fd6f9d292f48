"""`json` and `lines` of a shell step: they are null unless the step captures its output so."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.expressions import Literal
from steplane.expressions.usage import Use
from steplane.model import Run, Step, Uses, Workflow
from steplane.source.nodes import Mapping

CAPTURED = ("json", "lines")
"""The fields of the result of `shell` that `capture` fills, each by its own word."""


def check_captures(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Uses of what a shell step does not capture."""
    for site in context.sites:
        if not any(word in site.scalar.text for word in CAPTURED):
            continue  # without parsing it
        for use in context.uses(site.template):
            found = _captured(site, use, context)
            if found is not None and not use.defaulted:
                yield from _use(site, use, *found, context)


def _captured(site: Site, use: Use, context: Context) -> tuple[Step, int] | None:
    """The step whose captured output is used, and which part of the path says `json` or `lines`."""
    path, position = use.path, None
    if path[:1] == ("result",) and len(path) > 1:
        place, position = 1, site.position
    elif path[:1] == ("steps",) and len(path) > 3 and path[2] == "outputs":
        place, position = 3, context.by_id.get(path[1])
        if position is not None and position.step.outputs is not None:
            return None
    if position is None or path[place] not in CAPTURED:
        return None
    return position.step, place


def _use(site: Site, use: Use, step: Step, place: int, context: Context) -> Iterator[Diagnostic]:
    wanted, given = use.path[place], captured_as(step)
    if given in {None, wanted}:
        return
    offset, length = use.parts[place]
    span = context.place(site.scalar, site.offset_of(use.expression) + offset, length)
    message = f"`{wanted}` of {words_for(step)} is always null: its output is captured as `{given}`"
    help_ = f"give that step `with: {{capture: {wanted}}}`"
    yield Diagnostic("not-captured", message, span, help=help_, fix=_capturing(step, wanted))


def _capturing(step: Step, wanted: str) -> Fix | None:
    """The edit that makes a step capture its output so, where it says nothing of it."""
    given = step.node.get("with")
    if given is None:
        action = step.node.entry("run") or step.node.entry("uses")
        holder, entry, text = step.node, action, f"with: {{capture: {wanted}}}"
    elif isinstance(given, Mapping) and given.entries and given.entry("capture") is None:
        holder, entry, text = given, given.entries[0], f"capture: {wanted}"
    else:
        return None
    if entry is None:
        return None
    where, first = entry.key.span, holder.entries[0].key.span
    flow = (holder.span.line, holder.span.column) < (first.line, first.column)  # its bracket stands before
    place = Span(where.file, where.line, where.column, where.line, where.column)
    behind = ", " if flow else "\n" + " " * (where.column - 1)
    return Fix(f"write `{text}`", (Edit(place, text + behind),), safe=False)


def captured_as(step: Step) -> str | None:
    """What the step makes of its output; None where it is no shell step, or that is known only when it runs."""
    action = step.action
    if not isinstance(action, Run | Uses) or action.type != "shell":
        return None
    for named in action.parameters:
        if named.name.text == "capture":
            template = named.value.template
            return template.value if isinstance(template, Literal) and isinstance(template.value, str) else None
    return "text"
