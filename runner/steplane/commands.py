"""What the kernel wants done, as data. Each names its instance by serial number."""

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from steplane.events import Fact, Question


class Ask(Struct, frozen=True):
    """Evaluate the expressions behind the question and reply with `Answered`."""

    instance: int
    question: Question


class Start(Struct, frozen=True):
    """Begin an attempt of the instance's action; reply with `AttemptEnded`."""

    instance: int
    attempt: int


class Stop(Struct, frozen=True):
    """End the running attempt; its `AttemptEnded` still comes."""

    instance: int
    attempt: int
    reason: Literal["cancelled", "timeout"] = "cancelled"


class SetTimer(Struct, frozen=True):
    """Reply with `TimerFired` after `delay` seconds, unless dropped before. One below 0 was due so long ago."""

    instance: int
    timer: str
    delay: float


class DropTimer(Struct, frozen=True):
    """Forget the timer."""

    instance: int
    timer: str


class Acquire(Struct, frozen=True):
    """Ask the store for the lock of the name, which at most `limit` may hold; reply with `LockAnswered`. `at_once`: if
    it cannot be had now, it is refused with `concurrency.full`; for `skip` that is no failure.
    """

    instance: int
    name: str
    limit: int
    at_once: Literal["", "fail", "skip"] = ""


class Release(Struct, frozen=True):
    """Give the store's lock back, or ask for it no longer."""

    instance: int


class Forward(Struct, frozen=True):
    """Bring the signal (an answer to `signal`) to the other runs that it is for; reply with `Sent`."""

    instance: int
    signal: dict[str, Any]


class Record(Struct, frozen=True):
    """Write the fact into the journal and show it."""

    fact: Fact


Command: TypeAlias = Ask | Start | Stop | SetTimer | DropTimer | Acquire | Release | Forward | Record
