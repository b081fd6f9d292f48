"""Whether what a live run is recorded in still stands where it stood: a deleted file takes every write, and keeps none.

An open database goes on working when somebody removes, moves or empties it, and a run would end well of which nothing
is left.
"""

import os

from steplane.errors import RunGone
from steplane.store.files import state_errors
from steplane.store.folder import RunFolder

_EVERY = 1_000_000_000
"""Nanoseconds between two looks: a look costs a hundredth of a commit."""

LAST = frozenset({"run.ended", "run.waiting"})
"""The types of events after which a run is said to have come to something: it is looked before that, in any case."""


class Presence:
    """The files of a journal, known again by device and number; where these may change (a file system that has no
    write-ahead log is rarely a local one) by their names alone.
    """

    __slots__ = ("_folder", "_known", "_length", "_log", "_size", "due")

    def __init__(self, folder: RunFolder, *, log: bool) -> None:
        self._folder = folder
        files = [folder.journal, f"{folder.journal}-wal"] if log else [folder.journal]
        with state_errors(folder.journal, "read"):
            self._known = {file: _identity(os.stat(file, follow_symlinks=False)) if log else None for file in files}
            # SQLite's locks are on other files, so this descriptor of our own takes none away when it is closed
            self._log = os.open(files[1], os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW) if log else -1
        self._length = self._size = 0  # of the log, and of the database
        self.due = 0  # in ns of the uptime

    def look(self, now: int) -> None:
        """Raise `RunGone` unless all is where it was, and as long. `now` is the uptime, in ns."""
        self.due = now + _EVERY
        for file, known in self._known.items():
            try:
                found = os.stat(file, follow_symlinks=False)
            except OSError:
                raise self._gone(file) from None
            if known is not None and _identity(found) != known:
                raise self._gone(file)
            if file == self._folder.journal:
                self._size = self._grown(file, found.st_size, self._size)
        self.refuse_cut()

    def refuse_cut(self) -> None:
        """Raise `RunGone` where the log is shorter than it was, as SQLite makes none. To be asked before each commit:
        the next one writes behind the hole, and the file has its old size again.

        Where it ends is asked, not its status: of a file whose status has been asked for, Linux (since 6.13) notes the
        exact time of the next change, and the commit then takes a fifth longer.
        """
        if self._log >= 0:
            self._grown(f"{self._folder.journal}-wal", os.lseek(self._log, 0, os.SEEK_END), self._length)

    def committed(self) -> None:
        """Know how long the log is after a commit."""
        if self._log >= 0:
            self._length = os.lseek(self._log, 0, os.SEEK_END)

    def close(self) -> None:
        """Give the descriptor back."""
        if self._log >= 0:
            os.close(self._log)
            self._log = -1

    def _grown(self, file: str, now: int, before: int) -> int:
        if now < before:
            raise RunGone(
                f"{file} was cut off while the run went on, and what stood behind the cut is lost",
                f"Put the run's folder back from a copy. What can be read: steplane runs export {self._folder.run}",
            )
        return now

    def _gone(self, file: str) -> RunGone:
        folder = self._folder
        if not os.path.isdir(folder.path):
            return RunGone(
                f"{folder.path} was deleted or moved while the run went on, with all that it had recorded",
                f"Move it back and go on: steplane resume {folder.run}; if it was deleted, start a new run.",
            )
        if file == folder.journal:
            return RunGone(
                f"{file} was deleted, moved or replaced while the run went on, with all that it had recorded",
                f"Put it back and go on: steplane resume {folder.run}; if it was deleted, start a new run.",
            )
        return RunGone(
            f"{file} was deleted, moved or replaced while the run went on",
            f"What it held is in journal.db now. Go on: steplane resume {folder.run}",
        )


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
