"""Order: a `switch` that may find no arm, steps behind an `end`."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.checks.covering import Case, open_case
from steplane.diagnostics import Diagnostic, Related
from steplane.expressions.comparing import shown
from steplane.model import End, Goto, Group, Step, StepList, Switch, Workflow


def check_switches(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A `switch` without a default arm fails when no arm holds, which can be unless its arms take every case."""
    for position in context.positions:
        action = position.step.action
        if isinstance(action, Switch) and action.arms and not any(arm.default for arm in action.arms):
            case = open_case(action, position, context)
            if case is not None and not case:
                continue
            message = f"`switch` of {words_for(position.step)} has no default: it fails when no arm holds{_where(case)}"
            yield Diagnostic(
                "switch-without-default", message, action.span, "warning", help="add `- {default: true, steps: [...]}`"
            )


def _where(case: Case | None) -> str:
    """An example, but not with a status: which of them a step can have come to is not known here."""
    if not case or any(path[0] == "steps" and path[2:3] != ("outputs",) for path in case):
        return ""
    return ", as where " + " and ".join(f"`{'.'.join(path)}` is {shown(value)}" for path, value in case.items())


def check_ends(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """The first step of a list that waits for an `end` which always comes first."""
    for listed in context.lists:
        yield from _behind(listed)


def _behind(listed: StepList) -> Iterator[Diagnostic]:
    last = {one.id: number for number, one in enumerate(listed.steps)}
    furthest = max(
        (last.get(one.action.target.text, -1) for one in listed.steps if isinstance(one.action, Goto)), default=-1
    )
    for number, step in enumerate(listed.steps):
        key = _ends(step)
        if not key:
            continue
        if furthest > number:  # a jump goes on behind it
            return
        for later in listed.steps[number + 1 :]:
            if later.needs is None:
                message = f"{words_for(later)} is never reached: {words_for(step)} ends the run before it"
                label = "the run ends here" if key == "end" else "whatever happens here, the run ends in it"
                related = (Related(step.key_span(key), label),)
                yield Diagnostic(
                    "unreachable",
                    message,
                    later.span,
                    "warning",
                    related=related,
                    help="give the `end` an `if`, or remove what stands behind it",
                )
                return


def _ends(step: Step) -> str:
    """The key of the action by which a step that begins surely ends the run, or fails; empty where it need not."""
    outside = (step.condition, step.needs, step.loop, step.join, step.milestone)
    if any(one is not None for one in outside) or step.rescue or step.on_error != "fail":
        return ""
    action = step.action
    if isinstance(action, End):
        return "end"
    if isinstance(action, Group):
        return "steps" if not step.any_order and _end_in(action.steps) else ""
    if isinstance(action, Switch):
        whole = any(arm.default for arm in action.arms) and all(_end_in(arm.steps) for arm in action.arms)
        return "switch" if whole else ""
    return ""


def _end_in(steps: tuple[Step, ...]) -> bool:
    """Whether a list surely ends the run, where nothing in it fails; with a jump nobody can tell."""
    return any(_ends(one) for one in steps) and not any(isinstance(one.action, Goto) for one in steps)
