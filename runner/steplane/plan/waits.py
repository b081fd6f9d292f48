"""Waits, signals and what reaches other steps, in compiled form."""

from msgspec import Struct

from steplane.expressions.templates import Template


class Awaited(Struct, frozen=True):
    """One thing that is waited for: so many seconds, a time, or a signal.

    `seconds` and `name` (of the signal) are given where the file holds no expression there; else the driver is asked.
    """

    seconds: float | None = None
    duration: Template | None = None
    until: Template | None = None
    signal: Template | None = None
    name: str | None = None

    @property
    def asks(self) -> bool:
        """Whether an expression, or a time zone, has to be looked at."""
        return self.seconds is None and self.name is None


class Wait(Struct, frozen=True, tag="wait"):
    """`wait`: until it has come true."""

    awaited: Awaited


class RaceBranch(Struct, frozen=True):
    """One branch of a `race`: its list is entered if what it waits for comes true first."""

    name: str
    list: int
    awaited: Awaited


class Race(Struct, frozen=True, tag="race"):
    """`race`: the branch whose wait comes true first."""

    branches: tuple[RaceBranch, ...]


class Send(Struct, frozen=True, tag="signal"):
    """`signal`: to this run, to the run that `to` names, or to all runs of a case."""

    name: Template
    to: Template | None = None
    case: Template | None = None
    data: Template | None = None
    transient: bool = False


class Milestone(Struct, frozen=True):
    """When a step may start, by positions (-1: left out) and ids: `after` has ended ok, and `before` has not begun."""

    after: int = -1
    before: int = -1
    after_id: str = ""
    before_id: str = ""


class Reach(Struct, frozen=True, tag="reach"):
    """`cancel`, or with `force` `finish`: the steps as they are named, by id or as a `region`, and by their numbers.

    `around` is the number of the smallest list around that holds all (-1: only the workflow as a whole does), `way` are
    those of the lists in which they stand, and of the lists on the way there.
    """

    names: tuple[str, ...] = ()
    region: str = ""
    force: bool = False
    steps: frozenset[int] = frozenset()
    around: int = -1
    way: frozenset[int] = frozenset()


def awaited(action: object) -> tuple[Awaited, ...]:
    """What a `wait` or a `race` waits for, in the order of the file; nothing of any other action."""
    if isinstance(action, Wait):
        return (action.awaited,)
    return tuple(branch.awaited for branch in action.branches) if isinstance(action, Race) else ()
