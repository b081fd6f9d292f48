"""Waits, signals, `race`."""

from typing import TYPE_CHECKING, Any

from tests.reference.life import Life, Process
from tests.reference.reading import Branch
from tests.reference.words import dynamic

if TYPE_CHECKING:
    from tests.reference.instance import Instance
    from tests.reference.interpreter import Reference


def wait(one: "Instance") -> Process[None]:
    """Until a time or a signal has come."""
    yield from listen(one, {0: one.step.raw["wait"]})


def listen(one: "Instance", waits: dict[int, Any]) -> Process[int]:
    """Wait for several things at once; which came first, the first in the file where several are there."""
    settings: dict[str, Any] = {}
    if any(dynamic(written) for written in waits.values()):
        settings = yield from one.ask("wait")
    for rank, written in waits.items():
        if isinstance(written, dict) and "signal" in written:
            one.listens[rank] = str(settings.get(str(rank), written["signal"]))
        else:
            one.timers.add(f"wait.{rank}")
        if isinstance(written, dict) and "timeout" in written:
            one.timers.add("timeout")
    clocks = {rank for rank in waits if f"wait.{rank}" in one.timers}
    one.listening_since = one.reference.moment
    one.status = "waiting"
    yield lambda: one.heard is not None or bool(rung(one, clocks)) or one.interrupted
    first = one.heard[0] if one.heard is not None else min(rung(one, clocks), default=0)
    one.heard = None
    one.listens.clear()
    one.timers -= {f"wait.{rank}" for rank in clocks}
    one.give_way()
    one.status = "running"
    return first


def rung(one: "Instance", clocks: set[int]) -> set[int]:
    """The waits for a time that have come true."""
    return {rank for rank in clocks if f"wait.{rank}" not in one.timers}


def race(one: "Instance") -> Process[None]:
    """The branch whose wait comes true first; after a resume the one that had won."""
    from tests.reference.bodies import chosen_before, conclude, enter

    before = chosen_before(one)
    waits = {branch.rank: branch.raw["wait"] for branch in one.step.body}
    first = before[0] if before else (yield from listen(one, waits))
    branch: Branch = one.step.body[first]
    scope = enter(one, branch)
    yield from one.until_over([scope])
    conclude(one, [scope])


def signal(one: "Instance") -> Process[None]:
    """Send a signal; one for this run is delivered here."""
    answer = yield from one.ask("signal")
    written = one.step.raw["signal"]
    if answer.get("here", "to" not in written):
        name = str(answer.get("name", written["name"]))
        send(one.reference, name, answer.get("data", written.get("data")), transient=bool(written.get("transient")))


# ---------------------------------------------------------------- delivery


def send(reference: "Reference", name: str, data: Any, *, transient: bool = False) -> None:
    """A signal has come: a transient one is lost where nobody waits for it now."""
    if not transient or waiting_for(reference, name):
        reference.signals.append((name, data))
    deliver(reference)


def waiting_for(reference: "Reference", name: str) -> list[Life]:
    """Who waits for the signal, the longest waiting first."""
    found = [
        one for one in reference.everyone() if not one.ended and one.heard is None and name in one.listens.values()
    ]
    return sorted(found, key=lambda one: (one.listening_since, one.place))


def deliver(reference: "Reference") -> bool:
    """Give the first kept signal that somebody waits for to the one that waits longest; whether there was one."""
    for index, (name, data) in enumerate(reference.signals):
        for one in waiting_for(reference, name)[:1]:
            rank = min(rank for rank, wanted in one.listens.items() if wanted == name)
            one.heard = (rank, data)
            del reference.signals[index]
            return True
    return False
