"""Times before lines: UTC, ISO 8601, to the millisecond."""

import time
from collections.abc import Callable
from functools import lru_cache

from steplane.moments import written

Write = Callable[[str], None]


def stamp(at: int | None = None) -> str:
    """The time (microseconds since the epoch; now) as it stands before a line: `2026-11-23T22:53:18.908Z `."""
    milliseconds = time.time_ns() // 1_000_000 if at is None else at // 1000
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z "


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return written(seconds * 1_000_000, "%Y-%m-%dT%H:%M:%S")


def stamped_lines(text: str) -> str:
    """The text with the time before each line that is not empty."""
    now = stamp()
    return "".join(f"{now}{line}" if line.strip() else line for line in text.splitlines(keepends=True))


def stamped(write: Write) -> Write:
    """Writes with the time before each line."""
    return lambda text: write(stamped_lines(text))
