"""What is told of a run and of its instances, as data. Times are microseconds since the epoch."""

from typing import Any

from msgspec import Struct

from steplane.events import ErrorInfo


class Entry(Struct, frozen=True):
    """Something that happened to an instance. `kind` says what; `data` what belongs to it.

    `ready` (after: the step that let it start, by: step, list, item, loop, rescue, finally, resume) · `condition`,
    `items`, `limits`, `precondition`, `arm`, `branches`, `postcondition`, `outputs` (value, seen, error) · `lock.waits`
    (lock, holders) · `lock` (lock, seconds) · `slot.waits` (pool, running) · `attempt` (number, seconds waited) ·
    `attempt.ended` (number, outcome, error, seconds) · `timeout` · `retry` (number, of, delay, seen) · `given_up` (why,
    seen) · `rescue`, `rescue.ended`, `finally`, `finally.ended` (ok) · `stopping` (cause) · `undecided` · `resumed`
    (actor, again: its attempt is made again, assumed: how it is taken to have ended) · `ended` (status, reason, seen,
    by, cause, error).
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


class Waiting(Struct, frozen=True):
    """What something waits for now: `kind` is `needs`, `inside`, `lock`, `slot`, `back-off`, `attempt`, `decision`,
    `question`, `branch` or `steps`; `on` are the paths (or ids) that are waited for, each with its status.
    """

    path: str
    kind: str
    since: int = 0
    on: tuple[tuple[str, str], ...] = ()
    data: dict[str, Any] = {}


class Story(Struct, frozen=True):
    """One activation of an instance. `chain`: why it was skipped, blocked or cancelled, down to the root cause, or
    which step in it failed. `blocks`: what it kept from running. `waiting`: what it waits for now.
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
    does: str = ""


class Stretch(Struct, frozen=True):
    """A part of the critical path: what it was spent on (no path: nobody ran the run), from `begin` to `end`.

    `waited`: seconds before its first attempt, and on which lock (none: on a slot); `pauses`: seconds between attempts.
    """

    path: str
    begin: int
    end: int
    waited: float = 0.0
    waited_for: str = ""
    attempts: int = 0
    pauses: float = 0.0
    status: str = ""


class Failure(Struct, frozen=True):
    """A step that failed by itself, and what that blocked. `caught`: the step around it that made it good."""

    path: str
    at: int
    error: ErrorInfo | None
    blocked: tuple[str, ...] = ()
    caught: str = ""


class Wait(Struct, frozen=True):
    """A long wait for a slot or a lock, in seconds."""

    path: str
    at: int
    seconds: float
    lock: str = ""
    holders: tuple[str, ...] = ()


class Whole(Struct, frozen=True):
    """The story of a run. `critical`: what determined its duration, in the order of time."""

    critical: tuple[Stretch, ...] = ()
    failures: tuple[Failure, ...] = ()
    skipped: tuple[Link, ...] = ()
    waits: tuple[Wait, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    requests: tuple[Entry, ...] = ()
