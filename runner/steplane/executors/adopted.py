"""Children that are ours, and those that we inherited because their parents died.

The runner is a child subreaper, so orphans of steps become its children and would stay as zombies. Nothing marks them,
but everybody who starts a child on purpose waits for it. So a dead child that no spawn of ours has made, that is not in
our own process group (as those are that a plugin's `subprocess` starts), and that nobody has fetched for `PATIENCE`
seconds, is an orphan, and is fetched here.
"""

import os
import threading
import time

from steplane.executors.tree import processes

PATIENCE = 2.0
"""Seconds for which a dead child of unknown origin is left to whoever may be waiting for it."""

own: set[int] = set()
"""The process ids that `spawn` made and nobody has collected yet."""

_lock = threading.RLock()  # a signal's handler may come while its own thread has it
_spawning: set[int] = set()
_ended: list[bool] = []
_seen: dict[int, float] = {}
_last = 0.0


class _Spawning:
    """See `spawning`."""

    __slots__ = ()

    def __enter__(self) -> set[int]:
        with _lock:
            if not _ended:
                _spawning.add(threading.get_ident())
                return own
        threading.Event().wait()  # for the end of the process, which is near
        raise AssertionError

    def __exit__(self, *_: object) -> None:
        with _lock:
            _spawning.discard(threading.get_ident())


spawning = _Spawning
"""Around a spawn: a child exists perhaps, and is not yet entered in `own`."""


def start_no_more(patience: float = 1.0) -> None:
    """Let no thread start a program from now on; what is being started is there when this returns (or hangs)."""
    with _lock:
        _ended.append(True)
    me, limit = threading.get_ident(), time.monotonic() + patience
    while _spawning - {me} and time.monotonic() < limit:
        time.sleep(0.001)


def collect(pid: int, *, block: bool = True) -> int | None:
    """Wait for a child that `spawn` made: its exit code (negative: the signal), None when it still runs."""
    try:
        found, status = os.waitpid(pid, 0 if block else os.WNOHANG)
    except ChildProcessError:  # a plugin waited for any child
        own.discard(pid)
        return 0
    if not found:
        return None
    own.discard(pid)
    return os.waitstatus_to_exitcode(status)


def reap(patience: float = PATIENCE) -> int:
    """Fetch the dead orphans; how many. To be called after each step: it looks but once in `patience` seconds."""
    global _last  # noqa: PLW0603 - there is one table of children in a process
    now = time.monotonic()
    with _lock:
        if _spawning or now - _last < patience:
            return 0
        _last = now
        if not _has_dead_child():
            _seen.clear()
            return 0
        me, group = os.getpid(), os.getpgrp()
        dead = {one.pid for one in processes() if one.parent == me and one.state == "Z" and one.group != group} - own
        for pid in tuple(_seen):
            if pid not in dead:
                del _seen[pid]
        ripe = [pid for pid in dead if now - _seen.setdefault(pid, now) >= patience]
        return sum(_fetch(pid) for pid in ripe)


def _has_dead_child() -> bool:
    """Whether a child waits to be fetched, by anybody: one question to the system, where `processes` asks for each of
    the machine.
    """
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False
    except AttributeError:  # macOS, before Python 3.13
        return True


def _fetch(pid: int) -> bool:
    del _seen[pid]
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False
