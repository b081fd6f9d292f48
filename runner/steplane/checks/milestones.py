"""`milestone`: steps of the same list, between which the step's turn can come."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from steplane.checks.context import Context, words_for
from steplane.checks.needs import Knots
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.model import Milestone, Name, Parallel, Step, StepList, Workflow
from steplane.schema.words import listed
from steplane.suggest import Names, did_you_mean


def check_milestones(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Milestones that name no step beside them, wait for themselves, or have always passed."""
    for around in context.lists:
        waits = _Waits(around)
        for step in around.steps:
            if step.milestone is not None and not context.is_misshapen(step.milestone.span):
                yield from _milestone(waits, step, step.milestone, context)


class _Waits:
    """What the steps of one list surely wait for, directly or not."""

    def __init__(self, around: StepList) -> None:
        self.around = around
        self.steps = around.steps
        self.numbers = {one.id: number for number, one in enumerate(around.steps)}

    @cached_property
    def often(self) -> set[str]:
        """The ids of the steps that arrivals can begin more than once."""
        return begin_often(self.around)

    @cached_property
    def named(self) -> list[str]:
        """The ids that are written."""
        return [one.id for one in self.steps if one.id_span is not None]

    @cached_property
    def known(self) -> Names:
        """The same, made ready for many questions."""
        return Names(self.named)

    def each_other(self, one: str, other: str) -> bool:
        """Whether two steps wait for each other, so that neither can start."""
        return self._part_of[self.numbers[one]] == self._part_of[self.numbers[other]]

    def ends_first(self, step: str, target: str) -> bool:
        """Whether the `target`, a `before` of the list, has surely ended when the step begins."""
        return bool(self._reached[self._part_of[self.numbers[step]]] & self._bits[self.numbers[target]])

    def _directly(self, number: int) -> list[int]:
        """What a step waits for; behind the steps stand, for each, all that are above it."""
        count = len(self.steps)
        if number >= count:
            return [number - 1, number - count - 1] if number > count else []
        step = self.steps[number]
        after = step.milestone.after if step.milestone is not None else None
        names = [after.text] if after is not None else []
        if step.join is None or step.join.mode == "all":
            if step.needs is None:
                return [count + number, *(self.numbers[one] for one in names if one in self.numbers)]
            names += [need.step.text for need in step.needs.needs]
        return [self.numbers[one] for one in names if one in self.numbers]

    @cached_property
    def _parts(self) -> list[list[int]]:
        knots = Knots(self._directly)
        for number in range(len(self.steps)):
            knots.visit(number)
        return knots.parts

    @cached_property
    def _part_of(self) -> dict[int, int]:
        return {number: place for place, part in enumerate(self._parts) for number in part}

    @cached_property
    def _bits(self) -> dict[int, int]:
        names = {one.milestone.before.text for one in self.steps if one.milestone and one.milestone.before}
        return {self.numbers[name]: 1 << place for place, name in enumerate(sorted(names & self.numbers.keys()))}

    @cached_property
    def _reached(self) -> list[int]:
        """By component the targets that its steps wait for, as bits."""
        found: list[int] = []
        for place, part in enumerate(self._parts):
            bits = 0
            for number in part:
                for other in self._directly(number):
                    inside = self._part_of[other]
                    bits |= self._bits.get(other, 0) | (found[inside] if inside != place else 0)
            found.append(bits)
        return found


def _milestone(waits: _Waits, step: Step, milestone: Milestone, context: Context) -> Iterator[Diagnostic]:
    wrong = [
        found
        for name in (milestone.after, milestone.before)
        if name is not None and (found := _target(waits, step, name, context)) is not None
    ]
    yield from wrong
    after, before = milestone.after, milestone.before
    if wrong or any(name is not None and name.text not in waits.numbers for name in (after, before)):
        return
    if step.id in waits.often:
        message = f"{words_for(step)} can begin once for each arrival, and a milestone is about a step that begins once"
        yield Diagnostic("milestone-repeats", message, milestone.span, help="take the milestone out, or the join")
        return
    if after is not None and before is not None and after.text == before.text:
        message = f"`milestone` of {words_for(step)} comes after `{after.text}` and before it: there is no such time"
        related = (Related(after.span, "`after` is here"),)
        yield Diagnostic("never-starts", message, before.span, related=related, help="name two steps, or leave one out")
    elif after is not None and waits.each_other(step.id, after.text):
        message = f"{words_for(step)} starts only after `{after.text}`, which waits for it: neither can start"
        yield Diagnostic("cycle", message, after.span, help="let one of them not wait for the other: `needs: []`")
    elif before is not None and waits.ends_first(step.id, before.text):
        message = f"{words_for(step)} waits for `{before.text}`, and may start only before it: it is always skipped"
        help_ = "give it `needs: []`, or `needs` that do not wait for that step"
        yield Diagnostic("never-starts", message, before.span, help=help_)


def _target(waits: _Waits, step: Step, name: Name, context: Context) -> Diagnostic | None:
    """What is wrong with a step that is named."""
    if (name.text in waits.numbers and name.text != step.id) or name.text in context.unread_ids:
        return None
    first = [one for one in waits.named[:11] if one != step.id][:10]
    help_ = f"the steps beside it are {listed(first, 'and')}" if first else "there are no others beside it"
    if name.text == step.id:
        message = f"`milestone` of {words_for(step)} names the step itself"
        return Diagnostic("milestone-target", message, name.span, help=help_)
    other = context.by_id.get(name.text)
    if other is not None:
        message = f"`milestone` of {words_for(step)} names `{name.text}`, which is a step of another list"
        related = (Related(other.step.span, "it stands here"),)
        return Diagnostic("milestone-target", message, name.span, related=related, help=help_)
    message = f"`milestone` of {words_for(step)} names `{name.text}`, which is not a step"
    meant = did_you_mean(name.text, waits.known, but=step.id)
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


__all__ = ["begin_often", "check_milestones"]
