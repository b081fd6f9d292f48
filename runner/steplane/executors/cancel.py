"""The wish that an attempt should end, and how a thread that waits for a process hears of it."""

import os
import threading
from typing import Literal

Reason = Literal["cancelled", "timeout"]


class CancelToken:
    """One attempt's wish to end. `reason` is None until `cancel`; the first reason stays.

    `at_once`: no grace is given any more (a second Ctrl-C).
    """

    __slots__ = ("_event", "_lock", "_watchers", "at_once", "reason")

    def __init__(self) -> None:
        self._event: threading.Event | None = None  # made for the first that sleeps
        self._lock = threading.Lock()
        self._watchers: list[int] = []
        self.reason: Reason | None = None
        self.at_once = False

    def cancel(self, reason: Reason = "cancelled", *, at_once: bool = False) -> None:
        """Ask for the end; may be called from any thread and more than once."""
        with self._lock:
            self.reason = self.reason or reason
            self.at_once = self.at_once or at_once
            if self._event is not None:
                self._event.set()
            for watcher in self._watchers:
                os.write(watcher, b"!")

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self.reason is not None

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep for that long, but no longer than until somebody asks; whether somebody did."""
        with self._lock:
            self._event = self._event or threading.Event()
            if self.reason is not None:
                self._event.set()
        return self._event.wait(seconds)

    def watched(self) -> "Watch":
        """A file descriptor that becomes readable at each `cancel` (at once, when it has happened)."""
        return Watch(self)

    def watch(self, writer: int) -> None:
        """Write to the descriptor at each `cancel`, at once when it has happened."""
        with self._lock:
            self._watchers.append(writer)
            if self.reason is not None:
                os.write(writer, b"!")

    def unwatch(self, writer: int) -> None:
        """Write to it no more."""
        with self._lock:
            self._watchers.remove(writer)


class Watch:
    """See `CancelToken.watched`. A class, for it is on the way of every process that is started."""

    __slots__ = ("_reader", "_token", "_writer")

    def __init__(self, token: CancelToken) -> None:
        self._token = token
        self._reader, self._writer = _pipe()

    def __enter__(self) -> int:
        self._token.watch(self._writer)
        return self._reader

    def __exit__(self, *_: object) -> None:
        self._token.unwatch(self._writer)
        self.give_back()

    def give_back(self) -> None:
        """Close the pipe; also of a watch that was not entered. None is kept: descriptors may be few."""
        os.close(self._reader)
        os.close(self._writer)


def _pipe() -> tuple[int, int]:
    if hasattr(os, "pipe2"):
        return os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    return reader, writer
