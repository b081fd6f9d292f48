"""What surely happens in every run that ends well, and in every run in which nothing fails; and what stands in the way.

An obstacle is a reason in words with its place. None found means that it is proved, whatever conditions, outcomes and
orders turn out to be.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, TypeAlias

from steplane.checks.context import Context, Position, words_for
from steplane.checks.rules.alone import entered, has_items, has_secret, strict
from steplane.checks.rules.order import DONE, OK, Order, Statuses, constant, settle
from steplane.diagnostics import Span
from steplane.model import (
    Broken,
    Call,
    Cancel,
    End,
    ForEach,
    Goto,
    Matrix,
    Need,
    Parallel,
    Race,
    Step,
    StepList,
    Undo,
    Until,
    While,
    Workflow,
)

Obstacle: TypeAlias = tuple[str, Span]
Obstacles: TypeAlias = Iterator[Obstacle]

LOOPS = {ForEach: "foreach", Matrix: "matrix", While: "while", Until: "until"}


class Course:
    """The course of the runs of one file."""

    def __init__(self, workflow: Workflow, context: Context) -> None:
        self.workflow = workflow
        self.context = context
        steps = [one.step for one in context.positions]
        self.actions = [(one, one.action) for one in steps]
        self._withdrawn: dict[str, Step] = {}
        regions: dict[str, list[str]] = {}
        for step in steps:
            if step.region is not None:
                regions.setdefault(step.region.text, []).append(step.id)
        for step in steps:
            for name in self._taken_away(step, regions):
                self._withdrawn.setdefault(name, step)
        forced = [one for _, one in self.actions if isinstance(one, Cancel) and one.force]
        self._forced = frozenset(name.text for one in forced for name in one.steps)
        self._orders: dict[int, Order] = {}
        self._holding: dict[int, dict[str, bool]] = {}
        self._ends = [
            one
            for one in context.positions
            if isinstance(one.step.action, End) and one.step.action.status == "succeeded"
        ]

    @staticmethod
    def _taken_away(step: Step, regions: dict[str, list[str]]) -> Iterator[str]:
        """The steps that this one can cancel or complete."""
        action = step.action
        if isinstance(action, Cancel):
            yield from (name.text for name in action.steps)
            if action.region is not None:
                yield from regions.get(action.region.text, ())
        if step.join is not None and step.join.rest == "cancel" and step.needs is not None:
            yield from (need.step.text for need in step.needs.needs)

    def order(self, around: StepList) -> Order:
        """The order of a list's steps."""
        found = self._orders.get(id(around))
        if found is None:
            found = self._orders[id(around)] = Order(around, self._forced)
        return found

    # ---------------------------------------------------------------- ended ok, and yet not done

    def undone_though_ok(self, around: StepList, step: Step, ends: Statuses = OK) -> Obstacles:
        """Why a step that has ended in one of these ways need not have `succeeded`."""
        if ends <= DONE:
            return
        if constant(step.condition) is not True:
            yield f"{words_for(step)} has an `if`, and is skipped where that does not hold", step.key_span("if")
        if step.on_error == "warn":
            yield f"{words_for(step)} is a `warning` where it has failed", step.key_span("on_error")
        order = self.order(around)
        if unused := order.unused(step):
            words = f"{words_for(step)} is skipped where `{unused}` has not ended as its `needs` want"
            yield words, step.key_span("needs")
        if step.milestone is not None and step.milestone.before is not None:
            yield f"{words_for(step)} is skipped where its milestone has passed", step.milestone.span
        if (jump := order.jump_over(step)) is not None:
            yield f"{words_for(jump)} can leave {words_for(step)} out", jump.key_span("goto")
        yield from self._withdrawn_by(step, forced=True)
        yield from self._warns(step)

    def _withdrawn_by(self, step: Step, *, forced: bool) -> Obstacles:
        taker = self._withdrawn.get(step.id)
        if taker is not None and (not forced or step.id in self._forced):
            yield f"{words_for(taker)} can end {words_for(step)} before it has succeeded", taker.span

    def _warns(self, step: Step) -> Obstacles:
        """Why a step can be a warning of itself."""
        if isinstance(step.loop, ForEach | Matrix) and step.loop.spread.max_failures is not None:
            words = f"{words_for(step)} is a `warning` where an item has failed"
            yield words, step.key_span("max_failures")
        if isinstance(step.action, Parallel) and step.join is not None and step.join.mode != "all":
            yield f"{words_for(step)} is a `warning` where a branch has failed", step.key_span("join")
        if isinstance(step.action, Call):
            yield f"{words_for(step)} is a `warning` where its child is one", step.key_span("call")

    # ---------------------------------------------------------------- a step has succeeded, and what is in it

    def left_out_inside(self, step: Step, inner: StepList) -> Obstacles:
        """Why the steps of a list of a step that has succeeded need not all have ended ok in it."""
        if inner.role == "arm":
            yield f"it stands in an arm of {words_for(step)}, and only one arm is taken", step.key_span("switch")
        elif inner.role not in {"steps", "branch"}:
            yield f"it stands in `{inner.role}` of {words_for(step)}", step.key_span(inner.role)
        elif isinstance(step.action, Race):
            words = f"it stands in a branch of {words_for(step)}, and only one branch is taken"
            yield words, step.key_span("race")
        if isinstance(step.action, Parallel):
            yield from self._branch(step, step.action, inner)
        if step.rescue:
            yield f"{words_for(step)} has succeeded also where its `rescue` has", step.key_span("rescue")
        if step.cache is not None:
            yield f"{words_for(step)} can be `reused`, and nothing in it runs then", step.key_span("cache")
        if step.loop is not None and not isinstance(step.loop, Until):
            key = LOOPS[type(step.loop)]
            words = f"{words_for(step)} is a `{key}`, which succeeds without an item or a round too"
            yield words, step.key_span(key)

    @staticmethod
    def _branch(step: Step, action: Parallel, inner: StepList) -> Obstacles:
        branch = next((one for one in action.branches if one.name.text == inner.label), None)
        if inner.role == "branch" and branch is not None and (branch.condition is not None or branch.default):
            yield f"branch `{inner.label}` of {words_for(step)} is not always taken", branch.name.span
        if step.join is not None and step.join.mode != "all":
            yield f"{words_for(step)} {step.join.without_all} its branches have succeeded", step.key_span("join")

    def succeeds_without(self, start: int, target: Position) -> Obstacles:
        """Why the step of that number in the chain around the target can have succeeded, and the target not."""
        for number in range(start, len(target.chain) - 1):
            step = target.chain[number][1]
            inner, child = target.chain[number + 1]
            yield from self.left_out_inside(step, inner)
            yield from self._withdrawn_by(child, forced=False)
            yield from self.undone_though_ok(inner, child)

    # ---------------------------------------------------------------- in every run that ends well

    def missing_though_well(self, target: Position) -> Obstacles:
        """Why a run can end as `succeeded` or `warning` in which the target has not succeeded."""
        listed, step = target.chain[0]
        if listed.role != "steps":
            yield f"it stands in `{listed.role}` of the workflow", self.workflow.key_span(listed.role)
        if self.workflow.rescue:
            yield "a run succeeds also where its `rescue` has", self.workflow.key_span("rescue")
        yield from self._ended_before(target)
        yield from self._withdrawn_by(step, forced=False)
        yield from self.undone_though_ok(listed, step)
        yield from self.succeeds_without(0, target)

    def _ended_before(self, target: Position) -> Obstacles:
        for position in self._ends:
            if any(True for _ in self.not_before(target, position)):
                yield f"{words_for(position.step)} can end the run before", position.step.key_span("end")

    def ended_before(self, first: Position, then: Position) -> bool:
        """Whether `first`, if it begins at all, has ended whenever `then` can begin: all of it, or what it is in."""
        return any(
            around is first.chain[at][0]
            and self.order(around).before(step, first.chain[at][1].id) is not None
            and not any(self.late(first, at))
            for at, (around, step) in enumerate(then.chain[: len(first.chain)])
        )

    def not_before(self, first: Position, then: Position) -> Obstacles:
        """Why `then` can begin though `first` has not succeeded before."""
        found: list[Obstacle] = []
        for at, (around, step) in enumerate(then.chain[: len(first.chain)]):
            listed, earlier = first.chain[at]
            ends = self.order(around).before(step, earlier.id) if listed is around else None
            if ends is None:
                continue
            own = [*self._ended_undone(around, earlier, ends), *self.succeeds_without(at, first)]
            if not own:
                return
            found = found or own
        yield from found or [_unordered(first, then)]

    def _ended_undone(self, around: StepList, step: Step, ends: Statuses) -> Obstacles:
        if ends <= OK:
            yield from self.undone_though_ok(around, step, ends)
        else:
            yield f"{words_for(step)} need not have ended well when what follows begins", step.span

    # ---------------------------------------------------------------- again

    def repeats(self, target: Position) -> Obstacles:
        """Why the target can begin, or succeed, more than once in one run, resumes included."""
        yield from self.entered_again(target.chain[:-1])
        around, step = target.chain[-1]
        yield from self._begins_again(around, step)
        yield from self.done_again(target)

    def entered_again(self, chain: tuple[tuple[StepList, Step], ...]) -> Obstacles:
        """Why what is in the last step of the chain can be entered anew in one run."""
        for around, step in chain:
            yield from self._begins_again(around, step)
            if step.retry is not None:
                yield f"{words_for(step)} may be tried again as a whole", step.key_span("retry")
            if step.restart:
                yield f"{words_for(step)} begins anew on a resume", step.key_span("restart")

    def _begins_again(self, around: StepList, step: Step) -> Obstacles:
        if step.loop is not None:
            key = LOOPS[type(step.loop)]
            yield f"{words_for(step)} is a `{key}`, and may begin more than once", step.key_span(key)
        if (jump := self.order(around).back_to(step)) is not None:
            yield f"{words_for(jump)} can lead back to {words_for(step)}", jump.key_span("goto")
        if step.id in self.order(around).often:
            yield f"{words_for(step)} can begin once for each arrival", step.key_span("needs")
        if around.role in {"rescue", "finally", "compensate"}:
            owner = words_for(around.owner) if around.owner is not None else "the workflow"
            yield f"`{around.role}` of {owner} may run again on a resume", step.span

    def holds(self, outer: Position, inner: Position) -> bool:
        """Whether the one stands in the other (not in what undoes it), which ends only when that has."""
        at = len(outer.chain)
        if (
            len(inner.chain) <= at
            or inner.chain[at - 1][1] is not outer.step
            or inner.chain[at][0].role == "compensate"
        ):
            return False
        return not any(self.late(inner, at - 1))

    def late(self, target: Position, start: int) -> Obstacles:
        """Why the target can still go on when the step of that number in its chain has ended."""
        for _, step in target.chain[start:]:
            if isinstance(step.action, Parallel) and step.join is not None and step.join.leaves_late:
                yield f"a branch of {words_for(step)} can go on when that has ended", step.key_span("join")
            if isinstance(step.loop, ForEach | Matrix) and step.loop.spread.complete is not None:
                yield f"an item of {words_for(step)} can go on when that is complete", step.key_span("complete")

    def done_again(self, target: Position) -> Obstacles:
        """Why what has succeeded can be done again on a resume: it, or what is in or around it, was undone or lost."""
        numbers = {one for _, step in target.chain for one in self._undoable.own.get(id(step), ())}
        for number in sorted(numbers.union(self._undoable.inside.get(id(target.step), ()))):
            step = self.context.positions[number].step
            if step.compensate:
                yield (
                    f"{words_for(step)} can be undone, and is then done again on a resume",
                    step.key_span("compensate"),
                )
            if has_secret(step):
                yield f"the secret output of {words_for(step)} is made again on a resume", step.key_span("outputs")

    @cached_property
    def _undoable(self) -> "_Undoable":
        found = _Undoable({}, {})
        for number, position in enumerate(self.context.positions):
            if position.step.compensate or has_secret(position.step):
                found.own.setdefault(id(position.step), []).append(number)
                for _, step in position.chain:
                    found.inside.setdefault(id(step), []).append(number)
        return found

    # ---------------------------------------------------------------- in every run in which nothing fails

    def plain(self, target: Position) -> bool:
        """Whether the target surely begins, and succeeds, where nothing fails and nobody interferes."""
        return self.undisturbed and all(self._plain_level(target, at) for at in range(len(target.chain)))

    @cached_property
    def undisturbed(self) -> bool:
        """Whether no step ends, jumps, withdraws or undoes anything."""
        return not any(isinstance(one, End | Cancel | Goto | Undo | Broken) for _, one in self.actions) and not any(
            step.join is not None and step.join.rest != "run" for step, _ in self.actions
        )

    def _plain_level(self, target: Position, at: int) -> bool:
        around, step = target.chain[at]
        if around.owner is not None and not entered(around, around.owner):
            return False
        if around.owner is None and around.role == "rescue":
            return False
        own = constant(step.condition) is True and step.milestone is None and step.cache is None
        return own and has_items(step) and self._needs_hold(around, step)

    def _needs_hold(self, around: StepList, step: Step) -> bool:
        known = self._holding.setdefault(id(around), {})
        steps = self.order(around).steps
        return settle(
            step,
            known,
            lambda one: [other for need in strict(one) if (other := steps.get(need.step.text)) is not None],
            lambda one: (
                all(self._is_sure(need, steps, known) for need in strict(one))
                and (one.needs is None or one.collect is None)
            ),
        )

    def _is_sure(self, need: Need, steps: dict[str, Step], known: dict[str, bool]) -> bool:
        """Whether the step has surely succeeded where nothing fails."""
        other = steps.get(need.step.text)
        if other is None or other.milestone is not None or other.cache is not None or "succeeded" not in need.words:
            return False
        return constant(other.condition) is True and known.get(other.id, False) and not any(self._warns(other))

    def never_plain(self, target: Position) -> Obstacle | None:
        """Why the target surely does not begin where nothing fails and nobody interferes."""
        if not self.undisturbed:
            return None
        for around, step in target.chain:
            if around.role in {"rescue", "compensate"}:
                owner = words_for(around.owner) if around.owner is not None else "the workflow"
                return f"it stands in `{around.role}` of {owner}", step.span
            if constant(step.condition) is False:
                return f"the `if` of {words_for(step)} never holds", step.key_span("if")
            for need in step.needs.needs if step.needs and self.order(around).wants_all(step) else ():
                if set(need.words) <= {"failed", "cancelled"}:
                    return f"{words_for(step)} runs only where `{need.step}` has not succeeded", need.step.span
        return None


class _Undoable(NamedTuple):
    """The numbers of the positions of what can be undone: by the step itself, and by each step around it."""

    own: dict[int, list[int]]
    inside: dict[int, list[int]]


def _unordered(first: Position, then: Position) -> Obstacle:
    words = f"{words_for(then.step)} does not wait for {words_for(first.step)}"
    return words, then.step.span


__all__ = ["Course", "Obstacle", "Obstacles"]
