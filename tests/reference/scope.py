"""One life of a list of steps: order, failure policy, cancel, result."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.reference.joins import Join
from tests.reference.life import Error, Life
from tests.reference.reading import Branch, Step
from tests.reference.words import NOT_OK

if TYPE_CHECKING:
    from tests.reference.instance import Instance


class Scope:
    """The lives of a list's steps, from entering the list to its end."""

    def __init__(self, owner: "Instance", branch: Branch) -> None:
        self.owner = owner
        self.branch = branch
        self.lives: list[Life] = []
        self.cancelled = False
        self.cut = False
        self.stopped: Life | None = None
        self.late = False
        self.joins = {step.id: Join(self, step) for step in branch.steps}
        for step in branch.steps:
            self.add(step)

    # ------------------------------------------------------------ lives

    def add(self, step: Step, old: Life | None = None) -> Life:
        """A new activation of the step."""
        from tests.reference.instance import Instance
        from tests.reference.loop import Loop

        prefix = f"{self.owner.path}/" if self.owner.path else ""
        kind = Loop if step.loop else Instance
        life = kind(self.owner.reference, step, self, prefix + step.id)
        life.place = (*self.owner.place, self.branch.rank, step.position, 0)
        life.old = old
        self.lives.append(life)
        self.lives.sort(key=lambda one: (one.step.position, one.number))
        return life

    def lives_of(self, name: str) -> list[Life]:
        """The activations of the step that still count."""
        return [life for life in self.lives if life.step.id == name and not life.superseded]

    def everyone(self) -> Iterator["Life | Scope"]:
        """The list and all that is in it."""
        yield self
        for life in list(self.lives):
            yield from life.everyone()

    # ------------------------------------------------------------ order

    def verdict(self, life: Life) -> tuple[str, str] | None:
        """What can be said of a pending step: ready, skipped, or blocked and by whom; None: nothing yet."""
        if self.stopped is not None and not life.step.handler:
            return "blocked", self.stopped.path
        return self.joins[life.step.id].verdict()

    def fired(self, life: Life) -> None:
        """The step's needs hold and are used up."""
        self.joins[life.step.id].fire()

    def advance(self) -> bool:
        """Begin a further activation where a join has fired again; whether there was one."""
        if self.cancelled:
            return False
        return any(join.advance() for join in self.joins.values())

    # ------------------------------------------------------------ failure and cancel

    def step_ended(self, life: Life) -> None:
        """Apply the failure policy."""
        policy = self.owner.step.policy
        if life.status != "failed" or policy == "continue" or self.stopped is not None or self.cancelled:
            return
        self.stopped = life
        for one in list(self.lives):
            if not one.ended and not one.begun and not one.step.handler:
                one.end("blocked", by=life.path)
        if policy == "cancel":
            for one in list(self.lives):
                if not one.ended and one.begun:
                    one.cancel()

    def cancel(self, unbegun: str = "cancelled") -> None:
        """Nothing more starts; what has begun is cancelled, what has not becomes `unbegun`."""
        if self.over:
            return
        self.cancelled = True
        self.cut = unbegun == "skipped"
        for life in list(self.lives):
            life.cancel(unbegun)

    # ------------------------------------------------------------ the end

    @property
    def over(self) -> bool:
        """Whether every step has ended and nothing of it goes on."""
        done = all(life.over for life in self.lives)
        return done and (self.cancelled or not any(join.more() for join in self.joins.values()))

    @property
    def counting(self) -> list[Life]:
        """The activations that make the result."""
        return [life for life in self.lives if not life.superseded]

    @property
    def failed(self) -> Life | None:
        """The step that failed first."""
        failed = [life for life in self.counting if life.status == "failed"]
        return min(failed, key=lambda life: life.ended_as) if failed else None

    @property
    def result(self) -> str:
        """How the list has ended: succeeded, failed or cancelled."""
        if self.failed is not None:
            return "failed"
        if any(life.status == "blocked" for life in self.counting) or (self.cancelled and not self.cut):
            return "cancelled"
        return "succeeded"

    @property
    def error(self) -> Error:
        """The error of the step that failed first."""
        failed = self.failed
        if failed is not None and failed.error is not None:
            return failed.error
        return Error("cancelled", self.owner.path)

    # ------------------------------------------------------------ resume

    def resume(self) -> None:
        """What was not ok gets a new activation; what is live goes on. A list being cancelled only goes on."""
        if not self.cancelled:
            self.stopped = None
        for life in self.counting:
            if life.status in NOT_OK and not self.cancelled:
                self.lives.remove(life)
                self.joins[life.step.id] = Join(self, life.step)
                self.add(life.step, life)
            else:
                life.resume()
