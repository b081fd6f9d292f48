"""What comes from outside while a run runs: outcomes of attempts, signals, requests. Any thread may put it in."""

from collections import deque
from threading import Event
from typing import Any


class Inbox:
    """Messages in the order of their arrival. `put` wakes the main thread; `add` leaves that to the caller."""

    __slots__ = ("_messages", "_woken")

    def __init__(self) -> None:
        self._messages: deque[Any] = deque()
        self._woken = Event()

    def put(self, message: Any) -> None:
        """Add a message and wake the main thread for it."""
        self._messages.append(message)
        self._woken.set()

    def add(self, message: Any) -> None:
        """Add a message that the caller, or who coordinates just now, takes in."""
        self._messages.append(message)

    def __bool__(self) -> bool:
        return bool(self._messages)

    def take(self) -> list[Any]:
        """What has come by now."""
        taken = []
        while self._messages:
            taken.append(self._messages.popleft())
        return taken

    def wake(self) -> None:
        """Let `wait` return."""
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Return when somebody wakes, at once if somebody did since the last time, or when the time is over."""
        self._woken.wait(seconds)
        self._woken.clear()
