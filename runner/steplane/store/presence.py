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

_ENDLESS = 1 << 62

_TO_LOOK_AT = getattr(os, "O_PATH", 0) and os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW
"""How a file is opened to be looked at so that no lock of SQLite's goes when that is closed; 0: it cannot be."""

LAST = frozenset({"run.ended", "run.waiting"})
"""The types of events after which a run is said to have come to something: it is looked before that, in any case."""


class Presence:
    """The files of a journal, known again by device and number; where these may change (a file system that has no
    write-ahead log is rarely a local one) by their names alone.
    """

    __slots__ = ("_descriptors", "_folder", "_known", "_sizes", "due")

    def __init__(self, folder: RunFolder, *, log: bool) -> None:
        self._folder = folder
        files = [folder.journal, f"{folder.journal}-wal"] if log else [folder.journal]
        with state_errors(folder.journal, "read"):
            self._known = {file: _identity(file) if log else None for file in files}
            self._descriptors = {file: os.open(file, _TO_LOOK_AT) for file in files if log and _TO_LOOK_AT}
        self._sizes = dict.fromkeys(files, 0)
        self.committed()
        self.due = 0  # in ns of the monotonic clock

    def look(self, now: int) -> None:
        """Raise `RunGone` unless all is where it was. `now` is that of the monotonic clock, in ns."""
        self.due = now + _EVERY
        for file, known in self._known.items():
            try:
                found = _identity(file)
            except OSError:
                raise self._gone(file) from None
            if known is not None and found != known:
                raise self._gone(file)

    def refuse_cut(self) -> None:
        """Raise `RunGone` where a file is shorter than after the last commit, as SQLite makes none. To be asked before
        each commit: the next one writes behind the hole, and the file has its old size again.
        """
        for file, size in self._sizes.items():
            if self._size(file) < size:
                raise RunGone(
                    f"{file} was cut off while the run went on, and what stood behind the cut is lost",
                    f"Put the run's folder back from a copy. What can be read: steplane runs export {self._folder.run}",
                )

    def committed(self) -> None:
        """Know the files as they are after a commit."""
        for file in self._sizes:
            self._sizes[file] = self._size(file)

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in self._descriptors.values():
            os.close(descriptor)
        self._descriptors.clear()

    def _size(self, file: str) -> int:
        """What is gone has no size to lose: what is committed now may still be saved, and the next look tells."""
        try:
            descriptor = self._descriptors.get(file)
            return (os.stat(file) if descriptor is None else os.fstat(descriptor)).st_size
        except OSError:
            return _ENDLESS

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


def _identity(file: str) -> tuple[int, int]:
    status = os.stat(file, follow_symlinks=False)
    return status.st_dev, status.st_ino
