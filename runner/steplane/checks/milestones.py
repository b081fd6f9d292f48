"""`milestone`: steps of the same list, between which the step's turn can come."""

from collections.abc import Iterator, Mapping

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.model import Milestone, Name, Parallel, Step, StepList, Workflow
from steplane.schema.words import listed
from steplane.suggest import did_you_mean


def check_milestones(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Milestones that name no step beside them, wait for themselves, or have always passed."""
    for around in context.lists:
        for step in around.steps:
            if step.milestone is not None and not context.is_misshapen(step.milestone.span):
                yield from _milestone(around, step, step.milestone, context)


def _milestone(around: StepList, step: Step, milestone: Milestone, context: Context) -> Iterator[Diagnostic]:
    wrong = [
        found
        for name in (milestone.after, milestone.before)
        if name is not None and (found := _target(around, step, name, context)) is not None
    ]
    yield from wrong
    if wrong:
        return
    if step.id in begin_often(around):
        message = f"{words_for(step)} can begin once for each arrival, and a milestone is about a step that begins once"
        yield Diagnostic("milestone-repeats", message, milestone.span, help="take the milestone out, or the join")
        return
    after, before = milestone.after, milestone.before
    if after is not None and before is not None and after.text == before.text:
        message = f"`milestone` of {words_for(step)} comes after `{after.text}` and before it: there is no such time"
        related = (Related(after.span, "`after` is here"),)
        yield Diagnostic("never-starts", message, before.span, related=related, help="name two steps, or leave one out")
    elif after is not None and step.id in _waited_for(around, after.text):
        message = f"{words_for(step)} starts only after `{after.text}`, which waits for it: neither can start"
        yield Diagnostic("cycle", message, after.span, help="let one of them not wait for the other: `needs: []`")
    elif before is not None and before.text in _waited_for(around, step.id):
        message = f"{words_for(step)} waits for `{before.text}`, and may start only before it: it is always skipped"
        help_ = "give it `needs: []`, or `needs` that do not wait for that step"
        yield Diagnostic("never-starts", message, before.span, help=help_)


def _target(around: StepList, step: Step, name: Name, context: Context) -> Diagnostic | None:
    """What is wrong with a step that is named."""
    beside = [one.id for one in around.steps if one is not step]
    if name.text in beside or name.text in context.unread_ids:
        return None
    names = [one.id for one in around.steps if one is not step and one.id_span is not None]
    help_ = f"the steps beside it are {listed(names, 'and')}" if names else "there are no others beside it"
    if name.text == step.id:
        message = f"`milestone` of {words_for(step)} names the step itself"
        return Diagnostic("milestone-target", message, name.span, help=help_)
    other = context.by_id.get(name.text)
    if other is not None:
        message = f"`milestone` of {words_for(step)} names `{name.text}`, which is a step of another list"
        related = (Related(other.step.span, "it stands here"),)
        return Diagnostic("milestone-target", message, name.span, related=related, help=help_)
    message = f"`milestone` of {words_for(step)} names `{name.text}`, which is not a step"
    meant = did_you_mean(name.text, names)
    if meant is None:
        return Diagnostic("unknown-step", message, name.span, help=help_)
    fix = Fix(f"replace `{name.text}` with `{meant}`", (Edit(name.span, meant),), safe=False)
    return Diagnostic("unknown-step", message, name.span, label=f"did you mean `{meant}`?", help=help_, fix=fix)


def begin_often(around: StepList) -> set[str]:
    """The ids of the steps that arrivals can begin more than once."""
    by_id = {one.id: one for one in around.steps}
    following: dict[str, list[Step]] = {}
    for step in around.steps:
        for need in step.needs.needs if step.needs else ():
            following.setdefault(need.step.text, []).append(step)
    found: set[str] = set()
    pending = list(around.steps)
    while pending:
        step = pending.pop()
        if step.id not in found and _begins_often(step, by_id, found):
            found.add(step.id)
            pending += following.get(step.id, ())
    return found


def _begins_often(step: Step, by_id: Mapping[str, Step], often: set[str]) -> bool:
    named = [by_id[need.step.text] for need in step.needs.needs if need.step.text in by_id] if step.needs else []
    again = [one.id in often or (one.split or 1) > 1 for one in named]
    mode = "all" if step.join is None or isinstance(step.action, Parallel) else step.join.mode
    if mode == "each":
        return len(again) > 1 or any(again)
    return bool(again) and (all(again) if mode == "all" else any(again))


def _waited_for(around: StepList, name: str) -> set[str]:
    """The ids of the steps that surely have ended when the step begins."""
    by_id = {one.id: one for one in around.steps}
    found: set[str] = set()
    pending = [name]
    while pending:
        step = by_id[pending.pop()]
        names = _directly(around, step)
        pending += [one for one in names if one in by_id and one not in found]
        found |= names
    return found


def _directly(around: StepList, step: Step) -> set[str]:
    after = {step.milestone.after.text} if step.milestone is not None and step.milestone.after is not None else set()
    if step.join is not None and step.join.mode != "all":
        return after
    if step.needs is not None:
        return after | {need.step.text for need in step.needs.needs}
    return after | {one.id for one in around.steps[: around.steps.index(step)]}


__all__ = ["check_milestones"]
