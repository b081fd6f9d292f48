"""The whole run: what comes from outside, what is wanted, how what follows from an event is worked out."""

from typing import Any, TypeAlias

from tests.reference import compensation, redefined, resources, resume, waiting
from tests.reference.instance import Instance
from tests.reference.life import Life
from tests.reference.reading import read
from tests.reference.scope import Scope
from tests.reference.selecting import Pattern

Want: TypeAlias = tuple[Any, ...]
Event: TypeAlias = tuple[Any, ...]


class Reference:
    """One run of one workflow, given as plain data."""

    def __init__(
        self,
        workflow: dict[str, Any],
        pool: int = 8,
        files: dict[str, dict[str, Any]] | None = None,
        *,
        selection: list[Pattern] | None = None,
        recorded: dict[str, str] | None = None,
    ) -> None:
        self.files = files or {}
        self.selection = selection  # None: all of it runs
        self.focus: list[Pattern] | None = None  # what the latest resume goes on with; None: all
        self.recorded = recorded  # statuses in the run that is taken over, by path
        self.assumed: dict[str, Any] = {}
        self.again: set[Life] = set()
        self.written = workflow
        self.workflow = read(workflow)
        self.pool = pool
        self.now = 0.0
        self.moment = 0
        self.resumed_at = -1  # the moment of the latest resume
        self.lives: list[Life] = []
        self.numbers: dict[str, int] = {}
        self.ends_given = 0
        self.births = 0
        self.late: list[Scope] = []
        self.late_lives: list[Life] = []
        self.late_failed = False  # a branch that ran on had failed, and was then done again
        self.signals: list[tuple[str, Any, int | None]] = []  # name, data, of a transient one the event
        self.compensation_failed = False
        self.warned = False  # something has ended as a warning
        self.begun = False
        self.resuming = False
        self.root = Instance(self, self.workflow, None, "")

    # ------------------------------------------------------------ from outside

    def begin(self) -> None:
        """Enter the workflow."""
        self.begun = True
        self.settle()

    def feed(self, event: Event, at: float = 0.0) -> None:
        """Take in what happened; late news changes nothing. `at` (seconds) is only for the `for` of `retry`."""
        self.moment += 1
        self.now = max(self.now, at)
        if event[0] == "redefined":
            redefined.redefined(self, event[1], event[2])
            return  # a resume follows
        if event[0] == "resumed":
            self.resumed_at = self.moment
            resume.resumed(self, tuple(event[1]), dict(event[2]), event[3] if len(event) > 3 else None)
        elif event[0] == "cancel":
            self.cancel()
        elif event[0] == "compensate":
            compensation.on_demand(self, tuple(event[1]))
        elif event[0] == "signal":
            waiting.send(self, event[1], event[2], transient=len(event) > 3 and bool(event[3]))
        else:
            self.reply(event)
        self.settle()
        waiting.forget_transient(self)

    def reply(self, event: Event) -> None:
        """Bring a reply to the life that waits for it."""
        kind, path, number = event[:3]
        life = next((one for one in self.everyone() if (one.path, one.number) == (path, number)), None)
        if life is None or life.ended:
            return
        if kind == "answered" and life.question == event[3] and life.answer is None:
            life.answer = (event[4], event[5])
        elif kind == "sent" and life.sending:
            life.sent = (event[3],)
        elif kind == "timer" and event[3] in life.timers:
            life.timers.discard(event[3])
            life.timed_out = event[3] == "timeout" and not self.stops(life)
        elif kind == "attempt.ended" and isinstance(life, Instance) and life.has_slot and life.attempt == event[3]:
            life.has_slot = False
            life.outcome = (event[4], event[5])
        elif kind == "lock" and isinstance(life, Instance) and life.lock_asked:
            life.deadlocked, life.refusal = event[3] is not None, event[3]
            life.lock_held = None if life.deadlocked else life.lock_wanted
            life.lock_wanted, life.lock_asked = None, False

    def stops(self, life: Life) -> bool:
        """Whether its attempt is being ended already."""
        return isinstance(life, Instance) and life.stopping

    # ------------------------------------------------------------ what follows

    def everyone(self) -> list[Life]:
        """All lives, in the order of the document."""
        return [one for one in self.root.everyone() if isinstance(one, Life)]

    def settle(self) -> None:
        """Work out all that follows, the first in the document first; then locks, then slots, then a deadlock."""
        while True:
            while any(one.advance() for one in self.root.everyone()) or waiting.deliver(self):
                pass
            if not resources.grant_lock(self) and not resources.grant_slot(self) and not resources.break_deadlock(self):
                return

    def count(self, path: str) -> int:
        """The number of the next activation of that path."""
        self.numbers[path] = self.numbers.get(path, 0) + 1
        return self.numbers[path]

    def next_birth(self) -> int:
        """Lives are numbered as they are made."""
        self.births += 1
        return self.births

    def next_end(self) -> int:
        """Ends are numbered as they come."""
        self.ends_given += 1
        return self.ends_given

    def give_back(self, life: Life) -> None:
        """What an ended life held or wanted is free."""
        if isinstance(life, Instance):
            life.lock_held = life.lock_wanted = None
            life.lock_asked = False
            life.queued = life.has_slot = False

    def workflow_at(self, file: str) -> dict[str, Any]:
        """The workflow of a file that is called: by its name, or the run's own."""
        return self.files.get(file, self.written)

    def cancel(self) -> None:
        """Cancel the run; a second time also what could not hear of it the first time, and goes on."""
        again = [one for one in self.root.everyone() if isinstance(one, Scope)] if self.root.cancelling else []
        self.root.cancel()
        for scope in again:
            if scope.cancelled:
                scope.cancel("skipped" if scope.cut else "cancelled")

    def run_on(self, scope: Scope) -> None:
        """A branch goes on after its `parallel` has ended."""
        scope.late = True
        self.late.append(scope)

    # ------------------------------------------------------------ what is seen

    def wants(self) -> frozenset[Want]:
        """What is wanted from outside now."""
        if not self.begun:
            return frozenset()
        found: set[Want] = set()
        for life in self.everyone():
            name = (life.path, life.number)
            if life.question is not None:
                found.add(("ask", *name, life.question))
            if life.sending:
                found.add(("sent", *name, "other"))
            found.update(("signal", *name, signal) for signal in life.listens.values())
            found.update(("timer", *name, timer) for timer in life.timers)
            if isinstance(life, Instance) and life.has_slot:
                found.add(("attempt", *name, life.attempt))
                if life.stopping:
                    found.add(("stop", *name, life.attempt))
            if isinstance(life, Instance) and life.lock_asked:
                found.add(("lock", *name, "store"))
        return frozenset(found)

    def statuses(self) -> dict[tuple[str, int], str]:
        """The status of every activation that is no longer pending, the workflow itself (path "") among them."""
        return {
            (life.path, life.number): "compensated" if life.undone == "undone" else life.status
            for life in self.lives
            if life.status != "pending"
        }

    def held(self) -> frozenset[str]:
        """Paths of `at_most_once` steps that died in the middle: somebody must say what became of them."""
        return frozenset(life.path for life in self.everyone() if isinstance(life, Instance) and life.lost)

    @property
    def ended(self) -> str | None:
        """The run's status once it is over."""
        if not self.root.ended:
            return None
        late = [scope for scope in self.late if not scope.cut_off]  # what was put down there has not failed
        warned = self.warned or any(scope.result == "failed" for scope in late) or self.compensation_failed
        warned = warned or self.late_failed
        warned = warned or any(life.status in {"failed", "warning"} for life in self.late_lives)
        return "warning" if self.root.status == "succeeded" and warned else self.root.status
