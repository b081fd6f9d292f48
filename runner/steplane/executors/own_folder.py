"""The folder in which a step leaves files to be kept with the run; most steps leave none.

To make and remove a folder for every attempt would cost more than many an attempt takes, for it waits for the disk. So
each thread has one, made when a step first asks for it, which goes from attempt to attempt as long as it stays empty.
One in which something was left gets the name of the instance, and a link stands in its old place: paths that the step
has told stay good.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock

from steplane.executors.patience import patiently

NAME = ".work-"
"""How the folders begin that have no instance's name yet, and the links that stand for those that have one."""

_COARSEST = 3_000_000_000
"""Nanoseconds. What is put into a folder gives it a new time, if the last one is longer ago than this: some file
systems count in steps of two seconds. So a folder that was empty is, while its time is the same, empty still.
"""

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class OwnFolder:
    """The folder of one thread. `path` is empty before somebody has asked for it; `taken`: whether the attempt has."""

    __slots__ = ("_final", "_lock", "_seen_empty", "left", "path", "taken")

    def __init__(self, left: "Left | None" = None) -> None:
        self.left = Left() if left is None else left
        self.path, self.taken = "", False
        self._final = ""
        self._seen_empty = (0, 0)
        self._lock = Lock()

    def begin(self, final: str) -> None:
        """An attempt begins whose files will stand at `final`, where what an earlier one left is taken away."""
        if self.left.holds(final):
            clear(final)
        self._final, self.taken = final, False

    def take(self) -> str:
        """The folder for the attempt; from any thread of its step."""
        with self._lock:
            self.taken = True
            above = os.path.dirname(self._final)
            if not self.path or os.path.dirname(self.path) != above or not os.path.lexists(self.path):
                self.path = os.path.join(above, f"{NAME}{os.urandom(5).hex()}")
                make(self.path)
            return self.path

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """The environment with the place of the folder."""
        return {**env, "STEPLANE_ARTIFACTS": self.take()}

    @property
    def empty(self) -> bool:
        """Whether the attempt has left nothing. A folder that is one no longer is given up."""
        if not self.taken:
            return True
        try:
            return self._state() == self._seen_empty or patiently(self._look)
        except OSError:
            self.close()
            return True

    def _look(self) -> bool:
        """Whether nothing is in the folder; when that is certain for as long as its time stays, it is noted."""
        descriptor = os.open(self.path, FOLDER)
        try:
            found = not os.listdir(descriptor)
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if found and time.time_ns() - status.st_mtime_ns > _COARSEST:
            self._seen_empty = (status.st_ino, status.st_mtime_ns)
        return found

    def _state(self) -> tuple[int, int]:
        """What changes when something is put into the folder: looked at for each attempt, it has to be cheap."""
        status = os.lstat(self.path)
        return status.st_ino, status.st_mtime_ns

    def give(self) -> None:
        """Let the folder be that of the instance; the next attempt gets another. Raises `OSError`.

        The name survives a power loss when this returns: an event will tell of what is in it.
        """
        self.left.add(self._final)
        clear(self._final)
        os.rename(self.path, self._final)
        around = os.open(os.path.dirname(self._final), FOLDER)
        try:
            os.fsync(around)
        finally:
            os.close(around)
        with suppress(OSError):
            os.symlink(os.path.basename(self._final), self.path)
        self.path = ""

    def close(self) -> None:
        """Remove the folder, if it is empty."""
        if self.path:
            with suppress(OSError):
                os.rmdir(self.path)
            self.path = ""


class Left:
    """Which folders of instances there are, so that the disk is not asked at each attempt. One for all threads: only we
    make such folders while a run runs.
    """

    __slots__ = ("_above", "_known")

    def __init__(self) -> None:
        self._above = ""
        self._known: set[str] = set()

    def holds(self, final: str) -> bool:
        """Whether an attempt before has left such a folder, in this process or an earlier one."""
        above, _, name = final.rpartition("/")
        if above != self._above:
            known = set[str]()
            with suppress(OSError):
                known = set(os.listdir(above or "/"))
            self._above, self._known = above, known
        return name in self._known

    def add(self, final: str) -> None:
        """There is one now."""
        if not self.holds(final):
            self._known.add(final.rpartition("/")[2])


def make(folder: str) -> None:
    """Make a folder for files, and the one around it if somebody has taken that away. Never raises: whoever writes into
    it learns of it.
    """
    with suppress(OSError):
        try:
            os.mkdir(folder, 0o700)
        except FileNotFoundError:
            os.mkdir(os.path.dirname(folder), 0o700)  # only that: not the run's own, should it be gone too
            os.mkdir(folder, 0o700)


def clear(folder: str) -> None:
    """Take away what is there. Never raises."""
    if os.path.lexists(folder):
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            os.unlink(folder)  # a step may have put something else in its place


def sweep(root: str) -> None:
    """Remove what attempts that were cut off have left, whose instances begin anew; links are kept."""
    with suppress(OSError):
        for name in os.listdir(root):
            if name.startswith(NAME) and not os.path.islink(os.path.join(root, name)):
                clear(os.path.join(root, name))
