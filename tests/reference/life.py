"""What a looped step and an instance have in common: one life, written as a process that waits for conditions."""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from tests.reference.reading import Step
from tests.reference.words import ENDED

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference
    from tests.reference.loop import Loop
    from tests.reference.scope import Scope

T = TypeVar("T")
Condition: TypeAlias = Callable[[], bool]
Process: TypeAlias = Generator[Condition, None, T]


class Error:
    """Why something failed: the type, and the path of the step."""

    def __init__(self, type_: str, path: str) -> None:
        self.type = type_
        self.path = path


class Trouble(Exception):
    """An attempt, or an instance, fails."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.type)
        self.error = error


class Stillborn(Trouble):
    """An instance fails before it has begun: nothing is rescued, nothing cleaned up."""


class Cancelled(Exception):
    """The instance is cancelled: it goes on at its `finally`."""


class LaidBy(Exception):
    """A resume goes on with a part of the body only, and the rest has failed before."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.type)
        self.error = error


class Life:
    """One activation of a step (or one instance of a loop)."""

    def __init__(self, reference: "Reference", step: Step, scope: "Scope | None", path: str) -> None:
        self.reference = reference
        self.step = step
        self.scope = scope
        self.loop: Loop | None = None
        self.path = path
        self.number = 0  # given when it is no longer pending
        self.born = reference.next_birth()
        self.index = 0  # of an instance of a loop: which item
        self.status = "pending"
        self.begun = False
        self.cancelling = False
        self.unbegun = "cancelled"
        self.timed_out = False
        self.finishing = False
        self.superseded = False
        self.forced = False  # a `goto` leads here: its needs are taken as held
        self.due = False  # its join has started it again
        self.used: list[str] = []  # the steps whose arrivals let it start
        self.jumps = False  # it is a `goto` that has ended well
        self.completed_by_force = False
        self.well = False  # a recorded result of it was taken
        self.cut = False  # a `cancel` step or a join has withdrawn it
        self.listens: dict[int, str] = {}
        self.heard: tuple[int, Any] | None = None
        self.listening_since = 0
        self.sending = False  # a signal of it is on its way to another run
        self.sent: tuple[str | None] | None = None  # it is there: the type of the error, if there was one
        self.error: Error | None = None
        self.by = ""
        self.ended_as = 0
        self.ended_at = 0  # with which event
        self.question: str | None = None
        self.answer: tuple[Any, str | None] | None = None
        self.timers: set[str] = set()
        self.old: Life | None = None
        self.lost = False  # its attempt died in the middle, and nobody knows what became of it
        self.unfinished = False  # it failed for what a resume of something else has left failed in it
        self.forgotten = False  # what comes after it begins without its past
        self.called = False
        self.undone = ""  # `claimed` by somebody who is about to undo it, or `undone` by an `undo` step
        self.process: Process[None] | None = self.run()
        self.waits: Condition = lambda: True
        reference.lives.append(self)

    @property
    def place(self) -> tuple[int, ...]:
        """Where it stands now in the document, from outside in: list, position, activation; item."""
        if self.loop is not None:
            return (*self.loop.place, self.index)
        if self.scope is None:
            return ()
        return (*self.scope.owner.place, self.scope.branch.rank, self.step.position, self.born)

    # ------------------------------------------------------------ the process

    def run(self) -> Process[None]:
        """From `pending` to the end."""
        if self.scope is not None and self.loop is None and not self.called:
            scope = self.scope
            yield lambda: scope.verdict(self) is not None
            verdict, by = scope.verdict(self) or ("ready", "")
            if verdict != "ready":
                self.end(verdict, by=by)
                return
            scope.fired(self)
        self.come_about()
        self.status = "ready"
        try:
            if not (yield from self.wanted()):
                self.end("skipped")
                return
            yield from self.live()
        except Trouble as trouble:
            self.end("failed", trouble.error)

    def come_about(self) -> None:
        """It is the next activation of its path."""
        self.number = self.number or self.reference.count(self.path)

    def has_begun(self) -> None:
        """It begins: what may start only before it is skipped, whatever it waits for."""
        self.begun = True
        while self.scope is not None and self.scope.withdraw():
            pass

    def wanted(self) -> Process[bool]:
        """Whether `if` holds; not asked of what had begun before a resume, nor of an instance of a loop."""
        if "if" not in self.step.raw or self.loop is not None or (self.old is not None and self.old.begun):
            return True
        return bool((yield from self.ask("if")))

    def live(self) -> Process[None]:
        """What follows `if`."""
        raise NotImplementedError
        yield

    def advance(self) -> bool:
        """Go on if what it waits for has come; whether it did."""
        if self.process is None or not self.waits():
            return False
        try:
            self.waits = next(self.process)
        except StopIteration:
            self.process = None
        return True

    def ask(self, question: str) -> Process[Any]:
        """Put a question; its answer, or what came between."""
        self.question, self.answer = question, None
        yield lambda: self.answer is not None or self.interrupted
        self.question = None
        self.give_way()
        value, error_type = self.answer or (None, None)
        if error_type is not None:
            raise Trouble(Error(error_type, self.path))
        return value

    def give_way(self) -> None:
        """Stop here if it is cancelled or its time is over."""
        if self.cancelling or self.ends():
            raise Cancelled
        if self.timed_out:
            raise Trouble(Error("timeout", self.path))

    def ends(self, scope: "Scope | None" = None) -> bool:
        """Whether an `end` decides how it ends."""
        return False

    # ------------------------------------------------------------ what others see and do

    @property
    def interrupted(self) -> bool:
        """Whether what it does now must end."""
        return self.cancelling or self.timed_out

    @property
    def is_due(self) -> bool:
        """Whether it has not come about: arrivals that wait for the turn of their step."""
        return self.due and self.status == "pending"

    @property
    def ended(self) -> bool:
        """Whether it has its last status."""
        return self.status in ENDED

    @property
    def over(self) -> bool:
        """Whether it has ended and nothing of it goes on."""
        return self.ended

    def everyone(self) -> "list[Life | Scope]":
        """It and all that is in it, in the order of the document."""
        return [self]

    def cancel(self, unbegun: str = "cancelled") -> None:
        """Cancel it; what of it has not begun becomes `unbegun`."""
        if self.ended or self.finishing:
            return
        if not self.begun:
            self.end(unbegun)
            return
        if not self.cancelling:
            self.cancelling = True
            self.unbegun = unbegun
            self.cancel_inside()

    def cancel_inside(self) -> None:
        """Cancel what it is in the midst of."""

    def late_scopes(self) -> "list[Scope]":
        """Its branches that run on after it has ended."""
        return []

    def cancel_late(self, unbegun: str) -> None:
        """Cancel the branches that run on, with the list around."""
        for scope in self.late_scopes():
            scope.cancel(unbegun)

    def resume(self) -> None:
        """Go on after the process died."""

    def hear(self, rank: int, data: Any) -> None:
        """A signal that it has listened for is its own."""
        self.heard = (rank, data)

    def stop_here(self, status: str) -> None:
        """End at once, whatever it does."""
        self.lost = False
        self.end(status)

    def end(self, status: str, error: Error | None = None, by: str = "") -> None:
        """Set the last status and tell the list."""
        if self.ended:
            return
        self.come_about()
        self.status, self.by = status, by
        self.reference.warned |= status == "warning"
        self.error = error if error is not None else self.error
        self.question = None
        self.timers.clear()
        self.listens.clear()
        self.sending = False
        self.process = None
        self.ended_as = self.reference.next_end()
        self.ended_at = self.reference.moment
        self.reference.give_back(self)
        if self.scope is not None and self.loop is None:
            self.scope.step_ended(self)
