"""The requests to Linux that hold the process tree together; see prctl(2), setrlimit(2). Elsewhere they do nothing."""

import os
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
RLIMIT_RTTIME = 15


def become_subreaper() -> None:
    """Orphans among the descendants of this process become its children. Not inherited by a fork."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def signal_on_death_of_parent(number: int) -> None:
    """Be sent the signal when the thread that forked this process ends."""
    _prctl(PR_SET_PDEATHSIG, number)


def tag(number: int) -> None:
    """Give this process, and all that it will start, a number that `steplane.executors.tree` finds them by.

    A process may drop its environment, its parents and its session, but hardly looks at this: the limit on the time
    that it may take under a real-time policy, in microseconds. From 2**62 on that is 146,000 years.
    """
    if sys.platform != "linux":
        return
    import ctypes

    limits = (ctypes.c_uint64 * 2)()
    libc = ctypes.CDLL(None)
    if not libc.getrlimit(RLIMIT_RTTIME, limits) and limits[1] > number:  # where it is limited already it stays
        limits[0] = number
        libc.setrlimit(RLIMIT_RTTIME, limits)


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}): {os.strerror(code)}")
