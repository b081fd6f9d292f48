"""Whether what a live run is recorded in still stands where it stood: a deleted file takes every write, and keeps none.

An open database goes on working when somebody removes or moves it, and a run would end well of which nothing is left.
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

    __slots__ = ("_folder", "_known", "due")

    def __init__(self, folder: RunFolder, *, log: bool) -> None:
        self._folder = folder
        files = [folder.journal, f"{folder.journal}-wal"] if log else [folder.journal]
        with state_errors(folder.journal, "read"):
            self._known = {file: _identity(file) if log else None for file in files}
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
