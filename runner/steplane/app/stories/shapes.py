"""What is told of a run and of its instances, as data. Times are microseconds since the epoch."""

from typing import Any

from msgspec import Struct

from steplane.events import ErrorInfo
from steplane.plan.nodes import Node


class Entry(Struct, frozen=True):
    """Something that happened to an instance. `kind` says what; `data` what belongs to it.

    `ready` (by: step, item, loop, each, join, reset, goto, resume, adopted, or the role of its list; after: what let it
    start, status: how that had ended, for a handler; wanted, named: with a `join`; outer, of: the step that it is in,
    and which arm, branch or attempt of that; apart: what it would wait for is not selected) · `condition`, `items`,
    `limits`, `precondition`, `arm`, `branches`, `given` (the inputs of a child), `postcondition`, `outputs` (value,
    seen, error) · `lock.waits` (lock, holders) · `lock` (lock, seconds) · `slot.waits` (pool, running) · `attempt`
    (number, seconds waited, again: it was cut off, only: there can be but one, loop) · `attempt.ended` (number,
    outcome, error, inner: that of a step in it, seconds, only, loop) · `timeout` · `retry` (number, of, delay, seen) ·
    `given_up` (why, seen) · `rescue`, `rescue.ended`, `finally`, `finally.ended` (ok) · `stopping` (cause) ·
    `undecided` · `resumed` (actor, again: its attempt is made again, redo: on demand, assumed: how it is taken to
    have ended) · `ended` (status, reason, seen, by, cause, error, inner, items: how many of a loop ended how,
    allowed: how many may fail).

    `decided` (rules: each with why it is there).

    `waits` (signals, until, limit) · `woken` (signal, sender, branch) · `compensated` (ok, by, error).

    Of a run: `cancel` (actor, reason), `resumed` (actor, cancel, reason, redo, assume, only), `end` (of, status,
    message).
    """

    at: int
    kind: str
    data: dict[str, Any] = {}


class Link(Struct, frozen=True):
    """One step of a chain of causes: an instance, how it ended, and why."""

    path: str
    status: str
    error: ErrorInfo | None = None
    reason: str = ""
    seen: tuple[str, ...] = ()
    condition: str = ""
    cause: dict[str, Any] | None = None
    by: str = ""


class Waiting(Struct, frozen=True):
    """What something waits for now, or why it never came about.

    `kind` is `needs`, `inside`, `item`, `lock`, `slot`, `back-off`, `attempt`, `decision`, `signal`, `question`,
    `steps`, `role`, `arm`, `branch`, `outside` or `reused`; `on` are the paths (or ids) that are waited for, each with
    its status; `chain` says why what it is inside of came out as it did.
    """

    path: str
    kind: str
    since: int = 0
    on: tuple[tuple[str, str], ...] = ()
    data: dict[str, Any] = {}
    chain: tuple[Link, ...] = ()


class Story(Struct, frozen=True):
    """One activation of an instance. `chain`: why it was skipped, blocked or cancelled, down to the root cause, or
    which step in it failed. `blocks`: what it kept from running. `waiting`: what it waits for now. `node`: the step as
    the definition says it under which this activation went on last.
    """

    path: str
    step: str
    activation: int
    status: str
    entries: tuple[Entry, ...] = ()
    chain: tuple[Link, ...] = ()
    blocks: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    begin: int = 0
    end: int = 0
    node: Node | None = None


class Stretch(Struct, frozen=True):
    """A part of the critical path: what it was spent on, from `begin` to `end`. Without a path it is the run itself,
    or `nobody` ran the run.

    `slot`, `locked`: seconds for which its first attempt waited for a slot, and it for its `lock`; `pauses`: seconds
    between attempts.
    """

    path: str
    begin: int
    end: int
    slot: float = 0.0
    lock: str = ""
    locked: float = 0.0
    attempts: int = 0
    pauses: float = 0.0
    status: str = ""
    nobody: bool = False


class Failure(Struct, frozen=True):
    """A step that failed by itself, and what that kept from running.

    `caught`: the path of what made it good, and `how`: `warning` (its own `on_error`, or that of a step around it),
    `rescue` (its own, or that of a step around it), `loop` (which may have such items), `again` (a later activation,
    which `became` ...), or nothing.
    """

    path: str
    at: int
    error: ErrorInfo | None
    blocked: tuple[str, ...] = ()
    caught: str = ""
    how: str = ""
    became: str = ""


class Wait(Struct, frozen=True):
    """A long wait for a slot or a lock, in seconds; `holders` had the lock meanwhile."""

    path: str
    at: int
    seconds: float
    lock: str = ""
    holders: tuple[str, ...] = ()


class Whole(Struct, frozen=True):
    """The story of a run. `critical`: what determined its duration, in the order of time; `cancelled` are those that
    were, without what is in them; `requests`: what people asked for, and the step that ended it.
    """

    critical: tuple[Stretch, ...] = ()
    failures: tuple[Failure, ...] = ()
    skipped: tuple[Link, ...] = ()
    cancelled: tuple[Link, ...] = ()
    waits: tuple[Wait, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    requests: tuple[Entry, ...] = ()
