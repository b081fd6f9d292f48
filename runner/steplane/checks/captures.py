"""`json` and `lines` of a shell step: they are null unless the step captures its output so."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic
from steplane.expressions import Literal
from steplane.expressions.usage import Use
from steplane.model import Run, Step, Uses, Workflow

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
    wanted, given = use.path[place], _capture(step)
    if given in {None, wanted}:
        return
    offset, length = use.parts[place]
    span = context.place(site.scalar, site.offset_of(use.expression) + offset, length)
    message = f"`{wanted}` of {words_for(step)} is always null: its output is captured as `{given}`"
    help_ = f"give that step `with: {{capture: {wanted}}}`"
    yield Diagnostic("not-captured", message, span, help=help_)


def _capture(step: Step) -> str | None:
    """What the step makes of its output; None where it is no shell step, or that is known only when it runs."""
    action = step.action
    if not isinstance(action, Run | Uses) or action.type != "shell":
        return None
    for named in action.parameters:
        if named.name.text == "capture":
            template = named.value.template
            return template.value if isinstance(template, Literal) and isinstance(template.value, str) else None
    return "text"
