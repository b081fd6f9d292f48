"""A looped step: it owns its instances."""

from typing import TYPE_CHECKING, Any

from tests.reference import parts
from tests.reference.instance import Instance
from tests.reference.life import Cancelled, Error, Life, Process, Trouble
from tests.reference.selecting import verdict
from tests.reference.words import NOT_OK

if TYPE_CHECKING:
    from tests.reference.scope import Scope


class Loop(Life):
    """`foreach` and `matrix`: one instance for each item, at most so many at once."""

    instances: list[Instance]
    items: dict[str, Any]
    ended_before = 0
    completed = False
    closed = False  # it takes no further items, for good
    inbox: tuple[Any, ...] = ()  # what the signals have brought that it has taken
    trouble: Error | None = None

    def live(self) -> Process[None]:
        """Ask for the items, see the instances through, sum up."""
        self.instances = []
        before = self.adopted()
        self.items = before.items if before is not None else (yield from self.ask("loop"))
        self.has_begun()
        self.status = "running"
        self.closed = before is not None and before.closed
        for index, key in enumerate(self.items["keys"]):
            kept = before.instances[index] if before is not None else None
            self.instances.append(kept if kept is not None else self.instance(index, key))
            if kept is not None:
                self.resume_item(index, kept)
            else:
                parts.leave_out(self.instances[-1], parts.item_outside(self, key))
        yield from self.see_through()
        self.sum_up()

    def see_through(self) -> Process[None]:
        """Begin instances in order; begin no more when cancelled or when too many have failed."""
        self.open_for_items()
        self.ended_before = self.ended_now
        while self.goes_on():
            seen, trouble = self.state(), self.trouble
            if (yield from self.complete()):
                return
            if self.asks_again or (yield from self.take_item()):
                continue
            self.act()
            if self.trouble is trouble:
                yield lambda before=seen: self.state() != before  # type: ignore[misc]

    def goes_on(self) -> bool:
        """Whether an instance is to come or has not ended; once no further one may begin no item is taken."""
        if self.cancelling or self.exceeded or self.trouble is not None:
            self.listens, self.inbox = {}, ()
        more = bool(self.listens or self.inbox) and not parts.part_of(self)
        return more or not all(one.ended for one in self.instances)

    def act(self) -> None:
        """Cancel, begin no more, or let more in."""
        if self.cancelling:
            for one in self.instances:
                one.cancel(self.unbegun)
        elif self.trouble is not None:
            self.block(self.path)
        elif self.exceeded and not all(parts.left(one) for one in self.instances if one.status == "failed"):
            self.block(self.first_failed().path)
        else:
            self.admit()

    def block(self, by: str) -> None:
        """What has not begun never will."""
        for one in self.instances:
            if not one.begun and not one.ended:
                one.end("blocked", by=by)

    def open_for_items(self) -> None:
        """Listen for items where the loop is kept `open`."""
        if parts.part_of(self):
            self.listens = {}
        elif "open" in self.step.raw and not (self.closed or None in self.inbox or self.listens):
            self.listens = {0: str(self.step.raw["open"])}
            self.listening_since = self.reference.moment

    def hear(self, rank: int, data: Any) -> None:
        """Take every signal at once; one without data is the last."""
        self.inbox = (*self.inbox, data)
        if data is None:
            self.listens = {}

    def take_item(self) -> Process[bool]:
        """A signal adds its data as an item; one without data closes the loop. Whether there was one."""
        if not self.inbox or parts.part_of(self) or self.cancelling or self.trouble is not None or self.exceeded:
            return False
        if self.inbox[0] is None:
            self.closed, self.inbox = True, ()
            return True
        try:
            answer = yield from self.ask("item")
        except Cancelled:
            return True
        except Trouble as trouble:
            self.trouble = trouble.error
            return True
        if parts.part_of(self):
            return True
        self.inbox = self.inbox[1:]
        self.items = {**self.items, "keys": [*self.items["keys"], answer["key"]], "allowed": answer["allowed"]}
        one = self.instance(len(self.instances), answer["key"])
        self.instances.append(one)
        parts.leave_out(one, parts.item_outside(self, answer["key"]))
        return True

    def complete(self) -> Process[bool]:
        """Whether enough is done: what has not begun is skipped, what runs goes on late or is cancelled."""
        if self.cancelling or self.exceeded or self.trouble is not None or not (yield from self.enough()):
            return False
        if self.cancelling or self.exceeded:
            return False
        self.completed = True
        self.listens, self.inbox = {}, ()
        running = [one for one in self.instances if one.begun and not one.ended]
        for one in self.instances:
            if not one.begun and not one.ended:
                one.end("skipped")
        if self.step.raw.get("rest") == "cancel":
            for one in running:
                one.cancel()
            yield lambda: all(one.ended for one in running)
        else:
            self.reference.late_lives += running
        return True

    def enough(self) -> Process[bool]:
        """Whether `complete` holds: a number of successes, or a condition asked after each end."""
        written = self.step.raw.get("complete")
        if written is None:
            return False
        if self.ended_now == self.ended_before:
            return False
        self.ended_before = self.ended_now
        if str(written).isdigit():
            return sum(one.well or one.status in {"succeeded", "warning"} for one in self.instances) >= int(written)
        asked_at = self.reference.moment
        try:
            found = bool((yield from self.ask("complete")))
        except Cancelled:
            return False
        except Trouble as trouble:
            self.trouble = trouble.error
            self.listens, self.inbox = {}, ()
            return False
        resumed_at = self.reference.resumed_at
        if asked_at <= resumed_at:  # it was put again then: one question is about all the ends that a resume brings
            self.ended_before = sum(one.ended and one.ended_at <= resumed_at for one in self.instances)
        return found

    @property
    def asks_again(self) -> bool:
        """Whether an instance has ended while it was asked whether the loop is complete."""
        going = not (self.cancelling or self.exceeded or self.trouble)
        return going and "complete" in self.step.raw and self.ended_now != self.ended_before

    @property
    def ended_now(self) -> int:
        """How many instances have ended."""
        return sum(one.ended for one in self.instances)

    def admit(self) -> None:
        """Let the next instances in while there is room."""
        limit = self.items.get("concurrency")
        for one in self.instances:
            inside = sum(other.called and not other.ended for other in self.instances)
            if not one.called and not one.ended and (not limit or inside < limit):
                one.called = True

    def sum_up(self) -> None:
        """The loop's own end."""
        if self.cancelling and not self.completed_by_force:
            self.end("cancelled")
        elif self.trouble is not None:
            self.end("failed", self.trouble)
        elif self.exceeded and not self.completed_by_force and not self.completed:
            self.unfinished = all(parts.left(one) for one in self.instances if one.status == "failed")
            self.end("failed", Error("loop.failures", self.path))
        elif self.left_unfinished and not self.completed:
            self.end("cancelled")
        else:
            warned = any(one.status in {"failed", "warning"} for one in self.instances)
            self.end("warning" if warned else "succeeded")

    # ------------------------------------------------------------ instances

    def instance(self, index: int, key: str, old: Instance | None = None) -> Instance:
        """A new activation of the instance of that item."""
        one = Instance(self.reference, self.step, self.scope, f"{self.path}[{key}]")
        one.loop, one.old = self, old
        one.index = index
        one.waits = lambda: one.called and self.question not in {"complete", "item"}
        return one

    @property
    def left_unfinished(self) -> bool:
        """Whether a resume of some items leaves one that is not ok, and has not failed."""
        if "open" in self.step.raw and not self.closed and parts.part_of(self) == "resume":
            return True
        unwell = any(one.status in NOT_OK and one.status != "failed" for one in self.instances)
        focus = self.reference.focus
        return unwell and focus is not None and verdict(focus, parts.way(self)) == "around"

    def take_over(self, old: Instance) -> Instance:
        """An instance after a resume: what was ok, or is live, stays."""
        if parts.to_do_again(old):
            self.reference.again.discard(old)
            before = old if old.begun or not isinstance(old.old, Instance) else old.old
            return self.instance(old.index, self.key_of(old), None if old.forgotten else before)
        old.loop = self
        for scope in old.late_scopes():
            if self.scope is not None:
                self.scope.take_again(scope)
        return old

    def key_of(self, one: Instance) -> str:
        """The key of an item."""
        return one.path[len(self.path) + 1 : -1]

    @property
    def failures(self) -> int:
        """How many instances have failed."""
        return sum(one.status == "failed" for one in self.instances)

    @property
    def exceeded(self) -> bool:
        """Whether more have failed than may."""
        return self.failures > int(self.items.get("allowed", 0))

    def first_failed(self) -> Instance:
        """The instance that failed first."""
        return min((one for one in self.instances if one.status == "failed"), key=lambda one: one.ended_as)

    def state(self) -> tuple[object, ...]:
        """What the loop watches."""
        return (self.cancelling, len(self.inbox), *[(one.ended, one.born) for one in self.instances])

    # ------------------------------------------------------------ what others see and do

    @property
    def over(self) -> bool:
        """Ended, and no late branch of an instance goes on."""
        return self.ended and all(one.over for one in getattr(self, "instances", []))

    def everyone(self) -> "list[Life | Scope]":
        """The loop, then its instances."""
        found: list[Life | Scope] = [self]
        for one in getattr(self, "instances", []):
            found += one.everyone()
        return found

    def late_scopes(self) -> "list[Scope]":
        """Late branches of its instances."""
        return [scope for one in getattr(self, "instances", []) for scope in one.late_scopes()]

    def cancel_inside(self) -> None:
        """Cancel its instances."""
        for one in getattr(self, "instances", []):
            one.cancel(self.unbegun)

    def cancel_late(self, unbegun: str) -> None:
        """Cancel late branches, and children that run on."""
        for one in getattr(self, "instances", []):
            if self.ended:
                one.cancel(unbegun)
            one.cancel_late(unbegun)

    # ------------------------------------------------------------ resume

    def adopted(self) -> "Loop | None":
        """The activation before a resume whose items this one goes on with."""
        return self.old if isinstance(self.old, Loop) and self.old.begun else None

    def resume(self) -> None:
        """What was not ok gets a new activation; what is live goes on."""
        for index, one in enumerate(list(getattr(self, "instances", []))):
            if self.ended and not one.ended and parts.item_outside(self, self.key_of(one)) == "resume":
                parts.put_down(one)
            elif self.ended or self.cancelling or self.completed:
                one.resume()
            else:
                self.resume_item(index, one)
        self.trouble = None
        if self.begun and not (self.ended or self.cancelling or self.completed):
            self.open_for_items()
            if self.question == "item" and parts.part_of(self):
                self.question, self.answer = None, (None, None)
        self.ended_before = self.ended_now if hasattr(self, "instances") else 0

    def resume_item(self, index: int, one: Instance) -> None:
        """The same for one item."""
        outside = parts.item_outside(self, self.key_of(one)) == "resume"
        if outside and one.path not in self.reference.assumed:
            parts.put_down(one)
        said = parts.said_of(one, outside)
        if said is not None:
            parts.put_down_late(one)
            parts.forget_late(one)
            self.instances[index] = self.instance(index, self.key_of(one)) if one.ended else one
            parts.take(self.instances[index], said)
        elif outside:
            one.loop = self
        elif parts.to_do_again(one):
            if self.scope is not None and not one.forgotten:
                self.scope.set_adrift(one)
            self.instances[index] = self.take_over(one)
        else:
            self.instances[index] = self.take_over(one)
            one.resume()
