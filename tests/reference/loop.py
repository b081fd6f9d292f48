"""A looped step: it owns its instances."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.reference.instance import Instance
from tests.reference.life import Error, Life, Process
from tests.reference.words import NOT_OK

if TYPE_CHECKING:
    from tests.reference.scope import Scope


class Loop(Life):
    """`foreach` and `matrix`: one instance for each item, at most so many at once."""

    instances: list[Instance]
    items: dict[str, Any]

    def live(self) -> Process[None]:
        """Ask for the items, see the instances through, sum up."""
        self.instances = []
        before = self.adopted()
        self.items = before.items if before is not None else (yield from self.ask("loop"))
        self.begun = True
        self.status = "running"
        for index, key in enumerate(self.items["keys"]):
            kept = before.instances[index] if before is not None else None
            self.instances.append(self.take_over(kept) if kept is not None else self.instance(index, key))
        yield from self.see_through()
        self.sum_up()

    def see_through(self) -> Process[None]:
        """Begin instances in order; begin no more when cancelled or when too many have failed."""
        while not all(one.ended for one in self.instances):
            seen = self.state()
            if self.cancelling:
                for one in self.instances:
                    one.cancel(self.unbegun)
            elif self.exceeded:
                for one in self.instances:
                    if not one.begun and not one.ended:
                        one.end("blocked", by=self.first_failed().path)
            else:
                self.admit()
            yield lambda before=seen: self.state() != before  # type: ignore[misc]

    def admit(self) -> None:
        """Let the next instances in while there is room."""
        limit = self.items.get("concurrency")
        for one in self.instances:
            inside = sum(other.called and not other.ended for other in self.instances)
            if not one.called and not one.ended and (not limit or inside < limit):
                one.called = True

    def sum_up(self) -> None:
        """The loop's own end."""
        if self.cancelling:
            self.end("cancelled")
        elif self.exceeded:
            self.end("failed", Error("loop.failures", self.path))
        else:
            warned = any(one.status in {"failed", "warning"} for one in self.instances)
            self.end("warning" if warned else "succeeded")

    # ------------------------------------------------------------ instances

    def instance(self, index: int, key: str, old: Instance | None = None) -> Instance:
        """A new activation of the instance of that item."""
        one = Instance(self.reference, self.step, self.scope, f"{self.path}[{key}]")
        one.loop, one.old = self, old
        one.place = (*self.place, index)
        one.waits = lambda: one.called
        return one

    def take_over(self, old: Instance) -> Instance:
        """An instance after a resume: what was ok, or is live, stays."""
        index = old.place[-1]
        if old.status in NOT_OK:
            return self.instance(index, self.items["keys"][index], old)
        old.loop = self
        return old

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
        return (self.cancelling, *[(one.ended, one.number) for one in self.instances])

    # ------------------------------------------------------------ what others see and do

    @property
    def over(self) -> bool:
        """Ended, and no late branch of an instance goes on."""
        return self.ended and all(one.over for one in getattr(self, "instances", []))

    def everyone(self) -> Iterator["Life | Scope"]:
        """The loop, then its instances."""
        yield self
        for one in list(getattr(self, "instances", [])):
            yield from one.everyone()

    def cancel(self, unbegun: str = "cancelled") -> None:
        """Cancel it; late branches of its instances too."""
        if self.ended:
            for one in getattr(self, "instances", []):
                one.cancel(unbegun)
        super().cancel(unbegun)

    # ------------------------------------------------------------ resume

    def adopted(self) -> "Loop | None":
        """The activation before a resume whose items this one goes on with."""
        return self.old if isinstance(self.old, Loop) and self.old.begun else None

    def resume(self) -> None:
        """What was not ok gets a new activation; what is live goes on."""
        for index, one in enumerate(list(getattr(self, "instances", []))):
            if one.status in NOT_OK and not self.ended and not self.cancelling:
                self.instances[index] = self.take_over(one)
            else:
                one.resume()
