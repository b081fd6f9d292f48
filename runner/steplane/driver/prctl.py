"""The two requests to Linux that hold the process tree together; see prctl(2). Elsewhere they do nothing."""

import os
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def become_subreaper() -> None:
    """Orphans among the descendants of this process become its children. Not inherited by a fork."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def signal_on_death_of_parent(number: int) -> None:
    """Be sent the signal when the thread that forked this process ends."""
    _prctl(PR_SET_PDEATHSIG, number)


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}): {os.strerror(code)}")
