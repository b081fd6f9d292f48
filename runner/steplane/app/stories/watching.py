"""Looks at one instance while its run is gone through again, and notes what happens to it."""

from typing import Any

from steplane.app.stories.causes import cause_of, lost_needs
from steplane.app.stories.replay import needs_of
from steplane.app.stories.shapes import Entry
from steplane.events import (
    Answered,
    AttemptEnded,
    ErrorInfo,
    Input,
    LockAnswered,
    Resumed,
    StepEnded,
    StepFact,
    StepReady,
    StepRetry,
    StepStarted,
    TimerFired,
)
from steplane.kernel import Instance, State
from steplane.plan.nodes import Choice, Fork

NEVER_AGAIN = frozenset({"expression", "input.invalid", "require", "cancelled"})
"""Errors after which nothing is tried again: docs/semantics.md, 8.4."""

AFTER = frozenset({"rescue", "finally", "ended"})
"""Phases after the last attempt."""

_SHOWN = 5
_KINDS = {
    "if": "condition", "loop": "items", "enter": "limits", "require": "precondition", "switch": "arm",
    "branches": "branches", "ensure": "postcondition", "outputs": "outputs",
}  # fmt: skip


class Watcher:
    """What has happened to one instance so far."""

    def __init__(self, instance: Instance, state: State) -> None:
        self.instance = instance
        self.entries: list[Entry] = []
        self._state = state
        self._phase = "new"
        self._wanted = 0  # since when it wants a lock or a slot
        self._began = 0
        self._attempt = 0  # the attempt that is open
        self._stopping = False
        self._after: str = ""
        self._ready_by: str = ""
        self.over = False

    def ready_after(self, after: Instance | None, by: str) -> None:
        """What let it start; to be said before it is told that it is ready."""
        self._after, self._ready_by = after.path if after is not None else "", by

    def take(self, at: int, event: Input, facts: list[StepFact]) -> None:
        """An event has been taken in; `facts` are those about this instance."""
        if isinstance(event, LockAnswered) and event.instance == self.instance.serial:
            self._waited_for(event)
        self._leaves(at)
        if isinstance(event, Resumed) and self._phase not in {"new", "ended"}:
            again = self._attempt > 0 and any(isinstance(fact, StepStarted) for fact in facts)
            said = event.assume.get(self.instance.path) or {}
            self._add(at, "resumed", actor=event.actor, again=again, assumed=said.get("status"))
        elif isinstance(event, Answered) and event.instance == self.instance.serial:
            self._answered(at, event)
        elif isinstance(event, AttemptEnded) and event.instance == self.instance.serial:
            self._attempt_ended(at, event.outcome, event.error)
        elif isinstance(event, TimerFired) and event.instance == self.instance.serial and event.timer == "timeout":
            self._add(at, "timeout", seconds=self.instance.timeout)
        self._stops(at, event)
        for fact in facts:
            self._fact(at, event, fact)
        self._gives_up(at, event, facts)
        self._enters(at)
        self._phase = self.instance.phase
        self.over = self.instance.ended

    def _add(self, at: int, kind: str, **data: Any) -> None:
        self.entries.append(Entry(at, kind, data))

    # ------------------------------------------------------------ what the event itself says

    def _answered(self, at: int, event: Answered) -> None:
        if event.question == "retry":
            return  # told with what follows from it
        value: Any = event.value
        if event.question == "loop" and isinstance(value, dict):
            keys = value.get("keys", [])
            value = {"number": len(keys), "keys": keys[:_SHOWN], "concurrency": value.get("concurrency")}
        elif event.question == "outputs" and event.error is None:
            return
        self._add(
            at, _KINDS[event.question], value=value, seen=list(event.seen), error=event.error,
            condition=self._condition(event),
        )  # fmt: skip

    def _condition(self, event: Answered) -> str:
        node = self.instance.node
        if event.question == "if" and node.condition is not None:
            return node.condition.text.strip()
        if event.question == "switch" and isinstance(node.action, Choice) and isinstance(event.value, int):
            condition = node.action.arms[event.value].condition
            return condition.text.strip() if condition is not None else "default"
        if event.question == "branches" and isinstance(node.action, Fork):
            return ", ".join(self.instance.choice or [])
        return ""

    def _attempt_ended(self, at: int, outcome: str, error: ErrorInfo | None) -> None:
        if not self._attempt:
            return
        seconds = (at - self._began) / 1e6
        self._add(at, "attempt.ended", number=self._attempt, outcome=outcome, error=error, seconds=seconds)
        self._attempt = 0

    def _waited_for(self, event: LockAnswered) -> None:
        """Who held the lock of the store is known only afterwards."""
        waits = next((one for one in reversed(self.entries) if one.kind == "lock.waits"), None)
        if waits is not None:
            waits.data["holders"] += event.holders

    # ------------------------------------------------------------ what followed

    def _fact(self, at: int, event: Input, fact: StepFact) -> None:
        if isinstance(fact, StepReady):
            self._add(at, "ready", after=self._after, by=self._ready_by)
        elif isinstance(fact, StepStarted):
            waited = (at - self._wanted) / 1e6 if self._wanted else 0.0
            self._add(at, "attempt", number=fact.attempt, seconds=waited)
            self._began, self._attempt, self._wanted = at, fact.attempt, 0
        elif isinstance(fact, StepRetry):
            self._attempt_ended(at, "failed", fact.error)
            seen = list(event.seen) if isinstance(event, Answered) else []
            self._add(at, "retry", number=fact.attempt, delay=fact.delay, of=self.instance.attempts, seen=seen)
        elif isinstance(fact, StepEnded):
            self._ended(at, event, fact)

    def _ended(self, at: int, event: Input, fact: StepEnded) -> None:
        composite = self._attempt and fact.status not in {"skipped", "blocked"}
        if composite:
            outcome = "failed" if fact.error is not None else "cancelled" if fact.status == "cancelled" else "succeeded"
            self._attempt_ended(at, outcome, fact.error)
        cause = None
        if fact.status == "cancelled" and not self._stopping:
            cause = cause_of(self.instance, event, self._state)
        elif fact.status == "skipped" and not (fact.reason or fact.by):
            cause = lost_needs(needs_of(self.instance))
        self._add(
            at, "ended", status=fact.status, reason=fact.reason, seen=list(fact.seen), by=fact.by, cause=cause,
            error=fact.error, recovered=fact.recovered, attempts=fact.attempts,
        )  # fmt: skip

    def _gives_up(self, at: int, event: Input, facts: list[StepFact]) -> None:
        """Say why a failed attempt of a step that has `retry` is not followed by another."""
        one = self.instance
        over = one.phase in AFTER and self._phase not in {*AFTER, "new"}
        came = one.status if one.phase == "ended" else one.outcome
        failed = one.phase == "rescue" or came in {"failed", "warning"}
        if one.node.retry is None or one.error is None or not (over and failed and one.attempt):
            return
        place = len(self.entries) - sum(isinstance(fact, StepEnded) for fact in facts)
        self.entries.insert(place, Entry(at, "given_up", self._why(event)))

    def _why(self, event: Input) -> dict[str, Any]:
        one, retry = self.instance, self.instance.node.retry
        assert retry is not None
        assert one.error is not None
        if one.error.type in NEVER_AGAIN:
            return {"why": "type", "type": one.error.type}
        refused = isinstance(event, Answered) and event.question == "retry" and event.error is None
        if isinstance(event, Answered) and refused and not event.value["again"]:
            return {"why": "when", "condition": retry.when.text.strip() if retry.when else "", "seen": list(event.seen)}
        if one.attempts is not None and one.attempt >= one.attempts:
            return {"why": "attempts", "attempts": one.attempt}
        return {"why": "time", "within": retry.within}

    # ------------------------------------------------------------ where it stands

    def _leaves(self, at: int) -> None:
        """It no longer is where it was."""
        one, before = self.instance, self._phase
        if before == one.phase:
            return
        if before == "lock" and one.holding:
            self._add(at, "lock", lock=one.lock, seconds=(at - self._wanted) / 1e6 if self._wanted else 0.0)
            self._wanted = 0
        elif before == "rescue":
            self._add(at, "rescue.ended", ok=one.recovered)
        elif before == "finally" and one.after is not None:
            self._add(at, "finally.ended", ok=one.after.result == "succeeded")

    def _enters(self, at: int) -> None:
        one, before = self.instance, self._phase
        if before == one.phase:
            return
        if one.phase == "lock":
            everyone = self._state.instances.values()
            holders = [each.path for each in everyone if each.holding and each.lock_key == one.lock_key]
            self._add(at, "lock.waits", lock=one.lock, holders=holders[:_SHOWN])
            self._wanted = at
        elif one.phase == "queue":
            running = [each.path for each in self._state.live("attempt")]
            self._add(at, "slot.waits", pool=self._state.pool, running=running[:_SHOWN])
            self._wanted = at
        elif one.phase in {"rescue", "finally", "undecided"}:
            if one.phase == "rescue" and self._attempt:
                self._attempt_ended(at, "failed", one.error)
            self._add(at, one.phase)

    def _stops(self, at: int, event: Input) -> None:
        """Somebody or something has begun to end it."""
        one = self.instance
        stopping = (one.cancelling or one.phase == "stopping") and not one.timed_out and not one.ended
        if stopping and not self._stopping:
            self._add(at, "stopping", cause=cause_of(one, event, self._state))
            self._stopping = True
