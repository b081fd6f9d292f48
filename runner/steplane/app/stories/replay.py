"""A run gone through once more: the recorded inputs are folded through the kernel, and what follows is looked at."""

from collections.abc import Callable, Iterable
from typing import Any

from steplane.app.stories.awaited import Enough, around_of, led_here, let_start, needs_of, only_resets
from steplane.app.stories.stopping import cause_of
from steplane.commands import Ask, Command, Record, SetTimer, Start, Stop
from steplane.driver.keeping import restored
from steplane.events import (
    OK,
    Answered,
    AnyEvent,
    AttemptEnded,
    CancelRequested,
    CompensateRequested,
    Input,
    LockAnswered,
    Redefined,
    Resumed,
    RunStarted,
    StepEnded,
    StepFact,
    StepReady,
    StepRetry,
    StepStarted,
    TimerFired,
)
from steplane.kernel import Instance, Kernel, calls
from steplane.plan.nodes import Plan

NONE: frozenset[str] = frozenset()


class Attempt:
    """One attempt: when it began and ended (0: not yet), and the pause before the next one in seconds."""

    __slots__ = ("begin", "end", "number", "pause")

    def __init__(self, number: int, begin: int) -> None:
        self.number, self.begin = number, begin
        self.end = 0
        self.pause = 0.0


class Moment:
    """One input: the instance that it is about, and the number of the moment in which that was asked for it."""

    __slots__ = ("at", "event", "of", "since")

    def __init__(self, event: Input, of: "Life | None", since: int | None) -> None:
        self.event, self.of, self.since = event, of, since
        self.at = event.at


class Life:
    """One activation of a step, or one item of a loop, with what the replay has seen of it.

    `after` is the instance whose end let it start, and `enough` how many of how many had to come; `needs` how the steps
    that it waits for stood when it was skipped without a reason; `stop` why it was cancelled. `ready_in`, `held_in` and
    `ended_in` are the numbers of moments: of being ready, of having its lock, of its end; `held_at` is the time.
    `lock_since` and `slot_since` say since when it had to wait for these; 0 where it had not. `others` are those
    of other runs that held its lock. `changed`: what of the definition had changed, so that it begins anew.
    """

    __slots__ = (
        "after", "attempts", "changed", "end", "ended_in", "enough", "held_at", "held_in", "instance", "lock_since",
        "needs", "others", "ready_at", "ready_by", "ready_in", "slot_since", "stop",
    )  # fmt: skip

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.after: Instance | None = None
        self.enough: Enough | None = None
        self.ready_by = ""
        self.changed = ""
        self.ready_at = 0
        self.ready_in: int | None = None
        self.held_in: int | None = None
        self.held_at = 0
        self.lock_since = 0
        self.slot_since = 0
        self.others: tuple[str, ...] = ()
        self.ended_in: int | None = None
        self.attempts: list[Attempt] = []
        self.end: StepEnded | None = None
        self.stop: dict[str, Any] | None = None
        self.needs: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @property
    def locked(self) -> float:
        """The seconds that it waited for its lock."""
        return max(0, self.held_at - self.lock_since) / 1e6 if self.lock_since and self.held_at else 0.0

    @property
    def queued(self) -> float:
        """The seconds that its first attempt waited for a slot."""
        return max(0, self.attempts[0].begin - self.slot_since) / 1e6 if self.slot_since and self.attempts else 0.0


Observer = Callable[[int, Input, list[StepFact]], None]
"""Told of each event with the facts that followed from it, after the kernel has taken it in."""


class Replay:
    """The lives of a run, by the serial numbers of the instances, and the kernel at the point where the journal ends.

    `moments` are the inputs; `over` is the number of that with which the run ended.
    """

    def __init__(self, plan: Plan, plan_of: Callable[[Redefined], Plan] | None = None) -> None:
        calls.make_room(plan)
        self.kernel = Kernel(plan, plan_of)
        self.lives: dict[int, Life] = {}
        self.moments: list[Moment] = []
        self.over: int | None = None
        self.begin = 0
        self.end = 0
        self._asked: dict[tuple[int, str], int] = {}
        self._locking: set[Life] = set()
        self._endings = 0  # how many `end` steps had decided something
        self._changes: dict[str, dict[str, str]] = {}  # of the latest definition, by file and id
        self._begun_since: set[str] = set()  # paths

    @property
    def plan(self) -> Plan:
        """That of the definition which the run goes on under."""
        return self.kernel.state.plan

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

    def at(
        self, path: str, moment: int | None, statuses: frozenset[str] = NONE, but: Life | None = None
    ) -> Life | None:
        """The activation of the path that was the newest one in that moment, but for one.

        Of several that arrivals had begun, the one that had ended last with one of these statuses, `failed` before
        another; where none had, the newest.
        """
        latest = self.latest(path)
        if latest is not None and (moment is None or latest.instance.number == 1):
            return latest if latest is not but else None
        until = moment or 0
        known = [
            one for one in self.lives.values() if one.instance.path == path and one is not but and _came(one) <= until
        ]
        ended = [
            one for one in known
            if one.end is not None and one.end.status in statuses and (one.ended_in or 0) <= until
        ]  # fmt: skip
        if ended:
            return max(ended, key=lambda one: (one.ended_in, one.instance.status == "failed", one.instance.number))
        return max(known, key=lambda one: one.instance.number, default=latest if latest is not but else None)

    # ------------------------------------------------------------ one input

    def _take(self, event: Input) -> list[StepFact]:
        state, number = self.kernel.state, len(self.moments)
        if isinstance(event, Redefined):
            self._changes, self._begun_since = event.steps, set()
        self.moments.append(self._moment(event))
        facts: list[StepFact] = []
        told_to_stop: list[int] = []
        for command in self.kernel.step(restored(event)):
            if isinstance(command, Stop):
                told_to_stop.append(command.instance)
            elif not isinstance(command, Record):
                self._keep(command, number)
            elif isinstance(command.fact, StepFact):
                facts.append(command.fact)
        if state.root is not None and isinstance(event, RunStarted | Resumed | CompensateRequested):
            root = self.life(state.root)
            root.ready_in, root.ready_at = number if root.ready_in is None else root.ready_in, root.ready_at or event.at
        self._note_all(facts, event, number)
        self._note_stops([*told_to_stop, *(fact.instance for fact in facts)], event, facts)
        if state.root is not None:
            self.over = (number if self.over is None else self.over) if state.root.ended else None
        return facts

    def _moment(self, event: Input) -> Moment:
        serial = getattr(event, "instance", None)
        one = self.kernel.state.instances.get(serial) if serial is not None else None
        if one is None or serial is None:
            return Moment(event, None, None)
        return Moment(event, self.life(one), self._asked.get((serial, _reply(event))))

    def _keep(self, command: Command, number: int) -> None:
        """When something was asked for: a question, an attempt, a timer."""
        if isinstance(command, Ask):
            self._asked[command.instance, command.question] = number
        elif isinstance(command, Start):
            self._asked[command.instance, "attempt"] = number
        elif isinstance(command, SetTimer):
            self._asked[command.instance, command.timer] = number

    def _note_all(self, facts: list[StepFact], event: Input, number: int) -> None:
        ended: list[Instance] = []
        touched: set[Life] = set(self._locking)
        for fact in facts:
            known = self.lives.get(fact.instance)
            life = known if known is not None else self.life(self._instance(fact))
            self._note(life, fact, event, number, ended)
            touched.add(life)
        about = self.moments[number].of
        self._note_queues(touched | {about} if about is not None else touched, event, number)

    def _instance(self, fact: StepFact) -> Instance:
        found = self.kernel.state.named(fact.path, fact.instance)
        assert found is not None
        return found

    def _note(self, life: Life, fact: StepFact, event: Input, number: int, ended: list[Instance]) -> None:
        one = life.instance
        if isinstance(fact, StepReady):
            life.ready_in, life.ready_at = number, event.at
            life.after, life.enough = let_start(one, ended)
            life.ready_by = self._ready_by(one, life.after, event)
            life.changed = self._changed(one) if self._changes else ""
            goto = led_here(one)
            if goto is not None and not isinstance(event, Resumed):
                life.after, life.enough, life.ready_by = goto, None, "goto"
            self._close_attempt(one, event.at)
        elif isinstance(fact, StepStarted):
            life.attempts.append(Attempt(fact.attempt, event.at))
        elif isinstance(fact, StepRetry):
            life.attempts[-1].end, life.attempts[-1].pause = event.at, fact.delay
        elif isinstance(fact, StepEnded):
            life.end, life.ended_in = fact, number
            if life.attempts and not life.attempts[-1].end:
                life.attempts[-1].end = event.at
            if fact.status == "skipped" and not (fact.reason or fact.by):
                life.needs = needs_of(one)
            ended.append(one)

    def _close_attempt(self, one: Instance, at: int) -> None:
        """With the first step of a `rescue` or `finally` the last attempt of what it belongs to is over."""
        if one.scope is not None and one.scope.list.role in {"rescue", "finally"}:
            attempts = self.life(one.scope.owner).attempts
            if attempts and not attempts[-1].end:
                attempts[-1].end = at

    def _note_queues(self, touched: set[Life], event: Input, number: int) -> None:
        """Who waits for a lock or a slot now, and who has come to hold a lock."""
        if isinstance(event, Resumed):
            for life in self.lives.values():
                life.slot_since = event.at if life.instance.phase == "queue" and not life.attempts else life.slot_since
        if isinstance(event, LockAnswered) and event.instance in self.lives:
            self.lives[event.instance].others = event.holders
        for life in touched:
            one = life.instance
            if one.phase == "queue" and not life.attempts:
                life.slot_since = life.slot_since or event.at
            if one.phase == "lock":
                life.lock_since = life.lock_since or event.at
                self._locking.add(life)
                continue
            self._locking.discard(life)
            if life.held_in is None and one.holding:
                life.held_in, life.held_at = number, event.at

    def _note_stops(self, touched: list[int], event: Input, facts: list[StepFact]) -> None:
        """Why what is being cancelled now is, and what is around it."""
        seen: set[int] = set()
        found = [self.lives[serial].instance for serial in touched]
        endings = self.kernel.state.endings
        if _may_cancel(event, facts) or endings != self._endings:
            self._endings = endings
            found += self.kernel.state.instances.values()  # in their `finally` nothing else tells of it
        for each in found:
            one: Instance | None = each
            while one is not None and one.serial not in seen:
                seen.add(one.serial)
                if _is_cancelled(one) and self.life(one).stop is None:
                    self.life(one).stop = cause_of(one, event, self.kernel.state, facts)
                one = around_of(one)

    def _changed(self, one: Instance) -> str:
        """What had changed of the step since the activation before."""
        first = one.path not in self._begun_since
        self._begun_since.add(one.path)
        return self._changes.get(one.plan.file, {}).get(one.node.id, "") if first and one.number > 1 else ""

    @staticmethod
    def _ready_by(one: Instance, after: Instance | None, event: Input) -> str:
        if one.parent is not None:
            return "resume" if isinstance(event, Resumed) else "item" if after is not None else "loop"
        if after is not None:
            return "reset" if only_resets(one, after) else "each" if one.node.each else "step"
        if isinstance(event, Resumed):
            return "resume"
        if one.scope is not None and one.scope.queues is not None and one.node.needs:
            return "join"
        assert one.scope is not None
        role = one.scope.list.role
        adopted = one.scope.owner.adopted and one.number > 1 and role not in {"rescue", "finally", "compensate"}
        return "adopted" if adopted else role


def _may_cancel(event: Input, facts: list[StepFact]) -> bool:
    """Whether more than one instance may be cancelled by it."""
    if isinstance(event, CancelRequested | Resumed | TimerFired):
        return True
    return any(isinstance(fact, StepEnded) and (fact.status not in OK or fact.by) for fact in facts)


def _is_cancelled(one: Instance) -> bool:
    """Whether it is on the way to be cancelled, or is."""
    if one.ended:
        return one.status == "cancelled"
    outcome = one.phase == "finally" and one.outcome == "cancelled"
    return outcome or one.cancelling or (one.phase == "stopping" and not one.timed_out)


def _reply(event: Input) -> str:
    """What the input replies to."""
    if isinstance(event, Answered):
        return event.question
    return event.timer if isinstance(event, TimerFired) else "attempt" if isinstance(event, AttemptEnded) else ""


def _came(life: Life) -> int:
    """The number of the moment of its first fact."""
    known = [one for one in (life.ready_in, life.ended_in) if one is not None]
    return min(known, default=0)
