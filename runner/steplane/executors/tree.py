"""Processes of this machine: who descends from whom, which belong to a step or a run, and how to end them all.

Linux: read from /proc. Elsewhere: `ps`, without environments.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Container, Iterable, Iterator
from typing import NamedTuple

LINUX = sys.platform == "linux"
LOOKS = 5
"""How often the list of processes is made, at most, until nobody begins or dies meanwhile."""

DEADLINE = 5.0
"""Seconds for which `end` goes on; what does not die by then hangs in the system."""


class Process(NamedTuple):
    """One process: its id, parent, group, session, and state (`R S D T Z` ...)."""

    pid: int
    parent: int
    group: int
    session: int
    state: str


def processes() -> list[Process]:
    """All processes that can be seen.

    One that dies while the others are looked at may have left a child that was not there when the list was made, and is
    gone, or a zombie, when its own turn comes. So the list is made again until nobody new is in it; where one is gone
    all are looked at once more, for who was below it has another parent now. That some times at most: on a busy machine
    one always dies.
    """
    if not LINUX:
        return list(_ps())
    found: dict[str, Process | None] = {}
    for _ in range(LOOKS):
        if None in found.values():
            found = {}
        names = [name for name in os.listdir("/proc") if name.isdigit() and name not in found]
        if not names:
            break
        found |= {name: _stat(int(name)) for name in names}
    return [one for one in found.values() if one is not None]


def descendants(pid: int) -> list[int]:
    """The living processes below `pid`, zombies left out, parents before children."""
    return [one.pid for one in _below({pid}, processes()) if one.pid != pid and one.state != "Z"]


def belonging(pid: int, marks: Iterable[str] = (), known: Container[tuple[int, int]] = ()) -> list[Process]:
    """The living processes of a step that was started as `pid`: its group, its session, all below them, and every
    process whose environment holds all the `marks` (`NAME=value`; one that ends in `/` is the beginning of a value),
    with all below it. Never this process or one above.

    `known` are those found earlier (id and session): one without environment that left its session is tied to the step
    by its parents alone, and no longer when these have died.
    """
    everything = processes()
    seeds = {one.pid for one in everything if pid in {one.pid, one.group, one.session}}
    seeds |= {one.pid for one in everything if (one.pid, one.session) in known}
    seeds |= _marked(everything, [os.fsencode(one) for one in marks]) - _ancestors(everything)
    mine = _ancestors(everything)
    return [one for one in _below(seeds, everything) if one.state != "Z" and one.pid not in mine]


def marked(marks: Iterable[str], number: int = 0) -> list[int]:
    """The living processes whose environment holds all the `marks`, or that have the `number` (see
    `steplane.driver.prctl.tag`), and all below them; never this one or one above.
    """
    everything = processes()
    mine = _ancestors(everything)
    seeds = (_marked(everything, [os.fsencode(one) for one in marks]) | _tagged(everything, number)) - mine
    return [one.pid for one in _below(seeds, everything) if one.state != "Z" and one.pid not in mine]


def end(find: Callable[[], list[int]], deadline: float = DEADLINE) -> bool:
    """Kill whatever `find` finds until it finds nothing; whether it came so far."""
    limit, pause = time.monotonic() + deadline, 0.001
    while found := find():
        for pid in found:
            send(pid, signal.SIGKILL)
        if time.monotonic() > limit:
            return False
        time.sleep(pause)  # they die asynchronously
        pause = min(pause * 2, 0.05)
    return True


def send(pid: int, number: int) -> None:
    """Send a signal, to a group when `pid` is negative; nothing where nobody is there or may be reached."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _ancestors(everything: list[Process]) -> set[int]:
    """This process and all above it."""
    parents = {one.pid: one.parent for one in everything}
    found, pid = set(), os.getpid()
    while pid and pid not in found:
        found.add(pid)
        pid = parents.get(pid, 0)
    return found


def _below(seeds: set[int], everything: list[Process]) -> list[Process]:
    """The seeds and all below them."""
    children: dict[int, list[Process]] = {}
    for one in everything:
        children.setdefault(one.parent, []).append(one)
    found = {one.pid: one for one in everything if one.pid in seeds}
    waiting = list(seeds)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child.pid not in found:
                found[child.pid] = child
                waiting.append(child.pid)
    return list(found.values())


def _marked(everything: list[Process], marks: list[bytes]) -> set[int]:
    if not marks or not LINUX:
        return set()
    return {one.pid for one in everything if one.state != "Z" and _has(one.pid, marks)}


def _tagged(everything: list[Process], number: int) -> set[int]:
    if not number or not LINUX:
        return set()
    return {one.pid for one in everything if one.state != "Z" and _realtime(one.pid) == b"%d" % number}


def _realtime(pid: int) -> bytes:
    """The limit on the time under a real-time policy."""
    try:
        with open(f"/proc/{pid}/limits", "rb") as file:
            return (file.read().partition(b"Max realtime timeout")[2].split(None, 1) or [b""])[0]
    except OSError:
        return b""


def _has(pid: int, marks: list[bytes]) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = b"\0" + file.read() + b"\0"
    except OSError:
        return False
    return all(b"\0" + mark + (b"" if mark.endswith(b"/") else b"\0") in environment for mark in marks)


def _stat(pid: int) -> Process | None:
    """See proc(5), `/proc/pid/stat`: the name stands in brackets and may hold anything, brackets too."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    state, parent, group, session, *_ = text[text.rindex(b")") + 2 :].split(None, 4)
    return Process(pid, int(parent), int(group), int(session), state.decode())


def _ps() -> Iterator[Process]:
    import subprocess

    shown = subprocess.run(["ps", "-axo", "pid=,ppid=,pgid=,sess=,state="], capture_output=True, check=False, text=True)
    for line in shown.stdout.splitlines():
        pid, parent, group, session, state, *_ = line.split()
        yield Process(int(pid), int(parent), int(group), int(session, 16), state[:1])


def is_suspended(pid: int) -> bool:
    """Whether a signal has stopped the process; false where that cannot be seen."""
    found = _stat(pid) if LINUX else None
    return found is not None and found.state in {"T", "t"}
