"""Small things that the state keeps: how the needs of a step stand, and signals that nobody has taken."""

from typing import Any, TypeAlias


class Tally:
    """How the needs of one pending step stand: how many are wanted, hold, are open; the first that ended badly."""

    __slots__ = ("culprit", "holds", "undecided", "wanted")

    def __init__(self, undecided: int, wanted: int) -> None:
        self.wanted = wanted
        self.holds = 0
        self.undecided = undecided
        self.culprit: int | None = None


class Kept:
    """A signal that waits for somebody to take it; `time` is when it was sent, `moment` the event that brought it."""

    __slots__ = ("data", "moment", "name", "sender", "time", "transient")

    def __init__(self, name: str, data: Any, sender: str, time: str, moment: int, transient: bool) -> None:  # noqa: PLR0917
        self.name = name
        self.data = data
        self.sender = sender
        self.time = time
        self.moment = moment
        self.transient = transient


Listener: TypeAlias = tuple[int, tuple[int, ...], int, int]
"""Who waits for a signal: since which event, its place, the rank of the signal, its serial number."""
