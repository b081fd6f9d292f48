"""Asking for the locks of the store beside the run: a thread that waits, woken by whoever gives one back.

The coordinator is never held up by other runs: it says what it wants, and the answer comes into the inbox.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

from steplane.driver.inbox import Inbox
from steplane.errors import StateError, SteplaneError
from steplane.events import ErrorInfo
from steplane.executors.patience import PATIENCE
from steplane.store import Busy
from steplane.store.locks import LOOK, Claim, Reply

_SHOWN = 5
_REMEDY = "Look at it: steplane runs check. When no run is live, `locks.db` can be moved away."
_NO_THREAD = "Raise the limit (`ulimit -u`, `ulimit -v`, or that of the container); nothing recorded is lost."
_AT_THE_END = 5.0  # seconds for giving back at the end of a run; what is not given back is free with the process


class LockAnswer(Struct, frozen=True):
    """The lock is given to the instance, or refused; `holders` are those that it was waited for."""

    instance: int
    holders: tuple[str, ...] = ()
    error: ErrorInfo | None = None


class LockWaited(Struct, frozen=True):
    """The store was asked for the first time: the instance has to wait for its lock."""

    instance: int


class LocksFailed(Struct, frozen=True):
    """The locks cannot be read or written: the run cannot go on."""

    error: SteplaneError


class LocksFreed(Struct, frozen=True):
    """Another run says that it has given a lock back."""


class Locks(Protocol):
    """The locks of the store, for one run."""

    def begin(self) -> None:
        """Forget what earlier processes of the run held and wanted."""

    def ask(self, claims: list[Claim]) -> dict[int, Reply]:
        """Ask, for the first time or again; the reply by instance."""

    def give_back(self, instances: list[int]) -> Iterable[str]:
        """Drop what these hold or wait for; the other runs that should look again."""

    def end(self) -> Iterable[str]:
        """Drop everything; the same."""


class StoreLocks:
    """Asks and gives back, in the order in which it is told. `tell` lets another run look again; `say` shows a line of
    a step, by its path, the stream and the text.
    """

    def __init__(
        self, locks: Locks, inbox: Inbox, tell: Callable[[str], object], say: Callable[[str, str, str], None]
    ) -> None:
        self._locks = locks
        self._inbox = inbox
        self._tell = tell
        self._say = say
        self._orders: deque[Claim | int | None] = deque()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting: dict[int, Claim] = {}
        self._waited_for: dict[int, tuple[str, ...]] = {}
        self._closed = False
        self.open: set[int] = set()
        """The instances whose claim has not been answered, as the coordinator knows it."""
        self.unheard: set[int] = set()
        """Those of them of which it is not known yet whether they have to wait at all."""

    def want(self, claim: Claim) -> None:
        """Ask for a lock; the answer is a `LockAnswer`."""
        self.open.add(claim.instance)
        self.unheard.add(claim.instance)
        self._order(claim)

    def give_back(self, instance: int) -> None:
        """Give back what the instance holds, or ask for it no longer."""
        self.heard(instance)
        self.open.discard(instance)
        self._order(instance)

    def heard(self, instance: int) -> None:
        """The store has been asked for the instance."""
        self.unheard.discard(instance)

    def begin(self) -> None:
        """Forget what earlier processes of the run held."""
        self._order(None)

    def news(self, message: "LocksFreed | LockWaited") -> None:
        """Something has been given back, or has to be waited for."""
        if isinstance(message, LockWaited):
            self.heard(message.instance)
        else:
            self._woken.set()

    def close(self) -> None:
        """Give back everything."""
        if self._thread is not None:
            self._closed = True
            self._woken.set()
            self._thread.join(_AT_THE_END)

    def _order(self, order: Claim | int | None) -> None:
        self._orders.append(order)
        self._woken.set()
        if self._thread is None:
            self._begin()

    def _begin(self) -> None:
        """Start the thread. Where none can be had after a while the run stops, to be resumed."""
        for pause in PATIENCE:
            thread = threading.Thread(target=self._work, name="locks", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                time.sleep(pause)
            else:
                self._thread = thread
                return
        self._inbox.put(LocksFailed(StateError("the system gives no more threads or memory", _NO_THREAD)))

    # ------------------------------------------------------------ the thread

    def _work(self) -> None:
        try:
            while not self._closed:
                self._woken.wait(LOOK if self._waiting or self._orders else None)
                self._woken.clear()
                self._turn()
            self._told(self._locks.end())
        except SteplaneError as error:
            self._inbox.put(LocksFailed(error))
        except Exception as error:  # noqa: BLE001 - without an answer the run would wait for ever
            self._inbox.put(LocksFailed(StateError(f"the locks of the store cannot be used: {error}", _REMEDY)))

    def _turn(self) -> None:
        """Do what was ordered, then ask for what is still waited for. What another process hinders is tried again."""
        try:
            while self._orders:
                self._do(self._orders[0])
                self._orders.popleft()
            if self._waiting:
                self._ask()
        except Busy:
            return

    def _do(self, order: Claim | int | None) -> None:
        if order is None:
            self._locks.begin()
        elif isinstance(order, Claim):
            self._waiting[order.instance] = order
        else:
            self._waiting.pop(order, None)
            self._waited_for.pop(order, None)
            self._told(self._locks.give_back([order]))

    def _ask(self) -> None:
        for instance, reply in self._locks.ask(list(self._waiting.values())).items():
            error = _refusal(self._waiting[instance], reply) if reply.ring else None
            if not reply.given and error is None and self._waiting[instance].at_once:
                self._told(self._locks.give_back([instance]))
                error = _full(self._waiting[instance], reply)
                if self._waiting[instance].at_once == "skip":
                    self._say("", "waits", f"nothing is run: {error.message}")
            if not reply.given and error is None:
                names = tuple(one.holder for one in reply.holders[:_SHOWN])
                if instance not in self._waited_for:
                    self._waited_for[instance] = names
                    self._waits(self._waiting[instance], names)
                    self._inbox.put(LockWaited(instance))
                continue
            del self._waiting[instance]
            self._inbox.put(LockAnswer(instance, self._waited_for.pop(instance, ()), error))

    def _waits(self, claim: Claim, holders: tuple[str, ...]) -> None:
        held = f", held by {', '.join(holders)}" if holders else ""
        what = f"for the lock `{claim.name}` of the store" if claim.path else f"to be let into the {claim.name}"
        self._say(claim.path, "waits", f"waits {what}{held}")

    def _told(self, runs: Iterable[str]) -> None:
        for run in runs:
            self._tell(run)


def _full(claim: Claim, reply: Reply) -> ErrorInfo:
    others = ", ".join(one.holder for one in reply.holders[:_SHOWN])
    return ErrorInfo("concurrency.full", f"the {claim.name} is full (at most {claim.limit}): {others}")


def _refusal(claim: Claim, reply: Reply) -> ErrorInfo:
    others = ", ".join(f"`{one.holder}`" for one in reply.ring[:_SHOWN])
    message = f"waits for lock `{claim.name}` of the store, whose holders wait for others in turn: {others}"
    return ErrorInfo("lock.deadlock", message, step=claim.path)


__all__ = ["Claim", "LockAnswer", "LockWaited", "Locks", "LocksFailed", "LocksFreed", "Reply", "StoreLocks"]
