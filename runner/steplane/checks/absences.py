"""Why an output may be missing although what stands behind its step goes on."""

from steplane.checks.context import Context, Position, is_spread, words_for
from steplane.checks.sites import Site
from steplane.expressions import ExpressionError
from steplane.expressions.usage import Use
from steplane.model import End, Output, Parallel, Race, Step, StepList, Switch, Uses, While

AFTER = frozenset({"rescue", "finally", "compensate"})


def in_own_handler(site: Site, target: Position) -> str:
    """Why what a step gives, or what is in it, may be missing in its `rescue` or `finally`."""
    for listed, _ in site.position.chain if site.position is not None else ():
        own = listed.owner is not None and any(step is listed.owner for _, step in target.chain)
        within = listed.owner is None and target.chain[0][0].role == "steps"
        beside = any(around is listed for around, _ in target.chain)
        if (own or within) and not beside and listed.role in {"rescue", "finally"}:
            failed = "has failed" if listed.role == "rescue" else "may have failed"
            what = words_for(listed.owner) if listed.owner is not None else "the workflow"
            inside = "" if listed.owner is target.step else f", and {words_for(target.step)} need not have run"
            return f"{what} {failed} where its `{listed.role}` runs{inside}"
    return ""


def by_needs(site: Site, target: Position) -> str:
    """Why the `needs` of a step let it begin where the other one gave nothing."""
    for listed, step in site.position.chain if site.position is not None else ():
        other = next((one for around, one in target.chain if around is listed), None)
        if other is None or other is step or step.needs is None:
            continue
        need = next((one for one in step.needs.needs if one.step.text == other.id), None)
        if need is None:
            continue
        if "done" in need.words:
            return f"{words_for(step)} begins however {words_for(other)} has ended"
        if step.join is not None and step.join.mode != "all" and len(step.needs.needs) > 1:
            return f"{words_for(step)} does not wait for all that it needs (`join`)"
    return ""


def why_absent(part: tuple[StepList, Step], use: Use, itself: Step | None, *, shared: bool, context: Context) -> str:
    """Why what is in a step, or what it gives, may not be there. `shared`: the use stands in the same list.

    Of the step `itself` nothing is evaluated where a recorded result stands for it.
    """
    listed, step = part
    if step.condition is not None:
        return f"{words_for(step)} is skipped where its `if` does not hold"
    if step.on_error == "warn" and not is_spread(step):  # of items null stands in the list
        return f"{words_for(step)} may fail and go on (`on_error: warn`)"
    if step.milestone is not None and step.milestone.before is not None:
        return f"{words_for(step)} is skipped where `{step.milestone.before}` begins before it (`milestone`)"
    own = step.id == use.path[1]
    return (
        _of_loop(step)
        or ("" if is_spread(step) else _of_rescue(step, use if own else None))
        or ("" if shared else _of_list(listed, itself))
        or _finished(step, context)
    )


def of_rescue(beyond: list[tuple[StepList, Step]], lists: set[int]) -> str:
    """Why what stands in the `rescue` of another step need not have run; `lists` are those that the use stands in."""
    for listed, step in beyond:
        if listed.role == "rescue" and id(listed) not in lists:
            owner = words_for(listed.owner) if listed.owner is not None else "the workflow"
            return f"{words_for(step)} runs only where {owner} has failed"
    return ""


def _of_loop(step: Step) -> str:
    if isinstance(step.loop, While) and not _begins(step.loop):
        return f"{words_for(step)} has no round at all where its `while` does not hold at first"
    return ""


def _begins(loop: While) -> bool:
    """Whether the condition holds before the first round, whatever else there is."""
    from steplane.expressions import Engine

    first = {"index": 1, "index0": 0, "first": True, "key": "0", "previous": None}
    try:
        return Engine().evaluate(loop.condition.expression, {"loop": first}) is True
    except ExpressionError:
        return False


def _of_rescue(step: Step, use: Use | None) -> str:
    """A step that was rescued gives what its own `outputs` say without its result."""
    if not step.rescue or any(isinstance(one.action, End) or _fails(one) for one in step.rescue):
        return ""
    declared = step.outputs.items if step.outputs is not None and use is not None else ()
    output = next((one for one in declared if use is not None and one.name.text == use.path[3]), None)
    if output is not None and output.value is not None and not _of_result(output):
        return ""
    return f"{words_for(step)} may have failed and been rescued"


def _fails(step: Step) -> bool:
    return isinstance(step.action, Uses) and step.action.type == "fail" and step.condition is None


def _of_result(output: Output) -> bool:
    from steplane.expressions import uses

    assert output.value is not None
    found = uses(output.value.template)
    return any(one.path[0] in {"result", "steps"} and not one.defaulted for one in found)


def _of_list(listed: StepList, itself: Step | None) -> str:
    """Why a list need not have been gone through to its end."""
    owner, label = listed.owner, listed.label
    if owner is None:
        return ""
    if owner.cache is not None and owner is not itself:
        return f"a recorded result may stand for {words_for(owner)} (`cache`), and what is inside does not run then"
    if listed.role in AFTER:
        return ""
    if isinstance(owner.action, Switch) and not _others_end(owner.action, label):
        return f"its arm of {words_for(owner)} need not be taken"
    if isinstance(owner.action, Race):
        return f"branch `{label}` of {words_for(owner)} need not be taken"
    if isinstance(owner.action, Parallel):
        branch = next((one for one in owner.action.branches if one.name.text == label), None)
        if branch is not None and (branch.condition is not None or branch.default):
            return f"branch `{label}` of {words_for(owner)} need not be taken"
        if owner.join is not None and owner.join.mode == "active":
            return f"{words_for(owner)} succeeds also where one of its branches only has (`join`)"
        if owner.join is not None and owner.join.mode != "all":
            return f"{words_for(owner)} does not wait for all of its branches (`join`)"
    return ""


def _finished(step: Step, context: Context) -> str:
    """A step that another one brings to an end has no outputs."""
    return f"{words_for(step)} may be ended by `finish`, without outputs" if step.id in context.finished else ""


def _others_end(switch: Switch, label: str) -> bool:
    """Whether every other arm ends the run, so that whatever comes behind has this one behind it."""
    others = [arm for number, arm in enumerate(switch.arms, 1) if str(number) != label]
    return any(arm.default for arm in switch.arms) and all(
        any(isinstance(step.action, End) and step.condition is None for step in arm.steps) for arm in others
    )


__all__ = ["AFTER", "by_needs", "in_own_handler", "of_rescue", "why_absent"]
