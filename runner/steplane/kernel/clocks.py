"""What it means for the times of a run that the wall clock was set while no process had it.

What has a length (a pause, a limit, the time since something began) keeps it: when it is over is another time by now.
A date stays what it is.
"""

from steplane.events import Clocked
from steplane.kernel.state import State
from steplane.plan.waits import awaited


def read(state: State, event: Clocked) -> None:
    """A process begins, and may say that the clock was set since the event before."""
    state.boot = event.boot
    if event.set_by:
        was_set(state, event.at, event.set_by)


def was_set(state: State, now: int, by: int) -> None:
    """The clock was set by so many microseconds, and says `now`."""
    state.now = now
    move_timers(state, by)
    for one in state.instances.values():
        for name in ("ready_at", "first_at", "started_at"):
            at = getattr(one, name)
            setattr(one, name, at + by if at else 0)


def move_timers(state: State, by: int) -> None:
    """What waits for a length of time is due at another time."""
    for key in state.timers:
        if not _is_date(state, *key):
            state.timers[key] += by


def _is_date(state: State, serial: int, timer: str) -> bool:
    """Whether the timer is that of a `wait` until a date."""
    kind, _, rank = timer.partition(".")
    one = state.instances.get(serial)
    return kind == "wait" and one is not None and awaited(one.node.action)[int(rank)].until is not None
