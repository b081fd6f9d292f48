"""Timers without threads: a heap of the times at which they are due."""

from heapq import heappop, heappush

from steplane.commands import DropTimer, SetTimer
from steplane.events import TimerFired


class Timers:
    """All timers of a run, by monotonic time in seconds."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int, str]] = []
        self._set: dict[tuple[int, str], int] = {}
        self._count = 0

    def set(self, command: SetTimer, now: float) -> None:
        """Set, or set anew."""
        self._count += 1
        self._set[command.instance, command.timer] = self._count
        heappush(self._heap, (now + command.delay, self._count, command.instance, command.timer))

    def drop(self, command: DropTimer) -> None:
        """Forget."""
        self._set.pop((command.instance, command.timer), None)

    def next_due(self) -> float | None:
        """When the next one is due, None without any."""
        while self._heap and self._set.get((self._heap[0][2], self._heap[0][3])) != self._heap[0][1]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[TimerFired]:
        """Those that are due, in order; they are set no longer."""
        fired = []
        while (moment := self.next_due()) is not None and moment <= now:
            _, _, instance, timer = heappop(self._heap)
            del self._set[instance, timer]
            fired.append(TimerFired(instance=instance, timer=timer))
        return fired
