"""Rules held against the file alone: proved for every run, broken by the plainest one, or neither, and why."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Literal as OneOf

from msgspec import Struct

from steplane.checks.context import Context, Position, words_for
from steplane.checks.rules.alone import many
from steplane.checks.rules.course import Course, Obstacle, Obstacles
from steplane.checks.rules.moments import Moments
from steplane.checks.rules.order import OK, constant
from steplane.diagnostics import Related
from steplane.model import ForEach, Parallel, Race, Rule, Switch, Workflow


class Verdict(Struct, frozen=True):
    """What the file alone says of a rule.

    `reason` says why it is broken, or why it cannot be proved; `places` are those that the reason is about, of a broken
    rule in the order of the run. `idle`: it is proved, for the step that it is about never runs.
    """

    rule: Rule
    answer: OneOf["proved", "broken", "unproved"]
    reason: str = ""
    places: tuple[Related, ...] = ()
    idle: bool = False


class Judge:
    """Holds rules against one file, in which all names that they use are known."""

    def __init__(self, workflow: Workflow, context: Context) -> None:
        self.course = Course(workflow, context)
        self.moments = Moments(self.course, context)
        self.context = context

    def verdict(self, rule: Rule) -> Verdict:
        """The verdict on one rule."""
        positions = [self.context.by_id[one.text] for one in rule.steps]
        kinds: dict[str, Callable[[Rule, list[Position]], Verdict]] = {
            "precedence": self._precedence,
            "response": self._response,
            "not_coexistence": self._not_coexistence,
            "exactly_once": self._exactly_once,
            "within": self._within,
            "never": self._never,
        }
        return kinds[rule.kind.text](rule, positions)

    def _precedence(self, rule: Rule, steps: list[Position]) -> Verdict:
        first, then = steps
        if self._never_runs(then):
            return Verdict(rule, "proved", idle=True)
        if self.course.plain(then):
            if (never := self.course.never_plain(first)) is not None:
                reason = f"{words_for(then.step)} begins where nothing fails, and {words_for(first.step)} does not"
                return Verdict(rule, "broken", reason, (_at(then, "this begins"), Related(never[1], never[0])))
            if (
                self.course.ended_before(then, first)
                or self.course.holds(then, first)
                or self.course.holds(first, then)
            ):
                reason = f"{words_for(then.step)} always begins before {words_for(first.step)} has succeeded"
                return Verdict(rule, "broken", reason, (_at(then, "first this begins"), _at(first, "then this ends")))
        return _proof(rule, self.course.not_before(first, then))

    def _response(self, rule: Rule, steps: list[Position]) -> Verdict:
        first, then = steps
        if self._never_runs(first):
            return Verdict(rule, "proved", idle=True)
        if self.course.plain(first):
            if (never := self.course.never_plain(then)) is not None:
                reason = (
                    f"{words_for(first.step)} succeeds where nothing fails, and {words_for(then.step)} never begins"
                )
                return Verdict(rule, "broken", reason, (_at(first, "this succeeds"), Related(never[1], never[0])))
            once = not any(self.course.repeats(then))
            if once and (self.course.ended_before(then, first) or self.course.holds(first, then)):
                reason = f"{words_for(then.step)} has always ended before {words_for(first.step)} has"
                return Verdict(rule, "broken", reason, (_at(then, "first this ends"), _at(first, "then this ends")))
        return _proof(rule, chain(self._unanswered(first, then), self.course.missing_though_well(then)))

    def _unanswered(self, first: Position, then: Position) -> Obstacles:
        """Why `first` can succeed when, or after, `then` begins for the last time."""
        if (split := _parting(first, then)) is not None:
            yield split
            return
        for at, (around, step) in enumerate(then.chain[: len(first.chain)]):
            earlier = first.chain[at][1]
            if around is not first.chain[at][0] or earlier is step:
                continue
            order = self.course.order(around)
            ends = order.before(step, earlier.id)
            if ends is not None and ends <= OK:
                yield from self.course.late(first, at)
                yield from self.course.done_again(first)
                yield from order.begins_often()
                return
        words = f"{words_for(then.step)} does not wait for {words_for(first.step)}"
        yield words, then.step.span

    def _not_coexistence(self, rule: Rule, steps: list[Position]) -> Verdict:
        one, other = steps
        if self._never_runs(one) or self._never_runs(other):
            return Verdict(rule, "proved", idle=True)
        if self.course.plain(one) and self.course.plain(other):
            reason = f"both {words_for(one.step)} and {words_for(other.step)} begin where nothing fails"
            return Verdict(rule, "broken", reason, (_at(one, "this begins"), _at(other, "and this")))
        return _proof(rule, self._together(one, other))

    def _together(self, one: Position, other: Position) -> Obstacles:
        """Why both can begin in one run."""
        for at in range(min(len(one.chain), len(other.chain))):
            (around, step), (list_there, step_there) = one.chain[at], other.chain[at]
            if around is not list_there:
                if not _parting(one, other):
                    break
                yield from self.course.entered_again(one.chain[:at])
                yield from self.course.done_again(Position(one.chain[:at]))
                return
            for (begins, name), target in (((step_there, step.id), one), ((step, step_there.id), other)):
                known = self.course.order(around).before(begins, name)
                if known is not None and known <= {"skipped"} and step is not step_there:
                    yield from self.course.entered_again(one.chain[:at])
                    yield from self.course.repeats(Position(target.chain[: at + 1]))
                    return
        words = f"{words_for(one.step)} and {words_for(other.step)} do not stand in different arms of one `switch`"
        yield words, other.step.span

    def _exactly_once(self, rule: Rule, steps: list[Position]) -> Verdict:
        position = steps[0]
        if (never := self.course.never_plain(position)) is not None:
            reason = f"{words_for(position.step)} does not run where nothing fails"
            return Verdict(rule, "broken", reason, (Related(never[1], never[0]),))
        if self.course.plain(position):
            for _, step in position.chain:
                if (count := many(step)) > 1:
                    key = "foreach" if isinstance(step.loop, ForEach) else "matrix"
                    reason = f"{words_for(position.step)} is run for each of {count} items"
                    return Verdict(rule, "broken", reason, (Related(step.key_span(key), "once for each item"),))
        again = self.course.repeats(position)
        return _proof(rule, chain(again, self.course.missing_though_well(position)))

    def _within(self, rule: Rule, _: list[Position]) -> Verdict:
        assert rule.within is not None
        if (why := self.moments.reversed(rule.within.start, rule.within.end)) is not None:
            return Verdict(rule, "broken", why[0], (Related(why[1], "this comes first"),))
        limit = rule.within.limit
        if limit.seconds is not None:
            longest = self.moments.longest_wait(rule.within.start, rule.within.end)
            if longest is not None and longest[0] > limit.seconds:
                words = f"{words_for(longest[1])} between them waits for longer than that"
                return Verdict(rule, "broken", words, (Related(longest[1].key_span("wait"), "this wait"),))
        words = "how long something takes is known only when it has happened"
        return Verdict(rule, "unproved", words)

    def _never(self, rule: Rule, _: list[Position]) -> Verdict:
        assert rule.condition is not None
        known = constant(rule.condition)
        if known is None:
            return Verdict(rule, "unproved", "what the expression gives is known only while a run goes on")
        if known:
            return Verdict(rule, "broken", "the expression always holds: there is no name in it")
        return Verdict(rule, "proved", idle=True)

    def _never_runs(self, position: Position) -> bool:
        return any(constant(step.condition) is False for _, step in position.chain)


def _proof(rule: Rule, obstacles: Iterable[Obstacle]) -> Verdict:
    for words, span in obstacles:
        return Verdict(rule, "unproved", words, (Related(span, "this stands in the way"),))
    return Verdict(rule, "proved")


def _at(position: Position, label: str) -> Related:
    return Related(position.step.span, label)


def _parting(one: Position, other: Position) -> Obstacle | None:
    """That two steps stand where only one of two lists is taken; None where both can be."""
    pairs: Iterator[int] = iter(range(1, min(len(one.chain), len(other.chain))))
    for at in pairs:
        if one.chain[at - 1][1] is not other.chain[at - 1][1]:
            return None
        here, there, owner = one.chain[at][0], other.chain[at][0], one.chain[at - 1][1]
        if here is there:
            continue
        words = f"they stand in two lists of {words_for(owner)}, of which one is taken"
        if here.role == there.role == "arm" and isinstance(owner.action, Switch):
            return words, owner.key_span("switch")
        if here.role == there.role == "branch" and isinstance(owner.action, Race):
            return words, owner.key_span("race")
        if here.role == there.role == "branch" and isinstance(owner.action, Parallel):
            by_name = {branch.name.text: branch for branch in owner.action.branches}
            two = [by_name[here.label], by_name[there.label]]
            if any(branch.default for branch in two) and not all(branch.default for branch in two):
                return words, owner.key_span("parallel")
        return None
    return None


__all__ = ["Judge", "Verdict"]
