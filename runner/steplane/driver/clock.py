"""The two clocks of a run: wall time for people, monotonic time for durations."""

import time


class Clock:
    """Wall time that never goes backwards: the time of the start plus what the monotonic clock has counted since."""

    def __init__(self) -> None:
        self._wall = time.time_ns()
        self._started = time.monotonic_ns()

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        return (self._wall + time.monotonic_ns() - self._started) // 1000

    def monotonic(self) -> float:
        """Seconds, for timers."""
        return time.monotonic()
