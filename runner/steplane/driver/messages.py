"""What the coordinator is told, and what it tells: requests from outside, the protocols of its journal and listener."""

from collections.abc import Callable
from typing import Any, Literal, Protocol

from msgspec import Struct, convert

from steplane.driver.plain import unrecordable
from steplane.events import AnyEvent
from steplane.kernel import Instance
from steplane.store.records import LATEST


class Journal(Protocol):
    """Where events are made durable."""

    def append(self, event: AnyEvent) -> int:
        """Add the event to the next commit."""

    def commit(self) -> None:
        """Return when everything appended is durable."""


class Listener(Protocol):
    """Who shows what happens. Called by the thread that coordinates just then, after the event is durable."""

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Something has been recorded."""


class Interrupted(Struct, frozen=True):
    """A signal asks the runner to stop; the run stays resumable."""

    signal: int


class CancelAsked(Struct, frozen=True):
    """Somebody asks for the end of the run; `acknowledge` is called once that is durable, or at once with the run's
    status where that is known already, and only `finally` goes on.
    """

    actor: str
    reason: str
    acknowledge: Callable[[str], None]


class Parcel(Struct, frozen=True):
    """A signal for a run as it is sent: `id` is unique, `at` when it was sent (µs since the epoch, UTC), `mono` the
    uptime then (ns) in the machine's time `boot`, which is empty where that is not known: earlier releases did not say.
    """

    id: str
    name: str
    data: Any = None
    sender: str = ""
    at: int = 0
    transient: bool = False
    mono: int = 0
    boot: str = ""


def parcel_of(data: Any) -> Parcel:
    """The signal that came as plain data. Raises `ValueError` for what is none, or cannot be recorded."""
    parcel = convert(data, Parcel)
    texts = {"id": parcel.id, "name": parcel.name, "data": parcel.data, "sender": parcel.sender}
    for what, value in texts.items():
        if why := unrecordable(value):
            raise ValueError(f"the {what} of the signal {why}")
    if not 0 <= parcel.at <= LATEST or not 0 <= parcel.mono < 1 << 63:
        raise ValueError("the signal was sent at no time that there is")
    return parcel


class SignalAsked(Struct, frozen=True):
    """A signal is brought; `acknowledge` is called once it is durable, or with the run's status where that is over."""

    parcel: Parcel
    acknowledge: Callable[[str], None]


class PostCame(Struct, frozen=True):
    """Signals for the run have been left in the store."""


class Ending(Struct, frozen=True):
    """Why the coordinator came back: the run `ended`, only `waiting` is left, or it was `interrupted` by a signal."""

    reason: Literal["ended", "waiting", "interrupted"]
    signal: int = 0
