"""Waits, signals, `race`."""

from typing import TYPE_CHECKING, Any

from tests.reference.life import Error, Life, Process, Trouble
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
    if any(asks(written) for written in waits.values()):
        settings = yield from one.ask("wait")
    for rank, written in waits.items():
        if isinstance(written, dict) and "signal" in written:
            one.listens[rank] = str(settings.get(str(rank), written["signal"]))
        else:
            one.timers.add(f"wait.{rank}")
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


def asks(written: Any) -> bool:
    """Whether there is an expression in what is waited for, or a time that needs a time zone."""
    return dynamic(written.get("signal")) or "until" in written if isinstance(written, dict) else dynamic(written)


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
    if answer.get("to") is None and answer.get("case") is None:
        return
    one.sending = True
    yield lambda: one.sent is not None or one.interrupted
    one.sending = False
    sent, one.sent = one.sent, None
    one.give_way()
    if sent is not None and sent[0] is not None:
        raise Trouble(Error(sent[0], one.path))


# ---------------------------------------------------------------- delivery


def send(reference: "Reference", name: str, data: Any, *, transient: bool = False) -> None:
    """A signal has come: a transient one is only for those that wait for it now."""
    reference.signals.append((name, data, reference.moment if transient else None))


def waiting(reference: "Reference") -> list[Life]:
    """Who waits for a signal, the longest waiting first."""
    found = [one for one in reference.everyone() if not one.ended and one.heard is None and one.listens]
    return sorted(found, key=lambda one: (one.listening_since, one.place))


def deliver(reference: "Reference") -> bool:
    """Give the one that waits longest, of what is there for it, what stands first in the file; whether it could."""
    for one in waiting(reference):
        for rank, wanted in sorted(one.listens.items()):
            for index, (name, data, moment) in enumerate(reference.signals):
                if name == wanted and (moment is None or one.listening_since < moment):
                    one.hear(rank, data)
                    del reference.signals[index]
                    return True
    return False


def forget_transient(reference: "Reference") -> None:
    """What nobody could be given is lost."""
    reference.signals = [signal for signal in reference.signals if signal[2] is None]
