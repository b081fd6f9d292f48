"""Order: a `switch` that may find no arm, steps behind an `end`."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Related
from steplane.model import End, Goto, Step, StepList, Switch, Workflow


def check_switches(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A `switch` without a default arm fails when no arm holds."""
    for position in context.positions:
        action = position.step.action
        if isinstance(action, Switch) and action.arms and not any(arm.default for arm in action.arms):
            message = f"`switch` of {words_for(position.step)} has no default: it fails when no arm holds"
            yield Diagnostic(
                "switch-without-default", message, action.span, "warning", help="add `- {default: true, steps: [...]}`"
            )


def check_ends(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """The first step of a list that waits for an `end` which always comes first."""
    for listed in context.lists:
        yield from _behind(listed)


def _behind(listed: StepList) -> Iterator[Diagnostic]:
    for number, step in enumerate(listed.steps):
        certain = isinstance(step.action, End) and step.condition is None and step.needs is None and step.loop is None
        if not certain:
            continue
        if any(_jumps_over(listed, one, number) for one in listed.steps):
            return
        for later in listed.steps[number + 1 :]:
            if later.needs is None:
                message = f"{words_for(later)} is never reached: {words_for(step)} ends the run before it"
                related = (Related(step.key_span("end"), "the run ends here"),)
                yield Diagnostic(
                    "unreachable",
                    message,
                    later.span,
                    "warning",
                    related=related,
                    help="give the `end` an `if`, or remove what stands behind it",
                )
                return


def _jumps_over(listed: StepList, step: Step, number: int) -> bool:
    """Whether the step goes on behind the one of that number."""
    target = step.action.target.text if isinstance(step.action, Goto) else None
    return any(one.id == target for one in listed.steps[number + 1 :])
