"""What must have happened before a step can start, in every run: which steps of its list, and how they ended."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from steplane.checks.milestones import begin_often
from steplane.diagnostics import Span
from steplane.expressions import Engine, ExpressionError, calls, uses
from steplane.model import Condition, Goto, Group, Parallel, Step, StepList

Statuses: TypeAlias = frozenset[str]
Facts: TypeAlias = Mapping[str, Statuses]
"""Steps of one list by id, each of which has once ended with one of the statuses."""

DONE = frozenset({"succeeded", "reused"})
OK = DONE | {"warning", "skipped"}
ANY = OK | {"failed", "blocked", "cancelled", "compensated"}
_WORDS: dict[str, Statuses] = {"ok": OK, "done": ANY, "succeeded": DONE}
_NONE: Facts = {}


def statuses(words: tuple[str, ...]) -> Statuses:
    """How a step may have ended where a need for these words holds."""
    found: Statuses = frozenset()
    for word in words:
        found |= _WORDS.get(word, frozenset({word}))
    return found


def constant(condition: Condition | None) -> bool | None:
    """What a condition without names gives; None where that depends on something."""
    if condition is None:
        return True
    if uses(condition.expression) or calls(condition.expression):
        return None
    try:
        value = Engine().evaluate(condition.expression, {})
    except ExpressionError:
        return None
    return value if isinstance(value, bool) else None


class Order:
    """The order of the steps of one list, as far as it is the same in every run."""

    def __init__(self, around: StepList, forced: frozenset[str] = frozenset()) -> None:
        self.around = around
        self._forced = forced  # steps that a `finish` names: it skips what has not begun
        self.steps = {one.id: one for one in around.steps}
        self.numbers = {one.id: number for number, one in enumerate(around.steps)}
        owner = around.owner
        self.any_order = owner is not None and owner.any_order and isinstance(owner.action, Group)
        self.any_order = self.any_order and around.role == "steps"
        self._jumps = [
            (one, self.numbers[one.id], self.numbers[one.action.target.text])
            for one in around.steps
            if isinstance(one.action, Goto) and one.action.target.text in self.numbers
        ]
        self._targets = {around.steps[target].id for _, _, target in self._jumps}
        self._before: dict[str, Facts] = {}
        self._busy: set[str] = set()

    def back_to(self, step: Step) -> Step | None:
        """A jump that can make the step begin again."""
        number = self.numbers[step.id]
        return next((one for one, at, target in self._jumps if target <= number and target <= at), None)

    def jump_over(self, step: Step) -> Step | None:
        """A jump that can leave the step out."""
        number = self.numbers[step.id]
        return next((one for one, at, target in self._jumps if at < number < target), None)

    def begins_often(self) -> Iterator[tuple[str, Span]]:
        """Why a step of the list may begin again when another has ended."""
        for jump, _, __ in self._jumps:
            yield f"step `{jump.id}` can lead back", jump.key_span("goto")
        for name in sorted(begin_often(self.around)):
            yield f"step `{name}` can begin once for each arrival", self.steps[name].key_span("needs")

    def before(self, step: Step) -> Facts:
        """What has happened whenever the step is started."""
        if step.id in self._before:
            return self._before[step.id]
        if step.id in self._busy or step.id in self._targets:
            return _NONE  # a circle is reported elsewhere; a jump starts its target whatever came before
        self._busy.add(step.id)
        found = dict(self._needed(step))
        milestone = step.milestone
        if milestone is not None and milestone.after is not None and milestone.after.text in self.steps:
            found = _both(found, self._with_past(milestone.after.text, OK))
        self._busy.discard(step.id)
        self._before[step.id] = found
        return found

    def _needed(self, step: Step) -> Facts:
        if step.needs is None:
            if self.any_order:
                return _NONE
            above = self.around.steps[: self.numbers[step.id]]
            return {one.id: OK for one in above}
        named = [(one.step.text, statuses(one.words)) for one in step.needs.needs if one.step.text in self.steps]
        facts = [self._with_past(*one) for one in named]
        if not facts:
            return _NONE
        found = facts[0]
        combine = _both if self.wants_all(step) else _either
        for one in facts[1:]:
            found = combine(found, one)
        return found

    @staticmethod
    def wants_all(step: Step) -> bool:
        """Whether all that the step needs must have arrived."""
        join = step.join
        if join is None or join.mode == "all" or isinstance(step.action, Parallel):
            return True
        return join.mode == "count" and step.needs is not None and (join.count or 1) >= len(step.needs.needs)

    def _with_past(self, name: str, ends: Statuses) -> Facts:
        """That a step has ended so, and what had happened before it."""
        step = self.steps[name]
        was_ready = not ends & {"cancelled", "blocked"} and ("skipped" not in ends or not self.skips_unready(step))
        past = self.before(step) if was_ready else _NONE
        return {**past, name: past.get(name, ANY) & ends}

    def skips_unready(self, step: Step) -> bool:
        """Whether the step may be skipped before its needs hold."""
        milestone = step.milestone is not None and step.milestone.before is not None
        return milestone or step.id in self._forced or bool(self.unused(step)) or self.jump_over(step) is not None

    def unused(self, step: Step) -> str:
        """The step without which this one is skipped as an unused handler; empty where that cannot be."""
        for need in step.needs.needs if step.needs else ():
            if (step.collect or 1) > 1:
                return need.step.text
            if not statuses(need.words) >= OK:
                return need.step.text
        return ""


def _both(one: Facts, other: Facts) -> dict[str, Statuses]:
    found = dict(one)
    for name, ends in other.items():
        found[name] = found.get(name, ANY) & ends
    return found


def _either(one: Facts, other: Facts) -> dict[str, Statuses]:
    return {name: ends | other[name] for name, ends in one.items() if name in other}


__all__ = ["ANY", "DONE", "OK", "Facts", "Order", "Statuses", "constant", "statuses"]
