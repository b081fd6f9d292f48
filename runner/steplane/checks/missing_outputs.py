"""Outputs that are missing where their step was skipped or tolerated, used as if they were always there."""

import re
from collections.abc import Iterator

from steplane.checks.context import Context, Position, words_for
from steplane.checks.sites import Site
from steplane.checks.visibility import Sighting
from steplane.diagnostics import Diagnostic, Related
from steplane.expressions.usage import Use
from steplane.model import Condition, End, Parallel, Step, StepList, Switch, Workflow

_ASKED = re.compile(r"\s*is\s+(not\s+)?(un)?defined\b")
_OVER_ROUNDS = frozenset({"`while`", "`until`", "`complete`"})
"""What is asked of a step also where a recorded result stands for one of its instances."""


def check_missing_outputs(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Uses of an output without `default` whose step need not have run where it stands."""
    sighting = Sighting(context)
    for site in context.sites:
        for use in context.uses(site.template):
            if use.path[:1] == ("steps",) and len(use.path) > 3 and use.path[2] == "outputs" and not use.defaulted:
                target = context.by_id.get(use.path[1])
                if target is not None:
                    found = list(_use(site, use, target, context))  # mostly none, so that the sight is seldom asked
                    yield from found if found and sighting.sight(site, target)[0] == "seen" else ()


def _use(site: Site, use: Use, target: Position, context: Context) -> Iterator[Diagnostic]:
    own = site.position.chain if site.position is not None else ()
    beyond = [part for part in target.chain if part not in own]
    itself = site.position.step if site.position is not None and site.key not in _OVER_ROUNDS else None
    why = next((words for part in beyond if (words := _why(part, itself))), "") or _in_own_handler(site, target)
    if not why or _is_guarded(site, use.path[1], beyond, context):
        return
    span = context.place(site.scalar, site.offset_of(use.expression) + use.offset, use.length)
    message = f"`{use.path[3]}` of {words_for(target.step)} may be missing: {why}"
    help_ = "say what stands for it (`| default(...)`), or ask for it in the `if` of this step"
    yield Diagnostic(
        "may-be-missing", message, span, "warning", help=help_, related=(Related(target.step.span, "the step"),)
    )


def _in_own_handler(site: Site, target: Position) -> str:
    """Why a step's own output may be missing in its `rescue` or `finally`."""
    for listed, _ in site.position.chain if site.position is not None else ():
        if listed.owner is target.step and listed.role == "rescue":
            return f"{words_for(target.step)} has failed where its `rescue` runs"
        if listed.owner is target.step and listed.role == "finally":
            return f"{words_for(target.step)} may have failed where its `finally` runs"
    return ""


def _why(part: tuple[StepList, Step], itself: Step | None) -> str:
    """Why what is in a step may not have run although it counts as ok.

    Of the step `itself` nothing is evaluated where a recorded result stands for it.
    """
    listed, step = part
    if step.condition is not None:
        return f"{words_for(step)} is skipped where its `if` does not hold"
    if step.on_error == "warn":
        return f"{words_for(step)} may fail and go on (`on_error: warn`)"
    owner, label = listed.owner, listed.label
    if owner is not None and owner.cache is not None and owner is not itself:
        return f"a recorded result may stand for {words_for(owner)} (`cache`), and what is inside does not run then"
    if owner is not None and listed.role not in {"rescue", "finally", "compensate"}:
        if isinstance(owner.action, Switch) and not _others_end(owner.action, listed.label):
            return f"its arm of {words_for(owner)} need not be taken"
        if isinstance(owner.action, Parallel):
            branch = next((one for one in owner.action.branches if one.name.text == label), None)
            if branch is not None and (branch.condition is not None or branch.default):
                return f"branch `{label}` of {words_for(owner)} need not be taken"
    return ""


def _others_end(switch: Switch, label: str) -> bool:
    """Whether every other arm ends the run, so that whatever comes behind has this one behind it."""
    others = [arm for number, arm in enumerate(switch.arms, 1) if str(number) != label]
    return any(arm.default for arm in switch.arms) and all(
        any(isinstance(step.action, End) and step.condition is None for step in arm.steps) for arm in others
    )


def _is_guarded(site: Site, name: str, beyond: list[tuple[StepList, Step]], context: Context) -> bool:
    """Whether a condition around the use asks about the step, or is the very one that the step has."""
    if any(use.path[:2] == ("steps", name) and _is_asked(use) for use in context.uses(site.template)):
        return True
    if site.condition:  # it may ask for the step in its own text
        own = context.uses(site.template)
        return any(use.path[:2] == ("steps", name) and use.path[2:3] != ("outputs",) for use in own)
    asked = {condition.expression.text for _, step in beyond if (condition := step.condition) is not None}
    for _, step in site.position.chain if site.position is not None else ():
        if step.needs is not None and any(
            need.step.text == name and not {"ok", "skipped", "done"}.intersection(need.words)
            for need in step.needs.needs
        ):
            return True
    for condition in conditions_around(site):
        if condition.expression.text in asked:
            return True
        if any(use.path[:2] == ("steps", name) for use in context.uses(condition.expression)):
            return True
    return any(use.path[:2] == ("steps", name) and len(use.path) < 4 for use in context.uses(site.template))


def conditions_around(site: Site) -> Iterator[Condition]:
    """The conditions that hold where an expression is evaluated: of the steps, arms and branches around it."""
    for listed, step in site.position.chain if site.position is not None else ():
        yield from (one for one in (step.condition, *_of_list(listed)) if one is not None)


def _is_asked(use: Use) -> bool:
    """Whether it is asked of the path whether it is there: `x if x is defined else y`."""
    return _ASKED.match(use.expression.text, use.offset + use.length) is not None


def _of_list(listed: StepList) -> Iterator[Condition | None]:
    """The conditions of the arm or branch that a list is."""
    owner, label = listed.owner, listed.label
    if owner is None:
        return
    if isinstance(owner.action, Parallel):
        yield from (one.condition for one in owner.action.branches if one.name.text == label)
    elif isinstance(owner.action, Switch):
        yield from (arm.condition for number, arm in enumerate(owner.action.arms, 1) if str(number) == label)
