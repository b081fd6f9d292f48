"""A run gone through once more: the recorded inputs are folded through the kernel, and what follows is looked at."""

from collections.abc import Callable, Iterable
from typing import Any

from steplane.commands import Record
from steplane.driver.keeping import restored
from steplane.events import Answered, AnyEvent, Input, Resumed, StepEnded, StepFact, StepReady, StepRetry, StepStarted
from steplane.kernel import Instance, Kernel
from steplane.plan.nodes import Plan

AFTERWARDS = frozenset({"rescue", "finally", "compensate"})
"""Lists that begin when others of the same step are over."""


class Attempt:
    """One attempt: when it began and ended (0: not yet), and the pause before the next one in seconds."""

    __slots__ = ("begin", "end", "number", "pause")

    def __init__(self, number: int, begin: int) -> None:
        self.number, self.begin = number, begin
        self.end = 0
        self.pause = 0.0


class Life:
    """One activation of a step, or one item of a loop, with what the replay has seen of it.

    `after` is the instance whose end let it start, `closer` the one in it that ended last; `needs` how the steps that
    it waits for stood when it was skipped without a reason.
    """

    __slots__ = ("after", "attempts", "closer", "end", "ended_by", "instance", "lock_since", "needs", "ready_by")

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.after: Instance | None = None
        self.ready_by = ""
        self.closer: Instance | None = None
        self.attempts: list[Attempt] = []
        self.lock_since = 0
        self.end: StepEnded | None = None
        self.ended_by: Input | None = None
        self.needs: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


Observer = Callable[[int, Input, list[StepFact]], None]
"""Told of each event with the facts that followed from it, after the kernel has taken it in."""


class Replay:
    """The lives of a run, by the serial numbers of the instances, and the kernel at the point where the journal ends.

    `order` are the serial numbers in the order in which the instances were met.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.kernel = Kernel(plan)
        self.lives: dict[int, Life] = {}
        self.begin = 0
        self.end = 0
        self._ended_now: dict[Any, Instance] = {}
        self._ended_in: dict[int, Instance] = {}

    def go(self, events: Iterable[AnyEvent], observer: Observer | None = None) -> "Replay":
        """Take in all events."""
        for event in events:
            if isinstance(event, Input):
                facts = self._take(event)
                if observer is not None:
                    observer(event.at, event, facts)
            self.begin = self.begin or event.at
            self.end = max(self.end, event.at)
        return self

    def life(self, instance: Instance) -> Life:
        """What is known of the instance."""
        found = self.lives.get(instance.serial)
        if found is None:
            found = self.lives[instance.serial] = Life(instance)
        return found

    def latest(self, path: str) -> Life | None:
        """The newest activation of the path."""
        one = self.kernel.state.paths.get(path)
        return None if one is None else self.life(one)

    def _take(self, event: Input) -> list[StepFact]:
        self._ended_now, self._ended_in = {}, {}
        facts: list[StepFact] = []
        state = self.kernel.state
        for command in self.kernel.step(restored(event)):  # type: ignore[arg-type]
            if isinstance(command, Record) and isinstance(command.fact, StepFact):
                fact = command.fact
                known = self.lives.get(fact.instance)
                one = known.instance if known is not None else state.paths[fact.path]
                facts.append(fact)
                self._note(self.life(one), fact, event)
        if isinstance(event, Answered) and event.instance in self.lives:
            self._note_lock(self.lives[event.instance], event.at)
        return facts

    def _note(self, life: Life, fact: StepFact, event: Input) -> None:
        one = life.instance
        if isinstance(fact, StepReady):
            life.after = self._ended_now.get(_beside(one)) or self._before_the_list(one)
            life.ready_by = self._ready_by(one, life.after, event)
            self._note_lock(life, event.at)
        elif isinstance(fact, StepStarted):
            life.attempts.append(Attempt(fact.attempt, event.at))
        elif isinstance(fact, StepRetry):
            life.attempts[-1].end, life.attempts[-1].pause = event.at, fact.delay
        elif isinstance(fact, StepEnded):
            life.end, life.ended_by = fact, event
            if life.attempts and not life.attempts[-1].end:
                life.attempts[-1].end = event.at
            if fact.status == "skipped" and not (fact.reason or fact.by):
                life.needs = needs_of(one)
            self._ended_now[_beside(one)] = one
            around = around_of(one)
            if around is not None:
                self.life(around).closer = one
                self._ended_in[around.serial] = one

    def _before_the_list(self, one: Instance) -> Instance | None:
        """What ended in the step around it, so that its `rescue` or `finally` begins."""
        if one.scope is None or one.parent is not None or one.scope.list.role not in AFTERWARDS:
            return None
        return self._ended_in.get(one.scope.owner.serial)

    @staticmethod
    def _note_lock(life: Life, at: int) -> None:
        if life.instance.phase == "lock" and not life.lock_since:
            life.lock_since = at

    @staticmethod
    def _ready_by(one: Instance, after: Instance | None, event: Input) -> str:
        if isinstance(event, Resumed):
            return "resume"
        if one.parent is None and one.scope is not None and after is not None and after.scope is not one.scope:
            return one.scope.list.role
        if after is not None:
            return "item" if one.parent is not None else "step"
        return "loop" if one.parent is not None else "list"


def _beside(one: Instance) -> Any:
    """What an instance has in common with those that it may wait for: its loop, else its list."""
    return ("loop", one.parent.serial) if one.parent is not None else ("list", id(one.scope))


def around_of(one: Instance) -> Instance | None:
    """The loop or the step that an instance is in."""
    if one.parent is not None:
        return one.parent
    return one.scope.owner if one.scope is not None else None


def needs_of(one: Instance) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The steps that are named in the needs, how each stands, and the outcomes that would count."""
    if one.scope is None or one.node.needs is None:
        return ()
    found = []
    for need in one.node.needs:
        other = one.scope.current[need.position]
        if other is not None:
            found.append((other.path, other.status, tuple(need.outcomes)))
    return tuple(found)
