"""What surrounds a run in this process: a reporter that may break, and signals."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from steplane.driver.inbox import Inbox
from steplane.driver.messages import Interrupted
from steplane.driver.warden import ORPHANED, orphaned
from steplane.events import AnyEvent
from steplane.kernel import Instance

_ECHO = 0.3  # seconds: what reaches both the warden and the runner is heard twice, and meant once
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Reporter(Protocol):
    """Who shows a run. `event` is called by who coordinates, one at a time, `log` and `progress` by the threads of the
    attempts.

    `hears_lines`: whether `log` is called at all. One that says at once that the run is being stopped has also
    `interrupted`, called for each signal that asks for it.
    """

    @property
    def hears_lines(self) -> bool:
        """Whether it wants to know what steps write."""

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Something was recorded; what is secret has been taken out."""

    def log(self, path: str, stream: str, text: str) -> None:
        """A step wrote a line (already masked); `stream` is `stdout`, `stderr`, `log`, `warning`, or `waits`
        where it says for whose lock it waits.
        """

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        """A step says how far it is: `done` of `total` (None: nobody knows), and a text (already masked)."""


class Unfailing:
    """A reporter whose failure stops nothing: after the first exception it is left alone (`failure` keeps it)."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.failure: Exception | None = None

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Pass on what was recorded."""
        if self.failure is None:
            try:
                self._reporter.event(event, instance)
            except Exception as error:  # noqa: BLE001 - a closed pipe or a bug in it is no reason to stop a run
                self.failure = error

    def log(self, path: str, stream: str, text: str) -> None:
        """Pass on what a step wrote."""
        if self.failure is None:
            try:
                self._reporter.log(path, stream, text)
            except Exception as error:  # noqa: BLE001 - the same
                self.failure = error

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        """Pass on how far a step is."""
        if self.failure is None:
            try:
                self._reporter.progress(path, done, total, text)
            except Exception as error:  # noqa: BLE001 - the same
                self.failure = error

    def interrupted(self) -> None:
        """Pass on that a signal stops the run, to a reporter that wants to know."""
        if self.failure is None:
            try:
                getattr(self._reporter, "interrupted", _nobody)()
            except Exception as error:  # noqa: BLE001 - the same
                self.failure = error


def _nobody() -> None:
    """Most reporters say it at the end."""


@contextmanager
def signals_to(inbox: Inbox, told: Callable[[], None] = _nobody) -> Iterator[None]:
    """Signals become messages for the coordinating thread while the run runs. Only in the main thread.

    `told` is called for each of them, from a thread of its own.

    A signal may reach any thread, and Python's handlers run in the main one only, which may wait for a message just
    then and would not wake up. So a thread of its own reads from the file that the interpreter writes signals to.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    threading.Thread(target=_relay, args=(reader, inbox, told), daemon=True).start()
    heard = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]  # `nohup` ignores SIGHUP
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before = {one: signal.signal(one, _heard) for one in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        signal.set_wakeup_fd(woken)
        os.close(writer)


def _heard(number: int, frame: Any) -> None:
    """The signal has been written to the file already."""


def _relay(reader: int, inbox: Inbox, told: Callable[[], None]) -> None:
    last = 0.0
    while data := os.read(reader, 64):
        if ORPHANED in data:  # its handler may be waiting for the main thread
            orphaned()
        now = time.monotonic()
        numbers = [number for number in data if number in _SIGNALS]
        if numbers and now - last > _ECHO:  # since one that was meant: fast presses must not put each other off
            last = now
            inbox.put(Interrupted(numbers[0]))
            told()
    os.close(reader)
