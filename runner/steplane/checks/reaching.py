"""`cancel` and `finish`: steps and regions that exist, and of which something can be left when their turn comes."""

from collections.abc import Iterator

from msgspec.structs import replace

from steplane.checks.context import Context, Position, words_for
from steplane.checks.named_steps import is_said
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.model import Cancel, Goto, Name, Step, StepList, Workflow
from steplane.schema.words import listed
from steplane.suggest import did_you_mean


def check_reaching(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Targets of `cancel` and `finish` that are not there, or have always ended; regions that nothing cancels."""
    regions = _regions(context)
    cancelled: set[str] = set()
    for position in context.positions:
        action = position.step.action
        if not isinstance(action, Cancel):
            continue
        for name in action.steps:
            yield from _target(position, action, name, context)
        if action.region is not None:
            cancelled.add(action.region.text)
            if action.region.text not in regions and not context.is_misshapen(action.region.span):
                yield _no_region(position.step, action.region, list(regions))
    for region, tags in regions.items():
        if context.is_misshapen(tags[0].span):
            continue
        if region not in cancelled and not did_you_mean(region, sorted(cancelled - set(regions))):
            message = f"no step cancels the region `{region}`: to be in it changes nothing"
            help_ = f"add `cancel: {{region: {region}}}`, or take `region` out"
            yield Diagnostic("idle-region", message, tags[0].span, "warning", help=help_)


def _regions(context: Context) -> dict[str, list[Name]]:
    """The regions by name, with where steps are put into them."""
    found: dict[str, list[Name]] = {}
    for position in context.positions:
        region = position.step.region
        if region is not None:
            found.setdefault(region.text, []).append(region)
    return found


def _key(action: Cancel) -> str:
    return "finish" if action.force else "cancel"


def _target(position: Position, action: Cancel, name: Name, context: Context) -> Iterator[Diagnostic]:
    step, key = position.step, _key(action)
    found = context.by_id.get(name.text)
    if found is None:
        if not is_said(name, context):
            yield _unknown(step, key, name, context)
    elif found.step is step:
        help_ = "name another step; to end the run write `end`"
        yield Diagnostic("cancel-itself", f"`{key}` of {words_for(step)} names the step itself", name.span, help=help_)
    elif _has_ended(position, found):
        message = f"{words_for(step)} begins when `{name.text}` has ended: there is nothing left of it to {key}"
        help_ = "give it `needs: []`, or `needs` that do not wait for that step"
        related = (Related(found.step.span, "this step"),)
        yield Diagnostic("nothing-to-cancel", message, name.span, "warning", related=related, help=help_)


def _unknown(step: Step, key: str, name: Name, context: Context) -> Diagnostic:
    known = [one for one in context.given_ids[:11] if one != step.id]
    message = f"`{key}` of {words_for(step)} names `{name.text}`, which is not a step"
    names = f"the steps of this file are {listed(known[:10], 'and')}"
    meant = did_you_mean(name.text, context.given_ids, but=step.id)
    return _missing(Diagnostic("unknown-step", message, name.span), name, meant, names if known else _NO_ID)


_NO_ID = "give the step that is meant an `id`"


def _no_region(step: Step, region: Name, known: list[str]) -> Diagnostic:
    message = f"`cancel` of {words_for(step)} names the region `{region.text}`, and no step is in it"
    names = f"the regions of this file are {listed(known, 'and')}"
    none = f"put the steps that are meant into it: `region: {region.text}`"
    meant = did_you_mean(region.text, known)
    return _missing(Diagnostic("unknown-region", message, region.span), region, meant, names if known else none)


def _missing(found: Diagnostic, name: Name, meant: str | None, help_: str) -> Diagnostic:
    """With what was probably meant."""
    if meant is None:
        return replace(found, help=help_)
    fix = Fix(f"replace `{name.text}` with `{meant}`", (Edit(name.span, meant),), safe=False)
    return replace(found, label=f"did you mean `{meant}`?", help=help_, fix=fix)


def _has_ended(position: Position, found: Position) -> bool:
    """Whether the step waits, itself or with what it stands in, for the end of the one that is found."""
    for around, step in position.chain:
        if around is found.list:
            return found.step.id in _waited_for(around, step) and not _jumps(around)
    return False


def _jumps(around: StepList) -> bool:
    return any(isinstance(one.action, Goto) for one in around.steps)


def _waited_for(around: StepList, step: Step) -> set[str]:
    """The ids of the steps of the list that have always ended when the step begins."""
    found: set[str] = set()
    pending, by_id = [step], {} if step.needs is not None and not step.needs.needs else _by_id(around)
    while pending:
        now = pending.pop()
        if now.join is not None and now.join.mode != "all":
            continue
        if now.needs is not None:
            names = {need.step.text for need in now.needs.needs}
        elif _any_order(around):
            names = set()
        else:
            names = {one.id for one in around.steps[: around.steps.index(now)]}
        pending += [by_id[name] for name in names - found if name in by_id]
        found |= names
    return found


def _by_id(around: StepList) -> dict[str, Step]:
    return {one.id: one for one in around.steps}


def _any_order(around: StepList) -> bool:
    return around.owner is not None and around.role == "steps" and around.owner.any_order


__all__ = ["check_reaching"]
