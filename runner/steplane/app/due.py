"""Runs that stopped to wait and can go on: a time has come, a signal is there that they wait for, a lock is free."""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from steplane.app.clocks import state_now
from steplane.driver.claims import shared_name
from steplane.driver.stopping import when
from steplane.errors import SteplaneError
from steplane.events import RunWaiting
from steplane.kernel.state import State
from steplane.plugins import Registry
from steplane.store import LockTable, RunStore, RunSummary, clock_set
from steplane.uptime import LEAST_SET


class Waiting(Struct, frozen=True):
    """One run that waits. `why` it can go on now, empty where it cannot; `due`: when it can at the latest (µs; 0: no
    time is known); `trouble`: why that could not be found out.
    """

    run: RunSummary
    why: str = ""
    due: int = 0
    trouble: SteplaneError | None = None


def waiting_runs(store: RunStore, registry: Registry, at: int) -> Iterator[Waiting]:
    """The runs of the store that wait, the oldest first, as they stand at that time (µs since the epoch)."""
    for one in reversed(store.list_runs(status="waiting")):
        try:
            yield _look(store, registry, one, at)
        except SteplaneError as trouble:
            yield Waiting(one, trouble=trouble)


def _look(store: RunStore, registry: Registry, one: RunSummary, at: int) -> Waiting:
    with store.read(one.id) as journal:
        last = journal.last()
        due = last.event.due if last is not None and isinstance(last.event, RunWaiting) else 0
        if due and clock_set(last):
            due = min(state_now(journal, registry, store).timers.values(), default=0)
    if due and due <= at:
        return Waiting(one, f"a time has come that it waits for: {when(due)}", due)
    if due and last is not None and last.at + clock_set(last) - at >= LEAST_SET:  # it has to record that, to come due
        return Waiting(one, "the clock was set back since it stopped to wait: what remains counts from now", due)
    sent = _sent(store, one.id)
    wants_lock = last is not None and any(word in getattr(last.event, "reason", "") for word in ("lock", "group"))
    if not sent and not wants_lock:
        return Waiting(one, due=due)
    state = _state(store, registry, one.id)
    named = " and ".join(f"`{name}`" for name in sorted(sent & set(state.listeners)))
    if named:
        return Waiting(one, f"the signal {named} is there", due)
    free = _free_lock(store, state) if wants_lock else ""
    what = f"the {free.replace(' ', ' `', 1)}`" if free.startswith("group ") else f"the lock `{free}`"
    return Waiting(one, f"{what} is free" if free else "", due)


def _sent(store: RunStore, run: str) -> set[str]:
    """The names of the signals that were left for the run."""
    data = (request.data for request in store.requests(run) if request.kind == "signal")
    return {str(one["name"]) for one in data if isinstance(one, dict) and "name" in one}


def _state(store: RunStore, registry: Registry, run: str) -> State:
    """The run as its journal leaves it."""
    from steplane.app.recorded import folded

    with store.read(run) as journal:
        return folded(journal, registry, store).state


def _free_lock(store: RunStore, state: State) -> str:
    """The name of a lock of the store that something in the run waits for, and that fewer hold than may."""
    held = Counter(one.name for one in LockTable(store.directory).claims() if one.held)
    waiting = {shared_name(one): one.limit for one in state.instances.values() if one.phase == "lock"}
    return next((name for name, limit in waiting.items() if name and held[name] < limit), "")
