"""What must have happened before a step can start, in every run: which steps of its list, and how they ended."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeVar

from steplane.checks.milestones import begin_often
from steplane.checks.rules.past import ANY, DONE, OK, Past, Statuses
from steplane.diagnostics import Span
from steplane.expressions import Engine, ExpressionError, calls, uses
from steplane.model import Condition, Goto, Group, Parallel, Step, StepList

_WORDS: dict[str, Statuses] = {"ok": OK, "done": ANY, "succeeded": DONE}
_NONE = Past()
T = TypeVar("T")


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


def settle(step: Step, known: dict[str, T], asked: Callable[[Step], list[Step]], answer: Callable[[Step], T]) -> T:
    """What is known of a step, worked out once: `answer` is called when all that it asks for is in `known`.

    In a circle, which is reported elsewhere, it is called though something is missing.
    """
    pending, begun = [step], set[str]()
    while pending:
        one = pending[-1]
        if one.id not in known and one.id not in begun:
            begun.add(one.id)
            pending += [other for other in asked(one) if other.id not in known and other.id not in begun]
            continue
        pending.pop()
        if one.id not in known:
            known[one.id] = answer(one)
    return known[step.id]


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
        self._before: dict[str, Past] = {}

    def back_to(self, step: Step) -> Step | None:
        """A jump that can make the step begin again."""
        number = self.numbers[step.id]
        return next((one for one, at, target in self._jumps if target <= number and target <= at), None)

    def jump_over(self, step: Step) -> Step | None:
        """A jump that can leave the step out."""
        number = self.numbers[step.id]
        return next((one for one, at, target in self._jumps if at < number < target), None)

    @cached_property
    def often(self) -> set[str]:
        """The ids of the steps that arrivals can begin more than once."""
        return begin_often(self.around)

    def begins_often(self) -> Iterator[tuple[str, Span]]:
        """Why a step of the list may begin again when another has ended."""
        for jump, _, __ in self._jumps:
            yield f"step `{jump.id}` can lead back", jump.key_span("goto")
        for name in sorted(self.often):
            yield f"step `{name}` can begin once for each arrival", self.steps[name].key_span("needs")

    def before(self, step: Step, name: str) -> Statuses | None:
        """How a step has ended once whenever another is started; None where it need not have ended then."""
        past = settle(step, self._before, self._asked, self._past)
        return past.ends(self.numbers[name]) if name in self.numbers else None

    def _named(self, step: Step) -> list[tuple[str, Statuses]]:
        """The steps of the list that must have ended first, and how."""
        needs = step.needs.needs if step.needs is not None else ()
        return [(one.step.text, statuses(one.words)) for one in needs if one.step.text in self.steps]

    def _after(self, step: Step) -> list[tuple[str, Statuses]]:
        after = step.milestone.after if step.milestone is not None else None
        return [(after.text, OK)] if after is not None and after.text in self.steps else []

    def _asked(self, step: Step) -> list[Step]:
        """The steps of which the past is a step's own."""
        if step.id in self._targets:
            return []
        named = [*self._named(step), *self._after(step)]
        return [self.steps[name] for name, ends in named if self._was_ready(self.steps[name], ends)]

    def _past(self, step: Step) -> Past:
        if step.id in self._targets:
            return _NONE  # a jump starts its target whatever came before
        found = self._needed(step)
        for one in self._after(step):
            found = found.both(self._with_past(*one))
        return found

    def _needed(self, step: Step) -> Past:
        if step.needs is None:
            return _NONE if self.any_order else Past.of_first(self.numbers[step.id], OK)
        facts = [self._with_past(*one) for one in self._named(step)]
        if not facts:
            return _NONE
        found, every = facts[0], self.wants_all(step)
        for one in facts[1:]:
            found = found.both(one) if every else found.either(one)
        return found

    @staticmethod
    def wants_all(step: Step) -> bool:
        """Whether all that the step needs must have arrived."""
        join = step.join
        if join is None or join.mode == "all" or isinstance(step.action, Parallel):
            return True
        return join.mode == "count" and step.needs is not None and (join.count or 1) >= len(step.needs.needs)

    def _with_past(self, name: str, ends: Statuses) -> Past:
        """That a step has ended so, and what had happened before it."""
        own = Past.of_one(self.numbers[name], ends)
        step = self.steps[name]
        return self._before.get(step.id, _NONE).both(own) if self._was_ready(step, ends) else own

    def _was_ready(self, step: Step, ends: Statuses) -> bool:
        """Whether a step that has ended so had its turn."""
        return not ends & {"cancelled", "blocked"} and ("skipped" not in ends or not self.skips_unready(step))

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


__all__ = ["ANY", "DONE", "OK", "Order", "Statuses", "constant", "settle", "statuses"]
