"""The two clocks of a run: wall time for people, monotonic time for durations."""

import time

from steplane.uptime import uptime


class Clock:
    """Wall time that never goes backwards: the time of the start plus what the machine's uptime has grown since."""

    def __init__(self) -> None:
        self._wall = time.time_ns()
        self._started = uptime()

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        return (self._wall + uptime() - self._started) // 1000

    def monotonic(self) -> float:
        """Seconds, for timers."""
        return time.monotonic()
