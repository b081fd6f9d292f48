"""When the lines of a run's logs were written, from the files beside the logs."""

import os
from bisect import bisect_right

from steplane.executors.logs import TIMES
from steplane.store import RunFolder


class LogTimes:
    """Looks times up; the files may grow meanwhile."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._known: dict[str, _Times] = {}

    def at(self, path: str, offset: int) -> int | None:
        """When what stands at `offset` (bytes) in the log of that instance was written: microseconds since the epoch.

        To the millisecond; None where nothing says it.
        """
        times = self._known.get(path)
        if times is None:
            times = self._known[path] = _Times(self._folder.log_path(path))
        moment = times.at(offset)
        return None if moment is None else moment * 1000


class _Times:
    """The times of one log: offsets, ascending, and the milliseconds of each."""

    def __init__(self, log: str) -> None:
        self._log = log
        self._offsets: list[int] = []
        self._moments: list[int] = []
        self._read = 0

    def at(self, offset: int) -> int | None:
        if not self._offsets or offset >= self._offsets[-1]:
            self._read_on()
        found = bisect_right(self._offsets, offset)
        if found:
            return self._moments[found - 1]
        try:  # all of it was written at once
            return os.stat(self._log).st_mtime_ns // 1_000_000
        except OSError:
            return None

    def _read_on(self) -> None:
        """Take in what has come; a line that a crash cut off is none."""
        try:
            with open(self._log + TIMES, "rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            words = line.split()
            if len(words) == 2 and all(word.isdigit() for word in words):
                offset, moment = map(int, words)
                if not self._offsets or offset >= self._offsets[-1]:
                    self._offsets.append(offset)
                    self._moments.append(moment)
