"""The wish that an attempt should end, and how a thread that waits for a process hears of it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Reason = Literal["cancelled", "timeout"]


class CancelToken:
    """One attempt's wish to end. `reason` is None until `cancel`; the first reason stays.

    `at_once`: no grace is given any more (a second Ctrl-C).
    """

    __slots__ = ("_event", "_lock", "_watchers", "at_once", "reason")

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._watchers: list[int] = []
        self.reason: Reason | None = None
        self.at_once = False

    def cancel(self, reason: Reason = "cancelled", *, at_once: bool = False) -> None:
        """Ask for the end; may be called from any thread and more than once."""
        with self._lock:
            self.reason = self.reason or reason
            self.at_once = self.at_once or at_once
            self._event.set()
            for watcher in self._watchers:
                os.write(watcher, b"!")

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep for that long, but no longer than until somebody asks; whether somebody did."""
        return self._event.wait(seconds)

    @contextmanager
    def watched(self) -> Iterator[int]:
        """A file descriptor that becomes readable at each `cancel` (at once, when it has happened)."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with self._lock:
            self._watchers.append(writer)
            if self._event.is_set():
                os.write(writer, b"!")
        try:
            yield reader
        finally:
            with self._lock:
                self._watchers.remove(writer)
            os.close(reader)
            os.close(writer)
