"""The clock of the machine that nobody sets: what names the time since it was started, and how long that is."""

import os
import time
from functools import cache

from steplane.digests import blake2b

LEAST_SET = 1_000_000
"""Microseconds: two readings of two clocks are never of one moment, and what is less is not told from that."""

_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Where there is one it is the clock that goes on while the machine sleeps, as what is waited for outside does."""


def uptime() -> int:
    """Nanoseconds since the machine was started; only their differences mean something, and only within one `boot`."""
    return time.clock_gettime_ns(_CLOCK)


@cache
def boot() -> str:
    """What names the time since this machine was started, in which `uptime` counts on; empty where it is not told.

    Processes to which the kernel shows another uptime (another time namespace) are of another one.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            told = file.read().strip()
        told += os.readlink(b"/proc/self/ns/time") if os.path.lexists("/proc/self/ns/time") else b""
    except OSError:
        return ""
    return blake2b(told, digest_size=8).hexdigest()


def set_since(at: int, mono: int) -> int:
    """By how many µs the wall clock has been set since it said `at` (µs) and `uptime` said `mono` (ns), in this boot;
    0 where that is not told from no time at all.
    """
    now = uptime()
    by = time.time_ns() // 1000 - at - (now - mono) // 1000
    return by if abs(by) >= LEAST_SET and now >= mono else 0
