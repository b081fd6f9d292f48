"""Signals that come into a run, and those that its steps send to others."""

import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

from steplane.commands import Forward
from steplane.driver.evaluate import Evaluator, masked_error
from steplane.driver.inbox import Inbox
from steplane.driver.messages import Parcel
from steplane.errors import SteplaneError
from steplane.events import ErrorInfo, SignalCame
from steplane.kernel import State
from steplane.uptime import boot, uptime


class Office(Protocol):
    """Where signals are left for a run that is not live, and how they reach another run."""

    def waiting(self) -> Iterable[Parcel]:
        """What was left for this run, the oldest first."""

    def taken(self, ids: list[str]) -> None:
        """These are in the journal now."""

    def send(self, parcel: Parcel, to: str, case: str) -> None:
        """Bring it to the run `to`, or to all others of the `case`. Raises `SteplaneError`."""


class SentMessage(Struct, frozen=True):
    """A signal of a step has been brought to other runs, or cannot be."""

    instance: int
    error: ErrorInfo | None = None


class NoOffice:
    """For a run that is alone."""

    def waiting(self) -> Iterable[Parcel]:
        """Nothing is left for it."""
        return ()

    def taken(self, ids: list[str]) -> None:
        """There is nothing to take."""

    def send(self, parcel: Parcel, to: str, case: str) -> None:
        """There is nobody to send to."""
        raise SteplaneError("there are no other runs")


def since_sent(parcel: Parcel, now: int) -> float:
    """The seconds since the signal was sent. The wall clock, which says `now`, may have been set meanwhile: it counts
    only where the uptime of then is of another boot, or not known.
    """
    known = parcel.boot and parcel.boot == boot()
    return max(0.0, (uptime() - parcel.mono) / 1e9 if known else (now - parcel.at) / 1e6)


class Post:
    """The incoming and the outgoing signals of one run. What is sent is on its way in a thread each, for a receiver may
    be suspended.
    """

    def __init__(self, office: Callable[[], Office], inbox: Inbox, evaluator: Evaluator) -> None:
        self._make_office = office
        self._office: Office | None = None
        self._inbox = inbox
        self._evaluator = evaluator
        self._forwards: list[Forward] = []
        self._taken: list[str] = []
        self.open = 0

    @property
    def office(self) -> Office:
        """Where signals are left and fetched; made when it is needed."""
        if self._office is None:
            self._office = self._make_office()
        return self._office

    # ------------------------------------------------------------ what comes

    def left(self, known: set[str]) -> list[Parcel]:
        """What was left in the store and the run does not have yet, the oldest first; the rest is dropped there."""
        found = {one.id: one for one in self.office.waiting()}
        self._taken += found
        return [one for one in found.values() if one.id not in known]

    def event(self, parcel: Parcel) -> SignalCame:
        """The signal as the kernel takes it in: without secrets."""
        mask, sent = self._evaluator.mask, self._evaluator.moment(parcel.at)
        return SignalCame(
            name=mask.text(parcel.name), data=mask.data(parcel.data), sender=mask.text(parcel.sender), time=sent,
            transient=parcel.transient, id=parcel.id,
        )  # fmt: skip

    def durable(self) -> None:
        """What was taken in is in the journal: drop it in the store."""
        if self._taken:
            taken, self._taken = self._taken, []
            self.office.taken(taken)

    # ------------------------------------------------------------ what goes

    def take(self, command: Forward) -> None:
        """Keep the command until what led to it is durable."""
        self._forwards.append(command)

    def execute(self, state: State, now: int) -> None:
        """Send what is to be sent. The name of a signal is the same after a crash, so that it arrives once."""
        forwards, self._forwards = self._forwards, []
        for one in forwards:
            instance = state.instances.get(one.instance)
            if instance is not None and instance.phase == "sending":
                name = f"{self._evaluator.run}/{instance.path}#{instance.number}.{instance.attempt}"
                value = one.signal
                parcel = Parcel(
                    name, value["name"], value.get("data"), value.get("sender", ""), now, bool(value.get("transient")),
                    uptime(), boot(),
                )  # fmt: skip
                self.open += 1
                self._start(lambda one=one, parcel=parcel: self._send(one, parcel))  # type: ignore[misc]

    def arrived(self) -> None:
        """One is no longer on its way."""
        self.open -= 1

    @staticmethod
    def _start(work: Callable[[], None]) -> None:
        try:
            threading.Thread(target=work, daemon=True).start()
        except RuntimeError:  # no thread can be had
            work()

    def _send(self, command: Forward, parcel: Parcel) -> None:
        error = None
        try:
            self.office.send(parcel, command.signal.get("to") or "", command.signal.get("case") or "")
        except SteplaneError as problem:
            error = ErrorInfo("signal.refused", f"{problem.message}. {problem.remedy}".strip())
        except Exception as problem:  # noqa: BLE001 - without an answer the step would wait for ever
            error = ErrorInfo("signal.refused", f"{type(problem).__name__}: {problem}")
        self._inbox.put(SentMessage(command.instance, error and masked_error(error, self._evaluator.mask)))
