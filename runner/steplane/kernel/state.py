"""What the kernel remembers of a run. Owned by the kernel, read by everybody, changed by nobody else."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from steplane.commands import Command, DropTimer, Record, SetTimer
from steplane.events import OK, ErrorInfo, Fact, Status, Taken
from steplane.kernel.bounds import Bounds
from steplane.kernel.counting import Kept, Tally
from steplane.kernel.course import Course
from steplane.kernel.loop_state import LoopState
from steplane.kernel.queues import Queues
from steplane.parts import Group, Part
from steplane.plan.nodes import Node, Plan, StepList

if TYPE_CHECKING:
    from steplane.kernel.undoing import Undoing

Phase = Literal[
    "new", "if", "loop", "looping", "complete", "item", "while", "until", "enter", "lock", "cache", "require", "queue",
    "attempt", "stopping", "choose", "ending", "body", "ensure", "outputs", "retry", "backoff", "trailing", "undecided",
    "compensate", "rescue", "rescued", "finally", "ended", "wait", "listening", "signal", "sending",
]  # fmt: skip
"""Where an instance stands, from outside in; those named like a question wait for its answer."""

LockKey: TypeAlias = tuple[str, str]
"""A lock: its scope (`run`, `store`; `group` of the run itself) and its name."""


class Scope:
    """One life of a list: the latest activation at each position, and how far the list has come."""

    __slots__ = (
        "agenda", "blocked", "blocked_from", "bounds", "busy", "cancelled", "course", "current", "driver", "failed",
        "frontier", "frozen", "idle", "late", "left", "list", "old", "open", "over", "owner", "plan", "queues",
        "stopped", "strays", "tallies", "turn", "unfinished", "waiting", "walked", "withdrawn",
    )  # fmt: skip

    def __init__(self, steps: StepList, owner: "Instance", plan: Plan | None = None) -> None:
        size = len(steps.nodes)
        self.list = steps
        self.plan = plan or owner.plan  # that of the file that its steps stand in
        self.owner = owner
        self.current: list[Instance | None] = [None] * size
        self.frontier = 0  # so many leading steps have ended well
        self.blocked_from = size  # from here on no step without `needs` can start
        self.open = size  # steps that have not ended
        self.tallies: dict[int, Tally] = {}
        self.late: list[Scope] = []  # branches that go on after their `parallel` has ended
        self.strays: list[Instance] = []  # instances that go on after their loop has ended
        self.failed: Instance | None = None  # the first step that failed
        self.blocked = False
        self.stopped = False
        self.cancelled: Literal["", "cancelled", "skipped"] = ""  # what becomes of steps not begun
        self.agenda: list[int] | None = None  # a heap of the positions to look at, while that goes on
        self.busy = False  # not to be closed just now
        self.frozen = False  # what ends in it is only counted: a resume looks at it first
        self.old: dict[int, Instance] = {}  # after a resume: what a step goes on with when its needs hold
        self.over = False
        self.bounds: Bounds | None = None  # None: all of it runs
        self.idle = False  # the selection leaves out all of it
        self.left: Instance | None = None  # a step that had failed, and that a resume of something else leaves so
        self.unfinished = False  # such a resume leaves something in it that is not ok
        self.turn: Instance | None = None  # in any order: the step that has the turn, or had it last
        self.waiting: list[int] = []  # in any order: a heap of the positions whose needs hold
        self.driver: Instance | None = None  # of a `compensate` list: who undoes
        self.walked = 0  # the moment of the resume that was the last to go through it
        self.withdrawn = False  # a branch that its join has cancelled: enough others had arrived
        self.course: Course | None = None  # once a `goto` in it has been reached
        self.queues: Queues | None = Queues(steps) if steps.often else None  # where arrivals are counted

    @property
    def around(self) -> "Instance":
        """The instance that goes on when the list is over."""
        return self.driver or self.owner

    @property
    def result(self) -> Literal["succeeded", "failed", "cancelled"]:
        """How the list ended; of use once it is over."""
        if self.failed is not None or self.left is not None:
            return "failed"
        unwell = self.cancelled == "cancelled" or self.blocked or self.unfinished
        if self.list.role == "call" and self.current[0] is not None:  # it ends as its only step does
            unwell = unwell or self.current[0].status == "cancelled"
        return "cancelled" if unwell else "succeeded"


class Instance:
    """One activation of a step, or one item of a looped one."""

    __slots__ = (
        "adopted", "after", "asked", "attempt", "attempts", "begun", "body", "bounds", "by", "cancelling", "choice",
        "delay", "end_outputs", "ended_at", "ending", "error", "first_at", "forced", "forgotten", "holding", "index",
        "key", "limit", "listens", "lock", "loop", "node", "number", "order", "outcome", "outputs", "parent", "path",
        "phase", "plan", "ready_at", "reason", "recovered", "restart", "scope", "seen", "serial", "started_at",
        "status", "tainted", "taken", "timed_out", "timeout", "unasked", "unbegun", "undoing", "undone", "unfinished",
        "wanting", "withdrawn",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917 - what it is, in one place
        self, serial: int, node: Node, scope: Scope | None, path: str, number: int, plan: Plan
    ) -> None:
        self.serial = serial
        self.node = node
        self.plan = plan
        self.scope = scope
        self.path = path
        self.number = number
        self.parent: Instance | None = None  # the loop that this is an item of
        self.loop: LoopState | None = None
        self.key: str | None = None
        self.index = 0
        self.phase: Phase = "new"
        self.status: Status = "pending"
        self.begun = False
        self.cancelling = False
        self.timed_out = False
        self.recovered = False
        self.forced = False  # a `finish` step cancels it: it has succeeded then
        self.withdrawn = False  # a `cancel` step or a join cancels it: no resume begins it again
        self.adopted = False  # goes on with the scopes of an earlier activation
        self.restart = False  # its attempt died with the process and is made again
        self.tainted = False  # a branch failed, yet the join was reached
        self.unfinished = False  # it failed for what a resume of something else has left failed in it
        self.forgotten = False  # what follows it begins without anything of its past
        self.bounds: Bounds | None = None  # None: all of it runs
        self.taken: Status | None = None  # of a reused step: how it ended in the run that it is taken from
        self.holding = False  # it holds its lock
        self.lock: str | None = None
        self.asked = False  # the store was asked for its lock
        self.limit = 1
        self.wanting: tuple[int, tuple[int, ...]] = (0, ())  # since which event it wants its lock or signal, its place
        self.unasked = False  # `if` is not asked again of what had begun before a resume
        self.unbegun: Status = "cancelled"  # what becomes of what it has not begun when it is cancelled
        self.timeout: float | None = node.timeout
        self.attempts: int | None = node.retry.attempts if node.retry else 1
        self.delay = node.retry.delay if node.retry else 0.0
        self.attempt = 0
        self._begin()

    def _begin(self) -> None:
        """Nothing has come of it yet."""
        self.order = 0  # which in the run it was to end
        self.body: list[Scope] = []
        self.after: Scope | None = None  # the rescue or finally list, or the compensate list that it drives
        self.undoing: Undoing | None = None  # what it is about to undo
        self.undone: Literal["", "claimed", "undone"] = ""  # somebody is about to undo it; an `undo` step has
        self.choice: Any = None
        self.listens: tuple[tuple[int, str], ...] = ()  # the signals that it waits for, with their ranks
        self.outcome: Status = "succeeded"
        self.outputs: Any = None
        self.ending: Status | None = None  # of a workflow: what an `end` step in it has said
        self.end_outputs: Any = None
        self.error: ErrorInfo | None = None
        self.reason = ""
        self.seen: tuple[str, ...] = ()  # by the condition that was evaluated last
        self.by = ""
        self.ready_at = 0
        self.first_at = 0  # begin of the first attempt
        self.started_at = 0  # begin of the latest attempt
        self.ended_at = 0

    @property
    def place(self) -> tuple[int, ...]:
        """Where it stands in the document: lists, positions and items from outside in."""
        place: list[int] = []
        one: Instance | None = self
        while one is not None and one.scope is not None:
            turn = (one.parent or one).number if one.scope.list.repeats else 0
            index = one.index + 1 if one.parent is not None else 0
            place += [index, turn, one.node.position, one.scope.list.number]
            one = one.scope.owner
        return tuple(reversed(place))

    @property
    def lock_key(self) -> LockKey:
        """Its lock, if it has one; that of the run itself is its group."""
        lock = self.node.lock
        scope = "group" if self.scope is None else lock.scope if lock is not None else "run"
        return scope, self.lock or ""

    @property
    def ended(self) -> bool:
        """Whether it has come to its end, whatever that is."""
        return self.phase == "ended"

    @property
    def ok(self) -> bool:
        """Whether it has ended as a plain `needs` wants it."""
        return self.status in OK

    @property
    def well(self) -> bool:
        """Whether it has ended as an instance that a loop counts as one that has done its work."""
        return self.status in {"succeeded", "warning"} or (self.status == "reused" and self.taken is None)

    @property
    def cut(self) -> bool:
        """Whether a `cancel` step or a join wanted it to end as it did."""
        return self.withdrawn and self.status == "cancelled"

    @property
    def known_as(self) -> Status:
        """Its status for expressions: of a reused step that which it had; what a step has undone is compensated."""
        return "compensated" if self.undone == "undone" else self.taken or self.status

    def bind(self) -> None:
        """Take the bounds that the list around gives to it."""
        around = self.scope.bounds if self.scope is not None else None
        here = around.inner(self.node.number) if around is not None else None
        self.bounds = here.item(self.key or "") if here is not None and self.parent is not None else here

    def adopt(self, old: "Instance") -> None:
        """Go on with what an earlier activation had decided and begun."""
        self.adopted = True
        self.body, self.loop, self.choice = old.body, old.loop, old.choice
        self.lock, self.limit = old.lock, old.limit
        self.timeout, self.attempts, self.delay = old.timeout, old.attempts, old.delay

    def continue_from(self, old: "Instance") -> None:
        """Be the next activation after a resume: `if` is not asked again, its lists go on unless they were undone."""
        self.unasked = old.begun or old.unasked
        self.ending, self.end_outputs = old.ending, old.end_outputs
        if old.ending == "failed":
            self.error = old.error  # that of the `end`; what its `finally` did is had again
        anew = self.node.restart or (old.status == "compensated" and self.node.compensate is not None)
        if old.loop is not None or (old.body and not anew):
            self.adopt(old)

    @property
    def workflow(self) -> "Instance":
        """The workflow that it stands in: the run's own, or a child."""
        one = self
        while one.node.number and one.scope is not None:
            one = one.scope.owner
        return one

    def __repr__(self) -> str:
        return f"<{self.path or 'run'}#{self.number} {self.phase} {self.status}>"


class LockQueue:
    """The holders of a lock's name, and who waits, first come first served."""

    __slots__ = ("holders", "waiting")

    def __init__(self) -> None:
        self.holders = 0
        self.waiting: list[Instance] = []


class State:
    """The whole run."""

    __slots__ = (
        "again", "asked", "assumed", "beside", "boot", "commands", "ended", "endings", "fleeting", "gone", "group",
        "hopeful", "instances", "listeners", "lock_waiters", "locks", "moment", "next_serial", "now", "offered", "over",
        "past", "paths", "plan", "pool", "queue", "root", "running", "selected", "signal_ids", "signals", "taken",
        "telling", "timers", "wanting", "warned",
    )  # fmt: skip

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.pool = 1
        self.now = 0
        self.boot = ""  # that of the machine of the process which had the run last, as far as it is known
        self.running = 0
        self.asked = 0
        self.ended = 0
        self.endings = 0  # how many `end` steps have decided something
        self.next_serial = 0
        self.moment = 0  # the number of the event that is being taken in
        self.lock_waiters = 0
        self.over: deque[Scope] = deque()  # children that have ended, of which their calls are not told yet
        self.telling = 0  # calls inside each other that are being told
        self.wanting: list[Instance] = []  # who has come to want a slot with this event
        self.queue: deque[Instance] = deque()
        self.locks: dict[LockKey, LockQueue] = {}
        self.signals: dict[str, deque[Kept]] = {}  # those that nobody has taken, by name, the oldest first
        self.signal_ids: set[str] = set()  # of all that came from outside
        self.listeners: dict[
            str, list[tuple[int, tuple[int, ...], int, int]]
        ] = {}  # by name: since, place, rank, serial
        self.hopeful: list[Instance] = []  # who has come to wait, with this event, for a signal that is kept
        self.offered: list[str] = []  # the names of the signals that came with this event
        self.fleeting: list[str] = []  # those of them that are lost if nobody takes them
        self.timers: dict[tuple[int, str], int] = {}  # (serial, timer) to the time when it is due, in microseconds
        self.instances: dict[int, Instance] = {}  # those that have not ended, by serial number
        self.paths: dict[str, Instance] = {}  # the latest activation of each path
        self.past: dict[str, int] = {}  # how many there were of paths that another definition has left without one
        self.beside: dict[int, Instance] = {}  # by serial number: earlier ones of which there still may be facts
        self.gone: list[int] = []  # those of them of which there are none after this event
        self.root: Instance | None = None
        self.selected: Part | None = None  # what of the workflow runs; None is all
        self.taken: Taken | None = None  # what stands in for the rest
        self.group: Group | None = None  # the runs that count together with this one
        self.again: set[Instance] = set()  # what a resume was told to do again, and what is around it
        self.assumed: dict[str, Any] = {}  # what a resume was told to take as ended, by path
        self.warned = False
        self.commands: list[Command] = []

    def emit(self, command: Command) -> None:
        """Say that the command is to be done."""
        self.commands.append(command)

    def record(self, fact: Fact) -> None:
        """Say that the fact is to be written."""
        self.commands.append(Record(fact))

    def create(self, node: Node, scope: Scope | None, path: str) -> Instance:
        """A new activation of the path."""
        before = self.paths.get(path)
        number = self.past.get(path, 0) + 1 if before is None else before.number + 1
        if before is not None:
            self.beside[before.serial] = before
            if before.ended:
                self.gone.append(before.serial)
        instance = Instance(self.next_serial, node, scope, path, number, self.plan if scope is None else scope.plan)
        self.next_serial += 1
        self.paths[path] = instance
        self.instances[instance.serial] = instance
        return instance

    def named(self, path: str, serial: int) -> Instance | None:
        """The instance of the path that has the serial number, else the latest activation of it."""
        latest = self.paths.get(path)
        if latest is None or latest.serial == serial or not self.beside:
            return latest
        return self.beside.get(serial, latest)

    def forget_gone(self) -> None:
        """Let go of the earlier activations that have ended."""
        for serial in self.gone:
            self.beside.pop(serial, None)
        self.gone.clear()

    def set_timer(self, instance: Instance, timer: str, delay: float) -> None:
        """Set the timer, `delay` seconds from now."""
        self.timers[instance.serial, timer] = self.now + round(delay * 1_000_000)
        self.emit(SetTimer(instance.serial, timer, delay))

    def drop_timer(self, instance: Instance, timer: str) -> None:
        """Drop the timer if it is set."""
        if self.timers.pop((instance.serial, timer), None) is not None:
            self.emit(DropTimer(instance.serial, timer))

    def live(self, phase: Phase) -> Iterator[Instance]:
        """The instances in the phase, in the order of their creation."""
        return (instance for instance in self.instances.values() if instance.phase == phase)
