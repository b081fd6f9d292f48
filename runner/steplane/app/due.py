"""Runs that stopped to wait, and can go on: a time has come, or a signal is there that they wait for."""

from collections.abc import Iterator

from msgspec import Struct

from steplane.driver.stopping import when
from steplane.errors import SteplaneError
from steplane.events import RunWaiting
from steplane.plugins import Registry
from steplane.store import RunStore, RunSummary


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
    if due and due <= at:
        return Waiting(one, f"a time has come that it waits for: {when(due)}", due)
    found = sorted(_sent(store, one.id) & _awaited(store, registry, one.id)) if _sent(store, one.id) else []
    named = " and ".join(f"`{name}`" for name in found)
    return Waiting(one, f"the signal {named} is there" if found else "", due)


def _sent(store: RunStore, run: str) -> set[str]:
    """The names of the signals that were left for the run."""
    data = (request.data for request in store.requests(run) if request.kind == "signal")
    return {str(one["name"]) for one in data if isinstance(one, dict) and "name" in one}


def _awaited(store: RunStore, registry: Registry, run: str) -> set[str]:
    """The names of the signals that something in the run waits for."""
    from steplane.app.recorded import folded

    with store.read(run) as journal:
        kernel = folded(journal, registry, store)
    return set(kernel.state.listeners)
