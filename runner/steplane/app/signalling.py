"""Signals to runs: brought to a live one, left in the store for any other; never lost, never taken twice."""

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from msgspec import Struct, to_builtins

from steplane.driver import control
from steplane.driver.messages import Parcel, parcel_of
from steplane.driver.plain import unrecordable
from steplane.errors import StateError, UsageError
from steplane.events import SignalCame
from steplane.expressions.templates import Literal, Template, Text
from steplane.plan.nodes import ForEach, Plan
from steplane.plan.waits import awaited
from steplane.store import Request, RunStore, StateDirectory, is_held
from steplane.suggest import nearest_of
from steplane.uptime import boot, uptime

_PATIENCE = 5.0  # seconds: a receiver that does not answer finds the signal in the store when it goes on
_LIVING = frozenset({"running", "waiting", "interrupted"})
_TRIES, _PAUSE = 40, 0.05
_KIND = "signal"


class Delivery(Struct, frozen=True):
    """What became of a signal: a live run has it (`live`), it is `kept` until the run goes on, or it is `lost`."""

    outcome: str


def new_parcel(name: str, data: Any, sender: str, at: int, *, transient: bool) -> Parcel:
    """A signal of its own. Raises `UsageError` for a name or data that cannot be recorded."""
    for what, value in (("the name of the signal", name), ("the data", data)):
        why = unrecordable(value)
        if why:
            raise UsageError(f"{what} {why}, which cannot be recorded", "Send plain JSON.")
    return Parcel(os.urandom(16).hex(), name, data, sender, at, transient, uptime(), boot())


def send(store: RunStore, run: str, parcel: Parcel) -> Delivery:
    """Bring a signal to a run. Raises `UnknownRun`, `UsageError` where it has ended, `StateError`."""
    folder = store.folder(run)
    if is_held(folder):
        message = {"kind": "signal", "parcel": to_builtins(parcel)}
        reply = control.ask(folder.path, message, _PATIENCE)
        if reply.taken:
            return Delivery("live")
        if reply.known:
            raise _over(run, reply.known)
    status = store.status(run)
    if status not in _LIVING:
        if _has(store, run, parcel):
            return Delivery("live")
        raise _over(run, status)
    if parcel.transient and not _waits(store, run, parcel.name):
        return Delivery("lost")
    return _leave(store, run, parcel)


def _leave(store: RunStore, run: str, parcel: Parcel) -> Delivery:
    """Keep it in the store; whoever takes the run up meanwhile may have looked there before."""
    folder = store.folder(run)
    request = store.ask(run, _KIND, to_builtins(parcel), parcel.sender)
    for _ in range(_TRIES):  # it may have been taken up just now, and not listen yet
        if not is_held(folder) or control.tell(folder.path, "post"):
            break
        time.sleep(_PAUSE)
    status = store.status(run)
    if status in _LIVING:
        return Delivery("kept")
    store.done(run, [request])
    if _has(store, run, parcel):
        return Delivery("live")
    raise _over(run, status)


def _has(store: RunStore, run: str, parcel: Parcel) -> bool:
    """Whether the run took the signal before it ended: its answer may have been lost with its process."""
    with store.read(run) as journal:
        return any(isinstance(event, SignalCame) and event.id == parcel.id for _, event in journal.events())


def _waits(store: RunStore, run: str, name: str) -> bool:
    """Whether a wait of a run that is not live would take the signal now."""
    from steplane.app.loading import make_registry
    from steplane.app.recorded import folded

    with store.read(run) as journal:
        kernel = folded(journal, make_registry(store, None), store)
    return name in kernel.state.listeners


def _over(run: str, status: str) -> UsageError:
    again = f"; it goes on with: steplane resume {run}" if status in {"failed", "cancelled"} else ""
    return UsageError(
        f"run {run} has ended: {status}. Nothing in it waits for a signal", f"Look at it: steplane show {run}{again}"
    )


class Mailbox:
    """The signals of one run that were left in the store, and the way to other runs. An `Office` of the driver."""

    def __init__(self, directory: StateDirectory, run: str) -> None:
        self._store = RunStore(directory)
        self._run = run
        self._found: dict[str, list[Request]] = {}  # of a signal that was left twice both

    def waiting(self) -> Iterable[Parcel]:
        """What was left for the run, the oldest first; what cannot be read is left where it is."""
        found = []
        for request in self._store.requests(self._run):
            with suppress(ValueError):
                if request.kind == _KIND:
                    parcel = parcel_of(request.data)
                    self._found.setdefault(parcel.id, []).append(request)
                    found.append(parcel)
        return found

    def taken(self, ids: list[str]) -> None:
        """Drop them; where that cannot be done now, the next resume does it."""
        found = [request for one in ids for request in self._found.pop(one, ())]
        with suppress(StateError):
            self._store.done(self._run, found)

    def send(self, parcel: Parcel, to: str, case: str) -> None:
        """Bring it to a run, or to all other runs of a case that have not ended. Raises `SteplaneError`."""
        if not case:
            send(self._store, to, parcel)
            return
        for one in self._store.list_runs(case=case):
            if one.id != self._run and one.status in _LIVING:
                with suppress(UsageError):  # it has ended meanwhile
                    send(self._store, one.id, parcel)


# ---------------------------------------------------------------- names


def refuse_unknown(plan: Plan, name: str) -> None:
    """Raise `UsageError` for a signal that nothing in the workflow waits for."""
    templates = signals_of(plan)
    if any(_fits(template, name) for template in templates):
        return
    names = sorted({_shown(template) for template in templates})
    if not names:
        raise UsageError(f"nothing in workflow `{plan.name}` waits for a signal", "Look at it: steplane plan FILE")
    remedy = nearest_of(name, names, "It waits for", "see the file")
    raise UsageError(f"nothing in workflow `{plan.name}` waits for the signal `{name}`", remedy)


def signals_of(plan: Plan) -> list[Template]:
    """The names of the signals that the workflow and those that it calls wait for, as they are written."""
    nodes = [node for each in plan.with_callees() for node in each.nodes]
    found = [one.signal for node in nodes for one in awaited(node.action) if one.signal is not None]
    found += [Literal(node.loop.open) for node in nodes if isinstance(node.loop, ForEach) and node.loop.open]
    return found


def _fits(template: Template, name: str) -> bool:
    """Whether the name may be what the template gives."""
    if isinstance(template, Literal):
        return bool(template.value == name)
    if isinstance(template, Text):
        parts = [re.escape(part) if isinstance(part, str) else ".*" for part in template.parts]
        return re.fullmatch("".join(parts), name, re.DOTALL) is not None
    return True


def _shown(template: Template) -> str:
    if isinstance(template, Literal):
        return str(template.value)
    if isinstance(template, Text):
        return "".join(part if isinstance(part, str) else "…" for part in template.parts)
    return "…"
