"""The times of a run where the wall clock was set since a process of it wrote something."""

from msgspec.structs import replace

from steplane.app.recorded import folded
from steplane.app.records import Activation, RunRecord
from steplane.app.senseless import making_sense
from steplane.driver.stopping import waiting_fact
from steplane.errors import SteplaneError
from steplane.events import RunWaiting
from steplane.kernel import State, clocks
from steplane.plan.waits import awaited
from steplane.plugins import Registry
from steplane.store import JournalReader, RunStore, clock_set
from steplane.uptime import boot


def state_now(journal: JournalReader, registry: Registry, store: RunStore) -> State:
    """The state of the run, with times by the clock as it is now. Raises `UsageError`, `StateError`."""
    state = folded(journal, registry, store).state
    if by := clock_set(journal.last()) if state.boot == boot() else 0:
        clocks.move_timers(state, by)
    return state


def _reason(state: State, event: RunWaiting) -> str:
    """What is waited for, in words."""
    concerned = (state.paths.get(path) for path in event.steps)
    return waiting_fact(state, {one.serial for one in concerned if one is not None}).reason


def waits_now(store: RunStore, registry: Registry, run: str, waits: str) -> str:
    """What was recorded that a run waits for, with times that are those of the clock as it is now."""
    state, event = _now(store, registry, run) or (None, None)
    return waits if state is None or event is None else _reason(state, event)


def tell_now(record: RunRecord, store: RunStore, registry: Registry) -> None:
    """Bring the times of what is waited for in the record to the clock as it is now."""
    found = _now(store, registry, record.summary.id)
    if found is None:
        return
    state, event = found
    if event is not None:
        record.reason = _reason(state, event)
        record.summary = replace(record.summary, waits=record.reason)
    for step in record.steps:
        _tell(step.latest, state)


def _now(store: RunStore, registry: Registry, run: str) -> tuple[State, RunWaiting | None] | None:
    """The state of the run, and what it said when it stopped to wait. None where nobody can say more than what was
    recorded, as where a plugin is gone.
    """
    try:
        with making_sense(run), store.read(run) as journal:
            last = journal.last()
            state = state_now(journal, registry, store)
    except SteplaneError:
        return None
    return state, last.event if last is not None and isinstance(last.event, RunWaiting) else None


def _tell(life: Activation, state: State) -> None:
    one = state.instances.get(life.serial)
    life.due = state.timers.get((life.serial, "retry"), 0)
    if one is None or life.waits is None:
        return
    keys = [(one.serial, f"wait.{rank}") for rank in range(len(awaited(one.node.action)))]
    until = min((state.timers[key] for key in keys if key in state.timers), default=0)
    life.waits = replace(life.waits, until=until, limit=state.timers.get((one.serial, "timeout"), 0))


__all__ = ["state_now", "tell_now", "waits_now"]
