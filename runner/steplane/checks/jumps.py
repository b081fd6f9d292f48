"""`goto`: a target that exists in the same list, no loop around one step, a way out of every cycle."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.checks.named_steps import is_said
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.model import End, ForEach, Goto, Matrix, Step, StepList, Until, While, Workflow
from steplane.suggest import did_you_mean

_LOOPS = {ForEach: "foreach", Matrix: "matrix", While: "while", Until: "until"}


def check_jumps(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with the steps that go on elsewhere."""
    for listed in context.lists:
        positions = {step.id: number for number, step in enumerate(listed.steps)}
        written: list[str] | None = None
        for number, step in enumerate(listed.steps):
            if isinstance(step.action, Goto):
                yield from _loop(step)
                yield from _unordered(listed, step)
                target = positions.get(step.action.target.text)
                if target is None:
                    if not is_said(step.action.target, context):
                        if written is None:
                            written = [one for one in context.given_ids if one in positions]
                        yield _unknown(step, step.action, positions, written, context)
                else:
                    yield from _jump(listed, step.action, number, target)


def _loop(step: Step) -> Iterator[Diagnostic]:
    if step.loop is not None:
        key = _LOOPS[type(step.loop)]
        message = f"{words_for(step)} has both `{key}` and `goto`: a jump cannot be repeated for items or rounds"
        related = (Related(step.key_span(key), f"the `{key}`"),)
        help_ = "put what is to be repeated into a group, or take one of them out"
        yield Diagnostic("exclusive", message, step.key_span("goto"), related=related, help=help_)


def _unordered(listed: StepList, step: Step) -> Iterator[Diagnostic]:
    owner = listed.owner
    if owner is not None and owner.any_order and listed.role == "steps":
        message = (
            f"`goto` of {words_for(step)} stands in {words_for(owner)}, whose `order` is `any`: there is no way on"
        )
        related = (Related(owner.key_span("order"), "its steps come in any order"),)
        help_ = "put what is to be repeated into a group of its own, or take `order` out"
        yield Diagnostic("exclusive", message, step.key_span("goto"), related=related, help=help_)


def _jump(listed: StepList, action: Goto, number: int, target: int) -> Iterator[Diagnostic]:
    step = listed.steps[number]
    if target == number:
        message = f"`goto` of {words_for(step)} names the step itself: nothing would happen but jumps"
        yield Diagnostic("goto-itself", message, action.target.span, help="name the step that is to begin again")
    elif target < number and _is_endless(listed, step, number, target):
        message = f"{words_for(step)} always jumps back to `{action.target.text}`: it can only end as `goto.max`"
        help_ = "give it an `if`, or a `needs` that names an outcome"
        yield Diagnostic("endless-goto", message, step.key_span("goto"), "warning", help=help_)


def _is_endless(listed: StepList, step: Step, number: int, target: int) -> bool:
    """Whether nothing in the cycle can leave it: no condition, no need, no other jump, no end of the run."""
    if step.condition is not None or step.needs is not None:
        return False
    return not any(isinstance(one.action, Goto | End) for one in listed.steps[target:number])


def _unknown(step: Step, action: Goto, positions: dict[str, int], written: list[str], context: Context) -> Diagnostic:
    name = action.target
    here = [one for one in written[:11] if one != step.id]
    known = f"the steps of this list are {', '.join(f'`{one}`' for one in here[:10])}" if here else ""
    other = context.by_id.get(name.text)
    if other is not None:
        around = next((one.id for _, one in other.chain if one.id in positions), None)
        message = f"`goto` of {words_for(step)} names `{name.text}`, which is a step of another list"
        help_ = f"name the step around it, `{around}`" if around else known or "`goto` names a step of the same list"
        related = (Related(other.step.span, "it stands here"),)
        return Diagnostic("goto-across", message, name.span, related=related, help=help_)
    meant = did_you_mean(name.text, written, but=step.id)
    message = f"`goto` of {words_for(step)} names `{name.text}`, which is not a step"
    if meant is None:
        return Diagnostic("unknown-step", message, name.span, help=known or "`goto` names a step of the same list")
    related = (Related(context.by_id[meant].step.span, "declared here"),)
    fix = Fix(f"replace `{name.text}` with `{meant}`", (Edit(name.span, meant),), safe=False)
    return Diagnostic(
        "unknown-step", message, name.span, label=f"did you mean `{meant}`?", related=related, help=known, fix=fix
    )
