"""What of one step alone lets others begin where nothing fails: what it needs, enters and repeats."""

from steplane.expressions import Literal
from steplane.model import ForEach, Matrix, Need, Parallel, Race, Step, StepList, Until


def strict(step: Step) -> list[Need]:
    """The needs that not every good end satisfies."""
    needs = step.needs.needs if step.needs is not None else ()
    return [one for one in needs if "ok" not in one.words and "done" not in one.words]


def entered(around: StepList, owner: Step) -> bool:
    """Whether the list of a step that has begun is surely entered where nothing fails."""
    if around.role in {"arm", "rescue", "compensate"} or (isinstance(owner.action, Race) and around.role == "branch"):
        return False
    if isinstance(owner.action, Parallel) and around.role == "branch":
        branch = next((one for one in owner.action.branches if one.name.text == around.label), None)
        return branch is not None and branch.condition is None and not branch.default
    return True


def has_secret(step: Step) -> bool:
    """Whether the step has a secret output."""
    return step.outputs is not None and any(one.secret for one in step.outputs.items)


def has_items(step: Step) -> bool:
    """Whether the step surely is run for an item, or at all."""
    return step.loop is None or isinstance(step.loop, Until) or many(step) > 0


def many(step: Step) -> int:
    """How many items the loop has at least, as far as the file says."""
    if not isinstance(step.loop, ForEach | Matrix) or step.loop.spread.complete is not None:
        return 0
    if isinstance(step.loop, ForEach):
        template = step.loop.items.template
        value = template.value if isinstance(template, Literal) else None
        return len(value) if isinstance(value, list | dict) else 0
    if step.loop.exclude:
        return 0
    found = 1 if step.loop.axes else 0
    for axis in step.loop.axes:
        value = axis.values.template.value if isinstance(axis.values.template, Literal) else None
        found *= len(value) if isinstance(value, list) else 0
    return found


__all__ = ["entered", "has_items", "has_secret", "many", "strict"]
