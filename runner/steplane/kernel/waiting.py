"""Waits for a time or for a signal, the first of several, and who is given a signal.

A signal is kept until a wait takes it; a transient one is lost where none of those that were there before it can. Who
has waited longest is served first. Signals are given after everything else that follows from an event, before locks.
"""

from bisect import bisect_left, insort
from collections import deque
from typing import Any

from steplane.commands import Forward, SetTimer
from steplane.events import ErrorInfo, Sent, SignalCame, StepWaiting, StepWoken
from steplane.kernel import bodies, instances
from steplane.kernel.counting import Kept
from steplane.kernel.state import Instance, State
from steplane.plan.waits import Race, awaited


def begin(state: State, instance: Instance) -> None:
    """An attempt of a `wait` or a `race`."""
    instance.choice = None
    if any(one.asks for one in awaited(instance.node.action)):
        instances.ask(state, instance, "wait")
    else:
        listen(state, instance, {})


def listen(state: State, instance: Instance, given: dict[str, Any]) -> None:
    """Wait for all of it at once; `given` holds the names, seconds and times that had to be asked for, by rank."""
    names: dict[int, str] = {}
    for rank, one in enumerate(awaited(instance.node.action)):
        value = given.get(str(rank))
        if one.signal is not None:
            names[rank] = str(one.name if value is None else value)
        elif isinstance(value, dict):
            state.set_timer(instance, f"wait.{rank}", (value["at"] - state.now) / 1_000_000)
        else:
            state.set_timer(instance, f"wait.{rank}", (one.seconds or 0.0) if value is None else float(value))
    hear(state, instance, names)
    instance.phase = "listening"
    instance.status = "waiting"
    due = [
        state.timers[key]
        for rank in given_ranks(instance)
        if (key := (instance.serial, f"wait.{rank}")) in state.timers
    ]
    limit = state.timers.get((instance.serial, "timeout"), 0)
    name = instances.name_of(instance)
    state.record(StepWaiting(**name, signals=tuple(names.values()), until=min(due, default=0), limit=limit))


def given_ranks(instance: Instance) -> range:
    """The ranks of what it waits for."""
    return range(len(awaited(instance.node.action)))


def hear(state: State, instance: Instance, names: dict[int, str]) -> None:
    """Listen for signals from now on; the names by rank, the first rank is served first."""
    instance.listens = tuple(names.items())
    if not names:
        return
    instance.wanting = (state.moment, instance.place)
    for rank, name in instance.listens:
        insort(state.listeners.setdefault(name, []), (*instance.wanting, rank, instance.serial))
    if any(name in state.signals for name in names.values()):
        state.hopeful.append(instance)


def leave(state: State, instance: Instance) -> None:
    """Wait no longer, for whatever reason."""
    for rank, name in instance.listens:
        queue = state.listeners[name]
        del queue[bisect_left(queue, (*instance.wanting, rank, instance.serial))]
        if not queue:
            del state.listeners[name]
    instance.listens = ()
    for rank in given_ranks(instance):
        state.drop_timer(instance, f"wait.{rank}")


def resume(state: State, instance: Instance) -> None:
    """Wait for the same times in a new process; signals need none. A signal that is on its way is sent again."""
    for timer in ("timeout", *(f"wait.{rank}" for rank in given_ranks(instance))):
        due = state.timers.get((instance.serial, timer))
        if due is not None:
            state.emit(SetTimer(instance.serial, timer, (due - state.now) / 1_000_000))
    if instance.phase == "sending":
        state.emit(Forward(instance.serial, instance.choice))


def time_came(state: State, instance: Instance, rank: int) -> None:
    """What it waits for has come true by the clock."""
    leave(state, instance)
    _go_on(state, instance, rank, None)


def _go_on(state: State, instance: Instance, rank: int, signal: Kept | None) -> None:
    """The wait of that rank decides."""
    action = instance.node.action
    instance.status = "running"
    result = {} if signal is None else {"data": signal.data, "sender": signal.sender, "at": signal.time}
    branch = action.branches[rank].name if isinstance(action, Race) else ""
    outputs = {"branch": branch, **result} if branch else result
    heard = ("", "") if signal is None else (signal.name, signal.sender)
    name = instances.name_of(instance)
    state.record(StepWoken(**name, signal=heard[0], sender=heard[1], branch=branch, outputs=outputs or None))
    instance.outputs = outputs
    instance.choice = (rank, outputs)
    if isinstance(action, Race):
        bodies.open_lists(state, instance, [action.branches[rank].list])
    else:
        instance.phase = "new"
        bodies.postconditions(state, instance)


# ---------------------------------------------------------------- signals


def came(state: State, event: SignalCame) -> None:
    """A signal from outside; one that was there before is not taken again."""
    if event.id and event.id in state.signal_ids:
        return
    if event.id:
        state.signal_ids.add(event.id)
    offer(state, Kept(event.name, event.data, event.sender, event.time, state.moment, event.transient))


def offer(state: State, signal: Kept) -> None:
    """Keep it for the first that waits for it, or, if it is transient, for those that do now."""
    if signal.transient and signal.name not in state.listeners:
        return
    state.signals.setdefault(signal.name, deque()).append(signal)
    state.offered.append(signal.name)
    if signal.transient:
        state.fleeting.append(signal.name)


def deliver(state: State) -> None:
    """Give what can be given: to the one that waits longest, and to it what stands first in the file."""
    while state.hopeful or state.offered:
        heads = [state.listeners[name][0] for name in state.offered if name in state.listeners]
        candidates = [state.instances[one[3]] for one in heads]
        candidates += [one for one in state.hopeful if one.listens]
        candidates.sort(key=lambda one: one.wanting)
        found = next((one for one in candidates if _serve(state, one)), None)
        if found is None:
            state.hopeful.clear()
            state.offered.clear()
            _forget_transient(state)


def _serve(state: State, one: Instance) -> bool:
    """Give it the first signal that it may have; whether there was one."""
    for rank, name in one.listens:
        kept = state.signals.get(name, ())
        for index, signal in enumerate(kept):
            if not signal.transient or one.wanting[0] < signal.moment:
                del kept[index]  # type: ignore[union-attr]
                if not kept:
                    del state.signals[name]
                _give(state, one, rank, signal)
                return True
    return False


def _give(state: State, one: Instance, rank: int, signal: Kept) -> None:
    """A wait goes on, a loop has one item more."""
    if one.loop is not None:
        from steplane.kernel import opening

        opening.came(state, one, signal)
    else:
        leave(state, one)
        _go_on(state, one, rank, signal)


def _forget_transient(state: State) -> None:
    """What was offered to those who waited, and was not taken, is lost."""
    for name in state.fleeting:
        kept = deque(one for one in state.signals.pop(name, ()) if not one.transient)
        if kept:
            state.signals[name] = kept
    state.fleeting.clear()


def send(state: State, instance: Instance, value: dict[str, Any]) -> None:
    """A `signal` step: what is for this run is offered here, what is for others is given to the driver."""
    if value.get("here"):
        signal = Kept(
            value["name"], value.get("data"), value.get("sender", ""), value.get("time", ""), state.moment,
            bool(value.get("transient")),
        )  # fmt: skip
        offer(state, signal)
    if value.get("to") is None and value.get("case") is None:
        bodies.postconditions(state, instance)
        return
    instance.choice = value
    instance.phase = "sending"
    state.emit(Forward(instance.serial, value))


def sent(state: State, event: Sent) -> None:
    """The driver has brought the signal where it belongs, or says why it cannot."""
    instance = state.instances.get(event.instance)
    if instance is None or instance.phase != "sending":
        return
    instance.phase, instance.choice = "new", None
    error = event.error
    if error is None:
        bodies.postconditions(state, instance)
    else:
        instances.attempt_ended(state, instance, ErrorInfo(error.type, error.message, step=instance.path))
