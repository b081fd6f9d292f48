"""Looks at one instance while its run is gone through again, and notes what happens to it."""

from collections import Counter
from typing import Any

from steplane.app.stories.awaited import waits_for_nothing_selected
from steplane.app.stories.causes import lost_needs, too_few
from steplane.app.stories.replay import Life
from steplane.app.stories.shapes import Entry
from steplane.events import (
    Answered,
    AttemptEnded,
    ErrorInfo,
    Input,
    ItemAdded,
    LockAnswered,
    Resumed,
    StepCompensated,
    StepEnded,
    StepFact,
    StepReady,
    StepRetry,
    StepStarted,
    StepWaiting,
    StepWoken,
    TimerFired,
)
from steplane.kernel import Instance, State
from steplane.plan.nodes import Choice, ForEach, Fork, Matrix, Rounds

NEVER_AGAIN = frozenset({"expression", "input.invalid", "require", "cancelled"})
"""Errors after which nothing is tried again: docs/semantics.md, 8.4."""

AFTER = frozenset({"rescue", "finally", "ended"})
"""Phases after the last attempt."""

_SHOWN = 5
_KINDS = {
    "if": "condition", "loop": "items", "enter": "limits", "cache": "cache", "require": "precondition",
    "switch": "arm", "branches": "branches", "call": "given", "ensure": "postcondition", "outputs": "outputs",
    "complete": "complete", "item": "item.refused", "while": "while", "until": "until",
}  # fmt: skip


class Watcher:
    """What has happened to one instance so far."""

    def __init__(self, life: Life, state: State) -> None:
        self.life = life
        self.instance = life.instance
        self.entries: list[Entry] = []
        self._state = state
        self._phase = "new"
        self._wanted = 0  # since when it wants a lock or a slot
        self._began = 0
        self._attempt = 0  # the attempt that is open
        self._again = False  # it is made again, as it was cut off
        self._stopping = False
        self.over = False

    def take(self, at: int, event: Input, facts: list[StepFact]) -> None:
        """An event has been taken in; `facts` are those about this instance."""
        if isinstance(event, LockAnswered) and event.instance == self.instance.serial:
            self._waited_for(event)
        self._leaves(at)
        if isinstance(event, Resumed) and self._phase not in {"new", "ended"}:
            again = self._attempt > 0 and any(isinstance(fact, StepStarted) for fact in facts)
            said = event.assume.get(self.instance.path) or {}
            told = self.instance.path in event.redo
            self._add(at, "resumed", actor=event.actor, again=again, redo=told, assumed=said.get("status"))
            self._again = again
        elif isinstance(event, Answered) and event.instance == self.instance.serial:
            self._answered(at, event)
        elif isinstance(event, AttemptEnded) and event.instance == self.instance.serial:
            if event.decided is not None:
                self._add(at, "decided", rules=[(one.rule, one.because) for one in event.decided])
            self._attempt_ended(at, event.outcome, event.error)
        elif isinstance(event, TimerFired) and event.instance == self.instance.serial and event.timer == "timeout":
            self._add(at, "timeout", seconds=self.instance.timeout)
        for fact in facts:
            self._fact(at, event, fact)
        self._stops(at)
        self._gives_up(at, event, facts)
        self._enters(at)
        self._phase = self.instance.phase
        self.over = self.instance.ended

    def _add(self, at: int, kind: str, **data: Any) -> None:
        self.entries.append(Entry(at, kind, data))

    # ------------------------------------------------------------ what the event itself says

    def _answered(self, at: int, event: Answered) -> None:
        if event.question in {"retry", "wait", "signal"} or (event.question == "item" and event.error is None):
            return  # told with what follows from it
        value: Any = event.value
        if event.question == "loop" and isinstance(value, dict):
            keys = value.get("keys", [])
            value = {"number": len(keys), "keys": keys[:_SHOWN], "concurrency": value.get("concurrency")}
        elif event.question == "call" and isinstance(value, dict):
            value = value.get("inputs", {})
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
        if isinstance(node.loop, Rounds) and event.question == node.loop.question:
            return node.loop.condition.text.strip()
        if event.question == "complete" and isinstance(node.loop, ForEach | Matrix) and node.loop.complete is not None:
            return node.loop.complete.text.strip()
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
        self._add(
            at, "attempt.ended", number=self._attempt, outcome=outcome, error=error, seconds=seconds,
            inner=self._is_inner(error), **self._plain(),
        )  # fmt: skip
        self._attempt = 0

    def _waited_for(self, event: LockAnswered) -> None:
        """Who held the lock of the store is known only afterwards."""
        waits = next((one for one in reversed(self.entries) if one.kind == "lock.waits"), None)
        if waits is not None:
            waits.data["holders"] += event.holders

    def _is_inner(self, error: ErrorInfo | None) -> bool:
        """Whether an error is that of a step in it."""
        return error is not None and error.step not in {"", self.instance.path}

    def _plain(self) -> dict[str, Any]:
        """Whether it is the only attempt that there can be, and whether it is but that of a loop."""
        one = self.instance
        return {"only": one.node.retry is None, "loop": one.loop is not None}

    # ------------------------------------------------------------ what followed

    def _fact(self, at: int, event: Input, fact: StepFact) -> None:
        if isinstance(fact, StepReady):
            self._add(at, "ready", **self._ready())
        elif isinstance(fact, StepStarted):
            waited = (at - self._wanted) / 1e6 if self._wanted else 0.0
            self._add(at, "attempt", number=fact.attempt, seconds=waited, again=self._again, **self._plain())
            self._again = False
            self._began, self._attempt, self._wanted = at, fact.attempt, 0
        elif isinstance(fact, StepRetry):
            self._attempt_ended(at, "failed", fact.error)
            seen = list(event.seen) if isinstance(event, Answered) else []
            self._add(at, "retry", number=fact.attempt, delay=fact.delay, of=self.instance.attempts, seen=seen)
        elif isinstance(fact, StepWaiting):
            self._add(at, "waits", signals=list(fact.signals), until=fact.until, limit=fact.limit)
        elif isinstance(fact, ItemAdded):
            self._add(at, "item", signal=fact.signal, sender=fact.sender, key=fact.key, closed=fact.closed)
        elif isinstance(fact, StepWoken):
            self._add(at, "woken", signal=fact.signal, sender=fact.sender, branch=fact.branch)
        elif isinstance(fact, StepEnded):
            self._ended(at, event, fact)
        elif isinstance(fact, StepCompensated):
            self._add(at, "compensated", ok=fact.ok, by=fact.by, error=fact.error)

    def _ended(self, at: int, event: Input, fact: StepEnded) -> None:
        composite = self._attempt and fact.status not in {"skipped", "blocked"}
        if composite:
            outcome = "failed" if fact.error is not None else "cancelled" if fact.status == "cancelled" else "succeeded"
            self._attempt_ended(at, outcome, fact.error)
        cause = None
        if fact.status == "cancelled" and not self._stopping and not fact.reason:
            cause = self.life.stop
        elif fact.status == "skipped" and not (fact.reason or fact.by):
            cause = lost_needs(self.life.needs) or too_few(self.instance)
        self._add(
            at, "ended", status=fact.status, reason=fact.reason, seen=list(fact.seen), by=fact.by, cause=cause,
            error=fact.error, recovered=fact.recovered, attempts=fact.attempts, inner=self._is_inner(fact.error),
            **self._items(),
        )  # fmt: skip

    def _items(self) -> dict[str, Any]:
        """How the items of a loop ended."""
        loop = self.instance.loop
        if loop is None:
            return {}
        ends = Counter(one.status for one in loop.instances if one is not None)
        return {"items": dict(ends.most_common()), "allowed": loop.allowed}

    def _ready(self) -> dict[str, Any]:
        """What let it start."""
        life, one = self.life, self.instance
        data: dict[str, Any] = {"by": life.ready_by, "after": life.after.path if life.after is not None else ""}
        if life.after is not None and one.node.handler:
            data["status"] = life.after.status
        if life.changed:
            data["changed"] = life.changed
        if life.enough is not None:
            data |= {"wanted": life.enough.wanted, "named": life.enough.named}
        if life.after is None and one.scope is not None:
            owner = one.scope.owner
            data |= {"outer": owner.path, "of": _part_of(owner, one)}
            data |= {"apart": True} if waits_for_nothing_selected(one) else {}
        return data

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
        if isinstance(event, Answered) and event.question == "retry" and event.error is not None:
            return {"why": "error", "error": event.error}
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

    def _stops(self, at: int) -> None:
        """Somebody or something has begun to end it."""
        one = self.instance
        if self.life.stop is not None and not one.ended and not self._stopping:
            self._add(at, "stopping", cause=self.life.stop)
            self._stopping = True


def _part_of(owner: Instance, one: Instance) -> Any:
    """Which arm (its number) or branch (its name) of the step around it an instance is in, or which attempt of that."""
    assert one.scope is not None
    if isinstance(owner.node.action, Choice) and one.scope.list.role == "arm":
        return [arm.list for arm in owner.node.action.arms].index(one.scope.list.number) + 1
    return one.scope.list.label if one.scope.list.role == "branch" else owner.attempt
