"""Times in microseconds since the epoch, UTC, as text: also those of journals that no calendar holds."""

import time

EARLIEST = -62_135_596_800_000_000
"""The first moment of the year 1."""
LATEST = 253_402_300_799_999_999
"""The last moment of the year 9999."""


def within(at: float) -> int:
    """The time, or the nearest that the calendar holds."""
    return int(min(max(at, EARLIEST), LATEST))


def spoken(at: float) -> str:
    """A time for people, to the second."""
    if at > LATEST:
        return "a time after the year 9999"
    if at < EARLIEST:
        return "a time before the year 1"
    return written(at, "%Y-%m-%d %H:%M:%S UTC")


def written(at: float, form: str) -> str:
    """A time in a form of `time.strftime`."""
    return time.strftime(form, time.gmtime(within(at) // 1_000_000))


def iso(at: int) -> str:
    """A time as ISO 8601 text, always with all six digits: such texts sort."""
    from datetime import UTC, datetime

    seconds, rest = divmod(within(at), 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:06}Z"
